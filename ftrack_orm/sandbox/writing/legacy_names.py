"""Pure: the names of entity types in ftrack's database, which requests may use instead of the schema's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.errors import suggestion
from ftrack_orm.sandbox import server_errors
from ftrack_orm.schema.facts import CONFIGURED_TYPES

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

#: Names that public clients use; other names follow from the schema's internal names.
_KNOWN = {
    **CONFIGURED_TYPES,
    "reviewsession": "ReviewSession",
    "review_session": "ReviewSession",
    "reviewsessionobject": "ReviewSessionObject",
    "review_session_object": "ReviewSessionObject",
    "dependency": "TypedContextLink",
}


def entity_type_name(schema: Schema, name: str) -> str:
    """Return the schema's name of an entity type that a client may name in another way; raises a validation error."""
    if name in schema.types:
        return name
    known = _KNOWN.get(name.lower())
    if known is not None and known in schema.types:
        return known
    for entity_type in schema.types.values():
        if name.lower() in (entity_type.name.lower(), (entity_type.alias or "").lower()):
            return entity_type.name
    raise server_errors.validation_error(f"There is no entity type {name!r}.{suggestion(name, schema.types)}")
