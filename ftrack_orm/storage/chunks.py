"""Pure: how a file is divided into parts for an upload (PROTOCOL 4)."""

from __future__ import annotations

import attrs

from ftrack_orm.errors import StorageError

MIB = 1 << 20
GIB = 1 << 30
#: Storage servers accept no more parts than this.
MAX_PARTS = 10_000
#: Files of this many parts and fewer are sent whole.
MAX_PARTS_SENT_WHOLE = 2
#: Sizes of files, from the largest, and the sizes of the parts of files above them.
_PART_SIZES = ((64 * GIB, 128 * MIB), (8 * GIB, 64 * MIB), (GIB, 32 * MIB), (128 * MIB, 16 * MIB), (0, 8 * MIB))


@attrs.frozen
class Part:
    """A part of a file: its *number* from 1 on, where it begins, and its number of bytes."""

    number: int
    offset: int
    size: int


def part_size(file_size: int) -> int:
    """Return the number of bytes of each part of a file, except for the last one."""
    return next((size for limit, size in _PART_SIZES if file_size > limit), 8 * MIB)


def parts_of(file_size: int) -> list[Part]:
    """Return the parts of a file: one for a small file. Raises `StorageError` for more than `MAX_PARTS`."""
    size = part_size(file_size)
    count = -(-file_size // size)
    if count > MAX_PARTS:
        raise StorageError(
            f"A file of {file_size:,} bytes is too large for the server's storage, which takes up to {MAX_PARTS:,} "
            f"parts of {size // MIB} MiB."
        )
    if count <= MAX_PARTS_SENT_WHOLE:
        return [Part(1, 0, file_size)]
    return [
        Part(number, offset, min(size, file_size - offset))
        for number, offset in enumerate(range(0, file_size, size), 1)
    ]
