"""Pure: the entities that belong to a copied one, and the values of them that a copy has, as data."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.errors import InvalidValue, quoted, suggestion
from ftrack_orm.schema.derived_attributes import DERIVATIONS
from ftrack_orm.schema.facts import (
    ASSET,
    ASSET_VERSION,
    CONTEXT,
    CUSTOM_ATTRIBUTE_LINK,
    CUSTOM_ATTRIBUTE_VALUE,
    LEAF_TYPES,
)

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

TASKS, ASSIGNMENTS, NOTES, LINKS, ASSETS, VERSIONS = "tasks", "assignments", "notes", "links", "assets", "versions"

#: The words for `include`, each with those that it needs.
_INCLUDES: Final[Mapping[str, tuple[str, ...]]] = {
    TASKS: (),
    ASSIGNMENTS: (),
    NOTES: (),
    LINKS: (),
    ASSETS: (),
    VERSIONS: (ASSETS,),
}

_NOTE: Final = "Note"


@attrs.frozen
class CopiedRows:
    """Rows of *entity_type*, which belong to an entity of *families* if one of their *keys* is its id.

    They are copied if *include* is asked for, None for always. The others of *ends* refer to entities that need not be
    copied: links lead to entities anywhere.
    """

    entity_type: str
    keys: tuple[str, ...]
    families: frozenset[str]
    include: str | None = None
    ends: frozenset[str] = frozenset()


def _part(
    entity_type: str, keys: str, families: Iterable[str], include: str | None = None, ends: str = ""
) -> CopiedRows:
    return CopiedRows(entity_type, tuple(keys.split()), frozenset(families), include, frozenset(ends.split()))


#: Sources: PROTOCOL 5.3 (keys), 6 (custom attributes), 8.1 (labels of notes).
PARTS: Final = (
    _part(ASSET, "context_id", [CONTEXT], ASSETS),
    _part(ASSET_VERSION, "asset_id", [ASSET], VERSIONS),
    _part("Appointment", "context_id", [CONTEXT], ASSIGNMENTS),
    _part("Manager", "context_id", [CONTEXT], ASSIGNMENTS),
    _part(_NOTE, "parent_id", [CONTEXT, ASSET_VERSION], NOTES),
    _part(_NOTE, "in_reply_to_id", [_NOTE], NOTES),
    _part("NoteLabelLink", "note_id", [_NOTE], NOTES),
    _part("NoteComponent", "note_id", [_NOTE], NOTES),
    _part("Recipient", "note_id", [_NOTE], NOTES),
    _part("TypedContextLink", "from_id to_id", [CONTEXT], LINKS, "from_id to_id"),
    _part("AssetVersionLink", "from_id to_id", [ASSET_VERSION], LINKS, "from_id to_id"),
    _part(CUSTOM_ATTRIBUTE_LINK, "from_id", [CONTEXT, ASSET, ASSET_VERSION], LINKS, "to_id"),
    _part("Metadata", "parent_id", [CONTEXT, ASSET, ASSET_VERSION, _NOTE, "TypedContextLink", "AssetVersionLink"]),
    _part(CUSTOM_ATTRIBUTE_VALUE, "entity_id", [CONTEXT, ASSET, ASSET_VERSION]),
)

#: Values that a copy gets from its creation and its destination.
_OF_CREATION: Final = frozenset({"created_at", "created_by_id", "project_id", "context_type"})


def included(names: str | Iterable[str]) -> frozenset[str]:
    """Return the words for `include` in *names*, with those they need; `"all"` stands for all of them.

    Raises `InvalidValue` for other words.
    """
    if names == "all":
        return frozenset(_INCLUDES)
    words = (names,) if isinstance(names, str) else tuple(names)
    for word in words:
        if word not in _INCLUDES:
            known = ", ".join(map(repr, _INCLUDES))
            raise InvalidValue(
                f"A copy cannot include {quoted(word)}. Possible: {known}, or 'all'.{suggestion(str(word), _INCLUDES)}"
            )
    return frozenset(words).union(*(_INCLUDES[word] for word in words))


def parts_of(family: str, include: Collection[str], schema: Schema) -> list[CopiedRows]:
    """Return the parts of entities of *family* that are copied and that *schema* has."""
    return [
        part
        for part in PARTS
        if family in part.families
        and (part.include is None or part.include in include)
        and part.entity_type in schema.types
    ]


@functools.lru_cache(maxsize=1024)
def copied_scalars(entity_type: EntityType) -> tuple[str, ...]:
    """Return the names of the scalars that are read of an entity of a type to copy it.

    Values that the server derives are left out, and the record of the creation. A single key is replaced by a new one.
    """
    derived = {name for each in DERIVATIONS if each.family == entity_type.family for name in each.names}
    left_out = {*derived, *_OF_CREATION, *entity_type.classifiers}
    if entity_type.name == _NOTE:
        left_out -= {"category_id"}  # see `source`: a note without a label may have a category
    if len(entity_type.primary_key) == 1:
        left_out.update(entity_type.primary_key)
    return tuple(name for name in stored_scalars(entity_type) if name not in left_out)


def is_leaf(entity_type: str) -> bool:
    """Whether contexts of a type are copied with `include="tasks"` only."""
    return entity_type in LEAF_TYPES
