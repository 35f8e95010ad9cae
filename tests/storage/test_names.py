"""Names are composed, and have no character that ends a path or a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.storage.names import normalized, upload_name


@pytest.mark.parametrize(
    ("given_name", "sent"),
    [
        ("plate.exr", "plate.exr"),
        ("cafe\u0301.exr", "caf\u00e9.exr"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\r\nX-Evil: 1", "a__X-Evil: 1"),
        ("", "the-id"),
        ("  ", "the-id"),
    ],
)
def test_names_of_uploads(given_name: str, sent: str) -> None:
    assert upload_name(given_name, "the-id") == sent


def test_composing_twice_changes_nothing_more() -> None:
    assert normalized("A\u030a") == normalized(normalized("A\u030a")) == "\u00c5"


@given(st.text())
def test_any_name_can_be_sent(text: str) -> None:
    name = upload_name(text, "the-id")
    assert name
    assert name.encode("utf-8").decode("utf-8") == name
    assert not {"/", "\\", "\n", "\r", "\0"}.intersection(name)
