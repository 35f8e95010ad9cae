"""The error of a refused commit names the entity, the attribute and the operation, also one of two hundred."""

from __future__ import annotations

import pickle

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.values import Reference
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Production

MISSING = "ffffffff-0000-4000-8000-000000000000"
#: The number of operations of a commit, and the place of the refused one among them.
OPERATIONS, REFUSED = 200, 120


@pytest.fixture(scope="module")
def many() -> list[str]:
    """The ids of tasks that the tests of this module share."""
    return []


@pytest.fixture
def tasks(session: Session, production: Production, other: Session, many: list[str]) -> list[Entity]:
    """Tasks of one shot, in the order of their names."""
    if not many:
        parent = existing(other.get("Shot", production.shots[0]))
        made = [other.create("Task", name=f"many{n:03}", parent=parent) for n in range(OPERATIONS)]
        other.commit()
        many.extend(task.id for task in made)
    found = {task.id: task for task in session.query("Task").where(session.types.Task.id.in_(many))}
    return [found[id_] for id_ in many]


def refused(session: Session) -> errors.ServerError:
    with pytest.raises(errors.ServerError) as raised:
        session.commit()
    session.rollback()
    error = raised.value
    assert error.operation in error.operations
    return error


def edit_all(tasks: list[Entity]) -> None:
    for number, task in enumerate(tasks):
        task.description = f"described {number}"


def test_a_key_of_nothing_is_named(session: Session, tasks: list[Entity]) -> None:
    edit_all(tasks)
    tasks[REFUSED].status_id = MISSING
    error = refused(session)
    assert error.entity is tasks[REFUSED]
    assert (error.entity_type, error.attribute) == ("Task", "status_id")
    assert error.operation["entity_key"] == [tasks[REFUSED].id]
    assert repr(tasks[REFUSED]) in str(error)
    assert "'status_id'" in str(error)
    assert f"operation {REFUSED + 1} of {OPERATIONS}" in str(error)


def test_an_entity_that_another_user_has_deleted_is_named(
    session: Session, other: Session, tasks: list[Entity], many: list[str]
) -> None:
    edit_all(tasks)
    other.delete(existing(other.get("Task", many.pop())))
    other.commit()
    error = refused(session)
    assert isinstance(error, errors.EntityNotFound)
    assert error.entity is tasks[-1]
    assert error.attribute is None


def test_a_name_that_is_taken_is_named(session: Session, tasks: list[Entity]) -> None:
    edit_all(tasks)
    tasks[REFUSED].name = "many007"
    error = refused(session)
    assert isinstance(error, errors.DuplicateEntryError)
    assert error.entity is tasks[REFUSED]
    assert error.attribute == "name"


def test_the_second_of_two_new_entities_with_the_same_name_is_named(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[1]))
    made = [session.create("Task", name=f"new{n % 5}", parent=shot) for n in range(6)]
    error = refused(session)
    assert error.entity is made[5]
    assert error.attribute == "name"
    assert error.operation["action"] == "create"


def test_an_equal_name_under_another_parent_is_not_the_refused_one(session: Session, production: Production) -> None:
    tasks = [existing(session.get("Task", production.tasks[n])) for n in (0, 3, 4)]
    session.populate(tasks, "name, parent, object_type_id")
    tasks[0].name = "task05"  # of another shot, where that name is free
    tasks[1].name = "task05"  # the shot of task05
    error = refused(session)
    assert error.entity is tasks[1]


def test_a_status_that_is_in_use_cannot_be_deleted_and_is_named(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    type_ = task.type
    session.delete(session.create("Scope", name="unused"))
    session.delete(type_)
    for id_ in production.tasks:
        existing(session.get("Task", id_)).description = "other edits"
    error = refused(session)
    assert isinstance(error, errors.IntegrityError)
    assert error.entity is type_
    assert error.operation["action"] == "delete"


def test_a_move_below_itself_is_named(session: Session, production: Production) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    for id_ in production.tasks:
        existing(session.get("Task", id_)).description = "other edits"
    sequence.parent_id = production.shots[0]
    error = refused(session)
    assert error.entity is sequence
    assert error.attribute == "parent_id"


def test_the_owner_and_the_key_of_a_custom_attribute_are_named(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    key = configure("level", "text")
    free = configure("free", "text")
    tasks = [existing(session.get("Task", id_)) for id_ in production.tasks]
    for task in tasks:
        task.custom_attributes[free] = "x"
    tasks[5].custom_attributes[key] = "hard"
    configuration = other.query("CustomAttributeConfiguration").where(key=key).one()
    other.delete(configuration)
    other.commit()
    error = refused(session)
    assert error.entity is tasks[5]
    assert (error.attribute, error.item) == ("custom_attributes", key)
    assert key in str(error)


def test_an_error_of_a_custom_attributes_value_is_found_by_its_key() -> None:
    """The text of a real server quotes the key of the configuration, which the operation does not have."""
    from ftrack_orm.wire.refusals import find_refused

    operations = [
        {"action": "update", "entity_type": "V", "entity_key": [f"c{n}", "e"], "entity_data": {"value": "test"}}
        for n in range(3)
    ]
    text = 'Custom attribute value for "fend" must be of type number. Got "test" of type <type \'unicode\'>'
    found = find_refused(text, operations, known=lambda index: {"key": ["fstart", "fend", "shutter"][index]})
    assert found is not None
    assert found.index == 1


def test_the_owner_of_a_link_row_is_named(session: Session, other: Session, production: Production) -> None:
    scope = other.create("Scope", name=f"scope of {production.name}")
    other.commit()
    mine = existing(session.get("Scope", scope.id))
    tasks = [existing(session.get("Task", id_)) for id_ in production.tasks]
    for task in tasks:
        task.description = "other edits"
    tasks[4].scopes.append(mine)
    other.delete(scope)
    other.commit()
    error = refused(session)
    assert error.entity is tasks[4]
    assert error.attribute == "scopes"


def test_a_bulk_change_names_the_entity_or_its_reference(
    session: Session, other: Session, production: Production
) -> None:
    Task = session.types.Task
    query = session.query(Task).where(Task.id.in_(production.tasks))
    with pytest.raises(errors.ServerError) as raised:
        query.update({"status_id": MISSING})
    assert raised.value.attribute == "status_id"
    assert raised.value.operation in raised.value.operations
    assert isinstance(raised.value.entity, Reference)
    loaded = query.all()
    with pytest.raises(errors.ServerError) as again:
        query.update({"status_id": MISSING})
    assert again.value.entity in loaded


def test_a_raw_call_names_the_operation(session: Session, production: Production) -> None:
    operations = [
        {
            "action": "update",
            "entity_type": "Task",
            "entity_key": [id_],
            "entity_data": {"__entity_type__": "Task", "description": "x"},
        }
        for id_ in production.tasks
    ]
    operations[7]["entity_key"] = [MISSING]
    with pytest.raises(errors.EntityNotFound) as raised:
        session.call(operations)
    assert raised.value.operation["entity_key"] == [MISSING]
    assert raised.value.entity_type == "Task"
    assert raised.value.entity is None
    assert f"operation 8 of {len(operations)}" in str(raised.value)


def test_an_error_with_an_entity_can_be_pickled(session: Session, tasks: list[Entity]) -> None:
    tasks[0].status_id = MISSING
    error = refused(session)
    unpickled = pickle.loads(pickle.dumps(error))
    assert unpickled.entity == tasks[0].__reference__()
    assert str(unpickled) == str(error)


def test_a_block_of_changes_is_rolled_back_and_names_the_entity(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    before = task.status_id
    with pytest.raises(errors.ServerError) as raised, session.begin():
        task.status_id = MISSING
    assert raised.value.entity is task
    assert task.status_id == before
