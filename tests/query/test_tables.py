"""The methods of a query for tables: their arguments reach the part that makes tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
import pytest

from ftrack_orm import errors
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.tables import RowProgress
from tests.query.runners import ListRunner


class RecordingTables(ListRunner):
    """Records the arguments of tables."""

    def __init__(self) -> None:
        super().__init__([])
        self.calls: list[tuple[Any, ...]] = []

    def tables(self) -> RecordingTables:
        return self

    def arrow_reader(self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any]) -> Any:
        self.calls.append(("arrow", columns, renamed))
        return pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("a", pyarrow.string())]), [])

    def data_frame(
        self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any], library: str | None
    ) -> Any:
        self.calls.append(("frame", columns, renamed, library))

    def write_parquet(
        self,
        query: Query[Any],
        target: Any,
        columns: Sequence[Any],
        renamed: Mapping[str, Any],
        *,
        overwrite: bool,
        on_progress: RowProgress | None,
    ) -> int:
        self.calls.append(("parquet", target, columns, renamed, overwrite, on_progress))
        return 0

    def html(self, query: Query[Any]) -> str:
        return "<table>"


def test_arguments_are_passed_on() -> None:
    tables = RecordingTables()
    query: Query[Any] = Query(select("Task").node, None, tables)
    assert query.to_arrow("name", shot="parent.name").column_names == ["a"]
    query.to_dataframe("name", as_="pandas")
    query.to_parquet("file", "name", overwrite=True)
    assert tables.calls == [
        ("arrow", ("name",), {"shot": "parent.name"}),
        ("frame", ("name",), {}, "pandas"),
        ("parquet", "file", ("name",), {}, True, None),
    ]


def test_a_query_without_a_session_has_no_tables() -> None:
    with pytest.raises(errors.UsageError, match="belongs to no session"):
        select("Task").to_dataframe()
