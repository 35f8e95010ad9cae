"""Pure: what to write in place of the names of the official client, by their owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ftrack_orm.compat.private_names import PRIVATE_NAMES
from ftrack_orm.official_errors import OFFICIAL_ERRORS
from ftrack_orm.official_names import OFFICIAL_NAMES, advice

#: Kind of owner -> the names of the official client that are different here. Names are those of `OFFICIAL_NAMES`,
#: without the ones of other libraries that it has too.
_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "session": frozenset(OFFICIAL_NAMES["session"]),
    "entity": frozenset(
        [
            "_session",
            "attributes",
            "clear",
            "default_projections",
            "entity_type",
            "get",
            "items",
            "keys",
            "logger",
            "merge",
            "pop",
            "popitem",
            "primary_key_attributes",
            "session",
            "setdefault",
            "update",
            "values",
        ]
    ),
    "class": frozenset(OFFICIAL_NAMES["class"]) - {"get_statuses", "get_types"},  # are expected on projects only
    "query": frozenset(
        [
            "_can_fetch_more",
            "_expression",
            "_fetch_more",
            "_limit",
            "_offset",
            "_page_size",
            "_results",
            "_session",
            "index",
        ]
    ),
    "collection": frozenset({"attribute", "entity", "mutable"}),
    "mapping": frozenset({"collection", "creator", "key_attribute", "value_attribute"}),
    "event hub": frozenset(OFFICIAL_NAMES["event hub"]),
    "event": frozenset({"_data"}),
}

#: Names that no other library has, so that they are reported for values of an unknown kind too.
DISTINCTIVE: Final[Mapping[str, str]] = {
    "entity_type": "entity",
    "primary_key_attributes": "entity",
    "default_projections": "entity",
    "recorded_operations": "session",
    "auto_populating": "session",
    "auto_populate": "session",
    "operation_recording": "session",
    "record_operations": "session",
    "cache_key_maker": "session",
    "entity_reference": "session",
    "check_server_compatibility": "session",
    "_local_cache": "session",
    "_configure_locations": "session",
}

#: The arguments of the session by their position, and those that are different here.
SESSION_ARGUMENTS: Final = [
    "server_url",
    "api_key",
    "api_user",
    "auto_populate",
    "plugin_paths",
    "cache",
    "cache_key_maker",
    "auto_connect_event_hub",
    "schema_cache_path",
    "plugin_arguments",
    "timeout",
    "cookies",
    "headers",
    "strict_api",
]
POSITIONAL_ARGUMENTS: Final = 3

#: Paths below `ftrack_api` that have a counterpart of their own.
_PATHS: Final[Mapping[str, str]] = {
    "Session": "ftrack_orm.Session",
    "__version__": "ftrack_orm.__version__",
    "session.Session": "ftrack_orm.Session",
    "session.AutoPopulatingContext": 'with session.fetching("never"):',
    "session.OperationRecordingContext": "with session.begin():",
    "event.base.Event": "ftrack_orm.Event",
    "event.hub.EventHub": "ftrack_orm.EventHub, or session.event_hub",
    "event.expression": "the same expressions in event_hub.subscribe(...), which parses them itself",
    "event.subscriber": "event_hub.get_subscriber_by_identifier(...)",
    "event.subscription": "event_hub.subscribe(...), which returns the subscription",
    "entity.base.Entity": "ftrack_orm.Entity",
    "entity.location.UnmanagedLocationMixin": "session.locations.unmanaged",
    "entity.location.ServerLocationMixin": "session.locations.server",
    "entity.location.OriginLocationMixin": "session.locations.origin",
    "entity.factory": "@session.types.behaviour(...) for methods of your own",
    "accessor.base.Accessor": "ftrack_orm.storage.Accessor",
    "accessor.disk.DiskAccessor": "ftrack_orm.storage.DiskAccessor",
    "accessor.server": "session.locations.server.accessor",
    "structure.base.Structure": "ftrack_orm.storage.Structure",
    "structure.id.IdStructure": "ftrack_orm.storage.IdStructure",
    "structure.entity_id.EntityIdStructure": "ftrack_orm.storage.EntityIdStructure",
    "structure.origin.OriginStructure": "ftrack_orm.storage.OriginStructure",
    "structure.standard.StandardStructure": "ftrack_orm.storage.StandardStructure",
    "resource_identifier_transformer.base.ResourceIdentifierTransformer": (
        "ftrack_orm.storage.ResourceIdentifierTransformer"
    ),
    "query.QueryResult": "ftrack_orm.Query",
    "collection.Collection": "ftrack_orm.Collection",
    "collection.MappedCollectionProxy": "ftrack_orm.MappedCollection",
    "collection.KeyValueMappedCollectionProxy": "ftrack_orm.MappedCollection",
    "collection.CustomAttributeCollectionProxy": "ftrack_orm.CustomAttributes",
    "inspection.identity": "ftrack_orm.inspect(entity).identity",
    "inspection.primary_key": "ftrack_orm.inspect(entity).identity.key",
    "inspection.state": "ftrack_orm.inspect(entity).state",
    "inspection.states": "[ftrack_orm.inspect(entity).state for entity in entities]",
    "symbol.NOT_SET": "None for an attribute that is not set, or ftrack_orm.NOT_LOADED for a value that is not loaded",
    "symbol.CREATED": "ftrack_orm.Lifecycle.PENDING",
    "symbol.MODIFIED": "ftrack_orm.inspect(entity).is_modified",
    "symbol.DELETED": "ftrack_orm.Lifecycle.DELETED",
    "symbol.CHUNK_SIZE": "nothing: the library chooses the size of chunks",
    "symbol.JOB_SYNC_USERS_LDAP": '"SYNC_USERS_LDAP"',
    "symbol.COMPONENT_ADDED_TO_LOCATION_TOPIC": '"ftrack.location.component-added"',
    "symbol.COMPONENT_REMOVED_FROM_LOCATION_TOPIC": '"ftrack.location.component-removed"',
    **{
        f"symbol.{name}_LOCATION_ID": f"ftrack_orm.storage.{name}_LOCATION_ID"
        for name in ("ORIGIN", "UNMANAGED", "REVIEW", "CONNECT", "SERVER")
    },
    **{f"exception.{name}": f"ftrack_orm.errors.{text}" for name, text in OFFICIAL_ERRORS.items()},
}


#: The paths that `ftrack_orm.compat` does not have.
_NOT_IN_COMPAT: Final = frozenset(
    {
        "attribute.merge_references",
        "collection.PerSessionDefaultKeyMaker",
        "entity.factory.PerSessionDefaultKeyMaker",
        "event.hub.SocketIoSession",
    }
)


def advice_for_member(kind: str, name: str, entity_type: str = "Task") -> str | None:
    """Return what to write for the attribute *name* of a value of *kind*, or None if it is the same here."""
    if name not in _NAMES.get(kind, ()):
        return None
    if kind == "event":
        return "dict(event)"
    return advice(kind, name, entity_type).removeprefix(" Write ").removesuffix(".")


def advice_for_path(path: str) -> str:
    """Return what to write for a *path* below `ftrack_api`: a module, or a name in one."""
    found = _PATHS.get(path)
    if found is not None:
        return found
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found = _PATHS.get(".".join(parts[:length]))
        if found is not None:
            return found
    names = OFFICIAL_NAMES["module"]
    return names.get(parts[0], f"ftrack_orm, which has no {path}")


def advice_for_argument(name: str) -> str | None:
    """Return what to write for an argument of the session, or None if it is the same here."""
    return OFFICIAL_NAMES["settings"].get(name)


def compat_advice(kind: str, name: str) -> str | None:
    """Return what to write with `ftrack_orm.compat`, or None if the name is the same there."""
    if kind == "session":
        return PRIVATE_NAMES.get(name)
    if kind == "module" and (name in _NOT_IN_COMPAT or name.partition(".")[0].startswith("_")):
        return advice_for_path(name)
    return None
