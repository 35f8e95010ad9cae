"""Rows as JSON, lines of JSON, and CSV."""

from __future__ import annotations

import csv
import datetime
import io
import json
from typing import Any

import pytest

from ftrack_orm.cli.row_formats import WRITERS, format_of_file

COLUMNS = ("name", "value")
ROWS: list[tuple[Any, ...]] = [
    ('a "quoted", name\nof two lines', None),
    ("Ünïcode", True),
    ("date", datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc)),
    ("several", ("a", "b")),
    ("mapping", {"fstart": 1001}),
]


def written(name: str, rows: list[tuple[Any, ...]]) -> str:
    stream = io.StringIO()
    assert WRITERS[name](stream, COLUMNS, iter(rows)) == len(rows)
    return stream.getvalue()


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_json_is_a_list_of_objects(rows: list[tuple[Any, ...]]) -> None:
    found = json.loads(written("json", rows))
    assert [each["name"] for each in found] == [name for name, _ in rows]
    assert len(found) < 5 or found[2:] == [
        {"name": "date", "value": "2026-01-31T00:00:00+00:00"},
        {"name": "several", "value": ["a", "b"]},
        {"name": "mapping", "value": {"fstart": 1001}},
    ]


def test_each_line_of_json_lines_is_an_object() -> None:
    assert [json.loads(line)["name"] for line in written("jsonl", ROWS).splitlines()] == [name for name, _ in ROWS]


def test_csv_is_read_back_as_text() -> None:
    assert list(csv.reader(io.StringIO(written("csv", ROWS)))) == [
        ["name", "value"],
        ['a "quoted", name\nof two lines', ""],
        ["Ünïcode", "true"],
        ["date", "2026-01-31T00:00:00+00:00"],
        ["several", '["a", "b"]'],
        ["mapping", '{"fstart": 1001}'],
    ]


def test_endings_of_file_names_stand_for_formats() -> None:
    names = ["a.csv", "a.b/c.JSON", "x.ndjson", "x.parquet", "x.txt", "csv", "-"]
    assert [format_of_file(name) for name in names] == ["csv", "json", "jsonl", "parquet", None, None, None]
