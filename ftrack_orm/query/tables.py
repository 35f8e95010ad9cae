"""Pure: the methods of a query that make tables for other libraries, and the protocol of the part that makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

if TYPE_CHECKING:
    import os
    from typing import BinaryIO

    import pandas
    import polars
    import pyarrow

    from .expressions.items import ColumnContent

#: Called after each page with the number of rows that were written so far.
RowProgress = Callable[[int], object]


class TableMaker(Protocol):
    """Makes tables of queries; each session has one. *columns* and *renamed* are the arguments of `Query.rows`."""

    def arrow_reader(self, query: Any, columns: Sequence[Any], renamed: Mapping[str, Any]) -> Any:
        """Return the `pyarrow.RecordBatchReader` of *query*, which requests each page when it is read."""

    def data_frame(self, query: Any, columns: Sequence[Any], renamed: Mapping[str, Any], library: str | None) -> Any:
        """Return the data frame of *query*, of *library* or else of the first that is installed."""

    def write_parquet(
        self,
        query: Any,
        target: Any,
        columns: Sequence[Any],
        renamed: Mapping[str, Any],
        *,
        overwrite: bool,
        on_progress: RowProgress | None,
    ) -> int:
        """Write *query* to a file or a binary stream, and return the number of rows."""

    def html(self, query: Any) -> str:
        """Return the first results of *query* as an HTML table."""


class TableMethods:
    """The methods of a query for tables. Values and columns are those of `Query.rows`."""

    __slots__ = ()

    def to_arrow(self, *columns: ColumnContent, **renamed: ColumnContent) -> pyarrow.Table:
        """Return all results as a `pyarrow.Table`.

        Columns are named as for `rows`. Without columns these are the attributes that the query selects, or else all
        stored scalars of the type and the names of the entities that it refers to. Types of columns follow from the
        schema, and from the configurations of custom attributes: a result without rows has the same columns and types.
        Datetimes are in UTC, a column through a collection has lists, and a mapping or a value whose type the schema
        leaves open is JSON text. A query without an order and an offset is read in the order of its keys, as by `walk`:
        completely, while others create and delete entities. Raises the errors of `rows`, `UsageError` when pyarrow is
        not installed, and `ProtocolError` for a value that does not fit the type of its column.
        """
        return self.to_arrow_reader(*columns, **renamed).read_all()

    def to_arrow_reader(self, *columns: ColumnContent, **renamed: ColumnContent) -> pyarrow.RecordBatchReader:
        """Return a `pyarrow.RecordBatchReader` of the results, with a batch for each page, which is read when needed.

        DuckDB, polars and other tools read it in constant memory. Arguments and errors are those of `to_arrow`.
        """
        return self._table_maker().arrow_reader(self, columns, renamed)

    @overload
    def to_dataframe(
        self, *columns: ColumnContent, as_: Literal["pandas"], **renamed: ColumnContent
    ) -> pandas.DataFrame: ...
    @overload
    def to_dataframe(
        self, *columns: ColumnContent, as_: Literal["polars"], **renamed: ColumnContent
    ) -> polars.DataFrame: ...
    @overload
    def to_dataframe(self, *columns: ColumnContent, as_: None = None, **renamed: ColumnContent) -> Any: ...
    def to_dataframe(self, *columns: ColumnContent, as_: str | None = None, **renamed: ColumnContent) -> Any:
        """Return all results as a data frame of polars, or of pandas if only that is installed.

        *as_* is "polars" or "pandas" to choose. In pandas, text, whole numbers and booleans have the types that keep
        missing values apart (`string`, `Int64`, `boolean`). Columns and errors are those of `to_arrow`; pyarrow is not
        needed. Raises `UsageError` when the library is not installed.
        """
        return self._table_maker().data_frame(self, columns, renamed, as_)

    def to_parquet(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        *columns: ColumnContent,
        overwrite: bool = False,
        on_progress: RowProgress | None = None,
        **renamed: ColumnContent,
    ) -> int:
        """Write all results to a Parquet file and return their number, in constant memory, however many they are.

        *target* is a path or a binary stream, which stays open. A file appears at the path when it is complete, and
        replaces another one only with *overwrite*. *on_progress* is called after each page with the number of rows so
        far. Columns and errors are those of `to_arrow`; those of the disk are `StorageError`s. Pages of more results,
        as in `with_page_size(5000)`, need fewer requests and more memory.
        """
        return self._table_maker().write_parquet(
            self, target, columns, renamed, overwrite=overwrite, on_progress=on_progress
        )

    def _repr_html_(self) -> str | None:
        """Return the first results as an HTML table for notebooks; None for a query that belongs to no session."""
        runner = getattr(self, "runner", None)
        return None if runner is None else str(runner.tables().html(self))

    def _table_maker(self) -> TableMaker:
        self._refuse_memory("A table")
        maker: TableMaker = self._require_runner().tables()
        return maker

    def _refuse_memory(self, method: str) -> None:
        raise NotImplementedError

    def _require_runner(self) -> Any:
        raise NotImplementedError
