"""Collections: sequences without duplicates, whose edits are one change of their owner."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import errors, inspect
from ftrack_orm.testing import requests_made


@pytest.fixture
def shot(session, production):
    return session.get("Shot", production.shots[0])


@pytest.fixture
def tasks(session, production):
    return [session.get("Task", key) for key in production.tasks]


def test_a_collection_reads_like_a_list(shot, tasks):
    children = sorted(shot.children, key=lambda task: task.name)
    assert children == tasks[:3]
    assert len(shot.children) == 3
    assert tasks[0] in shot.children
    assert tasks[5] not in shot.children
    assert "no entity" not in shot.children
    assert shot.children[0] in tasks[:3]
    assert shot.children[0:2] == list(shot.children)[0:2]
    assert shot.children == list(shot.children)


def test_editing_sends_the_keys_of_the_members_and_nothing_else(session, shot, tasks):
    shot.children.append(tasks[5])
    shot.children.remove(tasks[0])
    sent = {operation.key: operation.data for operation in session.plan()}
    assert sent == {(tasks[5].id,): {"parent_id": shot.id}, (tasks[0].id,): {"parent_id": None}}


def test_editing_back_is_no_change(session, shot, tasks):
    original = list(shot.children)
    shot.children.append(tasks[5])
    shot.children.remove(tasks[5])
    assert session.modified == []
    shot.children = []
    shot.children = original
    assert session.modified == []


def test_an_entity_is_in_a_collection_once(session, shot):
    shot.children.append(shot.children[0])
    shot.children.extend(list(shot.children))
    assert len(shot.children) == 3
    assert session.modified == []


def test_all_the_ways_of_editing_a_sequence(shot, tasks):
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


def test_deleting_while_walking_reaches_every_item(shot):
    for child in shot.children:
        shot.children.remove(child)
    assert list(shot.children) == []


def test_what_cannot_be_in_it_is_refused(session, shot):
    with pytest.raises(errors.InvalidValue, match=r"Shot\.children holds Context entities"):
        shot.children.append("task")
    with pytest.raises(errors.InvalidValue, match="holds Context entities, not <Status"):
        shot.children.append(session.query("Status").first())
    with pytest.raises(errors.InvalidValue, match="set with a list"):
        shot.children = "abc"
    with pytest.raises(ValueError, match="is not in"):
        shot.children.remove(shot)
    assert session.modified == []


def test_replacing_a_collection_that_is_not_loaded_does_not_load_it(session, production):
    shot = session.query("Shot").where(f'id is "{production.shots[1]}"').select("name").one()
    with requests_made(session) as made:
        shot.scopes = []
    assert made == 0
    assert session.plan()[0].data == {"scopes": []}


def test_a_committed_edit_is_what_the_server_has(session, other, shot, tasks):
    shot.children.append(tasks[5])
    assert session.commit() == 1
    assert {task.id for task in other.get("Shot", shot.id).children} == {task.id for task in [*tasks[:3], tasks[5]]}
    assert not inspect(shot).is_modified


def test_many_to_many(session, other, production):
    scope = session.create("Scope", name="outsourced")
    task = session.get("Task", production.tasks[0])
    task.scopes.append(scope)
    session.commit()
    seen = other.get("Task", task.id)
    assert [scope.name for scope in seen.scopes] == ["outsourced"]
    task.scopes.remove(scope)
    session.commit()
    assert len(other.query("Task").where(f'id is "{task.id}" and scopes any ()').all()) == 0


def test_a_new_entitys_collection_is_filled_before_anything_is_sent(session, other, production):
    version_list = session.create(
        "TypedContextList",
        name=f"picks of {production.name}",
        project=session.get("Project", production.project),
        category=session.query("ListCategory").first(),
    )
    version_list["items"].extend(session.get("Task", key) for key in production.tasks[:2])
    session.commit()
    seen = other.get("TypedContextList", version_list.id)
    assert {task.id for task in seen["items"]} == set(production.tasks[:2])


def test_what_is_deleted_is_gone_from_loaded_collections_once_it_is_committed(session, shot, tasks):
    held = shot.children
    assert len(held) == 3
    session.delete(tasks[0])
    assert tasks[0] in held
    session.commit()
    assert tasks[0] not in held
    assert sorted(child.name for child in held) == ["task01", "task02"]
    assert len(held) == 2
    held.append(tasks[5])
    assert [operation.data for operation in session.plan()] == [{"parent_id": shot.id}]


STEPS = st.one_of(
    st.tuples(st.sampled_from(["append", "remove", "move in", "move out"]), st.integers(0, 6)),
    st.tuples(st.sampled_from(["insert", "set"]), st.integers(0, 6), st.integers(-3, 6)),
    st.tuples(st.sampled_from(["delete"]), st.integers(-3, 6)),
    st.tuples(st.sampled_from(["look", "pop", "extend"])),
)


def _edit(children, like, tasks, shot, elsewhere, step):
    """Do one step to a collection and to the list it is to be like."""
    how, *numbers = step
    task = tasks[numbers[0]] if numbers and how != "delete" else None
    if how in ("append", "insert") and task not in like:
        like.insert(len(like) if how == "append" else numbers[1], task)
    elif how == "remove" and task in like:
        like.remove(task)
    elif how == "set" and -len(like) <= numbers[1] < len(like) and task not in like:
        like[numbers[1]] = task
    elif how == "delete" and -len(like) <= numbers[0] < len(like):
        del like[numbers[0]]
    elif how == "pop" and like:
        like.pop()
    elif how == "extend":
        like.extend(each for each in tasks[2:4] if each not in like)
    elif how == "move in" and task not in like:
        like.append(task)
    elif how == "move out" and task in like:
        like.remove(task)
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
def test_whatever_is_done_to_a_collection_it_is_like_a_list(session, production, shot, tasks, steps):
    session.rollback()
    session.refresh(shot, "children")  # each example begins with what the server has
    children = shot.children
    like = list(children)
    before, elsewhere = list(children), session.get("Shot", production.shots[3])
    for step in steps:
        _edit(children, like, tasks, shot, elsewhere, step)
        assert [task in children for task in tasks] == [task in like for task in tasks]
        if step[0] == "look":
            assert list(children) == like
    assert len(children) == len(like)
    assert list(children) == like
    assert [children[n] for n in range(len(like))] == like
    session.rollback()
    assert list(children) == before


def test_what_is_taken_out_in_the_middle_and_put_in_again_comes_last(shot):
    a, b, c = shot.children
    shot.children.remove(b)
    shot.children.append(b)
    assert list(shot.children) == [a, c, b]


def test_taking_out_one_by_one_what_is_put_back_in_the_same_order_is_no_change(session, shot):
    before = list(shot.children)
    for child in reversed(before):
        shot.children.remove(child)
    assert set(session.modified) == set(before)
    for child in before:
        shot.children.append(child)
    assert session.modified == []


def test_what_is_deleted_in_the_commit_that_sends_a_collection_with_it_is_not_met_again(session, production):
    category = session.create("ListCategory", name="dailies")
    tasks = session.query("Task").where(project_id=production.project).limit(2).all()
    review = session.create("TypedContextList", name="review", project_id=production.project, category=category)
    session.commit()
    review.items.extend(tasks)
    session.delete(tasks[0])
    assert session.plan()[0].data == {"items": {"add": [tasks[1].id], "remove": []}}
    session.commit()
    assert review.items == [tasks[1]]
    assert session.get("Task", tasks[0].id) is None


@pytest.mark.parametrize("is_new", [False, True])
def test_a_new_entity_put_into_what_leads_back_to_it_is_created_there(session, other, production, is_new):
    sequence = session.get("Sequence", production.sequences[0])
    shot = session.create("Shot", name="new", parent=sequence) if is_new else session.get("Shot", production.shots[0])
    first, second, third = (session.create("Task", name=f"new{n}") for n in range(3))
    shot.children.append(first)
    shot.children.extend([second])
    shot.children.insert(0, third)
    assert [task.parent for task in (first, second, third)] == [shot] * 3
    assert len(session.plan()) == 3 + is_new  # the list itself, which may have grown meanwhile, is not sent
    session.commit()
    assert session.modified == []
    assert {first, second, third} <= set(shot.children)
    assert {task.id for task in other.get("Shot", shot.id).children} == {task.id for task in shot.children}
