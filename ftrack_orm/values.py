"""Pure: values that every package shares: identities, references, change notices, absence, fetch modes, defaults."""

from __future__ import annotations

import datetime
import enum
import keyword
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final, NoReturn

import attrs

from .errors import FtrackError, InvalidValue, UsageError, suggestion

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


#: Words that Python reads as operators. No attribute is meant by them with an underscore, as `in_` is a method.
_OPERATORS: Final = frozenset({"and", "in", "is", "not", "or"})


def attribute_called(name: str, attributes: Container[str]) -> str | None:
    """Return the attribute among *attributes* that Python code calls *name*, or None.

    Python's keywords cannot follow a dot, so an attribute such as `from` is also called `from_`. An attribute that
    really has the name comes first.
    """
    if name in attributes:
        return name
    stem = name[:-1]
    is_keyword = name[-1:] == "_" and keyword.iskeyword(stem) and stem not in _OPERATORS
    return stem if is_keyword and stem in attributes else None


def spelling_of(attribute: str) -> str:
    """Return the name by which Python code calls *attribute*: `from_` for `from`."""
    return f"{attribute}_" if keyword.iskeyword(attribute) else attribute


def attribute_suggestion(name: Any, attributes: Iterable[str]) -> str:
    """Return a sentence that suggests attributes with names close to *name*, or an empty text.

    The names of those that are keywords of Python come with the ways to write them.
    """
    sentence = suggestion(str(name), attributes)
    for word in keyword.kwlist:
        if f"{word!r}" in sentence:
            sentence += (
                f" {word!r} is a keyword of Python: write [{word!r}], or {word}_ after a dot and as an argument."
            )
    return sentence


def native_integer(value: Any) -> int | None:
    """Return a whole number of any library as an `int`, or None for any other value; a boolean is no number."""
    if type(value) is int:
        return value
    from .foreign_values import native_value

    number = native_value(value)
    return number if type(number) is int else None


#: The text of the error of `utc` about a moment without a timezone.
NO_TIMEZONE: Final = "has no timezone"


def utc(moment: datetime.datetime) -> datetime.datetime:
    """Return *moment* with the timezone UTC.

    Raises `ValueError`, whose text continues a sentence about *moment*: for one without a timezone, one whose year in
    UTC is not between 1 and 9999, and one with a timezone that does not know its offset.
    """
    try:
        if moment.utcoffset() is not None:
            return moment.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise ValueError("is outside of the years 1 to 9999 in UTC") from None
    except Exception as error:
        # Timezones are classes of other libraries, and of users.
        raise ValueError(f"has a timezone that gives no offset for it ({type(error).__name__}: {error})") from error
    raise ValueError(NO_TIMEZONE)


class SessionBound:
    """The base of objects that work for one session only, and are neither copied nor pickled."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise UsageError(
            f"{type(self).__name__} belongs to its session and cannot be copied or pickled. Pass entity types and ids, "
            "or the values of entities: session.snapshot(entities)."
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
    not known is included. With *has_left* it is about the loaded collections that contain one of their *members*: these
    have left the collection of an owner that is not known.
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
    has_left: bool = False
    is_deleted: bool = False
