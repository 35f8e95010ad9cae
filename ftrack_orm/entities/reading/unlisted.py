"""Pure: queries that name types and attributes which the schema does not list, and the rows of their responses.

Servers know more than they list: `Setting`, and `AssetVersion.parent` (PROTOCOL 8.2). A query whose names were not
checked may use them. Entities are made of rows of listed types only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import ProtocolError, UnknownAttribute, UsageError, quoted
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.query.language.resolve import resolve_path
from ftrack_orm.wire.codec import decode

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

#: The primary key of a type that is not listed, by ftrack's convention.
_USUAL_KEY = ("id",)


def is_of_unlisted_type(select: Select, schema: Schema) -> bool:
    """Whether the results of *select* are of a type that *schema* does not list."""
    return select.entity_type not in schema.types


def is_listed(select: Select, schema: Schema) -> bool:
    """Whether *schema* lists the type of *select* and all attributes that it selects."""
    return not is_of_unlisted_type(select, schema) and not _unlisted_projections(select, schema)


def check_listed(select: Select, schema: Schema) -> None:
    """Raise `UnknownAttribute` if *select* selects an attribute that entities cannot have, for lack of a listing.

    Raises `UnknownEntityType` if the type itself is not listed.
    """
    schema.type(select.entity_type)
    unlisted = _unlisted_projections(select, schema)
    if unlisted:
        name = select.entity_type
        raise UnknownAttribute(
            f"The schema of the server does not list {name}.{unlisted[0]}, so that entities cannot have it. "
            f"query.rows({str(unlisted[0])!r}) and query.dicts() read it.",
            entity_type=name,
            attribute=str(unlisted[0]),
        )


def key_names(select: Select, schema: Schema) -> tuple[str, ...]:
    """Return the names of the primary key of the results of *select*."""
    return _USUAL_KEY if is_of_unlisted_type(select, schema) else schema.type(select.entity_type).primary_key


def with_projections(select: Select) -> Select:
    """Return *select* with at least one projection, which servers are known to require (PROTOCOL 1.1)."""
    return select if select.projections else attrs.evolve(select, projections=tuple(map(Path.of, _USUAL_KEY)))


def decoded_rows(rows: Sequence[Any], select: Select) -> list[dict[str, Any]]:
    """Return *rows* of the response to *select* with typed values decoded; raises `ProtocolError` for other rows."""
    for row in rows:
        if type(row) is not dict:
            raise ProtocolError(
                f"The server sent {quoted(row)} as a row of {select.entity_type}.", entity_type=select.entity_type
            )
    return [decode(row) for row in rows]


def _unlisted_projections(select: Select, schema: Schema) -> list[Path]:
    """Return the selected paths that *schema* does not list."""
    unlisted = []
    for projection in select.projections:
        if isinstance(projection, Path):
            try:
                resolve_path(projection, select.entity_type, schema)
            except UsageError:
                unlisted.append(projection)
    return unlisted
