"""Recorded operations are those that the official client records."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tests.compat.conftest import Both, Studio


def described(studio: Studio) -> list[Any]:
    operation = studio.client.operation
    rows: list[Any] = []
    for each in studio.session.recorded_operations:
        if isinstance(each, operation.CreateEntityOperation):
            rows.append(("create", each.entity_type, list(each.entity_key), each.entity_data["name"]))
        elif isinstance(each, operation.UpdateEntityOperation):
            rows.append(("update", each.entity_type, each.attribute_name, each.new_value))
        else:
            rows.append(("delete", each.entity_type, list(each.entity_key)))
    return rows


def test_changes_are_operations(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task = studio.session, studio.get("Task")
        operations = session.recorded_operations
        steps: list[Any] = [len(operations), bool(operations), list(operations)]
        task["description"] = "x"
        session.delete(studio.get("Task", 1))
        session.create("Task", {"name": "new"})
        steps += [sorted(described(studio)), len(operations)]
        steps += [[len(each) for each in (session.created, session.modified, session.deleted)]]
        operations.clear()
        steps += [len(operations), session.modified == [] or task["description"] is not None]
        return steps

    both(run)


def test_pushed_operations_are_committed(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task = studio.session, studio.get("Task")
        operation, key = studio.client.operation, OrderedDict([("id", task["id"])])
        push = session.recorded_operations.push
        push(operation.UpdateEntityOperation("Task", key, "description", None, "pushed"))
        push(operation.DeleteEntityOperation("Task", OrderedDict([("id", studio.production.tasks[5])])))
        steps: list[Any] = [len(session.recorded_operations)]
        session.commit()
        again = session.query(f'select description from Task where id is "{task["id"]}"').one()
        gone = session.query(f'select id from Task where id is "{studio.production.tasks[5]}"').first()
        return [*steps, again["description"], gone]

    both(run)


def test_new_entities_that_are_not_recorded_are_not_created(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session = studio.session
        with session.operation_recording(False):
            component = session.create("FileComponent", {"name": "preview", "file_type": ".exr"})
        steps: list[Any] = [component["name"], component["file_type"], len(session.recorded_operations)]
        session.commit()
        found = session.query(f'select id from Component where id is "{component["id"]}"').first()
        return [*steps, found, studio.client.inspection.state(component).name]

    both(run)


def test_changes_that_are_not_recorded_are_shown_and_not_sent(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task = studio.session, studio.get("Task")
        with session.operation_recording(False):
            steps: list[Any] = [session.record_operations]
            task["description"] = "shown only"
            session.delete(studio.get("Task", 1))
        steps += [session.record_operations, task["description"], len(session.recorded_operations)]
        session.commit()
        again = studio.connect(studio.client).get("Task", task["id"])
        return [*steps, again["description"]]

    both(run)


def test_operations_of_a_script_are_a_stack(both: Both) -> None:
    def run(studio: Studio) -> Any:
        operations = studio.client.operation.Operations()
        operations.push(studio.client.operation.Operation())
        length = len(operations)
        operations.pop()
        operations.push(studio.client.operation.Operation())
        operations.clear()
        return length, list(operations), bool(operations)

    both(run)
