"""Pure: values that every package shares: identities, references, change notices, absence, fetch modes, defaults."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final

import attrs

from .errors import FtrackError, InvalidValue, suggestion

#: Number of entities per page of a query, unless the session or the query sets another.
DEFAULT_PAGE_SIZE: Final = 500
#: Number of entities per request of `Query.update` and `Query.delete`, unless the call sets another.
DEFAULT_BATCH_SIZE: Final = 500


def unencodable_text(value: Any) -> str | None:
    """Return the first text in *value* that UTF-8 cannot encode, or None; mappings, lists and tuples are searched.

    Such text contains lone surrogates. Python makes them from file names that are not UTF-8.
    """
    if isinstance(value, str):
        if value.isascii():
            return None
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return value
        return None
    if isinstance(value, Mapping):
        value = [part for item in value.items() for part in item]
    if isinstance(value, (list, tuple)):
        return next((text for part in value if (text := unencodable_text(part)) is not None), None)
    return None


#: The end of the errors about text that cannot be encoded, after the text.
NOT_ENCODABLE: Final = (
    "contains lone surrogates, which UTF-8 cannot encode. Python makes them from file names that are not UTF-8: "
    "os.fsencode(name).decode(ENCODING) returns the name, given its encoding."
)


class Absence(enum.Enum):
    """Why an attribute has no value to show."""

    NOT_LOADED = "not loaded"
    UNSET = "unset"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self.name


NOT_LOADED: Final = Absence.NOT_LOADED
UNSET: Final = Absence.UNSET


class FetchMode(enum.Enum):
    """How a session handles reading a value that is not loaded."""

    PEERS = "peers"  # load it for every entity that arrived together
    ONE = "one"  # load it for this entity only
    NEVER = "never"  # raise `NotFetched`

    @classmethod
    def named(cls, name: str, error: type[FtrackError] = InvalidValue) -> FetchMode:
        """Return the mode called *name*; raise *error*, which names the known modes, when there is no such mode."""
        names = [mode.value for mode in cls]
        if name not in names:
            near = suggestion(str(name), names)
            raise error(f"There is no fetch mode {name!r}, only {', '.join(map(repr, names))}.{near}")
        return cls(name)


@attrs.frozen(slots=True)
class Identity:
    """Identifies one entity: the root type of its family and its primary key values, in order.

    The root type (`Context` for a `Shot`) is used because ids are unique within a family: the same row may be reached
    as `Context`, `TypedContext` or `Shot`.
    """

    family: str
    key: tuple[str, ...]


@attrs.frozen(slots=True)
class Reference:
    """A pointer to an entity by type name and primary key, as queries and operations carry it.

    *key* pairs attribute names with values in the order of the type's primary key.
    """

    entity_type: str
    key: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """The value of a single-attribute primary key; ftrack compares relations by it."""
        return self.key[0][1]


#: An entity as a member of a collection: its family, empty if it is not known, and its key.
Member = tuple[str, tuple[str, ...]]


@attrs.frozen(slots=True, kw_only=True)
class ChangeNotice:
    """A change of one entity as an event reports it: by attribute names, without values.

    *key* is the entity's primary key; an empty key stands for every entity. *family* is the root type of its family,
    or None when the event does not identify it; the key alone identifies the entity then, because ids are unique.
    *entity_type* is the entity's type when the event names it.

    *names* are the attributes that changed, None for all of them. *derived* are the attributes that the server
    computes from a changed one, and those that may now lead to another entity. *entries* are keys of custom attributes;
    some may be attribute names instead, which can only be decided with the entity's custom attributes at hand.
    *members* holds, for the collections among *derived* that have no other reason to be there, the entities that may
    have joined or left them.

    A notice about every entity of a family may be restricted. With *below* it is about the entities inside those with
    these ids, with *holding* about those whose attribute of that name has one of the values. An entity of which that is
    not known is included.
    """

    family: str | None
    key: tuple[str, ...]
    entity_type: str | None = None
    names: frozenset[str] | None = frozenset()
    derived: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[Member]] = attrs.field(factory=dict)
    below: frozenset[str] = frozenset()
    holding: tuple[str, frozenset[str]] | None = None
    is_deleted: bool = False
