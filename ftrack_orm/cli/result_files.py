"""Edge: the streams that results are written to: the standard output, or a file that appears when it is complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ftrack_orm.storage.targets import Target

    from .row_formats import TextStream

#: The name of the standard output among files.
STDOUT: Final = "-"


class FileText:
    """Text that goes to a file in UTF-8, collected until it is flushed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._texts: list[str] = []

    def write(self, text: str) -> None:
        """Collect a text."""
        self._texts.append(text)

    def flush(self) -> None:
        """Write the collected texts."""
        self._target.write("".join(self._texts).encode("utf-8", "backslashreplace"))
        self._texts.clear()


@contextmanager
def opened(name: str) -> Iterator[TextStream]:
    """Give the stream of a file, or of the standard output. After an error in the block, an earlier file is kept.

    Raises `StorageError` for a file that cannot be written.
    """
    if name == STDOUT:
        yield sys.stdout
        return
    from ftrack_orm.storage.targets import open_target

    target = open_target(os.path.expanduser(name), overwrite=True)
    stream = FileText(target)
    try:
        yield stream
        stream.flush()
    except BaseException:
        target.abandon()
        raise
    target.finish()
