"""The operation that a server has refused is found by the text of its error, as databases and validators write them."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.wire.refusals import RefusedOperation, ServerNames, find_refused

IDS = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(200)]
MISSING = "ffffffff-0000-4000-8000-000000000000"

TASK = ServerNames(
    frozenset({"task", "typedcontext"}),
    {"name": "name", "statusid": "status_id", "status_id": "status_id", "status": "status_id", "bid": "bid"},
)
NOTE = ServerNames(frozenset({"note"}), {"content": "content", "text": "content"})


def names(entity_type: str) -> ServerNames | None:
    return {"Task": TASK, "Note": NOTE}.get(entity_type)


def update(index: int, **data: Any) -> dict[str, Any]:
    return {
        "action": "update",
        "entity_type": "Task",
        "entity_key": [IDS[index]],
        "entity_data": {"__entity_type__": "Task", **data},
    }


def create(index: int, entity_type: str = "Task", **data: Any) -> dict[str, Any]:
    data = {"__entity_type__": entity_type, "id": IDS[index], **data}
    return {"action": "create", "entity_type": entity_type, "entity_data": data}


def delete(index: int) -> dict[str, Any]:
    return {"action": "delete", "entity_type": "Task", "entity_key": [IDS[index]]}


def two_hundred(refused: int, operation: dict[str, Any]) -> list[dict[str, Any]]:
    operations = [update(index, name=f"task_{index:03}", bid=3_600) for index in range(200)]
    operations[refused] = operation
    return operations


TEXTS = [
    # PROTOCOL 2.3, 2.4
    (f"Could not find entity Task with entity_key [u'{IDS[120]}'].", update(120, name="x"), None),
    (
        'Custom attribute value for "fstart" must be of type number. Got "wrong" of type <type \'unicode\'>',
        update(120, value="wrong"),
        "value",
    ),
    # The texts of MySQL and of SQLAlchemy, which ftrack is built on.
    (
        f"(_mysql_exceptions.IntegrityError) (1452, 'Cannot add or update a child row: a foreign key constraint fails "
        "(`ftrack`.`task`, CONSTRAINT `task_ibfk_3` FOREIGN KEY (`statusid`) REFERENCES `status` (`statusid`))') [SQL: "
        f"u'UPDATE task SET statusid=%s WHERE task.taskid = %s'] [parameters: ('{MISSING}', '{IDS[120]}')]",
        update(120, status_id=MISSING),
        "status_id",
    ),
    (
        "(1406, \"Data too long for column 'name' at row 1\")",
        update(120, name="n" * 600),
        "name",
    ),
    ("(1264, \"Out of range value for column 'bid' at row 1\")", update(120, bid=10**30), "bid"),
    ("(1048, \"Column 'name' cannot be null\")", update(120, name=None), "name"),
    ("(1048, \"Column 'name' cannot be null\")", create(120, bid=3), "name"),
    ("(1364, \"Field 'name' doesn't have a default value\")", create(120, bid=3), "name"),
    ("Duplicate entry 'shot-7' for key 'name'", update(120, name="shot-7"), "name"),
    (f"Duplicate entry '{IDS[120]}' for key 'PRIMARY'", create(120, name="x"), "id"),
    # The texts of the embedded server.
    (
        f"Task.status_id: there is no Status with id '{MISSING}' (foreign key status_id).",
        update(120, status_id=MISSING),
        "status_id",
    ),
    (f"Cannot delete the Task {IDS[120]}: it is in use as task_id of 3 Note, among them {IDS[7]}.", delete(120), None),
    ("Note.content must be text.", create(120, "Note", content=3), "content"),
]


@pytest.mark.parametrize(("text", "operation", "attribute"), TEXTS)
def test_one_refused_operation_of_two_hundred_is_found_by_the_text(
    text: str, operation: dict[str, Any], attribute: str | None
) -> None:
    found = find_refused(text, two_hundred(120, operation), names)
    assert found == RefusedOperation(120, attribute)


def test_an_id_that_an_operation_refers_to_does_not_hide_the_operation() -> None:
    operations = [create(0, name="a"), update(1, name="b"), update(2, status_id=IDS[0])]
    text = f"Task.status_id: there is no Status with id '{IDS[0]}' (foreign key status_id)."
    assert find_refused(text, operations, names) == RefusedOperation(2, "status_id")


def test_the_second_of_two_equal_entries_is_the_duplicate() -> None:
    operations = [create(0, name="a"), create(1, name="same"), create(2, name="b"), create(3, name="same")]
    assert find_refused("Duplicate entry 'same' for key 'name'", operations) == RefusedOperation(3, "name")


def test_the_known_values_of_entities_tell_apart_equal_names_under_different_parents() -> None:
    operations = [update(0, name="same"), update(1, name="same")]
    parents = [{"parent_id": IDS[10]}, {"parent_id": IDS[11]}]
    text = f"Duplicate entry '{IDS[11]}-same' for key 'parent_name'"
    assert find_refused(text, operations, names, parents.__getitem__) == RefusedOperation(1, "name")


@pytest.mark.parametrize(
    "text", ["no message", "The server is busy.", "Permission denied.", "Task cannot be changed today.", "", "\ud800"]
)
def test_a_text_that_tells_nothing_names_no_operation(text: str) -> None:
    assert find_refused(text, two_hundred(120, update(120, name="x")), names) is None


def test_the_only_operation_is_the_refused_one_and_words_of_a_sentence_name_no_attribute() -> None:
    text = "The status of this task has another type; its name is wrong."
    assert find_refused(text, [update(3, status_id=IDS[1])], names) == RefusedOperation(0, None)


def test_the_query_that_cannot_be_parsed_is_found_by_its_expression() -> None:
    operations = [{"action": "query", "expression": f"select id from Task where name is {n}"} for n in range(5)]
    text = "Failed to parse: select id from Task where name is 3. Expected end of text"
    assert find_refused(text, operations) == RefusedOperation(3, None)


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [{}],
        [{"action": 3, "entity_type": None}],
        [{"action": "update", "entity_type": "Task", "entity_key": None, "entity_data": [1]}],
        [{"action": "delete", "entity_type": "Task", "entity_key": {"id": 1}}],
    ],
)
def test_operations_of_any_shape_are_searched(operations: list[dict[str, Any]]) -> None:
    find_refused("Duplicate entry 'x' for key 'y'", operations, names)
