"""A runner of queries on a list, for tests without a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ftrack_orm.query.builder import Query
from ftrack_orm.query.columns import Column
from ftrack_orm.query.executable import Progress
from ftrack_orm.query.tables import TableMaker


class ListRunner:
    """Returns the items of a list as results, within offset, limit and page size, and records each request."""

    def __init__(self, results: list[Any]) -> None:
        self.results = results
        self.requests: list[str] = []
        self.options: list[tuple[Mapping[str, Any] | None, int, Progress | None]] = []

    def _selected(self, query: Query[Any]) -> list[Any]:
        start = query.node.offset or 0
        return self.results[start:] if query.node.limit is None else self.results[start : start + query.node.limit]

    def pages(self, query: Query[Any]) -> Iterator[list[Any]]:
        selected = self._selected(query)
        for start in range(0, max(len(selected), 1), query.page_size):
            self.requests.append(f"page: {query}")
            yield selected[start : start + query.page_size]

    def together(self, queries: Sequence[Query[Any]]) -> list[list[Any]]:
        self.requests.append(f"together: {'; '.join(map(str, queries))}")
        return [self._selected(query) for query in queries]

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        self.requests.append(f"rows: {query}")
        return self._selected(query)

    def count(self, query: Query[Any]) -> int:
        self.requests.append(f"count: {query}")
        return len(self._selected(query))

    def dicts(self, query: Query[Any]) -> Iterator[dict[str, Any]]:
        raise NotImplementedError

    def flat_rows(self, query: Query[Any], columns: Sequence[Column]) -> list[tuple[Any, ...]]:
        self.requests.append(f"flat rows: {query}")
        return [tuple([result] * len(columns)) for result in self._selected(query)]

    def flat_pages(
        self, query: Query[Any], columns: Sequence[Column], *, key: str | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        raise NotImplementedError

    def tables(self) -> TableMaker:
        raise NotImplementedError

    def walk(self, query: Query[Any], after: Any = None) -> Iterator[Any]:
        raise NotImplementedError

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        self.requests.append(f"update: {query}")
        self.options.append((data, batch_size, on_progress))
        return len(self._selected(query))

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        self.requests.append(f"delete: {query}")
        self.options.append((None, batch_size, on_progress))
        return len(self._selected(query))
