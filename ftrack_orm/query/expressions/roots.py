"""Pure: checks that an expression is used on the entity type it was made with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from ftrack_orm.errors import QueryError

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo


class Rooted(Protocol):
    """An expression with the entity types whose class attributes it was made with."""

    @property
    def roots(self) -> frozenset[str]:
        """The entity types; empty for an expression made with `attr`."""

    @property
    def checked_by(self) -> SchemaInfo | None:
        """The schema that all of the expression was checked with, as an expression on its only root."""


def is_checked(expression: Rooted, entity_type: str, schema: SchemaInfo) -> bool:
    """Return whether all of *expression* was checked with *schema*, as an expression on *entity_type* itself."""
    # A subtype may redefine an attribute of its base, so an expression on the base is checked again for the subtype.
    return expression.checked_by is schema and len(expression.roots) == 1 and entity_type in expression.roots


def check_roots(roots: Iterable[str], entity_type: str, schema: SchemaInfo) -> None:
    """Raise `QueryError` unless *entity_type* is each of *roots* or inherits from it."""
    for root in roots:
        if not schema.is_a(entity_type, root):
            cast = ""
            if schema.related(entity_type, root):
                cast = f" Where a relation leads to {entity_type}, cast it: relation[{root}]."
            raise QueryError(
                f"An expression on {root} was given for {entity_type}, which is not a {root}. Use the attributes of "
                f"{entity_type}.{cast}"
            )
