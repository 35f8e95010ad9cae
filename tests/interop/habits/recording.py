"""Habits with recorded operations, values that are not loaded, and merged entities."""

from __future__ import annotations

import collections
from typing import Any

from tests.interop.habits.habit import compat_habit


@compat_habit("for operation in session.recorded_operations: operation.attribute_name")
def parts_of_operations(session: Any, task: Any, shot: Any) -> Any:
    """Read the parts of recorded operations."""
    task["description"] = "recorded"
    created = session.create("Task", {"name": "recorded", "parent": shot})
    session.delete(shot["children"][0] if shot["children"][0] != task else shot["children"][1])
    parts = [
        (
            type(operation).__name__,
            operation.entity_type,
            list(operation.entity_key.keys()),
            getattr(operation, "attribute_name", None),
            getattr(operation, "new_value", None),
        )
        for operation in session.recorded_operations
        if getattr(operation, "attribute_name", "description") == "description"
    ]
    session.rollback()
    return sorted(parts, key=str), created["name"]


@compat_habit("isinstance(operation, ftrack_api.operation.CreateEntityOperation)")
def kinds_of_operations(ftrack_api: Any, session: Any, task: Any, shot: Any) -> Any:
    """Recognize operations by their classes."""
    task["description"] = "recorded"
    session.create("Task", {"name": "recorded", "parent": shot})
    module = ftrack_api.operation
    classes = (module.CreateEntityOperation, module.UpdateEntityOperation, module.DeleteEntityOperation)
    operations = list(session.recorded_operations)
    session.rollback()
    return [any(isinstance(operation, each) for operation in operations) for each in classes], bool(operations)


@compat_habit("session.recorded_operations.pop()")
def take_an_operation_back(session: Any, task: Any) -> Any:
    """Take the last operation back."""
    task["description"] = "popped"
    operation = session.recorded_operations.pop()
    return operation.attribute_name, len(list(session.recorded_operations))


@compat_habit("with session.auto_populating(False): task['bid'] is ftrack_api.symbol.NOT_SET")
def value_that_is_not_loaded(ftrack_api: Any, connect: Any, task: Any) -> Any:
    """Recognize values that are not loaded."""
    session = connect()
    found = session.query(f'select name from Task where id is "{task["id"]}"').one()
    with session.auto_populating(False):
        missing = found["description"] is ftrack_api.symbol.NOT_SET, bool(found["description"])
    return missing, found["description"]


@compat_habit("ftrack_api.Session(auto_populate=False)")
def session_that_populates_nothing(ftrack_api: Any, task: Any) -> Any:
    """Connect without requests for missing values."""
    with ftrack_api.Session(auto_populate=False, plugin_paths=[], auto_connect_event_hub=False) as session:
        found = session.query(f'select name from Task where id is "{task["id"]}"').one()
        return session.auto_populate, found["name"], found["description"] is ftrack_api.symbol.NOT_SET


@compat_habit("session.auto_populate, session.record_operations")
def state_of_a_session(session: Any) -> Any:
    """Read whether a session populates and records."""
    before = session.auto_populate, session.record_operations
    with session.auto_populating(False), session.operation_recording(False):
        inside = session.auto_populate, session.record_operations
    return before, inside, session.auto_populate, session.record_operations


@compat_habit("with session.operation_recording(False): task['status'] = status")
def value_of_the_server_by_hand(session: Any, task: Any) -> Any:
    """Show a value that an event carried, without sending it."""
    with session.operation_recording(False):
        task["description"] = "from an event"
    session.commit()
    found = session.query(f'select id from Task where id is "{task["id"]}" and description is "from an event"').first()
    return task["description"], found


@compat_habit("session.encode(task), session.encode(date)")
def encoded_entities(session: Any, task: Any) -> Any:
    """Encode entities and dates for the server."""
    import json

    import arrow

    encoded = json.loads(session.encode({"task": task, "date": arrow.get(2024, 5, 6)}, "persisted_only"))
    return encoded["task"]["__entity_type__"], encoded["task"]["id"] == task["id"], encoded["date"]["__type__"]


@compat_habit("session.decode(session.encode(value))")
def decoded_values(session: Any) -> Any:
    """Decode the text of the server."""
    import arrow

    values = {"date": arrow.get(2024, 5, 6), "names": ["a", "b"]}
    return session.decode(session.encode(values)) == values


@compat_habit("session.merge([entities_of_another_session])")
def merge_several(session: Any, connect: Any, shot: Any) -> Any:
    """Use entities of another session, in a list."""
    others = connect().query(f'select name from Task where parent_id is "{shot["id"]}"').all()
    merged = session.merge(others)
    return sorted(each["name"] for each in merged), merged[0] == session.get("Task", merged[0]["id"])


@compat_habit("ftrack_api.inspection.states(entities)")
def states_of_entities(ftrack_api: Any, session: Any, task: Any, shot: Any) -> Any:
    """Ask for the states of several entities."""
    created = session.create("Task", {"name": "new", "parent": shot})
    task["description"] = "changed"
    names = [getattr(state, "name", state) for state in ftrack_api.inspection.states([created, task])]
    session.rollback()
    return names


@compat_habit("ftrack_api.inspection.state(task) is ftrack_api.symbol.MODIFIED")
def state_compared(ftrack_api: Any, session: Any, task: Any, shot: Any) -> Any:
    """Compare states with the symbols."""
    unchanged = ftrack_api.inspection.state(shot)
    task["description"] = "changed"
    is_modified = ftrack_api.inspection.state(task) is ftrack_api.symbol.MODIFIED
    session.delete(shot["children"][0] if shot["children"][0] != task else shot["children"][1])
    deleted = [ftrack_api.inspection.state(each) for each in session.deleted]
    session.rollback()
    return bool(unchanged), is_modified, deleted == [ftrack_api.symbol.DELETED]


@compat_habit("ftrack_api.inspection.primary_key(metadata_entity)")
def key_of_several_parts(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Get a primary key of several parts."""
    task["metadata"]["part"] = "1"
    session.commit()
    row = session.query(f'Metadata where parent_id is "{task["id"]}"').one()
    key = ftrack_api.inspection.primary_key(row)
    return list(key.keys()), key["key"], ftrack_api.inspection.identity(row)[0]


@compat_habit("ftrack_api.formatter.format(task, attribute_filter=ftrack_api.formatter.FILTER['ignore_unset'])")
def formatted_values(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Print the loaded values of an entity."""
    with session.auto_populating(False):
        text = ftrack_api.formatter.format(task, attribute_filter=ftrack_api.formatter.FILTER["ignore_unset"])
    return task["id"] in text, "Task" in text


@compat_habit("session.commit() with except ftrack_api.exception.ServerError: session.rollback()")
def commit_that_fails(ftrack_api: Any, session: Any) -> Any:
    """Catch the error of a commit."""
    session.create("Note", {"content": "for a user who does not exist", "user_id": "no such id"})
    try:
        session.commit()
    except ftrack_api.exception.ServerError as error:
        session.rollback()
        return "refused", bool(str(error)), bool(error.message), session.created


@compat_habit("session.cache_key_maker.key(ftrack_api.inspection.identity(task))")
def key_in_the_cache(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Make the key of an entity in the cache."""
    return bool(session.cache_key_maker.key(ftrack_api.inspection.identity(task)))


@compat_habit("session.cache.remove(key)")
def remove_from_the_cache(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Remove an entity from the cache, to read it again."""
    key = session.cache_key_maker.key(ftrack_api.inspection.identity(task))
    session.cache.remove(key)


@compat_habit("session.populate(session.query(...), 'name, status.name')")
def populate_a_result(session: Any, shot: Any) -> Any:
    """Load attributes of the result of a query, and read them without requests."""
    tasks = session.query(f'select id from Task where parent_id is "{shot["id"]}"')
    session.populate(tasks, "name, status.name")
    with session.auto_populating(False):
        return sorted(task["name"] for task in tasks), {bool(task["status"]["name"]) for task in tasks}


@compat_habit("new_task['bid'] is ftrack_api.symbol.NOT_SET")
def value_that_was_not_set(ftrack_api: Any, session: Any, shot: Any) -> Any:
    """Read attributes of an entity that is not committed yet."""
    task = session.create("Task", {"name": "new", "parent": shot})
    found = (
        task["name"],
        task["parent"] == shot,
        bool(task["id"]),
        task["description"] in (None, ftrack_api.symbol.NOT_SET),
    )
    session.rollback()
    return found


@compat_habit("session.recorded_operations.push(ftrack_api.operation.CreateEntityOperation(...))")
def push_a_creation(ftrack_api: Any, session: Any, shot: Any) -> Any:
    """Record the creation of a row of a custom attribute, as tools do to save requests."""
    query = 'CustomAttributeConfiguration where key is "first_frame" and label is "Habits"'
    configuration = session.query(query).one()
    key = collections.OrderedDict([("configuration_id", configuration["id"]), ("entity_id", shot["id"])])
    operation = ftrack_api.operation.CreateEntityOperation("CustomAttributeValue", key, {**key, "value": 42})
    session.recorded_operations.push(operation)
    session.commit()
    found = session.query(f'select custom_attributes from Shot where id is "{shot["id"]}"').one()
    return found["custom_attributes"]["first_frame"]


@compat_habit("session.recorded_operations.push(ftrack_api.operation.DeleteEntityOperation(...))")
def push_a_deletion(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Record the deletion of an entity by its key."""
    key = ftrack_api.inspection.primary_key(task)
    session.recorded_operations.push(ftrack_api.operation.DeleteEntityOperation("Task", key))
    session.commit()
    return session.query(f'Task where id is "{task["id"]}"').first()


@compat_habit('note["is_todo"] = 1')
def set_a_boolean_as_a_number(session: Any, task: Any, user: Any) -> Any:
    """Set a boolean as a number."""
    note = task.create_note("to do", author=user)
    note["is_todo"] = 1
    session.commit()
    return session.query(f'select is_todo from Note where id is "{note["id"]}"').one()["is_todo"]


@compat_habit('session.ensure("User", {...}, identifying_keys=[...]) with except KeyError:')
def ensure_without_a_key(session: Any) -> Any:
    """Catch the error about an identifying key that is not among the data."""
    try:
        session.ensure("User", {"username": "habits.keys"}, identifying_keys=["email"])
    except KeyError as error:
        return "missing", "email" in str(error)
