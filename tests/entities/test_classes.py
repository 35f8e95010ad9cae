from __future__ import annotations

import copy
import inspect
import pydoc
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors, select
from ftrack_orm.entities.behaviours import BehaviourTable
from ftrack_orm.entities.classes import Classes, Types
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.lost_names import with_lost_names
from ftrack_orm.schema.model import EntityType, Schema
from tests.assertions import existing
from tests.production import Connect, Production
from tests.property_settings import examples


@pytest.fixture
def answer(session: Session) -> list[dict[str, Any]]:
    """The embedded server's schema, for a test to change."""
    return copy.deepcopy(session.schemas)


@pytest.fixture
def classes(session: Session) -> Classes:
    return Classes(session.schema)


def described(answer: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(description for description in answer if description["id"] == name)


# -- inheritance ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("Task", ["TypedContext", "Context"]),
        ("Shot", ["TypedContext", "Context"]),
        ("Project", ["Context"]),
        ("FileComponent", ["Component"]),
        ("SequenceComponent", ["ContainerComponent", "Component"]),
        ("User", ["Resource"]),
        ("AssetVersionList", ["List"]),
        ("TypedContextStatusChange", ["StatusChange"]),
        ("Status", []),
    ],
)
def test_classes_inherit_as_the_schema_says(classes: Classes, name: str, bases: list[str]) -> None:
    mro = [base.__name__ for base in classes[name].__mro__]
    assert mro == [name, *bases, "Entity", "object"]


def test_every_type_of_the_schema_has_a_class_that_agrees_with_it(classes: Classes) -> None:
    for name, entity_type in classes.schema.types.items():
        built = classes[name]
        assert issubclass(built, Entity)
        assert built.__entity_type__ == built.__name__ == name
        assert built.__schema__ is entity_type
        assert set(built.__attributes__) == set(entity_type.attributes)
        assert tuple(base.__name__ for base in built.__mro__[1:-2]) == entity_type.bases


def test_classes_of_a_family_share_their_base(classes: Classes) -> None:
    assert issubclass(classes["Task"], classes["TypedContext"])
    assert classes["Task"].__bases__ == classes["Shot"].__bases__ == (classes["TypedContext"],)
    assert not issubclass(classes["Task"], classes["Shot"])


# -- class attributes --------------------------------------------------------------------------------------------------


def test_an_unknown_attribute_of_a_class_is_refused_with_similar_names(classes: Classes) -> None:
    with pytest.raises(errors.UnknownAttribute, match=r"Task has no attribute 'statsu'\. .* 'status'") as caught:
        getattr(classes["Task"], "statsu")  # noqa: B009 - a type checker knows that it fails
    assert (caught.value.entity_type, caught.value.attribute) == ("Task", "statsu")


def test_dir_and_hasattr_of_a_class_know_its_attributes(classes: Classes) -> None:
    Task = classes["Task"]
    assert not hasattr(Task, "statsu")
    assert getattr(Task, "statsu", None) is None
    assert not hasattr(Task, "__wrapped__")
    assert "status" in dir(Task)
    assert "assignments" in dir(Task)
    assert "Task" in str(Task.__doc__)


def test_no_class_attribute_comes_before_a_loaded_value(classes: Classes) -> None:
    # From Python 3.12 on reading a loaded value is therefore as fast as from a plain object.
    for base in classes["Task"].__mro__:
        assert not vars(base).keys() & classes["Task"].__attributes__.keys()


# -- building ---------------------------------------------------------------------------------------------------------


def test_a_class_is_built_once_and_when_it_is_first_needed(classes: Classes, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    build = Classes._build

    def remember(self: Classes, entity_type: EntityType) -> type[Entity]:
        built.append(entity_type.name)
        return build(self, entity_type)

    monkeypatch.setattr(Classes, "_build", remember)
    Task = classes["Task"]
    assert built == ["Task", "TypedContext", "Context"]
    assert classes["Task"] is Task
    assert classes["Context"] is Task.__mro__[2]
    assert built == ["Task", "TypedContext", "Context"]


def test_threads_get_the_same_classes(classes: Classes) -> None:
    names = sorted(classes.schema.types)
    barrier = threading.Barrier(8)
    found, failures = [], []

    def ask(order: list[str]) -> None:
        try:
            barrier.wait(10)
            found.append({name: classes[name] for name in order})
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask, args=(names[::step],)) for step in (1, -1) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(found) == 8
    assert all(classes_found == found[0] for classes_found in found)
    assert found[0]["Task"].__mro__[1] is found[0]["TypedContext"]


def test_a_class_that_several_threads_need_at_once_is_built_once(session: Session) -> None:
    barrier = threading.Barrier(4)

    class BlockingSchema:
        """The schema, except that a look-up of the type `Task` waits until all threads make one."""

        types = session.schema.types

        def type(self, name: str) -> EntityType:
            if name == "Task":
                barrier.wait(10)
            return self.types[name]

    classes = Classes(cast("Schema", BlockingSchema()))
    found = []
    threads = [threading.Thread(target=lambda: found.append(classes["Task"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_an_unknown_type_is_refused_with_similar_names(classes: Classes) -> None:
    with pytest.raises(errors.UnknownEntityType, match=r"no entity type 'Tsk'\. Did you mean 'Task'"):
        classes["Tsk"]


# -- a newer schema ---------------------------------------------------------------------------------------------------


def test_classes_are_updated_in_place_by_a_newer_schema(classes: Classes, answer: list[dict[str, Any]]) -> None:
    Task: Any = classes["Task"]
    Context = classes["Context"]
    described(answer, "Task")["properties"]["shoe_size"] = {"type": "integer"}
    for name in ("Task", "TypedContext"):
        del described(answer, name)["properties"]["bid"]
    described(answer, "Task")["immutable"].append("name")
    newer = Schema.from_response(answer)
    classes.update(newer)
    assert classes.schema is newer
    assert str(select(Task).where(Task.shoe_size == 44)) == "Task where shoe_size is 44"
    assert "shoe_size" in Task.__attributes__
    assert "bid" not in Task.__attributes__
    assert Task.__schema__ is newer.type("Task")
    assert Task.__attributes__["name"].attribute.immutable
    assert not hasattr(Context, "shoe_size")
    with pytest.raises(errors.UnknownAttribute):
        Task.bid  # noqa: B018 - reading it is what fails
    assert issubclass(Task, Context)
    assert classes["Task"] is Task


def test_a_newer_schema_adds_and_removes_types(classes: Classes, answer: list[dict[str, Any]]) -> None:
    held = classes["Timelog"]
    newer = [description for description in answer if description["id"] != "Timelog"]
    newer.append({"id": "Prop", "primary_key": ["id"], "properties": {"id": {"type": "string"}}})
    classes.update(Schema.from_response(newer))
    assert classes["Prop"].__entity_type__ == "Prop"
    with pytest.raises(errors.UnknownEntityType):
        classes["Timelog"]
    assert held.__entity_type__ == "Timelog"


def test_an_attribute_that_a_newer_schema_lacks_is_unknown_on_entities_too(
    connect: Connect, production: Production, answer: list[dict[str, Any]]
) -> None:
    session = connect()
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    for name in ("Task", "TypedContext"):
        del described(answer, name)["properties"]["bid"]
    session._parts.classes.update(Schema.from_response(answer))
    with pytest.raises(errors.UnknownAttribute):
        task.bid  # noqa: B018 - reading it is what fails
    with pytest.raises(errors.UnknownAttribute):
        task.bid = 3
    assert task.name == "task00"


# -- session.types ----------------------------------------------------------------------------------------------------


def test_types_need_the_schema_only_when_a_type_is_needed(classes: Classes) -> None:
    calls = []

    def get_classes() -> Classes:
        calls.append(1)
        return classes

    types = Types(get_classes)
    repr(types)
    assert not hasattr(types, "__wrapped__")
    assert calls == []
    assert types.Task is types["Task"] is classes["Task"]
    assert calls


def test_types_refuse_an_unknown_type_with_similar_names(classes: Classes) -> None:
    types = Types(lambda: classes)
    with pytest.raises(errors.UnknownEntityType, match="Did you mean 'Task'"):
        types.Tsk  # noqa: B018 - reading it is what fails
    with pytest.raises(errors.UnknownEntityType, match="Did you mean 'Task'"):
        types["Tsk"]


def test_types_are_completed_only_as_far_as_they_are_known(classes: Classes) -> None:
    asked: list[int] = []

    def get_classes() -> Classes:
        asked.append(1)
        return classes

    unknown, known = Types(get_classes), Types(get_classes, lambda: classes.schema)
    assert dir(unknown) == ["behaviour", "get", "items", "keys", "values"]
    assert unknown._ipython_key_completions_() == []
    assert not hasattr(unknown, "_repr_html_")
    assert dir(known) == sorted([*dir(unknown), *classes.schema.types])
    assert known._ipython_key_completions_() == sorted(classes.schema.types)
    assert asked == []


# -- docstrings -------------------------------------------------------------------------------------------------------


def test_the_docstring_lists_the_attributes_of_the_schema(session: Session) -> None:
    Task = session.types.Task
    lines = [line.strip() for line in str(Task.__doc__).splitlines()]
    assert all(any(line.startswith(f"{name} ") for line in lines) for name in Task.__attributes__)
    assert any(line.startswith("status ") and line.endswith("-> Status") for line in lines)
    assert "create_note" in str(Task.__doc__)
    assert "create_note" not in str(session.types.Status.__doc__)
    assert session.create("Task").__doc__ == Task.__doc__ == inspect.getdoc(Task)
    session.rollback()


def test_help_shows_the_docstring(session: Session) -> None:
    Task = session.types.Task
    shown = pydoc.plain(pydoc.render_doc(Task))
    assert "The entity type Task of the connected server" in shown
    assert "-> several Appointment" in shown
    assert "The entity type Task" in pydoc.plain(
        pydoc.render_doc(session.query("Task").first() or session.create("Task"))
    )
    session.rollback()


def test_the_docstring_follows_a_newer_schema(session: Session, answer: list[dict[str, Any]]) -> None:
    classes = Classes(session.schema)
    Task = classes["Task"]
    assert "mood" not in str(Task.__doc__)
    described(answer, "Task")["properties"]["mood"] = {"type": "string"}
    classes.update(Schema.from_response(answer))
    assert "mood" in str(Task.__doc__)


def test_the_keys_of_an_entity_are_completed(session: Session) -> None:
    task = session.create("Task")
    assert task._ipython_key_completions_() == sorted(task.__attributes__)
    session.rollback()


# -- behaviours -------------------------------------------------------------------------------------------------------


class Annotated:
    """A behaviour for contexts; the schema has `name` and, for some subtypes, `bid`."""

    __slots__ = ()

    def describe(self) -> str:
        return f"{type(self).__name__} {self.name}"

    def name(self) -> None:
        raise AssertionError("the attribute of the schema wins")

    @property
    def bid(self) -> str:
        return "no bid"


class Estimated:
    __slots__ = ()

    def describe(self) -> str:
        entity: Any = self
        return f"{super().describe()} ({entity.bid})"  # type: ignore[misc]  # the base is joined later


@pytest.fixture
def with_behaviours(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    def make(**behaviours: type) -> Session:
        table = BehaviourTable({name: (behaviour,) for name, behaviour in behaviours.items()})
        monkeypatch.setattr("ftrack_orm.behaviours.table.BEHAVIOURS", table)
        return connect()

    return make


def test_a_behaviour_gives_methods_to_its_type_and_to_the_types_below_it(
    with_behaviours: Callable[..., Session], production: Production
) -> None:
    session = with_behaviours(Context=Annotated)
    assert existing(session.get("Shot", production.shots[0])).describe() == "Shot sh0"
    assert existing(session.get("Context", production.tasks[0])).describe() == "Task task00"
    assert not hasattr(session.types.Status, "describe")
    assert "describe" in dir(session.types.Task)


def test_a_behaviour_of_a_subtype_comes_before_that_of_its_base(
    with_behaviours: Callable[..., Session], production: Production
) -> None:
    session = with_behaviours(Context=Annotated, Task=Estimated)
    assert existing(session.get("Task", production.tasks[3])).describe() == "Task task03 (3.0)"
    assert existing(session.get("Shot", production.shots[1])).describe() == "Shot sh1"


def test_attributes_of_the_schema_win_over_a_behaviour(
    with_behaviours: Callable[..., Session], production: Production
) -> None:
    session = with_behaviours(Context=Annotated)
    Task, Project = session.types.Task, session.types.Project
    task = session.query("Task").where(id=production.tasks[2]).select("id").one()
    assert task.__dict__.keys().isdisjoint({"name", "bid"})
    assert (task.name, task.bid) == ("task02", 2)
    task.bid = 5
    assert (task.bid, task["bid"]) == (5, 5)
    assert str(session.query(Task).where(Task.name == "x", Task.bid > 3)) == 'Task where name is "x" and bid > 3'
    # Where the schema has no such attribute, the behaviour has it.
    assert "bid" not in Project.__attributes__
    assert existing(session.get("Project", production.project)).bid == "no bid"


def test_a_method_of_a_behaviour_is_no_attribute_of_the_entity(
    with_behaviours: Callable[..., Session], production: Production
) -> None:
    task = existing(with_behaviours(Context=Annotated).get("Task", production.tasks[0]))
    with pytest.raises(errors.UnknownAttribute, match=r"use \.describe instead of \['describe'\]"):
        task["describe"]
    with pytest.raises(errors.UnknownAttribute, match=r"use \.describe instead of \['describe'\]"):
        task["describe"] = None
    with pytest.raises(errors.UnknownAttribute, match=r"Task\.describe is defined by a behaviour and cannot be set"):
        task.describe = None


def test_an_entity_of_a_base_type_becomes_one_of_a_subtype_with_other_behaviours(
    with_behaviours: Callable[..., Session],
) -> None:
    session = with_behaviours(Context=Annotated, Task=Estimated)
    merge = session._workspace.loader.merge
    (context,) = merge([{"__entity_type__": "TypedContext", "id": "c", "name": "x"}])
    assert context.describe() == "TypedContext x"
    (task,) = merge([{"__entity_type__": "Task", "id": "c", "bid": 4}])
    assert task is context
    assert task.describe() == "Task x (4)"


def test_a_newer_schema_changes_which_names_a_behaviour_keeps(session: Session, answer: list[dict[str, Any]]) -> None:
    classes = Classes(session.schema, BehaviourTable({"Task": (Annotated,)}))
    Task: Any = classes["Task"]
    described(answer, "Task")["properties"]["describe"] = {"type": "string"}
    for name in ("Task", "TypedContext"):
        del described(answer, name)["properties"]["bid"]
    classes.update(Schema.from_response(answer))
    assert str(select(Task).where(Task.describe == "x")) == 'Task where describe is "x"'
    assert Task.bid is vars(Annotated)["bid"]


def test_a_behaviour_may_belong_to_a_type_and_to_one_below_it(session: Session) -> None:
    table = BehaviourTable({"Context": (Annotated,), "Task": (Estimated, Annotated), "Nowhere": (Estimated,)})
    classes = Classes(session.schema, table)
    assert classes["Task"].__mro__.count(Annotated) == 1
    assert classes["Task"].__bases__ == (Estimated, classes["TypedContext"])


def test_a_behaviour_may_belong_to_an_attribute(session: Session) -> None:
    classes = Classes(session.schema, BehaviourTable(by_attribute={"notes": (Annotated,)}))
    assert [name for name in ("Shot", "AssetVersion", "Status") if hasattr(classes[name], "describe")] == [
        "Shot",
        "AssetVersion",
    ]
    assert Annotated in classes["Context"].__bases__
    assert classes["Shot"].__bases__ == (classes["TypedContext"],)


# -- behaviours of a studio -------------------------------------------------------------------------------------------


def test_a_studio_adds_methods_and_properties_to_a_type_and_its_subtypes(
    session: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))

    @session.types.behaviour("TypedContext")
    class Labelled:
        """Has no slots: studios need not know about them."""

        def label(self: Any) -> str:
            return f"{type(self).__name__} {self.name}"

        @property
        def length(self: Any) -> int:
            return int(self.metadata.get("length", 0))

        @length.setter
        def length(self: Any, value: int) -> None:
            self.metadata["length"] = str(value)

    # Also on entities that are loaded already, and on classes that are built later.
    assert shot.label() == "Shot sh0"
    assert existing(session.get("Task", production.tasks[0])).label() == "Task task00"
    assert shot.length == 0
    shot.length = 12
    assert (shot.length, shot.metadata["length"]) == (12, "12")
    assert {"label", "length"} <= set(dir(session.types.Shot))
    assert not hasattr(session.types.Project, "label")
    assert issubclass(session.types.Shot, Labelled)


def test_a_later_behaviour_comes_first_and_reaches_the_earlier_one_by_super(
    session: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))

    @session.types.behaviour("Context")
    class Base:
        def label(self) -> str:
            return "base"

    @session.types.behaviour(session.types.Shot)
    class Later:
        def label(self) -> str:
            return f"{super().label()}, shot"  # type: ignore[misc]  # the base is joined later

    @session.types.behaviour("Shot")
    class Last:
        def label(self) -> str:
            return f"{super().label()}, last"  # type: ignore[misc]

    assert shot.label() == "base, shot, last"
    assert existing(session.get("Task", production.tasks[0])).label() == "base"


def test_a_behaviour_of_a_subtype_can_be_given_to_its_base_later(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    behaviour = session.types.behaviour("Task")(Labelling)
    assert session.types.behaviour("Context", "Asset")(behaviour) is behaviour
    assert task.label() == existing(session.get("Project", production.project)).label() == "labelled"
    assert type(task).__mro__.count(behaviour) == 1
    assert session.types.Asset.__mro__.count(behaviour) == 1


class Labelling:
    __slots__ = ()

    def label(self) -> str:
        return "labelled"


class BelowLabelling(Labelling):
    __slots__ = ()


def test_behaviours_that_python_cannot_order_are_refused_and_leave_the_type_as_it_was(
    session: Session, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    session.types.behaviour("Task")(BelowLabelling)
    before = session.types.Task.__mro__
    with pytest.raises(errors.UsageError, match="Labelling cannot be joined to Task") as caught:
        session.types.behaviour("Task")(Labelling)
    assert caught.value.entity_type == "Task"
    assert session.types.Task.__mro__ == before
    assert task.label() == "labelled"


def test_a_behaviour_in_the_way_of_an_attribute_says_so_when_it_is_defined(session: Session) -> None:
    with pytest.raises(errors.UsageError, match="Hiding defines bid, which TypedContext has as an attribute"):

        @session.types.behaviour("Context")
        class Hiding:
            def bid(self) -> None:
                pass

    assert "Hiding" not in {cls.__name__ for cls in session.types.Task.__mro__}


def test_a_behaviour_of_an_unknown_type_is_refused_with_similar_names(session: Session) -> None:
    with pytest.raises(errors.UnknownEntityType, match="Did you mean 'Shot'"):
        session.types.behaviour("Shots")(Labelling)
    with pytest.raises(errors.UsageError, match="needs the name of an entity type"):
        session.types.behaviour()
    with pytest.raises(errors.UsageError, match=r"needs the name of an entity type: @session"):
        session.types.behaviour(Labelling)  # type: ignore[arg-type]


def test_an_error_inside_a_property_is_not_taken_for_a_missing_attribute(
    session: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))

    @session.types.behaviour("Shot")
    class Mistaken:
        @property
        def length(self: Any) -> int:
            return int(self.lenght)

    with pytest.raises(errors.UnknownAttribute, match="'lenght'"):
        shot.length  # noqa: B018
    with pytest.raises(errors.UnknownAttribute, match=r"Shot.length is defined by a behaviour and cannot be set"):
        shot.length = 3
    assert not hasattr(shot, "length")


def test_an_attribute_of_a_newer_schema_wins_over_a_behaviour_that_was_there_first(
    session: Session, answer: list[dict[str, Any]]
) -> None:
    classes = Classes(session.schema)
    Shot: Any = classes["Shot"]
    classes.join("Shot", Labelling)
    described(answer, "Shot")["properties"]["label"] = {"type": "string"}
    classes.update(Schema.from_response(answer))
    assert str(select(Shot).where(Shot.label == "x")) == 'Shot where label is "x"'


def test_an_entity_becomes_one_of_a_subtype_that_got_a_behaviour_meanwhile(session: Session) -> None:
    merge = session._workspace.loader.merge
    (context,) = merge([{"__entity_type__": "TypedContext", "id": "d", "name": "x"}])
    session.types.behaviour("TypedContext")(Labelling)
    session.types.behaviour("Task")(BelowLabelling)
    (task,) = merge([{"__entity_type__": "Task", "id": "d", "bid": 4}])
    assert task is context
    assert isinstance(task, BelowLabelling)
    assert (task.label(), task.name, task.bid) == ("labelled", "x", 4)


def test_sessions_have_behaviours_of_their_own(session: Session, other: Session, production: Production) -> None:
    session.types.behaviour("Shot")(Labelling)
    assert existing(session.get("Shot", production.shots[0])).label() == "labelled"
    assert not hasattr(other.types.Shot, "label")


# -- classes that are derived from shared ones -------------------------------------------------------------------------

#: For each of seven types, the number of its base among the types before it; without one, the type is the root.
HIERARCHIES = st.tuples(st.permutations(range(7)), *(st.integers(-1, number - 1) for number in range(7)))


def schema_of(hierarchy: tuple[Any, ...]) -> Schema:
    """Return a schema of seven types with the hierarchy, and an attribute of each for its own place in it.

    As in ftrack, a type lists the attributes of its bases too.
    """
    order, *bases = hierarchy
    answer: list[dict[str, Any]] = []
    for place, (number, base) in enumerate(zip(order, bases, strict=True)):
        properties = {name: {"type": "string"} for name in ("id", f"of_{number}", f"at_{place}")}
        properties.update({} if base < 0 else answer[base]["properties"])
        mixin = {} if base < 0 else {"$mixin": {"$ref": f"Type{order[base]}"}}
        answer.append(
            {"id": f"Type{number}", "type": "object", "properties": properties, "primary_key": ["id"], **mixin}
        )
    return Schema.from_response(answer)


@given(HIERARCHIES, HIERARCHIES, st.permutations(range(7)), st.integers(0, 7))
@settings(max_examples=examples(20, 500))
def test_classes_of_any_hierarchy_can_be_derived_from_those_of_any_other(
    old: tuple[Any, ...], new: tuple[Any, ...], order: list[int], before: int
) -> None:
    shared = Classes(schema_of(old))
    for number in order[:before]:
        shared[f"Type{number}"]
    expected = shared.schema
    derived = Classes(with_lost_names(schema_of(new), expected, "studio"), shared=shared)
    for number in order:
        name = f"Type{number}"
        cls = derived[name]
        assert issubclass(cls, shared[name])
        assert all(issubclass(cls, derived[base]) for base in derived.schema.type(name).bases)
        entity = object.__new__(shared[name])
        object.__setattr__(entity, "__class__", cls)
        assert isinstance(entity, shared[name])
        attributes, had = derived.schema.type(name).attributes, expected.type(name).attributes
        assert {each for each in dir(type(cls)) if each[:3] in ("of_", "at_") and hasattr(cls, each)} == {
            each for each in attributes if each != "id"
        }
        for lost in had.keys() - attributes.keys():
            with pytest.raises(errors.UnknownAttribute, match="The server has lost it since the package studio"):
                getattr(cls, lost)
            assert str(getattr(shared[name], lost)) == lost
