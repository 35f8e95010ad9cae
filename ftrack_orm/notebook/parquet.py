"""Edge: writes batches of rows to Parquet, in memory for one group of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ftrack_orm.errors import UsageError
from ftrack_orm.storage.targets import open_target

if TYPE_CHECKING:
    import pyarrow

    from ftrack_orm.storage.targets import Target, TargetLike

#: The bytes of values after which a group of rows is written. Readers skip whole groups, and the description of each
#: stays in memory until the end, so that groups must be neither large nor many.
ROW_GROUP_BYTES: Final = 8 * 2**20


def write_parquet(
    reader: pyarrow.RecordBatchReader,
    target: TargetLike,
    *,
    overwrite: bool = False,
    on_progress: Callable[[int], object] | None = None,
    row_group_bytes: int = ROW_GROUP_BYTES,
) -> int:
    """Write the batches of *reader* to *target*, a path or a binary stream, and return the number of rows.

    *on_progress* is called after each batch with the number of rows so far. A file appears at its path when it is
    complete. Raises `StorageError` for errors of the disk, and the errors of *reader*.
    """
    opened = open_target(target, overwrite=overwrite)
    stream = _TargetStream(opened)
    try:
        rows = _write(reader, stream, on_progress, row_group_bytes)
    except BaseException:
        stream.is_abandoned = True
        opened.abandon()
        raise
    opened.finish()
    return rows


class _TargetStream:
    """A target as the file object that Arrow writes to, which does not close it.

    After a failure, Arrow would still write the end of the file, with which an incomplete one can be read.
    """

    closed = False
    is_abandoned = False

    def __init__(self, target: Target) -> None:
        self._target = target

    def write(self, block: bytes) -> int:
        if not self.is_abandoned:
            self._target.write(block)
        return len(block)

    def flush(self) -> None:
        """Do nothing: the target is finished at the end."""

    def close(self) -> None:
        self.closed = True


def _write(
    reader: pyarrow.RecordBatchReader,
    stream: _TargetStream,
    on_progress: Callable[[int], object] | None,
    row_group_bytes: int,
) -> int:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(f"This installation of pyarrow cannot write Parquet: {error}") from None
    rows_written = 0
    pending: list[pyarrow.RecordBatch] = []
    size = 0
    sink = pyarrow.PythonFile(stream, mode="w")
    writer = pyarrow.parquet.ParquetWriter(sink, reader.schema)

    def write_group() -> None:
        if pending:
            table = pyarrow.Table.from_batches(pending, reader.schema)
            writer.write_table(table, row_group_size=table.num_rows)
            pending.clear()

    for batch in reader:
        if batch.num_rows:
            pending.append(batch)
            size += batch.nbytes
            rows_written += batch.num_rows
        if size >= row_group_bytes:
            write_group()
            size = 0
        if on_progress is not None:
            on_progress(rows_written)
    write_group()
    writer.close()
    return rows_written
