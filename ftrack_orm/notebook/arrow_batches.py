"""Pure: columns and rows as a schema and record batches of Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ProtocolError, UsageError
from ftrack_orm.schema.attribute import ValueType

from .column_values import column_values

if TYPE_CHECKING:
    import pyarrow

    from .column_types import ColumnType
    from .table_plan import TablePlan


def require_pyarrow() -> ModuleType:
    """Return the module `pyarrow`; raises `UsageError` when it is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise UsageError(
            "Tables of Arrow and files of Parquet need pyarrow: pip install 'ftrack-orm[notebook]'."
        ) from None
    return pyarrow  # type: ignore[no-any-return]


def arrow_schema(plan: TablePlan) -> pyarrow.Schema:
    """Return the schema of the table that *plan* describes."""
    pa = require_pyarrow()
    return pa.schema([pa.field(name, _arrow_type(each)) for name, each in zip(plan.names, plan.types, strict=True)])


def record_batch(plan: TablePlan, schema: pyarrow.Schema, rows: Sequence[tuple[Any, ...]]) -> pyarrow.RecordBatch:
    """Return *rows* as a batch; raises `ProtocolError` for a value that does not fit the type of its column."""
    pa = require_pyarrow()
    arrays = []
    for index, (name, column_type) in enumerate(zip(plan.names, plan.types, strict=True)):
        values = column_values(name, [row[index] for row in rows], column_type)
        try:
            arrays.append(pa.array(values, schema.field(index).type))
        except (UnicodeError, pa.ArrowException) as error:
            raise ProtocolError(f"A value in the column {name!r} has no form in Arrow: {error}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_type(column_type: ColumnType) -> pyarrow.DataType:
    pa = require_pyarrow()
    plain = {
        ValueType.BOOLEAN: pa.bool_(),
        ValueType.INTEGER: pa.int64(),
        ValueType.NUMBER: pa.float64(),
        ValueType.DATETIME: pa.timestamp("us", tz="UTC"),
    }.get(column_type.value, pa.string())
    return pa.list_(plain) if column_type.is_list else plain
