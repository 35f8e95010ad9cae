"""Collections: sequences without duplicates, whose edits are one change of their owner."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Production


@pytest.fixture
def shot(session: Session, production: Production) -> Entity:
    return existing(session.get("Shot", production.shots[0]))


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    return [existing(session.get("Task", key)) for key in production.tasks]


def test_a_collection_reads_like_a_list(shot: Entity, tasks: list[Entity]) -> None:
    children = sorted(shot.children, key=lambda task: task.name)
    assert children == tasks[:3]
    assert len(shot.children) == 3
    assert tasks[0] in shot.children
    assert tasks[5] not in shot.children
    assert "no entity" not in shot.children
    assert shot.children[0] in tasks[:3]
    assert shot.children[0:2] == list(shot.children)[0:2]
    assert shot.children == list(shot.children)


def test_editing_is_sent_as_edits_of_the_members(session: Session, shot: Entity, tasks: list[Entity]) -> None:
    shot.children.append(tasks[5])
    shot.children.remove(tasks[0])
    assert {operation.key: operation.data for operation in planned_operations(session)} == {
        (tasks[5].id,): {"parent_id": shot.id},
        (tasks[0].id,): {"parent_id": None},
    }


def test_editing_back_is_no_change(session: Session, shot: Entity, tasks: list[Entity]) -> None:
    original = list(shot.children)
    shot.children.append(tasks[5])
    shot.children.remove(tasks[5])
    assert session.modified == []
    shot.children = []
    shot.children = original
    assert session.modified == []


def test_an_entity_is_in_a_collection_once(session: Session, shot: Entity) -> None:
    shot.children.append(shot.children[0])
    shot.children.extend(list(shot.children))
    assert len(shot.children) == 3
    assert session.modified == []


def test_all_the_ways_of_editing_a_sequence(shot: Entity, tasks: list[Entity]) -> None:
    a, b, c = sorted(shot.children, key=lambda task: task.name)
    shot.children = [a, b, c]
    shot.children[0] = tasks[7]
    assert list(shot.children) == [tasks[7], b, c]
    shot.children[1:] = [tasks[8], tasks[9], tasks[8]]
    assert list(shot.children) == [tasks[7], tasks[8], tasks[9]]
    del shot.children[0]
    shot.children.insert(0, a)
    assert list(shot.children) == [a, tasks[8], tasks[9]]
    assert shot.children.pop() is tasks[9]
    shot.children += [b]
    assert list(shot.children) == [a, tasks[8], b]
    shot.children.clear()
    assert len(shot.children) == 0


def test_pop_removes_an_item_by_position(session: Session, shot: Entity) -> None:
    first, second, third = shot.children
    assert shot.children.pop(1) is second
    assert shot.children.pop(0) is first
    assert list(shot.children) == [third]
    assert shot.children.pop() is third
    for index in (-1, 0, 3):
        with pytest.raises(IndexError):
            shot.children.pop(index)
    session.rollback()
    assert shot.children.pop(-2) is second


def test_positions_count_from_both_ends_after_each_edit(shot: Entity, tasks: list[Entity]) -> None:
    first, second, third = shot.children
    assert [shot.children[n] for n in (0, -1, 1, -3)] == [first, third, second, first]
    shot.children.append(tasks[5])
    assert [shot.children[n] for n in (0, -1, 2, -2)] == [first, tasks[5], third, third]
    shot.children.remove(first)
    assert [shot.children[n] for n in (0, -1)] == [second, tasks[5]]


def test_an_index_out_of_range_changes_nothing(session: Session, shot: Entity, tasks: list[Entity]) -> None:
    children = list(shot.children)
    with pytest.raises(IndexError):
        shot.children[3]
    with pytest.raises(IndexError):
        shot.children[3] = tasks[5]
    with pytest.raises(IndexError):
        del shot.children[-4]
    assert (list(shot.children), session.modified) == (children, [])


def test_reversing_shows_another_order_which_the_server_does_not_keep(session: Session, shot: Entity) -> None:
    children = list(shot.children)
    shot.children.reverse()
    assert list(shot.children) == children[::-1]
    assert session.modified == []
    session.rollback()
    assert list(shot.children) == children


def test_items_can_be_removed_during_an_iteration(shot: Entity) -> None:
    for child in shot.children:
        shot.children.remove(child)
    assert list(shot.children) == []


def test_values_that_cannot_be_members_are_refused(session: Session, shot: Entity) -> None:
    with pytest.raises(errors.InvalidValue, match=r"Shot\.children holds Context entities"):
        shot.children.append("task")
    with pytest.raises(errors.InvalidValue, match="holds Context entities, not <Status"):
        shot.children.append(existing(session.query("Status").first()))
    with pytest.raises(errors.InvalidValue, match="set with a list"):
        shot.children = "abc"
    with pytest.raises(ValueError, match="is not in"):
        shot.children.remove(shot)
    assert session.modified == []


def test_replacing_a_collection_that_is_not_loaded_does_not_load_it(session: Session, production: Production) -> None:
    shot = session.query("Shot").where(f'id is "{production.shots[1]}"').select("name").one()
    with requests_made(session) as made:
        shot.scopes = []
    assert made == 0
    assert planned_operations(session)[0].data == {"scopes": []}


def test_a_committed_edit_is_on_the_server(session: Session, other: Session, shot: Entity, tasks: list[Entity]) -> None:
    shot.children.append(tasks[5])
    assert session.commit() == 1
    assert {task.id for task in existing(other.get("Shot", shot.id)).children} == {
        task.id for task in [*tasks[:3], tasks[5]]
    }
    assert not inspect(shot).is_modified


def test_many_to_many(session: Session, other: Session, production: Production) -> None:
    scope = session.create("Scope", name="outsourced")
    task = existing(session.get("Task", production.tasks[0]))
    task.scopes.append(scope)
    session.commit()
    seen = existing(other.get("Task", task.id))
    assert [scope.name for scope in seen.scopes] == ["outsourced"]
    task.scopes.remove(scope)
    session.commit()
    assert len(other.query("Task").where(f'id is "{task.id}" and scopes any ()').all()) == 0


def test_the_collection_of_a_new_entity_is_created_with_it(
    session: Session, other: Session, production: Production
) -> None:
    version_list = session.create(
        "TypedContextList",
        name=f"picks of {production.name}",
        project=existing(session.get("Project", production.project)),
        category=existing(session.query("ListCategory").first()),
    )
    version_list["items"].extend(existing(session.get("Task", key)) for key in production.tasks[:2])
    session.commit()
    seen = existing(other.get("TypedContextList", version_list.id))
    assert {task.id for task in seen["items"]} == set(production.tasks[:2])


def test_a_deleted_entity_leaves_loaded_collections_at_the_commit(
    session: Session, shot: Entity, tasks: list[Entity]
) -> None:
    children = shot.children
    assert len(children) == 3
    session.delete(tasks[0])
    assert tasks[0] in children
    session.commit()
    assert tasks[0] not in children
    assert sorted(child.name for child in children) == ["task01", "task02"]
    assert len(children) == 2
    children.append(tasks[5])
    (operation,) = planned_operations(session)
    assert (operation.key, operation.data) == ((tasks[5].id,), {"parent_id": shot.id})


STEPS = st.one_of(
    st.tuples(st.sampled_from(["append", "remove", "move in", "move out"]), st.integers(0, 6)),
    st.tuples(st.sampled_from(["insert", "set"]), st.integers(0, 6), st.integers(-3, 6)),
    st.tuples(st.sampled_from(["delete"]), st.integers(-3, 6)),
    st.tuples(st.sampled_from(["look", "pop", "extend"])),
)


def _edit(
    children: Any,
    expected: list[Entity],
    tasks: list[Entity],
    shot: Entity,
    elsewhere: Entity,
    step: tuple[Any, ...],
) -> None:
    """Apply one step to a collection and to the list that it must equal."""
    how, *numbers = step
    task = tasks[numbers[0] if numbers and how != "delete" else 0]
    if how in ("append", "insert") and task not in expected:
        expected.insert(len(expected) if how == "append" else numbers[1], task)
    elif how == "remove" and task in expected:
        expected.remove(task)
    elif how == "set" and -len(expected) <= numbers[1] < len(expected) and task not in expected:
        expected[numbers[1]] = task
    elif how == "delete" and -len(expected) <= numbers[0] < len(expected):
        del expected[numbers[0]]
    elif how == "pop" and expected:
        expected.pop()
    elif how == "extend":
        expected.extend(each for each in tasks[2:4] if each not in expected)
    elif how == "move in" and task not in expected:
        expected.append(task)
    elif how == "move out" and task in expected:
        expected.remove(task)
    else:
        return
    if how == "append":
        children.append(task)
    elif how == "insert":
        children.insert(numbers[1], task)
    elif how == "remove":
        children.remove(task)
    elif how == "set":
        children[numbers[1]] = task
    elif how == "delete":
        del children[numbers[0]]
    elif how == "pop":
        children.pop()
    elif how == "extend":
        children.extend(tasks[2:4])
    else:
        task.parent = shot if how == "move in" else elsewhere


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=20))
def test_any_sequence_of_edits_has_the_effect_it_has_on_a_list(
    session: Session, production: Production, shot: Entity, tasks: list[Entity], steps: list[tuple[Any, ...]]
) -> None:
    session.rollback()
    session.refresh(shot, "children")  # each example begins with the content on the server
    children = shot.children
    expected = list(children)
    before, elsewhere = list(children), existing(session.get("Shot", production.shots[3]))
    for step in steps:
        _edit(children, expected, tasks, shot, elsewhere, step)
        assert [task in children for task in tasks] == [task in expected for task in tasks]
        if step[0] == "look":
            assert list(children) == expected
    assert len(children) == len(expected)
    assert list(children) == expected
    assert [children[n] for n in range(len(expected))] == expected
    session.rollback()
    assert list(children) == before


def test_a_removed_entity_that_is_appended_again_comes_last(shot: Entity) -> None:
    a, b, c = shot.children
    shot.children.remove(b)
    shot.children.append(b)
    assert list(shot.children) == [a, c, b]


def test_removing_all_items_and_appending_them_in_the_same_order_is_no_change(session: Session, shot: Entity) -> None:
    before = list(shot.children)
    for child in reversed(before):
        shot.children.remove(child)
    assert set(session.modified) == set(before)
    for child in before:
        shot.children.append(child)
    assert session.modified == []


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("name", ["children", "items"])
def test_members_keep_the_order_in_which_they_were_added_across_the_commit(
    session: Session, production: Production, tasks: list[Entity], name: str, is_new: bool
) -> None:
    category = session.create("ListCategory", name="dailies")
    owner = (
        session.create("Shot", name="new", parent_id=production.sequences[0])
        if name == "children"
        else session.create("TypedContextList", name="new", project_id=production.project, category=category)
    )
    if not is_new:
        session.commit()
    before = list(owner[name])
    # Where the former parent of a moved task is not known, all loaded children are read again, in the server's order.
    assert all(task["parent_id"] for task in tasks)
    # Creations are sent before updates, and by the order of their dependencies.
    added = [tasks[7], session.create("Task", name="b", parent_id=production.shots[0]), tasks[3]]
    added += [session.create("Task", name="a", parent_id=production.shots[0]), tasks[9]]
    for task in added:
        owner[name].append(task)
    assert list(owner[name]) == [*before, *added]
    session.commit()
    with requests_made(session) == 0:
        assert list(owner[name]) == [*before, *added]
    session.rollback()
    assert list(owner[name]) == [*before, *added]


def test_an_entity_deleted_in_the_same_commit_is_not_sent_as_a_member(session: Session, production: Production) -> None:
    category = session.create("ListCategory", name="dailies")
    tasks = session.query("Task").where(project_id=production.project).limit(2).all()
    review = session.create("TypedContextList", name="review", project_id=production.project, category=category)
    session.commit()
    review.items.extend(tasks)
    session.delete(tasks[0])
    difference = {"add": [tasks[1].id], "remove": []}  # without the deleted one
    assert planned_operations(session)[0].data == {"items": difference}
    session.commit()
    assert review.items == [tasks[1]]
    assert session.get("Task", tasks[0].id) is None


@pytest.mark.parametrize("is_new", [False, True])
def test_a_new_entity_in_a_collection_gets_the_owner_as_its_parent(
    session: Session, other: Session, production: Production, is_new: bool
) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    shot = (
        session.create("Shot", name="new", parent=sequence)
        if is_new
        else existing(session.get("Shot", production.shots[0]))
    )
    first, second, third = (session.create("Task", name=f"new{n}") for n in range(3))
    shot.children.append(first)
    shot.children.extend([second])
    shot.children.insert(0, third)
    assert [task.parent for task in (first, second, third)] == [shot] * 3
    assert len(session.plan()) == 3 + is_new  # the list itself, to which others may have added, is not sent
    session.commit()
    assert session.modified == []
    assert {first, second, third} <= set(shot.children)
    assert {task.id for task in existing(other.get("Shot", shot.id)).children} == {task.id for task in shot.children}


def test_adding_what_a_newer_collection_lacks_is_sent_although_an_older_key_says_it_is_there(
    session: Session, other: Session, production: Production
) -> None:
    task, first = (
        existing(session.get(*each)) for each in (("Task", production.tasks[0]), ("Shot", production.shots[0]))
    )
    assert task.parent is first
    theirs = existing(other.get("Task", task.id))
    theirs.parent_id = production.shots[1]
    other.commit()
    session.refresh(first, "children")
    assert task not in first.children
    first.children.append(task)
    session.commit()
    other.refresh(theirs)
    assert theirs.parent_id == first.id
