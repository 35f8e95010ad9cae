"""Values as text for terminals and pipes."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.cli.plain_text import printable_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        (["a", None, 2], "a, , 2"),
        ({"a": 1}, "a=1"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02 03:04:05"),
        ("two\nlines\tand more", "two\\nlines\\tand more"),
        ("\x1b[2Jred\x9b1m\x00", "\\x1b[2Jred\\x9b1m\\x00"),
        ("right\u202eto left", "right\\u202eto left"),
        ("lone \ud800", "lone \\ud800"),
        ("日本 ünï", "日本 ünï"),
    ],
)
def test_a_value_is_one_line_without_control_characters(value: Any, text: str) -> None:
    assert printable_text(value) == text


def test_lines_can_be_kept() -> None:
    assert printable_text("a\n\tb\r\x1b", keep_lines=True) == "a\n\tb\\r\\x1b"
