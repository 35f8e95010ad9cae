"""Pure: the attributes that an entity needs a value for and that the server does not fill in.

The schema lists required attributes, but most of them have a default or are filled in by the server: clients create a
task with a name and a parent only, a version with its asset only (PROTOCOL 2.3). The facts below are those attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from .attribute import Kind, ValueType
from .facts import ASSET, ASSET_VERSION, CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM, TYPED_CONTEXT, USER

if TYPE_CHECKING:
    from .model import EntityType

_SCALAR, _BOOLEAN = Kind.SCALAR, ValueType.BOOLEAN

#: Filled in for entities of every type: when and by whom they were created, how they are distinguished from others in
#: their table, and numbers that are 0. Sequences and folders have neither status nor type, although the schema requires
#: both (PROTOCOL 2.3, seen in responses of real servers).
_FILLED: Final = frozenset(
    {
        "bid", "config", "context_type", "created_at", "created_by_id", "object_type_id", "priority_id",
        "resource_type", "sort", "sort_order", "status_id", "system_type", "type_id",
    }
)  # fmt: skip

#: The same by type or base. Users are created without a name, and the type of a parent follows from its id
#: (PROTOCOL 2.3, 8.1); the types of a custom attribute link follow from its configuration (PROTOCOL 6).
_FILLED_OF_TYPE: Final[Mapping[str, frozenset[str]]] = {
    CUSTOM_ATTRIBUTE_LINK: frozenset({"from_entity_type", "to_entity_type"}),
    CUSTOM_ATTRIBUTE_LINK_FROM: frozenset({"from_entity_type", "to_entity_type"}),
    "EntitySetting": frozenset({"parent_type"}),
    "Metadata": frozenset({"parent_type"}),
    "Note": frozenset({"user_id"}),
    "Project": frozenset({"status"}),
    "ReviewSession": frozenset({"end_date", "start_date"}),
    "Timelog": frozenset({"duration", "start"}),
    "Timer": frozenset({"start", "user_id"}),
    USER: frozenset({"username"}),
}

#: Type or base -> the keys of the entity it belongs to, one of which it needs although the schema does not say so: its
#: project, its first status and its version number depend on it (PROTOCOL 2.3).
_OWNER_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    TYPED_CONTEXT: ("parent_id", "project_id"),
    ASSET: ("context_id",),
    ASSET_VERSION: ("asset_id",),
}


@attrs.frozen
class RequiredValue:
    """A value that an entity needs: that of one of the attributes *names*, the first of which is the usual one.

    *may_be_emptied* says that the server accepts None for an entity that exists.
    """

    names: tuple[str, ...]
    may_be_emptied: bool = False


def required_values(entity_type: EntityType) -> tuple[RequiredValue, ...]:
    """Return the values that a new entity of a type needs from its creator."""
    family = (entity_type.name, *entity_type.bases)
    filled = _FILLED.union(*(_FILLED_OF_TYPE.get(name, ()) for name in family))
    owners = [
        RequiredValue(tuple(name for name in _OWNER_KEYS[base] if name in entity_type.attributes), may_be_emptied=True)
        for base in family
        if base in _OWNER_KEYS
    ]
    return (
        *(owner for owner in owners if owner.names),
        *(
            RequiredValue((attribute.name,))
            for attribute in entity_type.attributes.values()
            if attribute.required
            and attribute.kind is _SCALAR
            and attribute.default is None
            and not attribute.computed
            and attribute.value_type is not _BOOLEAN  # False unless the client says otherwise
            and attribute.name not in filled
            and attribute.name not in entity_type.classifiers
            and attribute.name not in entity_type.primary_key
            and not any(attribute.name in owner.names for owner in owners)
        ),
    )
