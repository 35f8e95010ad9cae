"""Collections: sequences without duplicates, whose edits are one change of their owner."""

import pytest

from ftrack_orm import errors, inspect


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


def test_editing_is_one_change_sent_as_the_whole_list(session, shot, tasks):
    shot.children.append(tasks[5])
    shot.children.remove(tasks[0])
    (operation,) = session.plan()
    assert {item.id for item in operation.data["children"]} == {tasks[1].id, tasks[2].id, tasks[5].id}
    assert operation.key == (shot.id,)


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
    with pytest.raises(errors.InvalidValue, match=r"Shot\.children leads to Context"):
        shot.children.append("task")
    with pytest.raises(errors.InvalidValue, match="is none"):
        shot.children.append(session.query("Status").first())
    with pytest.raises(errors.InvalidValue, match="set with a list"):
        shot.children = "abc"
    with pytest.raises(ValueError, match="is not in"):
        shot.children.remove(shot)
    assert session.modified == []


def test_replacing_a_collection_that_is_not_loaded_does_not_load_it(session, production):
    from ftrack_orm.testing import requests_made

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
    (operation,) = session.plan()
    assert {item.id for item in operation.data["children"]} == {tasks[1].id, tasks[2].id, tasks[5].id}
