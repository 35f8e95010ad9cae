"""Pure: the constants of the official client: missing values, states of entities, ids of locations, topics."""

from __future__ import annotations

import os
from typing import Any, Final

from ftrack_orm.schema.facts import (
    CONNECT_LOCATION_ID,
    ORIGIN_LOCATION_ID,
    REVIEW_LOCATION_ID,
    SERVER_LOCATION_ID,
    UNMANAGED_LOCATION_ID,
)

__all__ = [
    "CHUNK_SIZE",
    "COMPONENT_ADDED_TO_LOCATION_TOPIC",
    "COMPONENT_REMOVED_FROM_LOCATION_TOPIC",
    "CONNECT_LOCATION_ID",
    "CREATED",
    "DELETED",
    "JOB_SYNC_USERS_LDAP",
    "MODIFIED",
    "NOT_SET",
    "ORIGIN_LOCATION_ID",
    "REVIEW_LOCATION_ID",
    "SERVER_LOCATION_ID",
    "UNMANAGED_LOCATION_ID",
    "Symbol",
]


class Symbol:
    """A constant with a name; *value* decides whether it is true."""

    def __init__(self, name: str, value: bool = True) -> None:
        self.name = name
        self.value = value

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Symbol({self.name})"

    def __bool__(self) -> bool:
        return bool(self.value)

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Symbol:
        return self


#: The value of an attribute that neither the server nor the program has set, or that is not loaded.
NOT_SET: Final = Symbol("NOT_SET", False)
#: The states of entities with changes that are not committed.
CREATED: Final = Symbol("CREATED")
MODIFIED: Final = Symbol("MODIFIED")
DELETED: Final = Symbol("DELETED")

COMPONENT_ADDED_TO_LOCATION_TOPIC: Final = "ftrack.location.component-added"
COMPONENT_REMOVED_FROM_LOCATION_TOPIC: Final = "ftrack.location.component-removed"

#: The bytes that are read and written at once when files are copied.
CHUNK_SIZE: Final = int(os.environ.get("FTRACK_API_FILE_CHUNK_SIZE") or 0) or 1024 * 1024

JOB_SYNC_USERS_LDAP: Final = Symbol("SYNC_USERS_LDAP")
