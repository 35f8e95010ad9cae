"""Habits with sessions: connecting, entity types and schemas, caches, plugins and raw operations."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tests.interop.habits.habit import habit

# A file that people put on FTRACK_EVENT_PLUGIN_PATH.
PLUGIN = """
def register(session, folder=None):
    session.event_hub.subscribe("topic=studio.habits.register", lambda event: folder)
"""


@habit("import ftrack_api.structure.standard", "ftrack_orm.storage.StandardStructure")
def import_a_module(ftrack_api: Any) -> Any:
    """Import a module of the client."""
    return importlib.import_module(f"{ftrack_api.__name__}.structure.standard").StandardStructure.__name__


@import_a_module.here
def _() -> Any:
    from ftrack_orm.storage import StandardStructure

    return StandardStructure.__name__


@habit("from ftrack_api import symbol", "ftrack_orm.storage.SERVER_LOCATION_ID")
def import_from_the_package(ftrack_api: Any) -> Any:
    """Import a name from the client."""
    return __import__(ftrack_api.__name__, fromlist=["symbol"]).symbol.SERVER_LOCATION_ID


@import_from_the_package.here
def _() -> Any:
    from ftrack_orm.storage import SERVER_LOCATION_ID

    return SERVER_LOCATION_ID


@habit("ftrack_api.Session(server_url=..., api_key=..., api_user=...)")
def connect_with_arguments(ftrack_api: Any, box: Any) -> Any:
    """Connect with arguments."""
    session = ftrack_api.Session(
        server_url=box.url, api_key=box.api_key, api_user=box.api_user, auto_connect_event_hub=False
    )
    name = session.query(f'User where username is "{box.api_user}"').one()["username"]
    session.close()
    return name


@habit("ftrack_api.Session()")
def connect_with_the_environment(ftrack_api: Any) -> Any:
    """Connect with the environment variables."""
    session = ftrack_api.Session()
    user = session.api_user
    session.close()
    return user


@habit("with ftrack_api.Session() as session:")
def connect_for_a_block(ftrack_api: Any) -> Any:
    """Connect for the time of a block."""
    with ftrack_api.Session(plugin_paths=[], auto_connect_event_hub=False) as session:
        is_open = not session.closed
    return is_open, session.closed


@habit("session.api_user, session.server_url")
def names_of_server_and_user(session: Any, box: Any) -> Any:
    """Read the user and the server of a session."""
    return session.api_user, session.server_url == box.url


@habit('session.server_information["version"]')
def version_of_the_server(session: Any) -> Any:
    """Read the version of the server."""
    return session.server_information["version"], session.server_information.get("no such information")


@habit("session.check_server_compatibility()", 'session.server_information["version"]')
def check_of_the_server(session: Any) -> Any:
    """Check the version of the server."""
    session.check_server_compatibility()
    return bool(session.server_information["version"])


@check_of_the_server.here
def _(session: Any) -> Any:
    return bool(session.server_information["version"])


@habit("session.types.keys()")
def names_of_types(session: Any) -> Any:
    """List the entity types."""
    return sorted(session.types.keys()) == sorted(schema["id"] for schema in session.schemas)


@habit("for name, entity_class in session.types.items():")
def classes_of_types(session: Any) -> Any:
    """Iterate over the entity types and their classes."""
    return sorted(entity_class.__name__ for name, entity_class in session.types.items() if name.startswith("Asset"))


@habit('session.types.get("Shot")')
def class_of_a_type(session: Any) -> Any:
    """Look up a class that the server may not have."""
    return session.types.get("Shot") is session.types["Shot"], session.types.get("Spaceship")


@habit('"Shot" in session.types')
def presence_of_a_type(session: Any) -> Any:
    """Ask whether the server has an entity type."""
    return "Shot" in session.types, "Spaceship" in session.types


@habit('isinstance(entity, session.types["Shot"])')
def check_of_a_type(session: Any, shot: Any, task: Any) -> Any:
    """Check the type of an entity."""
    return isinstance(shot, session.types["Shot"]), isinstance(task, session.types["Shot"])


@habit('schema["id"] for schema in session.schemas if schema.get("alias_for")')
def schemas_of_the_server(session: Any) -> Any:
    """Search the schemas of the server, as tools do to translate the types in events."""
    for schema in session.schemas:
        alias = schema.get("alias_for")
        if isinstance(alias, dict) and alias["id"].lower() == "task" and schema["id"] == "Shot":
            return schema["id"], schema["properties"]["name"]["type"]
    return None


@habit('session.types["Task"].default_projections', 'session.schema.type("Task").default_projections')
def default_projections(session: Any) -> Any:
    """Read which attributes a query without projections loads."""
    return sorted(session.types["Task"].default_projections)


@default_projections.here
def _(session: Any) -> Any:
    return sorted(session.schema.type("Task").default_projections)


@habit('session.types["Metadata"].primary_key_attributes', 'session.schema.type("Metadata").primary_key')
def primary_key_of_a_type(session: Any) -> Any:
    """Read the names of the primary key."""
    return list(session.types["Metadata"].primary_key_attributes)


@primary_key_of_a_type.here
def _(session: Any) -> Any:
    return list(session.schema.type("Metadata").primary_key)


@habit("for attribute in type(task).attributes:", 'session.schema.type("Task").attributes')
def attributes_of_a_class(task: Any) -> Any:
    """List the attributes of a class."""
    return sorted(attribute.name for attribute in type(task).attributes)


@attributes_of_a_class.here
def _(session: Any) -> Any:
    types = session.schema.type("Task").attributes
    return sorted(attribute.name for attribute in types.values() if not attribute.restricted)


@habit("session.reset()")
def forget_everything(session: Any, task: Any) -> Any:
    """Forget all loaded values."""
    session.reset()
    return session.get("Task", task["id"])["name"]


@habit("session.api_key", "session.settings.api_key")
def key_of_a_session(session: Any, box: Any) -> Any:
    """Read the API key of a session."""
    return session.api_key == box.api_key


@key_of_a_session.here
def _(session: Any, box: Any) -> Any:
    return session.settings.api_key == box.api_key


@habit("ftrack_api.Session(cache=...)", "recent_size")
def session_with_a_cache(ftrack_api: Any, task: Any) -> Any:
    """Connect with a cache of one's own."""
    with ftrack_api.Session(cache=lambda session: None) as session:
        return session.get("Task", task["id"])["name"]


@session_with_a_cache.here
def _(ftrack_api: Any, task: Any) -> Any:
    with ftrack_api.Session(recent_size=1000) as session:
        return session.get("Task", task["id"])["name"]


@habit("session.cache.clear()", "session.reset()")
def clear_the_cache(session: Any, task: Any) -> Any:
    """Empty the cache."""
    session.cache.clear()
    return session.get("Task", task["id"])["name"]


@clear_the_cache.here
def _(session: Any, task: Any) -> Any:
    session.reset()
    return session.get("Task", task["id"])["name"]


@habit("session._local_cache.clear()", "session.reset()", compat_write="session.reset()")
def clear_the_local_cache(session: Any, task: Any) -> Any:
    """Empty the private cache, as long-running tools do."""
    session._local_cache.clear()
    return session.get("Task", task["id"])["name"]


@clear_the_local_cache.here
def _(session: Any, task: Any) -> Any:
    session.reset()
    return session.get("Task", task["id"])["name"]


@habit("session._configure_locations()", "session.locations", compat_write="location.accessor")
def configure_locations_again(session: Any) -> Any:
    """Configure locations again after a rollback."""
    session.rollback()
    session._configure_locations()
    return session.query('Location where name is "ftrack.server"').one()["name"]


@configure_locations_again.here
def _(session: Any) -> Any:
    session.rollback()
    return session.locations.server["name"]


@habit("ftrack_api.Session(plugin_paths=[folder], plugin_arguments={...})")
def plugins_of_a_folder(ftrack_api: Any, folder: Path) -> Any:
    """Load plugins from a folder."""
    (folder / "plugin_of_the_studio.py").write_text(PLUGIN, encoding="utf-8")
    with ftrack_api.Session(plugin_paths=[str(folder)], plugin_arguments={"folder": "plates"}) as session:
        event = {"topic": "studio.habits.register"}
        subscribers = session.event_hub.publish(_event(ftrack_api, event["topic"]), synchronous=True)
    return list(subscribers)


def _event(ftrack_api: Any, topic: str) -> Any:
    event = getattr(ftrack_api, "Event", None)
    return (event or ftrack_api.event.base.Event)(topic=topic)


@habit('session.call([{"action": "query", "expression": ...}])')
def call_a_query(session: Any, task: Any) -> Any:
    """Send an operation as it is."""
    expression = f'select name from Task where id is "{task["id"]}"'
    result = session.call([{"action": "query", "expression": expression}])
    return [row["name"] for row in result[0]["data"]]


@habit('session.call([{"action": "create", ...}, {"action": "delete", ...}])')
def call_several_operations(session: Any, task: Any) -> Any:
    """Send several operations in one request."""
    data = {"key": "habit", "value": "raw", "parent_id": task["id"], "parent_type": "Task"}
    created, deleted = session.call(
        [
            {"action": "create", "entity_type": "Metadata", "entity_data": data},
            {"action": "delete", "entity_type": "Metadata", "entity_key": [task["id"], "habit"]},
        ]
    )
    return created["data"]["value"], deleted["data"]


@habit("session.encode(data)", "session.call")
def encode_data(session: Any) -> Any:
    """Encode data for the server."""
    return "Task" in session.encode({"entity_type": "Task"})


@encode_data.here
def _(session: Any) -> Any:
    expression = "select id from Task limit 1"
    return bool(session.call([{"action": "query", "expression": expression}])[0]["data"])


@habit('session.get_widget_url("tasks", entity=project, theme="dark")')
def address_of_a_widget(session: Any, project: Any) -> Any:
    """Get the address of a widget for a panel."""
    return session.get_widget_url("tasks", entity=project, theme="dark").startswith(session.server_url)


@habit("session.request_timeout", "session.settings.timeout")
def timeout_of_a_session(session: Any) -> Any:
    """Read the timeout of requests."""
    return session.request_timeout > 0


@timeout_of_a_session.here
def _(session: Any) -> Any:
    return session.settings.timeout > 0


@habit("session.created, session.modified, session.deleted")
def pending_entities(session: Any, task: Any, shot: Any) -> Any:
    """List the entities with changes that are not committed."""
    task["description"] = "changed"
    session.create("Task", {"name": "pending", "parent": shot})
    names = [entity["name"] for entity in session.created], [entity["name"] for entity in session.modified]
    deleted = len(session.deleted)
    session.rollback()
    return names, deleted
