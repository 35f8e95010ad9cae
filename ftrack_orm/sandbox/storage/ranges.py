"""Pure: the part of a file that the header `Range` requests."""

from __future__ import annotations

import re

#: Positions of more digits are beyond any file, and too long for `int`.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})[ \t]*-[ \t]*([0-9]{0,18})[ \t]*")


class RangeNotSatisfiable(Exception):
    """The requested range begins behind the end of the file."""


def parse(header: str | None, size: int) -> tuple[int, int] | None:
    """Return start and stop of the requested bytes of a file with *size* bytes, or None for all of them.

    As RFC 9110 allows, a header with several ranges or of another form is ignored. Raises `RangeNotSatisfiable`.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), size if not last else min(size, int(last) + 1)
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable(f"The file has {size} bytes, and the range begins at byte {start}.")
    return start, stop
