"""Habits with changes: creating, setting, deleting, collections, metadata, custom attributes and dates."""

from __future__ import annotations

import collections
import datetime
from typing import Any

import arrow

from tests.interop.habits.habit import habit
from tests.interop.habits.queries import CONFIGURATION


@habit('session.create("Task", {"name": ..., "parent": shot, "type": type, "status": status})')
def create_an_entity(session: Any, shot: Any) -> Any:
    """Create an entity."""
    schema = shot["project"]["project_schema"]
    kind = sorted(schema.get_types("Task"), key=lambda each: each["name"])[0]
    status = sorted(schema.get_statuses("Task", kind["id"]), key=lambda each: each["name"])[0]
    task = session.create("Task", {"name": "comp", "parent": shot, "type": kind, "status": status, "bid": 3600})
    session.commit()
    return task["name"], task["type"]["name"], task["status"]["name"], task["bid"], task["project"]["name"]


@habit('session.create("Task", data={...})')
def create_with_data_by_name(session: Any, shot: Any) -> Any:
    """Create an entity with the data passed by name."""
    task = session.create("Task", data={"name": "comp", "parent": shot})
    session.commit()
    return task["name"]


@habit('session.create("Project", {"project_schema": schema, ...})')
def create_a_production(session: Any) -> Any:
    """Create a project with shots in one commit."""
    schema = session.query("ProjectSchema")[0]
    status = schema.get_statuses("Shot")[0]
    project = session.create("Project", {"name": "new", "full_name": "New", "project_schema": schema})
    for number in range(1, 3):
        sequence = session.create("Sequence", {"name": f"seq_{number}", "parent": project})
        session.create("Shot", {"name": f"{number}0".zfill(3), "parent": sequence, "status": status})
    session.commit()
    names = sorted(shot["name"] for shot in session.query(f'Shot where project_id is "{project["id"]}"'))
    session.delete(project)
    session.commit()
    return names


@habit('session.create("Task", {"nam": ...})', "Did you mean 'name'")
def create_with_a_misspelt_name(session: Any, shot: Any) -> Any:
    """Create an entity with a misspelt attribute, which the official client ignores."""
    task = session.create("Task", {"name": "misspelt", "parent": shot, "nam": "x"})
    session.commit()
    return task["name"]


@create_with_a_misspelt_name.here
def _(session: Any, shot: Any) -> Any:
    task = session.create("Task", {"name": "misspelt", "parent": shot})
    session.commit()
    return task["name"]


@habit('task["status"] = session.query(...).one(); session.commit()')
def set_a_status(session: Any, task: Any) -> Any:
    """Set the status of a task."""
    task["status"] = session.query('Status where name is "In progress"').one()
    session.commit()
    return task["status"]["name"], task["status"]["state"]["short"]


@habit('task["status_id"] = status["id"]')
def set_a_foreign_key(session: Any, task: Any) -> Any:
    """Set a reference by its id."""
    task["status_id"] = session.query('Status where name is "Approved"').one()["id"]
    session.commit()
    return session.query(f'select status.name from Task where id is "{task["id"]}"').one()["status"]["name"]


@habit('task["bid"] += 3600')
def add_to_a_value(session: Any, task: Any) -> Any:
    """Add to a value."""
    task["bid"] = 3600
    task["bid"] += 1800
    session.commit()
    return task["bid"]


@habit('task["name"] = u"é"')
def set_a_text_of_any_language(session: Any, task: Any) -> Any:
    """Set texts of any language."""
    task["description"] = 'Zoë\'s "première" 大'
    session.commit()
    return session.query(f'Task where id is "{task["id"]}"').one()["description"]


@habit("session.delete(task); session.commit()")
def delete_an_entity(session: Any, task: Any, shot: Any) -> Any:
    """Delete an entity."""
    name = task["name"]
    session.delete(task)
    session.commit()
    return name, [each["name"] for each in session.query(f'Task where parent_id is "{shot["id"]}"')]


@habit("for task in shot['children']: session.delete(task)")
def delete_several_entities(session: Any, shot: Any) -> Any:
    """Delete several entities."""
    for child in shot["children"]:
        session.delete(child)
    session.commit()
    return session.query(f'Task where parent_id is "{shot["id"]}"').all()


@habit("session.create('CustomAttributeValue', {...})")
def create_a_row_of_a_custom_attribute(session: Any, shot: Any) -> Any:
    """Set a custom attribute by its row."""
    configuration = session.query(CONFIGURATION).one()
    data = {"configuration_id": configuration["id"], "entity_id": shot["id"], "value": 77}
    session.create("CustomAttributeValue", data)
    session.commit()
    again = session.query(f'select custom_attributes from Shot where id is "{shot["id"]}"').one()
    return again["custom_attributes"]["first_frame"]


@habit("session.ensure('Asset', {...})")
def ensure_by_all_values(session: Any, shot: Any) -> Any:
    """Create an entity unless one with all of the values exists."""
    kind = session.query("AssetType order by name").first()
    data = {"name": "ensured", "context_id": shot["id"], "type_id": kind["id"]}
    first, again = session.ensure("Asset", data), session.ensure("Asset", data)
    found = session.query(f'Asset where context_id is "{shot["id"]}"')
    return first["id"] == again["id"], again["name"], [each["name"] for each in found]


@habit("session.rollback()")
def roll_back(session: Any, task: Any) -> Any:
    """Discard changes."""
    before = task["description"]
    task["description"] = "discarded"
    session.rollback()
    return task["description"] == before


@habit("try: session.commit() except Exception: session.rollback(); raise")
def roll_back_after_an_error(session: Any, task: Any) -> Any:
    """Discard changes that the server refuses."""
    task["description"] = "refused"
    session.create("Note", {"content": "for a user who does not exist", "user_id": "no such id"})
    try:
        session.commit()
        return "committed"
    except Exception:
        session.rollback()
        return "refused"


@habit('session.ensure("User", {...}, identifying_keys=["username"])')
def ensure_an_entity(session: Any) -> Any:
    """Create an entity unless it exists."""
    data = {"username": "habits.ensure", "email": "old@example.com"}
    first = session.ensure("User", data, identifying_keys=["username"])
    again = session.ensure("User", {**data, "email": "new@example.com"}, identifying_keys=["username"])
    return first["id"] == again["id"], again["email"]


@habit("for operation in session.recorded_operations:", "session.plan()")
def recorded_operations(session: Any, task: Any, shot: Any) -> Any:
    """Look at the operations of the next commit."""
    task["description"] = "recorded"
    session.create("Task", {"name": "recorded", "parent": shot})
    types = {operation.entity_type for operation in session.recorded_operations}
    session.rollback()
    return types


@recorded_operations.here
def _(session: Any, task: Any, shot: Any) -> Any:
    task["description"] = "recorded"
    session.create("Task", {"name": "recorded", "parent": shot})
    types = {operation.entity_type for operation in session.plan()}
    session.rollback()
    return types


@habit("session.recorded_operations.clear()", "session.rollback()")
def clear_recorded_operations(session: Any, task: Any) -> Any:
    """Drop the recorded operations."""
    task["description"] = "dropped"
    session.recorded_operations.clear()
    return session.modified


@clear_recorded_operations.here
def _(session: Any, task: Any) -> Any:
    task["description"] = "dropped"
    session.rollback()
    return session.modified


@habit("if session.recorded_operations: session.commit()", "session.plan()")
def commit_when_needed(session: Any, task: Any) -> Any:
    """Commit only when there are changes."""
    task["description"] = "needed"
    if session.recorded_operations:
        session.commit()
    return task["description"], bool(session.recorded_operations)


@commit_when_needed.here
def _(session: Any, task: Any) -> Any:
    task["description"] = "needed"
    if session.plan():
        session.commit()
    return task["description"], bool(session.plan())


@habit(
    "session.recorded_operations.push(ftrack_api.operation.UpdateEntityOperation(...))",
    "session.call",
)
def push_an_operation(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Record an operation of one's own, as tools do for custom attributes."""
    key = collections.OrderedDict([("id", task["id"])])
    operation = ftrack_api.operation.UpdateEntityOperation("Task", key, "description", None, "pushed")
    session.recorded_operations.push(operation)
    session.commit()
    return session.query(f'select description from Task where id is "{task["id"]}"').one()["description"]


@push_an_operation.here
def _(session: Any, task: Any) -> Any:
    data = {"description": "pushed"}
    session.call([{"action": "update", "entity_type": "Task", "entity_key": [task["id"]], "entity_data": data}])
    return session.query(f'select description from Task where id is "{task["id"]}"').one()["description"]


@habit("with session.operation_recording(False):", "session.begin()")
def changes_that_are_not_recorded(session: Any, task: Any) -> Any:
    """Change values without recording that."""
    with session.operation_recording(False):
        task["description"] = "shown only"
    return task["description"], session.modified


@changes_that_are_not_recorded.here
def _(session: Any, task: Any) -> Any:
    with session.begin():
        task["description"] = "shown only"
    return task["description"], session.modified


@habit("session.record_operations = False", "session.begin()")
def switch_recording_off(session: Any, task: Any) -> Any:
    """Switch the recording of changes off."""
    session.record_operations = False
    try:
        return task["description"]
    finally:
        session.record_operations = True


@switch_recording_off.here
def _(task: Any) -> Any:
    return task["description"]


@habit('shot["children"].append(task)')
def append_to_children(session: Any, shot: Any) -> Any:
    """Add a new entity to the children of another."""
    task = session.create("Task", {"name": "appended"})
    shot["children"].append(task)
    session.commit()
    return sorted(child["name"] for child in shot["children"]), task["parent"]["name"]


@habit('if scope in task["scopes"]: task["scopes"].remove(scope)')
def members_of_a_collection(session: Any, task: Any) -> Any:
    """Add and remove members of a collection."""
    scope = session.query("Scope order by name")[0]
    task["scopes"].append(scope)
    session.commit()
    names = [each["name"] for each in session.query(f'Scope where id is "{scope["id"]}"')]
    is_there = scope in task["scopes"]
    task["scopes"].remove(scope)
    session.commit()
    return names, is_there, len(task["scopes"])


@habit('task["scopes"] = [...]')
def replace_a_collection(session: Any, task: Any) -> Any:
    """Replace a collection."""
    scopes = session.query("Scope order by name").all()
    task["scopes"] = scopes[:2]
    session.commit()
    before = sorted(scope["name"] for scope in task["scopes"])
    task["scopes"] = []
    session.commit()
    return before, task["scopes"][:]


@habit('task["metadata"]["key"] = "value"; task["metadata"].update({...})')
def change_metadata(session: Any, task: Any) -> Any:
    """Set, read and delete metadata."""
    task["metadata"]["padding"] = "4"
    task["metadata"].update({"focal": "70", "lens": "x"})
    session.commit()
    del task["metadata"]["lens"]
    session.commit()
    metadata = task["metadata"]
    return sorted(metadata.keys()), sorted(metadata.items()), metadata.get("lens"), "focal" in metadata


@habit('task["metadata"] = {...}')
def replace_metadata(session: Any, task: Any) -> Any:
    """Replace all metadata."""
    task["metadata"]["old"] = "1"
    session.commit()
    task["metadata"] = {"new": "2"}
    session.commit()
    return dict(task["metadata"])


@habit('shot["custom_attributes"]["first_frame"] = 1001')
def change_custom_attributes(session: Any, shot: Any) -> Any:
    """Read and set custom attributes."""
    attributes = shot["custom_attributes"]
    before = attributes["first_frame"], "first_frame" in attributes, "no such key" in attributes
    attributes["first_frame"] = 1001
    session.commit()
    again = session.query(f'select custom_attributes from Shot where id is "{shot["id"]}"').one()
    return before, again["custom_attributes"]["first_frame"], "first_frame" in list(attributes.keys())


@habit('shot["custom_attributes"]["no such key"] with except KeyError:')
def missing_custom_attribute(shot: Any) -> Any:
    """Catch the error about a custom attribute that is not configured."""
    try:
        return shot["custom_attributes"]["no such key"]
    except KeyError:
        return "missing", shot["custom_attributes"].get("no such key", 5)


@habit('shot["custom_attributes"].update({"first_frame": 1003})')
def update_custom_attributes(session: Any, shot: Any) -> Any:
    """Set custom attributes with a dictionary."""
    shot["custom_attributes"].update({"first_frame": 1003})
    session.commit()
    return shot["custom_attributes"]["first_frame"]


@habit('task["start_date"] = arrow.utcnow().floor("day")')
def set_a_date_of_arrow(session: Any, task: Any) -> Any:
    """Set a date of the library arrow."""
    task["start_date"] = arrow.get(2024, 5, 6, 7, 8)
    session.commit()
    return task["start_date"].isoformat(), task["start_date"] == arrow.get(2024, 5, 6, 7, 8)


@habit('task["start_date"] = datetime.datetime(2024, 5, 6)', "timezone")
def set_a_date_without_a_timezone(session: Any, task: Any) -> Any:
    """Set a date of Python without a timezone, which ftrack takes for UTC."""
    task["start_date"] = datetime.datetime(2024, 5, 6, 7, 8)
    session.commit()
    return arrow.get(task["start_date"]).isoformat()


@set_a_date_without_a_timezone.here
def _(session: Any, task: Any) -> Any:
    task["start_date"] = datetime.datetime(2024, 5, 6, 7, 8, tzinfo=datetime.timezone.utc)
    session.commit()
    return arrow.get(task["start_date"]).isoformat()


@habit('arrow.get(task["end_date"]).format("YYYY-MM-DD")')
def format_a_date(session: Any, task: Any) -> Any:
    """Format a date with the library arrow."""
    task["end_date"] = arrow.get(2024, 5, 6)
    session.commit()
    date = task["end_date"]
    return arrow.get(date).format("YYYY-MM-DD"), date.strftime("%d.%m.%Y"), date.year, date > arrow.get(2020, 1, 1)


@habit('print(new_task["description"])')
def attribute_of_a_new_entity(session: Any, shot: Any) -> Any:
    """Read an attribute of a new entity that was not set."""
    task = session.create("Task", {"name": "unset", "parent": shot})
    is_empty = not task["bid"] and not task["end_date"]
    session.rollback()
    return bool(is_empty)


@habit('for link in shot["incoming_links"]: link["from"]')
def links_between_entities(session: Any, shot: Any, task: Any) -> Any:
    """Link entities."""
    session.create("TypedContextLink", {"from": task, "to": shot})
    session.commit()
    links = session.query(f'select from.name, to.name from TypedContextLink where to_id is "{shot["id"]}"')
    return [(link["from"]["name"], link["to"]["name"]) for link in links], len(shot["incoming_links"])


@habit('version["uses_versions"].append(other)')
def versions_that_use_others(session: Any, shot: Any, task: Any) -> Any:
    """Publish versions and link them."""
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "plate", "type": kind, "parent": shot})
    first = session.create("AssetVersion", {"asset": asset, "task": task, "comment": "one"})
    second = session.create("AssetVersion", {"asset": asset, "task": task})
    session.commit()
    second["uses_versions"].append(first)
    session.commit()
    return first["version"], second["version"], [each["comment"] for each in second["uses_versions"]]


@habit('asset["latest_version"]["version"]')
def latest_version(session: Any, shot: Any, task: Any) -> Any:
    """Find the latest version of an asset."""
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "plate", "type": kind, "parent": shot})
    for _ in range(2):
        session.create("AssetVersion", {"asset": asset, "task": task})
    session.commit()
    query = session.query(f'AssetVersion where asset_id is "{asset["id"]}" order by version desc')
    return asset["latest_version"]["version"], query.first()["version"], query.first()["is_latest_version"]


@habit('asset_list["items"].append(shot)')
def items_of_a_list(session: Any, project: Any, shot: Any) -> Any:
    """Put entities into a list."""
    category = session.query("ListCategory order by name").first()
    made = session.create("TypedContextList", {"name": "dailies", "project": project, "category": category})
    made["items"].append(shot)
    session.commit()
    names = [item["name"] for item in made["items"]]
    session.delete(made)
    session.commit()
    return names, [each["name"] for each in shot["lists"]]
