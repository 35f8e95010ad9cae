"""State: running queries: page after page, the next one on its way while this one is used, merged into entities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import attrs

from ..errors import ProtocolError
from ..query.builder import Query
from ..query.compiler import compile_select
from ..query.nodes import Path, Select, Step
from ..schema.attribute import Attribute, Kind
from ..schema.model import EntityType
from ..wire import operations
from ..wire.codec import decode
from ..wire.replies import Reply, Rows
from .entity import Entity
from .merging import Merger
from .workspace import Workspace

Call = Callable[[Sequence[operations.Operation]], Sequence[Reply]]
Submit = Callable[[Sequence[operations.Operation]], "Future[list[Reply]]"]


class QueryRunner:
    """Runs the queries of a session.

    *call* sends operations and returns their replies, *submit* does so in the background and returns a future of them.
    Only further pages are fetched in the background: whoever waits for the first one can as well ask for it.
    """

    def __init__(self, workspace: Workspace, call: Call, submit: Submit) -> None:
        self._workspace = workspace
        self._call = call
        self._submit = submit

    def pages(self, query: Query[Entity]) -> Iterator[list[Entity]]:
        """Yield the entities of *query* in pages, asking for each next page before this one is handed out."""
        self._workspace.check_open("The query cannot be run")
        for rows in self._row_pages(self._complete(query.node), query.page_size):
            # Each page is its own group of peers: a walk over a million entities must not load for all of them.
            yield Merger(self._workspace).rows(rows)

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        """Return the plain rows of a query with aggregates."""
        self._workspace.check_open("The query cannot be run")
        return [decode(row) for rows in self._row_pages(query.node, query.page_size) for row in rows]

    def count(self, query: Query[Any]) -> int:
        """Return the number of entities *query* selects, fetching nothing of them but their keys."""
        self._workspace.check_open("The query cannot be run")
        schema = self._workspace.schema.type(query.node.entity_type)
        keys_only = Select(
            schema.name,
            tuple(Path.of(name) for name in schema.primary_key),
            query.node.criterion,
            offset=query.node.offset,
            limit=query.node.limit,
        )
        # Keys are short, so they come in few large pages.
        return sum(len(rows) for rows in self._row_pages(keys_only, max(query.page_size, 10_000)))

    def _row_pages(self, select: Select, page_size: int) -> Iterator[list[dict[str, Any]]]:
        remaining = select.limit
        (reply,) = self._call([_page(select, select.offset or 0, _at_most(page_size, remaining))])
        while True:
            if not isinstance(reply, Rows):
                raise ProtocolError("The server answered a query with something else than rows.")
            if remaining is not None:
                remaining -= len(reply.data)
            # Where nothing may be left over, the server need not be asked whether there is more.
            if reply.next_offset is None or not reply.data or (remaining is not None and remaining <= 0):
                yield reply.data
                return
            coming = self._submit([_page(select, reply.next_offset, _at_most(page_size, remaining))])
            try:
                yield reply.data
            except GeneratorExit:
                # The walk is given up, so nobody waits for the next page any more.
                coming.cancel()
                raise
            (reply,) = coming.result()

    def _complete(self, select: Select) -> Select:
        """Fill in what a query leaves open: the default projections, and what a projected relation brings along."""
        schema = self._workspace.schema.type(select.entity_type)
        if not select.projections:
            paths = [Path.of(name) for name in schema.default_projections or schema.primary_key]
        else:
            paths = []
            for path in select.projections:
                if isinstance(path, Path):
                    paths.extend(self._expanded(schema, path))
        return attrs.evolve(select, projections=tuple(dict.fromkeys(paths)))

    def _expanded(self, schema: EntityType, path: Path) -> list[Path]:
        """Return *path*, with the default projections of its target behind it when it ends on a relation."""
        attribute = self._attribute_at(schema, path)
        if attribute is None or not attribute.is_relation:
            return [path]
        last = path.steps[-1]
        target = self._workspace.schema.type(last.cast or str(attribute.target))
        if attribute.kind is Kind.MAPPING:
            # A mapping without keys and values is nothing that could be shown.
            names: Sequence[str] = (str(attribute.key_name), str(attribute.value_name))
        else:
            names = target.default_projections or target.primary_key
        return [Path((*path.steps, Step(name))) for name in names]

    def _attribute_at(self, schema: EntityType, path: Path) -> Attribute | None:
        attribute = None
        for step in path.steps:
            attribute = schema.attributes.get(step.name)
            if attribute is None:
                return None
            if attribute.target is not None:
                schema = self._workspace.schema.type(step.cast or attribute.target)
        return attribute


def _page(select: Select, offset: int, limit: int) -> operations.Operation:
    return operations.Query(compile_select(attrs.evolve(select, offset=offset or None, limit=limit)))


def _at_most(page_size: int, remaining: int | None) -> int:
    return page_size if remaining is None else min(page_size, remaining)
