"""Pure: the small values every room speaks of: identities, references and the named reasons for absence."""

from __future__ import annotations

import enum
from typing import Final

import attrs


class Absence(enum.Enum):
    """Why an attribute has no value to show."""

    NOT_LOADED = "not loaded"
    UNSET = "unset"
    DELETED = "deleted"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self.name


NOT_LOADED: Final = Absence.NOT_LOADED
UNSET: Final = Absence.UNSET


@attrs.frozen(slots=True)
class Identity:
    """What makes an entity the same entity: the root of its type's family and its primary key values, in order.

    The family's root (`Context` for a `Shot`) is used because ftrack's ids are shared by a whole family: the same
    row may be reached as `Context`, `TypedContext` or `Shot`.
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
        """The only value of a one-attribute key, which is what ftrack compares relations by."""
        return self.key[0][1]


@attrs.frozen(slots=True, kw_only=True)
class ChangeNotice:
    """What the server told of one entity that changed, by names only: values are fetched by whoever reads them.

    The entity has the *key*; no key stands for every entity there is. *family* is the root of its type's family, or
    None where nobody can tell, and ids, being unique, must do. *entity_type* is its type where that was told.

    *names* are the attributes that changed, None for all of them. *derived* are those that the server works out from
    what changed, or that may lead elsewhere now. *entries* are keys of custom attributes, among which may be names
    that mean something else: only who has the custom attributes can tell.
    """

    family: str | None
    key: tuple[str, ...]
    entity_type: str | None = None
    names: frozenset[str] | None = frozenset()
    derived: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    is_new: bool = False
    is_deleted: bool = False
