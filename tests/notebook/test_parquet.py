"""Parquet files, written page by page."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.notebook.parquet import write_parquet
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Production
from tests.property_settings import examples

ROWS_PER_PAGE = 100


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


class ManyTasks(ForwardingTransport):
    """Answers queries of tasks with many pages of long texts; everything else is that of the embedded server."""

    def __init__(self, box: Sandbox, pages: int) -> None:
        super().__init__(box)
        self.pages = pages
        self.sent = 0

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if b" from Task " not in body_of(request):
            return super().send(request, cancellation)
        self.sent += 1
        first = self.sent * ROWS_PER_PAGE
        rows = [
            {
                "__entity_type__": "Task",
                "id": f"{number:09}",
                "name": "n",
                "description": f"{number:09}" * 2000,
                "bid": 1,
            }
            for number in range(first, first + ROWS_PER_PAGE)
        ]
        following = {"offset": first} if self.sent < self.pages else {}
        reply = {"action": "query", "data": rows, "metadata": {"next": following}}
        return Response(200, {"content-type": "application/json"}, json.dumps([reply]).encode())


def peak_bytes(box: Sandbox, pages: int) -> int:
    """Return the bytes that Python and Arrow hold at the peak while that many pages are written."""
    transport = ManyTasks(box, pages)
    pool = pyarrow.default_memory_pool()
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False, transport=transport) as session:
        tasks = session.query("Task").with_page_size(ROWS_PER_PAGE)
        before = pool.bytes_allocated()
        sizes: list[int] = []
        tracemalloc.start()
        try:
            written = tasks.to_parquet(
                io.FileIO(os.devnull, "wb"),
                *("name", "description", "bid"),
                on_progress=lambda _: sizes.append(pool.bytes_allocated() - before),
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert written == pages * ROWS_PER_PAGE
    return peak + max(sizes)


def test_memory_does_not_grow_with_the_number_of_rows(box: Sandbox) -> None:
    few, many = (peak_bytes(box, pages) for pages in (10, examples(30, 200)))
    assert many / few < 1.1
