"""Habits with the modules of the official client: imports, classes, errors, symbols and the parts of the event hub."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from pathlib import Path
from typing import Any

from tests.interop.habits.habit import compat_habit

# Files that people put on FTRACK_EVENT_PLUGIN_PATH.
PLUGIN_WITH_A_CHECK = """
import {client} as ftrack_api
import {client}.session


def register(session, **kw):
    if not isinstance(session, ftrack_api.session.Session):
        return
    session.event_hub.subscribe("topic=studio.modules.checked", lambda event: session.api_user)
"""
PLUGIN_WITH_A_CLASS = """
import {client}.entity.base
import {client}.session


def register(session):
    class StudioTask({client}.entity.base.Entity):
        def shouted(self):
            return self["name"].upper()

    def construct(event):
        data = event["data"]
        if data["schema"]["id"] == "Task":
            return {client}.entity.factory.StandardFactory().create(data["schema"], bases=[StudioTask])

    session.event_hub.subscribe("topic=ftrack.api.session.construct-entity-type", construct, priority=20)
"""


def _import(ftrack_api: Any, path: str) -> Any:
    return importlib.import_module(f"{ftrack_api.__name__}.{path}")


@compat_habit("import ftrack_api.event.base, ftrack_api.exception, ftrack_api.symbol, ...")
def import_all_modules(ftrack_api: Any) -> Any:
    """Import the modules of the client."""
    paths = (
        "accessor.base accessor.disk attribute cache collection data entity.asset_version entity.base entity.component "
        "entity.factory entity.job entity.location entity.note entity.project_schema entity.user event.base "
        "event.expression event.hub event.subscriber event.subscription exception formatter inspection logging "
        "operation plugin query resource_identifier_transformer.base session structure.base structure.entity_id "
        "structure.id structure.origin structure.standard symbol"
    )
    return [_import(ftrack_api, path).__name__.partition(".")[2][-4:] for path in paths.split()]


@compat_habit("from ftrack_api import Session; from ftrack_api.session import Session")
def the_class_of_sessions(ftrack_api: Any, session: Any) -> Any:
    """Recognize a session by its class."""
    module = _import(ftrack_api, "session")
    return module.Session is ftrack_api.Session, isinstance(session, ftrack_api.Session)


@compat_habit("ftrack_api.__version__")
def version_of_the_client(ftrack_api: Any) -> Any:
    """Compare the version of the client."""
    return tuple(int(part) for part in ftrack_api.__version__.split(".")[:2]) >= (2, 0)


@compat_habit("class StudioSession(ftrack_api.Session):")
def session_class_of_the_studio(ftrack_api: Any) -> Any:
    """Derive a class from the session, with methods of one's own."""

    class StudioSession(ftrack_api.Session):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.studio = "name"

        def find_user(self, username: str) -> Any:
            return self.query(f'User where username is "{username}"').first()

    with StudioSession(plugin_paths=[], auto_connect_event_hub=False) as session:
        return session.find_user(session.api_user)["username"], session.studio


@compat_habit("ftrack_api.Session(server, key, user, True, [])")
def session_by_position(ftrack_api: Any, box: Any, folder: Path) -> Any:
    """Connect with arguments by position, and with a cache of schemas."""
    options = {"schema_cache_path": str(folder), "timeout": 30, "headers": {"X-Studio": "a"}, "cookies": {"a": "b"}}
    with ftrack_api.Session(box.url, box.api_key, box.api_user, True, [], **options) as session:
        return session.request_timeout, session.auto_populate, session.closed


@compat_habit("ftrack_api.Session(schema_cache_path=False, strict_api=True)")
def session_without_a_file(ftrack_api: Any) -> Any:
    """Connect without a cache of schemas."""
    with ftrack_api.Session(schema_cache_path=False, strict_api=True, plugin_paths=[]) as session:
        return len(session.schemas) > 50


@compat_habit("ftrack_api.Session(...) with except ftrack_api.exception.ServerError:")
def session_with_a_wrong_key(ftrack_api: Any, box: Any) -> Any:
    """Catch the error about wrong credentials."""
    try:
        ftrack_api.Session(box.url, "wrong", box.api_user, plugin_paths=[])
    except ftrack_api.exception.ServerError:
        return "refused"


@compat_habit("ftrack_api.Session() with except TypeError:")
def session_without_a_server(ftrack_api: Any) -> Any:
    """Catch the error about a missing address or key."""
    os.environ.pop("FTRACK_SERVER")
    try:
        ftrack_api.Session()
    except TypeError:
        return "not configured"


@compat_habit("session.event_hub.connected after Session(auto_connect_event_hub=True)")
def session_that_connects_its_hub(ftrack_api: Any) -> Any:
    """Connect with the event hub, and wait for its connection."""
    with ftrack_api.Session(auto_connect_event_hub=True, plugin_paths=[]) as session:
        received = threading.Event()
        session.event_hub.subscribe("topic=modules.connected", lambda event: received.set())
        for _ in range(200):
            if session.event_hub.connected:
                break
            session.event_hub.wait(duration=0.1)
        session.event_hub.publish(ftrack_api.event.base.Event("modules.connected"))
        for _ in range(200):
            session.event_hub.wait(duration=0.1)
            if received.is_set():
                return session.event_hub.connected
    return None


@compat_habit("if not isinstance(session, ftrack_api.session.Session): return")
def plugin_that_checks_its_session(ftrack_api: Any, folder: Path) -> Any:
    """Register a plugin that checks the class of the session."""
    (folder / "checked.py").write_text(PLUGIN_WITH_A_CHECK.format(client=ftrack_api.__name__), encoding="utf-8")
    with ftrack_api.Session(plugin_paths=[str(folder)]) as session:
        event = ftrack_api.event.base.Event(topic="studio.modules.checked")
        return session.event_hub.publish(event, synchronous=True) == [session.api_user]


@compat_habit("ftrack_api.entity.factory.StandardFactory().create(schema, bases=[StudioTask])")
def plugin_with_a_class_of_entities(ftrack_api: Any, folder: Path, task: Any) -> Any:
    """Give tasks methods of the studio by a plugin."""
    (folder / "classes.py").write_text(PLUGIN_WITH_A_CLASS.format(client=ftrack_api.__name__), encoding="utf-8")
    with ftrack_api.Session(plugin_paths=[str(folder)]) as session:
        return session.get("Task", task["id"]).shouted()


@compat_habit("session.event_hub.subscribe('topic=ftrack.api.session.ready', callback)")
def sessions_that_are_ready(ftrack_api: Any, folder: Path) -> Any:
    """Run a plugin when the session is ready, and when locations are configured."""
    lines = [
        "def register(session):",
        "    session.order = []",
        "    for name in ('configure-location', 'ready'):",
        "        topic = 'ftrack.api.session.' + name",
        "        add = lambda event: session.order.append(event['topic'][19:])",
        "        session.event_hub.subscribe('topic=' + topic, add)",
    ]
    (folder / "ready.py").write_text("\n".join(lines), encoding="utf-8")
    with ftrack_api.Session(plugin_paths=[str(folder)]) as session:
        return session.order


@compat_habit("except ftrack_api.exception.NoResultFoundError as error: error.message")
def error_of_a_query(ftrack_api: Any, session: Any, shot: Any) -> Any:
    """Catch the errors of a query by their classes."""
    exception = ftrack_api.exception
    caught = []
    for query in ('Task where name is "no such task"', f'Task where parent_id is "{shot["id"]}"'):
        try:
            session.query(query).one()
        except exception.IncorrectResultError as error:
            caught.append((isinstance(error, exception.MultipleResultsFoundError), isinstance(error, exception.Error)))
    return caught


@compat_habit('session.query("Task where nam is ...") with except ftrack_api.exception.ServerError:')
def error_of_the_server(ftrack_api: Any, session: Any) -> Any:
    """Catch the error about a misspelt criterion, and show its text."""
    try:
        session.query('Task where nam is "x"').all()
    except ftrack_api.exception.ServerError as error:
        return bool(error.message), "nam" in str(error), isinstance(error.details, dict)


@compat_habit('session.query("NoSuchType") with except ftrack_api.exception.Error:')
def error_of_an_unknown_type(ftrack_api: Any, session: Any) -> Any:
    """Catch the errors about a type that does not exist."""
    caught = []
    functions: list[Any] = [lambda: session.query("NoSuchType").all(), lambda: session.create("NoSuchType", {})]
    for function in functions:
        try:
            function()
        except (ftrack_api.exception.Error, KeyError):
            caught.append("unknown")
    session.rollback()
    return caught


@compat_habit("raise ftrack_api.exception.Error('...', details={...})")
def error_of_a_script(ftrack_api: Any) -> Any:
    """Raise an error of the client from a script."""
    try:
        raise ftrack_api.exception.LocationError("No disk for {name}.", details={"name": 5})
    except ftrack_api.exception.Error as error:
        return str(error), error.details, error.message


@compat_habit("class StudioError(ftrack_api.exception.Error):")
def error_class_of_a_script(ftrack_api: Any) -> Any:
    """Derive an error from those of the client."""

    class StudioError(ftrack_api.exception.Error):  # type: ignore[misc]
        default_message = "The studio has a problem."

    try:
        raise StudioError
    except ftrack_api.exception.Error as error:
        return str(error)


@compat_habit("session.event_hub.publish(event) with except ftrack_api.exception.EventHubConnectionError:")
def error_of_a_hub(ftrack_api: Any, session: Any) -> Any:
    """Catch the error about an event hub without a connection."""
    try:
        session.event_hub.publish(ftrack_api.event.base.Event(topic="modules.unconnected"), on_error="raise")
    except ftrack_api.exception.EventHubConnectionError:
        return "not connected"


@compat_habit("session.event_hub.subscribe(...) with except ftrack_api.exception.NotUniqueError:")
def error_of_a_second_subscriber(ftrack_api: Any, session: Any) -> Any:
    """Catch the error about an id that a subscriber has already."""
    session.event_hub.subscribe("topic=modules.unique", lambda event: None, subscriber={"id": "modules-unique"})
    try:
        session.event_hub.subscribe("topic=modules.unique", lambda event: None, subscriber={"id": "modules-unique"})
    except ftrack_api.exception.NotUniqueError:
        return "not unique"


@compat_habit("bool(ftrack_api.symbol.NOT_SET), ftrack_api.symbol.CREATED.name")
def symbols(ftrack_api: Any) -> Any:
    """Use the symbols of the client."""
    symbol = ftrack_api.symbol
    names = [each.name for each in (symbol.NOT_SET, symbol.CREATED, symbol.MODIFIED, symbol.DELETED)]
    ids = [symbol.ORIGIN_LOCATION_ID, symbol.UNMANAGED_LOCATION_ID, symbol.REVIEW_LOCATION_ID]
    topics = [symbol.COMPONENT_ADDED_TO_LOCATION_TOPIC, symbol.COMPONENT_REMOVED_FROM_LOCATION_TOPIC]
    return names, ids, topics, bool(symbol.NOT_SET), bool(symbol.CREATED), symbol.CHUNK_SIZE > 0


@compat_habit("from ftrack_api.event.base import Event; Event(topic, data=..., source=...)")
def parts_of_an_event(ftrack_api: Any) -> Any:
    """Make an event with all of its parts, and change it."""
    event = ftrack_api.event.base.Event("modules.event", data={"a": 1}, source={"id": "me"}, in_reply_to_event="other")
    event["data"]["b"] = 2
    event["target"] = "id=x"
    return event["data"], event["source"], event["in_reply_to_event"], event["target"], event.is_stopped(), len(event)


@compat_habit("dict(event), event.get('sent'), for key in event:")
def event_as_a_mapping(ftrack_api: Any) -> Any:
    """Use an event as a mapping."""
    event = ftrack_api.event.base.Event(topic="modules.mapping", id="one")
    values = dict(event)
    return sorted(values), values["id"], event.get("sent"), event.get("missing", 5), "topic" in event, sorted(event)


@compat_habit("ftrack_api.event.expression.Parser().parse('topic=a').match(event)")
def parsed_expression(ftrack_api: Any) -> Any:
    """Match an event with an expression."""
    module = _import(ftrack_api, "event.expression")
    event = ftrack_api.event.base.Event(topic="modules.match", data={"kind": "a"})
    expressions = ("topic=modules.*", "topic=other", "topic=modules.match and data.kind=a", "not data.kind=a")
    return [module.Parser().parse(expression).match(event) for expression in expressions]


@compat_habit("ftrack_api.event.hub.EventHub(session.server_url, session.api_user, session.api_key)")
def hub_without_a_session(ftrack_api: Any, session: Any) -> Any:
    """Connect an event hub of one's own."""
    hub = _import(ftrack_api, "event.hub").EventHub(session.server_url, session.api_user, session.api_key)
    hub.connect()
    received = threading.Event()
    try:
        hub.subscribe("topic=modules.hub", lambda event: received.set())
        hub.publish(ftrack_api.event.base.Event(topic="modules.hub"))
        for _ in range(200):
            hub.wait(duration=0.1)
            if received.is_set():
                break
        return hub.connected, received.is_set()
    finally:
        hub.disconnect()


@compat_habit("session.event_hub.get_server_url(), session.event_hub.secure")
def addresses_of_a_hub(session: Any) -> Any:
    """Read the address of the event server."""
    hub = session.event_hub
    return hub.get_server_url() == session.server_url, hub.secure, hub.server.scheme, hub.get_network_location()[:9]


@compat_habit("with session.event_hub.subscription('topic=...', callback):")
def subscription_for_a_block(ftrack_api: Any, session: Any) -> Any:
    """Subscribe for the time of a block."""
    event = ftrack_api.event.base.Event(topic="modules.block")
    with session.event_hub.subscription("topic=modules.block", lambda event: 1):
        inside = session.event_hub.publish(event, synchronous=True)
    return inside, session.event_hub.publish(event, synchronous=True), bool(session.event_hub.id)


@compat_habit("session.event_hub.publish_reply(event, {...})")
def explicit_reply(listening: Any, make_event: Any) -> Any:
    """Reply to an event by a call."""
    replies = []
    done = threading.Event()

    def on_reply(event: Any) -> None:
        replies.append((event["data"], event["topic"]))
        done.set()

    def callback(event: Any) -> None:
        listening.event_hub.publish_reply(event, {"accepted": True})

    listening.event_hub.subscribe("topic=modules.explicit", callback)
    listening.event_hub.publish(make_event(topic="modules.explicit"), on_reply=on_reply)
    for _ in range(200):
        listening.event_hub.wait(duration=0.1)
        if done.is_set():
            break
    return replies


@compat_habit("logging.getLogger('ftrack_api').setLevel(...), session.logger")
def logger_of_the_client(session: Any, task: Any) -> Any:
    """Set the level of the client's log, and use its loggers."""
    logging.getLogger("ftrack_api").setLevel(logging.WARNING)
    return isinstance(session.logger, (logging.Logger, logging.LoggerAdapter)), hasattr(task, "logger")


@compat_habit("session.reset_remote('api_key', entity=user)")
def key_of_another_user(session: Any) -> Any:
    """Give a user a new API key."""
    user = session.create("User", {"username": "modules.key", "email": "modules@example.com"})
    session.commit()
    return bool(session.reset_remote("api_key", entity=user))


@compat_habit("session.get_upload_metadata(...), session._request", compat_write="session.call")
def private_request(session: Any) -> Any:
    """Send a request with the private object of the client."""
    return session._request.get(session.server_url).status_code


@compat_habit("ftrack_api.cache.FileCache(path), Session(cache=...)")
def cache_in_a_file(ftrack_api: Any, folder: Path) -> Any:
    """Keep entities in a file between runs."""

    def make_cache(session: Any) -> Any:
        return _import(ftrack_api, "cache").SerialisedCache(
            _import(ftrack_api, "cache").FileCache(str(folder / "cache.dbm")),
            encode=session.encode,
            decode=session.decode,
        )

    with ftrack_api.Session(cache=make_cache, plugin_paths=[]) as session:
        return session.query("User").first() is not None


@compat_habit("threading.Thread(target=..., args=[session])")
def session_in_threads(session: Any, shot: Any) -> Any:
    """Query in several threads."""
    counts = []

    def query() -> None:
        counts.append(len(session.query(f'Task where parent_id is "{shot["id"]}"').all()))

    threads = [threading.Thread(target=query) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts
