"""Pure: rows as JSON, lines of JSON, or CSV, written to a stream while they arrive."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from .json_output import to_json

#: The formats of a result, with the endings of file names that stand for them.
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "table": (),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "csv": (".csv",),
    "parquet": (".parquet", ".pq"),
}


class TextStream(Protocol):
    """A stream that text is written to."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> object:
        """Give what was written to the readers of the stream."""


def format_of_file(name: str) -> str | None:
    """Return the format that the end of a file name stands for, or None."""
    return next((each for each, endings in FORMATS.items() if name.lower().endswith(endings or ("/",))), None)


def write_json(stream: TextStream, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a list of objects, one a line, and return their number."""
    count = 0
    for count, item in enumerate(_objects(columns, rows), 1):
        stream.write(("[" if count == 1 else ",\n ") + to_json(item))
    stream.write("]\n" if count else "[]\n")
    return count


def write_json_lines(stream: TextStream, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write an object a line and return their number. Readers get each page when it has arrived."""
    count = 0
    for item in _objects(columns, rows):
        stream.write(to_json(item) + "\n")
        count += 1
    return count


def write_csv(stream: TextStream, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write comma-separated values with a line of names, and return the number of rows.

    Empty values are empty fields, dates and times ISO 8601, and mappings and lists JSON.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_field(value) for value in row])
        count += 1
    return count


WRITERS: Final = {"json": write_json, "jsonl": write_json_lines, "csv": write_csv}


def _objects(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _field(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return str(value).lower() if isinstance(value, bool) else value
    return value.isoformat() if isinstance(value, (datetime.datetime, datetime.date)) else to_json(value)
