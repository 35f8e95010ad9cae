"""Files are divided as the protocol says (PROTOCOL 4), without gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import StorageError
from ftrack_orm.storage.chunks import GIB, MAX_PARTS, MIB, part_size, parts_of


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (0, 8),
        (128 * MIB, 8),
        (128 * MIB + 1, 16),
        (GIB, 16),
        (GIB + 1, 32),
        (8 * GIB, 32),
        (8 * GIB + 1, 64),
        (64 * GIB, 64),
        (64 * GIB + 1, 128),
    ],
)
def test_sizes_of_parts(size: int, part: int) -> None:
    assert part_size(size) == part * MIB


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (16 * MIB, 1), (16 * MIB + 1, 3), (24 * MIB, 3)])
def test_files_of_up_to_two_parts_are_sent_whole(size: int, count: int) -> None:
    assert len(parts_of(size)) == count


@given(st.integers(0, MAX_PARTS * 128 * MIB))
def test_parts_cover_the_file(size: int) -> None:
    parts = parts_of(size)
    assert len(parts) <= MAX_PARTS
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert sum(part.size for part in parts) == size
    end = 0
    for part in parts:
        assert part.offset == end
        end += part.size


def test_a_file_that_is_too_large_is_refused() -> None:
    assert len(parts_of(MAX_PARTS * 128 * MIB)) == MAX_PARTS
    with pytest.raises(StorageError, match="too large for the server's storage"):
        parts_of(MAX_PARTS * 128 * MIB + 1)
