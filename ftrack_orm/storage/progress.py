"""Pure: the progress of a transfer, as callbacks receive it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

import attrs


@attrs.frozen
class Progress:
    """How far a transfer of one or several files is: bytes and files that are done, and all of them.

    *bytes_done* never decreases, although a part that failed is sent again. *bytes_total* is None while the size of a
    download is not known yet. *name* is the file that the last bytes belong to.
    """

    bytes_done: int
    bytes_total: int | None
    files_done: int
    files_total: int
    name: str = ""

    @property
    def fraction(self) -> float:
        """The part of the bytes that is done, from 0 to 1; 0 while their number is not known."""
        if self.bytes_total is None:
            return 0.0
        return self.bytes_done / self.bytes_total if self.bytes_total else float(self.files_done == self.files_total)


#: Called with the progress, by one thread at a time, on the threads that transfer. An exception ends the transfer.
ProgressCallback = Callable[[Progress], object]
#: A callback; True for a bar in the terminal, where there is one and rich is installed; None or False for neither.
ProgressOption = Union[ProgressCallback, bool, None]
