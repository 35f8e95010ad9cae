"""Takes the permission to use a folder away, from the superuser too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The user without rights, on most systems.
OTHER_USER = 65534


@contextmanager
def without_permissions(folder: Path) -> Iterator[None]:
    """Run the block without the permission to read, write or enter *folder*."""
    mode = folder.stat().st_mode
    folder.chmod(0)
    is_superuser = os.geteuid() == 0
    if is_superuser:
        os.seteuid(OTHER_USER)
    try:
        yield
    finally:
        if is_superuser:
            os.seteuid(0)
        folder.chmod(mode)
