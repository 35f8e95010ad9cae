"""Edge: maintains the closure table, which holds all (ancestor, descendant) pairs of contexts.

With it `link`, `ancestors`, `descendants` and rolled-up times of any number of contexts are one statement each, at any
depth. Every context is its own ancestor at depth 0, so a subtree and a path to the root are one range each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox.reading.from_clause import json_values

if TYPE_CHECKING:
    from ftrack_orm.sandbox.tables import Tables

#: The family whose hierarchy is maintained, and the attribute that holds the parent's id.
_FAMILY, _PARENT = "Context", "parent_id"


def insert(connection: sa.Connection, tables: Tables, context_id: str, parent_id: str | None) -> None:
    """Add a new context below its parent, which must have been added before; a project has no parent."""
    insert_many(connection, tables, [(context_id, parent_id)])


def insert_many(connection: sa.Connection, tables: Tables, pairs: Sequence[tuple[str, str | None]]) -> None:
    """Add many new contexts as (id, parent id), parents before children, with two statements."""
    if not pairs:
        return
    closure = tables.closure
    parent = closure.alias("parent")
    connection.execute(closure.insert(), [{"ancestor_id": id_, "descendant_id": id_, "depth": 0} for id_, _ in pairs])
    below = [{"new_id": id_, "new_parent": parent_id} for id_, parent_id in pairs if parent_id is not None]
    if below:
        inherited = sa.select(parent.c.ancestor_id, sa.bindparam("new_id", type_=sa.Text), parent.c.depth + 1).where(
            parent.c.descendant_id == sa.bindparam("new_parent", type_=sa.Text)
        )
        connection.execute(closure.insert().from_select(["ancestor_id", "descendant_id", "depth"], inherited), below)


def move(connection: sa.Connection, tables: Tables, context_id: str, new_parent_id: str | None) -> None:
    """Move a context with its descendants below another parent.

    Raises `InvalidValue` when the new parent is the context itself or a descendant.
    """
    closure = tables.closure
    subtree = sa.select(closure.c.descendant_id).where(closure.c.ancestor_id == context_id)
    if new_parent_id is not None:
        inside = connection.execute(subtree.where(closure.c.descendant_id == new_parent_id)).first()
        if inside is not None:
            message = f"{_FAMILY} {context_id} cannot be moved to {new_parent_id}, which is itself or lies below it."
            raise InvalidValue(message, entity_type=_FAMILY, attribute=_PARENT)
    above = sa.select(closure.c.ancestor_id).where(closure.c.descendant_id == context_id, closure.c.depth > 0)
    connection.execute(
        closure.delete().where(
            closure.c.descendant_id.in_(subtree.scalar_subquery()), closure.c.ancestor_id.in_(above.scalar_subquery())
        )
    )
    if new_parent_id is None:
        return
    upper, lower = closure.alias("upper"), closure.alias("lower")
    pairs = (
        sa.select(upper.c.ancestor_id, lower.c.descendant_id, upper.c.depth + lower.c.depth + 1)
        .select_from(upper.join(lower, lower.c.ancestor_id == context_id))
        .where(upper.c.descendant_id == new_parent_id)
    )
    connection.execute(closure.insert().from_select(["ancestor_id", "descendant_id", "depth"], pairs))


def remove(connection: sa.Connection, tables: Tables, ids: Iterable[str]) -> None:
    """Remove contexts that were deleted; the caller passes their descendants too."""
    closure, gone = tables.closure, json_values(list(ids))
    connection.execute(
        closure.delete().where(sa.or_(closure.c.descendant_id.in_(gone), closure.c.ancestor_id.in_(gone)))
    )


def descendants(connection: sa.Connection, tables: Tables, ids: Iterable[str]) -> list[str]:
    """Return the ids of all descendants of the given contexts, the deepest last."""
    closure = tables.closure
    statement = (
        sa.select(closure.c.descendant_id)
        .where(closure.c.ancestor_id.in_(json_values(list(ids))), closure.c.depth > 0)
        .group_by(closure.c.descendant_id)
        .order_by(sa.func.max(closure.c.depth), closure.c.descendant_id)
    )
    return list(connection.execute(statement).scalars())


def rebuild(connection: sa.Connection, tables: Tables) -> None:
    """Compute all pairs from the contexts' parents, for seeds that insert contexts in bulk."""
    closure = tables.closure
    connection.execute(closure.delete())
    if _FAMILY not in tables.schema.types:
        return
    table = tables.table(_FAMILY)
    start = sa.select(table.c.id.label("ancestor_id"), table.c.id.label("descendant_id"), sa.literal(0).label("depth"))
    pairs = start.cte("pairs", recursive=True)
    child = table.alias("child")
    pairs = pairs.union_all(
        sa.select(pairs.c.ancestor_id, child.c.id, pairs.c.depth + 1).where(child.c[_PARENT] == pairs.c.descendant_id)
    )
    connection.execute(closure.insert().from_select(["ancestor_id", "descendant_id", "depth"], sa.select(pairs)))
