"""Parquet files, written page by page."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.notebook.parquet import write_parquet
from ftrack_orm.query.builder import Query
from tests.production import Production

ROWS_PER_BATCH = 500


@pytest.fixture
def tasks(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project).order_by("name").with_page_size(5)


def test_a_file_has_the_table_of_the_query(tasks: Query[Any], tmp_path: Path) -> None:
    path = tmp_path / "tasks.parquet"
    done: list[int] = []
    assert tasks.to_parquet(path, "name", "end_date", shot="parent.name", on_progress=done.append) == 12
    assert done == [5, 10, 12]
    assert pyarrow.parquet.read_table(path) == tasks.to_arrow("name", "end_date", shot="parent.name")
    assert pyarrow.parquet.read_metadata(path).num_row_groups == 1
    with pytest.raises(errors.ResourceExists, match="overwrite=True"):
        tasks.to_parquet(path, "name")
    assert tasks.limit(3).to_parquet(str(path), "name", overwrite=True) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_stream_is_written_and_stays_open(tasks: Query[Any]) -> None:
    stream = io.BytesIO()
    assert tasks.to_parquet(stream, "name") == 12
    assert not stream.closed
    assert pyarrow.parquet.read_table(io.BytesIO(stream.getvalue())).num_rows == 12


def test_a_result_without_rows_is_a_file_with_columns(tasks: Query[Any]) -> None:
    stream = io.BytesIO()
    assert tasks.where("name is none").to_parquet(stream, "name", "bid") == 0
    assert pyarrow.parquet.read_schema(io.BytesIO(stream.getvalue())).names == ["name", "bid"]


def failing_reader() -> pyarrow.RecordBatchReader:
    batch = pyarrow.RecordBatch.from_pydict({"a": [1]})

    def batches() -> Any:
        yield batch
        raise errors.TransportError("The connection was lost.", safe_to_retry=True)

    return pyarrow.RecordBatchReader.from_batches(batch.schema, batches())


def test_after_a_failure_there_is_no_file_and_a_stream_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(errors.TransportError, match="lost"):
        write_parquet(failing_reader(), tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
    stream = io.BytesIO()
    with pytest.raises(errors.TransportError, match="lost"):
        write_parquet(failing_reader(), stream, row_group_bytes=1)
    with pytest.raises(pyarrow.ArrowInvalid):
        pyarrow.parquet.read_table(io.BytesIO(stream.getvalue()))


class FullDisk(io.RawIOBase):
    def write(self, block: Any) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        (FullDisk, errors.StorageError, "the disk is full"),
        (io.StringIO, errors.StorageError, "Open it in binary mode"),
        (object, errors.InvalidValue, "a path or a binary stream"),
    ],
)
def test_errors_of_the_target_say_what_to_do(
    tasks: Query[Any], target: type, error: type[errors.FtrackError], words: str
) -> None:
    with pytest.raises(error, match=words):
        tasks.to_parquet(target(), "name")


def peak_bytes(batches: int) -> int:
    """Return the bytes of Python and of Arrow at the peak while that many batches are written."""
    schema = pyarrow.schema([("name", pyarrow.string()), ("number", pyarrow.int64())])

    def make_batches() -> Any:
        for number in range(batches):
            # Decoded like a response, so that a batch costs Python memory as well.
            rows = json.loads(json.dumps([{"name": f"{number}-{row}" * 10, "number": row} for row in range(500)]))
            yield pyarrow.RecordBatch.from_pylist(rows, schema)

    pool = pyarrow.default_memory_pool()
    pool.release_unused()
    before = pool.bytes_allocated()
    peaks: list[int] = []

    def measure(_: int) -> None:
        peaks.append(pool.bytes_allocated() - before)

    tracemalloc.start()
    try:
        reader = pyarrow.RecordBatchReader.from_batches(schema, make_batches())
        written = write_parquet(reader, io.FileIO("/dev/null", "wb"), on_progress=measure, row_group_bytes=2**17)
        _, python_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written == batches * ROWS_PER_BATCH
    return python_peak + max(peaks)


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    assert peak_bytes(80) / peak_bytes(20) < 1.2
