"""The header `Range`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.storage.ranges import RangeNotSatisfiable, parse


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-3", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=²-", None),
        ("bytes=0-" + "9" * 5000, None),
    ],
)
def test_one_range_of_bytes_is_understood(header: str | None, expected: tuple[int, int] | None) -> None:
    assert parse(header, 10) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_ranges_behind_the_end_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable, match=f"has {size} bytes"):
        parse(header, size)


@given(st.text(alphabet="bytes=-0123456789, ", max_size=12).map(lambda text: f"bytes={text}"), st.integers(0, 30))
def test_a_range_lies_within_the_file(header: str, size: int) -> None:
    try:
        parsed = parse(header, size)
    except RangeNotSatisfiable:
        return
    assert parsed is None or 0 <= parsed[0] < parsed[1] <= size
