"""Pure: which page of a result comes next, and the operation that requests it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import given_key
from ftrack_orm.errors import InvalidValue, ProtocolError, quoted
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.literals import as_reference
from ftrack_orm.query.language.nodes import Comparison, Operator, Ordering, Path, Select, conjunction
from ftrack_orm.wire.operations import Operation, QueryOperation, SearchOperation
from ftrack_orm.wire.replies import QueryReply

if TYPE_CHECKING:
    from ftrack_orm.query.builder import Query
    from ftrack_orm.schema.model import EntityType, Schema

#: Returns the select of the next page, given that of the first one and the reply with the current page.
NextPage = Callable[[Select, QueryReply], Select]


def at_next_offset(select: Select, reply: QueryReply) -> Select:
    """Return the select of the page after *reply*, the reply to *select*; raises `ProtocolError` without progress."""
    offset, next_offset = select.offset or 0, reply.next_offset or 0
    if next_offset <= offset:
        raise ProtocolError(
            f"The server sent {quoted(next_offset)} as the offset of the page after offset {quoted(offset)} of "
            f"{select.entity_type}. The query would never end.",
            entity_type=select.entity_type,
        )
    return attrs.evolve(select, offset=next_offset)


class KeyPaging:
    """Requests *select* in the order of the primary key *name*.

    Each page begins after the last key of the previous one. Pages with an offset shift when an entity before them is
    created or deleted, these do not.
    """

    def __init__(self, select: Select, name: str) -> None:
        self._name = name
        self._key = Path.of(name)
        projections = tuple(dict.fromkeys((*select.projections, self._key)))
        self._select = attrs.evolve(select, projections=projections, order_by=(Ordering(self._key),))
        self._last_keys: set[str] = set()

    def first(self, after: str | None) -> Select:
        """Return the select of the first page, which begins after the key *after* if that is given."""
        return self._select if after is None else self._beginning_after(after)

    def next_page(self, _: Select, reply: QueryReply) -> Select:
        """Return the select of the page after *reply*; raises `ProtocolError` if it would be an earlier one."""
        last_key = last_key_of(reply, self._name)
        if last_key in self._last_keys:
            name = self._select.entity_type
            raise ProtocolError(
                f"The server sent a page of {name} that ends with {quoted(last_key)}, as an earlier page of "
                "the same result does.",
                entity_type=name,
                attribute=self._name,
            )
        return self._beginning_after(last_key)

    def _beginning_after(self, key: str) -> Select:
        self._last_keys.add(key)
        is_after = Comparison(self._key, Operator.GREATER, key)
        return attrs.evolve(self._select, criterion=conjunction(self._select.criterion, is_after))


def walk_start(schema: Schema, entity_type: EntityType, after: Any) -> str:
    """Return the key after which a walk begins, given as a key or as an entity; raises `InvalidValue` for others."""
    reference = as_reference(after)
    if reference is None:
        return given_key(entity_type, after)[0]
    if not schema.related(reference.entity_type, entity_type.name):
        raise InvalidValue(f"A walk over {entity_type.name} cannot begin after {after!r}, which is of another type.")
    return reference.id


def last_key_of(reply: QueryReply, name: str) -> str:
    """Return the key of the last row in *reply*; raises `ProtocolError` if it has none."""
    row = reply.data[-1]
    key = row.get(name) if type(row) is dict else None
    if type(key) is not str and type(key) is not int:
        raise ProtocolError(f"The server sent a row without entity type or key: {quoted(row)}", attribute=name)
    return str(key)


def page_operation(query: Query[Any], select: Select, remaining: int | None) -> Operation:
    """Return the operation that requests one page of *select*, of at most *remaining* rows."""
    limit = query.page_size if remaining is None else min(query.page_size, remaining)
    expression = compile_select(attrs.evolve(select, offset=select.offset or None, limit=limit))
    text = query.free_text
    if text is None:
        return QueryOperation(expression)
    return SearchOperation(expression, select.entity_type, text.terms, text.context_id, text.object_type_ids)
