"""Contents of files for the storage's tests."""

from __future__ import annotations

import random

MIB = 1 << 20


def content_of(size: int, seed: int = 0) -> bytes:
    """Return *size* bytes that are the same for each run, and that have no period which parts could share."""
    return random.Random(seed).randbytes(size)
