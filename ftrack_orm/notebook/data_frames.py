"""Pure: tables as data frames of polars and pandas, whose columns have the types that the schema gives them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import ProtocolError, QueryError, UsageError
from ftrack_orm.schema.attribute import ValueType

from .column_values import column_values

if TYPE_CHECKING:
    from .column_types import ColumnType
    from .table_plan import TablePlan

#: The libraries of data frames, in the order in which they are looked for.
LIBRARIES: Final = ("polars", "pandas")

#: The types of pandas that keep missing values apart; text is the default, and datetimes have a unit of their own.
_PANDAS_TYPES: Final = {
    ValueType.BOOLEAN: "boolean",
    ValueType.INTEGER: "Int64",
    ValueType.NUMBER: "float64",
}


def find_library(name: str | None) -> ModuleType:
    """Return the module of the library *name*, or of the first one that is installed.

    Raises `QueryError` for another name, and `UsageError` when no library is installed.
    """
    if name is not None and name not in LIBRARIES:
        raise QueryError(f"as_ is 'polars' or 'pandas', not {name!r:.200}.")
    for candidate in LIBRARIES if name is None else (name,):
        try:
            return importlib.import_module(candidate)
        except ImportError:
            continue
    raise UsageError(f"to_dataframe needs {name or 'polars or pandas'}: pip install {name or 'polars'}.")


def data_frame(plan: TablePlan, library: ModuleType) -> Any:
    """Return the data frame of *plan*; raises `ProtocolError` for a value that does not fit its column."""
    values: list[list[Any]] = [[] for _ in plan.names]
    for page in plan.pages():
        for index, column in enumerate(values):
            column.extend([row[index] for row in page])
    make_series = _polars_series if library.__name__ == "polars" else _pandas_series
    columns = {}
    for name, column_type, column in zip(plan.names, plan.types, values, strict=True):
        try:
            columns[name] = make_series(library, column_values(name, column, column_type), column_type)
        except UnicodeError as error:
            raise ProtocolError(f"A value in the column {name!r} has no form in {library.__name__}: {error}") from None
        column.clear()
    return library.DataFrame(columns)


def _polars_series(pl: ModuleType, values: Sequence[Any], column_type: ColumnType) -> Any:
    plain = {
        ValueType.BOOLEAN: pl.Boolean,
        ValueType.INTEGER: pl.Int64,
        ValueType.NUMBER: pl.Float64,
        ValueType.DATETIME: pl.Datetime("us", "UTC"),
    }.get(column_type.value, pl.String)
    return pl.Series(values=values, dtype=pl.List(plain) if column_type.is_list else plain)


def _pandas_series(pd: ModuleType, values: Sequence[Any], column_type: ColumnType) -> Any:
    if column_type.is_list:
        return pd.Series(values, dtype="object")
    if column_type.value is ValueType.DATETIME:
        import numpy  # which pandas requires

        # Lists of datetimes become nanoseconds in older versions, which end in the year 2262.
        naive = [None if value is None else value.replace(tzinfo=None) for value in values]
        return pd.Series(numpy.array(naive, dtype="datetime64[us]")).dt.tz_localize("UTC")
    return pd.Series(values, dtype=_PANDAS_TYPES.get(column_type.value, "string"))
