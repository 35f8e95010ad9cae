"""Python's protocols on entities, entity classes and queries work or say what to write, and make no request."""

from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, attr, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "bid", "parent.name").one()
    return task


def unpacked(entity: Any) -> Any:
    first, *_ = entity
    return first


def cleared(entity: Any) -> None:
    del entity["name"]


MISUSES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "dict": (dict, r"dict\(inspect\(entity\).loaded\)"),
    "list": (list, r"session\.query"),
    "sorted": (sorted, r"session\.query"),
    "unpacking": (unpacked, r"session\.query"),
    "iteration": (lambda entity: [*entity], r"dict\(session\.snapshot\(entity\)\)"),
    "len": (len, r"len\(inspect\(entity\)\.loaded\)"),
    "reversed": (reversed, r"len\(inspect\(entity\)\.loaded\)"),
    "order": (lambda entity: entity < entity, r"sorted\(entities, key=lambda entity: entity\.id\)"),
    "order of a list": (lambda entity: sorted([entity, entity]), "key=lambda"),
    "a number as a name": (lambda entity: entity[0], r"as in entity\['name'\], not by 0"),
    "a number in": (lambda entity: 0 in entity, r"item in entity\.children"),
    "an entity in": (lambda entity: entity in entity, r"item in entity\.children"),
    "deleting an item": (cleared, r"entity\['name'\] = None"),
}


def test_a_protocol_without_a_single_meaning_says_what_to_write(session: Session, task: Entity) -> None:
    for misuse, (use, advice) in MISUSES.items():
        with requests_made(session) as made, pytest.raises(errors.UsageError, match=advice) as caught:
            use(task)
        assert "has no attribute 0" not in str(caught.value), misuse
        assert "Task" in str(caught.value), misuse
        assert made == 0


def test_the_advised_expressions_work(session: Session, task: Entity) -> None:
    with requests_made(session) as made:
        assert dict(inspect(task).loaded)["name"] == "task00"
        assert dict(session.snapshot(task))["name"] == "task00"
        assert len(inspect(task).loaded) > 3
        assert sorted([task, task.parent], key=lambda entity: entity.id)
    assert made == 0
    assert len(task.parent.children) == 3
    assert task in task.parent.children
    task["name"] = None
    assert task.name is None


def test_in_asks_for_the_name_of_an_attribute(session: Session, task: Entity) -> None:
    Task = session.types.Task
    with requests_made(session) as made:
        assert "name" in task
        assert "assignments" in task
        assert "statsu" not in task
        assert "name" in Task
        assert 0 not in Task
    assert made == 0


def test_an_entity_and_its_class_are_true(session: Session, task: Entity) -> None:
    with requests_made(session) as made:
        assert bool(task) is True
        assert bool(type(task)) is True
    assert made == 0


def test_a_behaviour_gives_a_protocol_a_meaning(session: Session, task: Entity) -> None:
    @session.types.behaviour("Task")
    class Ordered:
        def __lt__(self, other: Any) -> bool:
            return bool(self.name < other.name)  # type: ignore[attr-defined]  # an attribute of the schema

        def __len__(self) -> int:
            return 0

    ordered: Any = task
    assert not ordered < ordered
    assert len(ordered) == 0
    assert ordered


# -- classes and queries ----------------------------------------------------------------------------------------------


def test_a_class_is_not_taken_for_its_entities(session: Session) -> None:
    Task: Any = session.types.Task
    for use in (list, iter, sorted):
        with pytest.raises(errors.UsageError, match=r"for entity in session\.query\(Task\)"):
            use(Task)
    with pytest.raises(errors.UsageError, match=r"session\.query\(Task\)\.count\(\)"):
        len(Task)


def test_an_attribute_of_a_class_is_read_by_item_as_well(session: Session) -> None:
    Task = session.types.Task
    assert Task["status"] is Task.status
    names: list[Any] = ["statsu", 0, []]
    for name in names:
        with pytest.raises(errors.UnknownAttribute, match="Task has no attribute"):
            Task[name]


def test_the_length_of_a_query_says_what_to_write_and_costs_a_list_no_request(
    session: Session, production: Production
) -> None:
    query: Any = session.query("Task").where(project_id=production.project)
    with pytest.raises(errors.UsageError, match=r"query\.count\(\).*len\(query\.all\(\)\)"):
        len(query)
    with pytest.raises(errors.QueryError, match=r"query\.exists\(\)"):
        bool(query)
    with pytest.raises(errors.QueryError, match=r"reversed\(query\.all\(\)\)"):
        reversed(query)
    with requests_made(session) as made:
        assert len(list(query)) == 12
    assert made == 1
    assert (query.count(), len(query.all())) == (12, 12)


# -- copies -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Assigned:
    entity: Any
    frames: list[int]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_entity_itself_is_neither_copied_nor_pickled(task: Entity, duplicate: Callable[[Any], Any]) -> None:
    with pytest.raises(errors.UsageError, match=r"session\.get.*session\.snapshot"):
        duplicate(task)


DATA: list[Callable[[Entity], Any]] = [
    lambda entity: [entity, [1]],
    lambda entity: (entity, [1]),
    lambda entity: {"entity": entity, "frames": [1]},
    lambda entity: {entity: [1]},
    lambda entity: [{"pair": (entity, [1])}],
    lambda entity: Assigned(entity, [1]),
]


def test_a_deep_copy_of_data_refers_to_the_same_entities(task: Entity) -> None:
    for make in DATA:
        data = make(task)
        copied = copy.deepcopy(data)
        assert copied == data
        assert copied is not data
        with pytest.raises(errors.UsageError, match="cannot be copied or pickled"):
            pickle.dumps(data)


def test_data_classes_with_entities_become_dicts(task: Entity) -> None:
    assert dataclasses.asdict(Assigned(task, [1])) == {"entity": task, "frames": [1]}


def test_copies_of_collections_and_mappings_are_plain_and_edit_nothing(session: Session, task: Entity) -> None:
    task.metadata["a"] = "1"
    children = task.parent.children
    for duplicate in (copy.copy, copy.deepcopy):
        copied = duplicate(task.metadata)
        assert copied == {"a": "1"}
        copied["b"] = "2"
        members = duplicate(children)
        assert (type(members), members) == (list, list(children))
        members.clear()
    assert pickle.loads(pickle.dumps(task.metadata)) == {"a": "1"}
    assert dict(task.metadata) == {"a": "1"}
    assert len(children) == 3
    with pytest.raises(errors.UsageError, match="cannot be copied or pickled"):
        pickle.dumps(children)


def test_a_copied_query_runs_and_a_copied_attribute_is_checked(session: Session, production: Production) -> None:
    Task = session.types.Task
    query = session.query(Task).where(Task.project_id == production.project)
    for duplicate in (copy.copy, copy.deepcopy):
        assert duplicate({"query": query})["query"].count() == 12
        assert duplicate(query).count() == 12
        with pytest.raises(errors.UnknownAttribute):
            duplicate(Task.status).nmae  # noqa: B018  # the access is tested
        assert str(duplicate(Task.name == "x")) == 'name is "x"'
    assert str(pickle.loads(pickle.dumps(Task.status)).name) == "status.name"
    assert str(pickle.loads(pickle.dumps(Task.metadata["x"])) == "y") == str(Task.metadata["x"] == "y")
    assert len(pickle.dumps(Task.status)) < 1_000


OF_THE_SESSION: dict[str, Callable[[Session, Entity], Any]] = {
    "types": lambda session, entity: session.types,
    "configurations": lambda session, entity: session.configurations,
    "changes": lambda session, entity: session.changes(),
    "event hub": lambda session, entity: session.event_hub,
    "profile": lambda session, entity: session.profile(),
    "inspection": lambda session, entity: inspect(entity),
    "custom values": lambda session, entity: session.custom_values(entity),
    "method": lambda session, entity: session.get,
    "session": lambda session, entity: session,
}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_parts_of_a_session_are_neither_copied_nor_pickled(
    session: Session, task: Entity, duplicate: Callable[[Any], Any]
) -> None:
    for part, read in OF_THE_SESSION.items():
        with pytest.raises(errors.UsageError, match="cannot be copied or pickled") as caught:
            duplicate([read(session, task)])
        assert caught.value.message, part


def test_a_copy_of_the_server_information_belongs_to_no_session(session: Session) -> None:
    duplicates: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
    for duplicate in duplicates:
        copied = duplicate(session.server_information)
        assert (type(copied), copied) == (dict, dict(session.server_information))


def test_collections_and_mappings_join_others_as_lists_and_dicts(session: Session, task: Entity) -> None:
    children = task.parent.children
    first, *others = children
    assert operator.add(children, [task]) == [*children, task]
    assert operator.add([task], children) == [task, *children]
    assert children.copy() == list(children)
    assert children.index(others[0]) == 1
    with pytest.raises(errors.InvalidValue, match="is not in"):
        children.index(task.project)
    with pytest.raises(errors.InvalidValue, match="is indexed by positions, not by 'name'"):
        children["name"]
    assert task.metadata | {"a": "1"} == {"a": "1"} | task.metadata == {"a": "1"}
    assert not task.metadata.copy()
    task.metadata |= {"a": "1"}
    assert dict(task.metadata) == {"a": "1"}
    assert [] not in task.metadata
    with pytest.raises(errors.UnknownAttribute, match="has no key"):
        task.metadata[[]]
    with pytest.raises(errors.UnknownAttribute, match="has no key"):
        task.custom_attributes[{}]
    assert first in children


def test_an_entity_is_formatted_as_text(task: Entity) -> None:
    assert f"{task:>90}" == repr(task).rjust(90)
    assert f"{task}" == str(task)


# -- keywords ---------------------------------------------------------------------------------------------------------


def test_an_attribute_with_the_name_of_a_keyword_is_reached_in_every_way(
    session: Session, other: Session, production: Production
) -> None:
    first, second, third = (session.get("Shot", id_) for id_ in production.shots[:3])
    Link = session.types.TypedContextLink
    link = session.create(Link, from_=first, to=second)
    assert link["from"] is link.from_ is getattr(link, "from") is first
    for described in (link, Link, session.types.Shot.incoming_links):
        assert "from_" in dir(described)
        assert "from" not in dir(described)
    session.commit()
    for criterion in (
        Link.from_ == first,
        Link["from"] == first,
        attr("from") == first,
        getattr(Link, "from") == first,
    ):
        assert session.query(Link).where(criterion).all() == [link]
    assert session.query(Link).where(from_=first).all() == [link]
    assert session.query(Link).where("from.name is sh0").where(from_id=production.shots[0]).all() == [link]
    Shot = session.types.Shot
    assert session.query(Shot).where(Shot.incoming_links.any(from_=first)).all() == [second]
    assert str(attr("links").from_.name) == "links.from.name"
    link.from_ = third
    session.commit()
    assert other.query("TypedContextLink").where(id=link.id).select("from.name").one().from_.name == "sh2"


def test_errors_about_a_keyword_say_how_it_is_written(session: Session, production: Production) -> None:
    Link = session.types.TypedContextLink
    advice = r"'from' is a keyword of Python: write \['from'\], or from_ after a dot and as an argument"
    link = session.create(Link, from_id=production.shots[0], to_id=production.shots[1])
    for use in (
        lambda: link.form,
        lambda: link["form"],
        lambda: Link.form,
        lambda: session.query(Link).where(form=None),
        lambda: session.query("TypedContextLink where form is none"),
        lambda: session.create(Link, form=None),
    ):
        with pytest.raises(errors.UnknownAttribute, match=advice):
            use()
    with pytest.raises(errors.UnknownAttribute, match="has no attribute 'in_'"):
        link.in_  # noqa: B018  # the access is tested
    with pytest.raises(errors.InvalidValue, match="given twice"):
        session.create(Link, {"from": None}, from_=None)
