"""Pure: names of the official client that mean something here under another name, as data for the errors about them.

The names are those of `ftrack-python-api` 3.1, the private ones that published tools use, and a few that people expect
from dictionaries, sets and other object mappers. A text completes the sentence "Write ..."; `{type}` stands for the
entity type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .errors import UnknownAttribute, quoted
from .values import attribute_suggestion

_SESSION: Final = "session, a variable of your own: entities and queries do not offer their session"
_ATTRIBUTES: Final = 'session.schema.type("{type}").attributes'
_KEYS: Final = 'list(session.schema.type("{type}").attributes)'
_PRIMARY_KEY: Final = 'session.schema.type("{type}").primary_key'
_PROJECTIONS: Final = 'session.schema.type("{type}").default_projections'
_VALUES: Final = "inspect(entity).loaded, the values that are loaded, by name"
_LOCATIONS: Final = "session.locations, which keeps the configuration of locations when changes are rolled back"
_FETCHING: Final = 'with session.fetching("never"): to read values without requests'
_UNIT: Final = "with session.begin(): for changes that are committed or rolled back on their own; all are recorded"
_RAW: Final = "session.call([...]), which encodes and decodes the values of operations itself"
_CACHE: Final = "session.expire(entity) to read an entity again, or session.reset() for all"
_OPERATIONS: Final = (
    "session.plan() to see the operations of the next commit, session.rollback() to discard them, and "
    "session.call([...]) to send one of your own"
)
_STATUSES: Final = 'project.project_schema.get_statuses("Task")'
_TYPES: Final = 'project.project_schema.get_types("Task")'

#: Kind of object -> name of the official client -> the text that completes "write ...".
OFFICIAL_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "module": {
        "QueryResult": "ftrack_orm.Query",
        "accessor": "ftrack_orm.storage.DiskAccessor or ftrack_orm.storage.FsspecAccessor",
        "attribute": 'session.schema.type("Task").attributes',
        "cache": "ftrack_orm.Session(recent_size=...), the number of entities kept in memory",
        "collection": "ftrack_orm.Collection or ftrack_orm.MappedCollection",
        "data": "the file objects of Python",
        "entity": "ftrack_orm.Entity, and @session.types.behaviour(...) for methods of your own",
        "event": "ftrack_orm.Event",
        "exception": "ftrack_orm.errors, such as ftrack_orm.errors.NoResult",
        "formatter": "repr(entity), or ftrack_orm.inspect(entity).loaded",
        "inspection": "ftrack_orm.inspect(entity), which has identity, reference, state and changes",
        "logging": "the module logging of Python",
        "mixin": "location.accessor and location.structure, or use the location ftrack.unmanaged",
        "operation": "session.plan() to see the operations of the next commit, and session.call([...]) for your own",
        "plugin": "ftrack_orm.Session(plugin_paths=[...])",
        "query": "ftrack_orm.Query",
        "resource_identifier_transformer": "ftrack_orm.storage.ResourceIdentifierTransformer",
        "session": "ftrack_orm.Session",
        "structure": "ftrack_orm.storage.StandardStructure or ftrack_orm.storage.IdStructure",
        "symbol": (
            "None for an attribute that is not set, ftrack_orm.NOT_LOADED and ftrack_orm.UNSET where inspect(entity) "
            "shows them, and ftrack_orm.storage.SERVER_LOCATION_ID and the like for the ids of locations"
        ),
    },
    "settings": {
        "auto_populate": 'fetch="never", which forbids requests for missing values',
        "cache": "recent_size, the number of entities kept in memory",
        "cache_key_maker": "nothing: entities are known by type and primary key",
    },
    "session": {
        "_api_key": "session.settings.api_key",
        "_api_user": "session.api_user",
        "_call": "session.call([...])",
        "_configure_locations": _LOCATIONS,
        "_get_locations": 'session.query("Location")',
        "_local_cache": _CACHE,
        "_plugin_paths": "session.settings.plugin_paths",
        "_query": "session.query(expression)",
        "_request": "session.call([...]), or Session(headers=..., proxies=..., ca_bundle=...) for options of requests",
        "_schemas": "session.schemas",
        "_server_information": "session.server_information",
        "_server_url": "session.server_url",
        "api_key": "session.settings.api_key",
        "auto_populate": _FETCHING,
        "auto_populating": _FETCHING,
        "cache": _CACHE,
        "cache_key_maker": "inspect(entity).identity",
        "check_server_compatibility": 'session.server_information["version"]: the first request checks it',
        "decode": _RAW,
        "encode": _RAW,
        "entity_reference": "inspect(entity).reference",
        "logger": 'logging.getLogger("ftrack_orm")',
        "merge": "session.get(entity_type, id), which returns the entity of this session",
        "operation_recording": _UNIT,
        "perform_reset": 'session.reset_remote("api_key", entity=user)',
        "record_operations": _UNIT,
        "recorded_operations": _OPERATIONS,
        "request_timeout": "session.settings.timeout",
    },
    "entity": {
        "__class__": "location.accessor and location.structure: entities keep their class",
        "_session": _SESSION,
        "attributes": _ATTRIBUTES,
        "clear": "session.revert(entity)",
        "default_projections": _PROJECTIONS,
        "entity_type": "inspect(entity).entity_type",
        "get": "getattr(entity, name, default)",
        "get_statuses": _STATUSES,
        "get_types": _TYPES,
        "has_key": "name in entity",
        "items": _VALUES,
        "keys": _KEYS,
        "logger": 'logging.getLogger("ftrack_orm")',
        "merge": "session.refresh(entity): entities of one session are never copies of each other",
        "pop": "session.revert(entity, name)",
        "popitem": "session.revert(entity)",
        "primary_key_attributes": _PRIMARY_KEY,
        "session": _SESSION,
        "setdefault": "entity[name], which every entity of the type has",
        "update": "entity[name] = value, for each name and value",
        "values": _VALUES,
    },
    "class": {
        "attributes": _ATTRIBUTES,
        "default_projections": _PROJECTIONS,
        "entity_type": "{type}.__name__",
        "get_statuses": _STATUSES,
        "get_types": _TYPES,
        "items": 'session.schema.type("{type}").attributes.items()',
        "keys": _KEYS,
        "primary_key_attributes": _PRIMARY_KEY,
        "session": _SESSION,
        "values": 'session.schema.type("{type}").attributes.values()',
    },
    "query": {
        "_can_fetch_more": "for entity in query",
        "_expression": "str(query)",
        "_fetch_more": "for entity in query",
        "_limit": "query.limit(number)",
        "_offset": "query.offset(number)",
        "_page_size": "query.page_size",
        "_results": "query.all()",
        "_session": _SESSION,
        "append": "query.all(), a list",
        "extend": "query.all(), a list",
        "filter": "query.where(...)",
        "filter_by": "query.where(name=...)",
        "get": "session.get(entity_type, id)",
        "index": "query.all().index(entity)",
        "session": _SESSION,
        "sort": "query.order_by(...), or sorted(query, key=...)",
    },
    "collection": {
        "add": "collection.append(entity)",
        "all": "list(collection)",
        "attribute": _ATTRIBUTES,
        "discard": "collection.remove(entity) if entity in collection",
        "entity": "a variable of your own: a collection does not offer the entity that it belongs to",
        "filter": 'session.query("Task").where(parent=shot), or [each for each in collection if ...]',
        "first": "collection[0] if collection else None",
        "get": "session.get(entity_type, id)",
        "mutable": "try: collection.append(entity), which raises ReadOnlyAttribute for one that cannot be changed",
        "update": "collection.extend(entities)",
    },
    "mapping": {
        "collection": "mapping.items()",
        "creator": "mapping[key] = value",
        "has_key": "key in mapping",
        "iteritems": "mapping.items()",
        "iterkeys": "mapping.keys()",
        "itervalues": "mapping.values()",
        "key_attribute": "mapping.keys()",
        "value_attribute": "mapping.values()",
    },
    "event hub": {
        "get_network_location": "session.server_url",
        "get_server_url": "session.server_url",
        "init_connection": "session.event_hub.connect()",
        "logger": 'logging.getLogger("ftrack_orm")',
        "reconnect": "session.event_hub.connect() once: the hub reconnects by itself",
        "secure": 'session.server_url.startswith("https:")',
        "server": "session.server_url",
    },
}


def advice(kind: str, name: object, entity_type: str = "") -> str:
    """Return a sentence on what to write in place of a *name* of the official client, or an empty text.

    *kind* is a key of `OFFICIAL_NAMES`. The sentence starts with a space, so that it can be appended to a message.
    """
    text = OFFICIAL_NAMES[kind].get(name) if isinstance(name, str) else None
    if text is None:
        return ""
    return f" Write {text.replace('{type}', entity_type)}."


def unknown_name(
    kind: str, owner: str, name: str, known: Iterable[str] = (), entity_type: str = ""
) -> UnknownAttribute:
    """Return the error for a name that *owner*, a text, does not have: with advice, or with a near name of *known*.

    *kind* and *entity_type* are as for `advice`.
    """
    hint = advice(kind, name, entity_type) or attribute_suggestion(name, known)
    message = f"{owner} has no attribute {quoted(name)}.{hint}"
    return UnknownAttribute(message, entity_type=entity_type or None, attribute=name)
