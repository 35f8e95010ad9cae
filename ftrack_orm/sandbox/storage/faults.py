"""State: the faults that tests inject into the storage of the embedded server.

Every fault applies to a number of requests, never with a probability, so that tests are deterministic.
"""

from __future__ import annotations

import threading
from typing import Literal, get_args

import attrs

from ftrack_orm.errors import InvalidValue

#: `cut` closes the connection, `stall` stops sending or receiving, `status` responds with an HTTP status, `slow` waits
#: before each piece of the body, `wrong_etag` responds with another entity tag, `expired` refuses the signature, and
#: `corrupt` changes one byte.
FaultKind = Literal["cut", "stall", "status", "slow", "wrong_etag", "expired", "corrupt"]

#: The methods of requests that faults may be limited to.
Method = Literal["PUT", "GET"]


@attrs.frozen
class Fault:
    """One fault, and the requests it applies to: all of them, or those of a method, a component or a part."""

    kind: FaultKind
    method: Method | None = None
    component_id: str | None = None
    part: int | None = None
    after: int = 0  # bytes of the body that are sent or received before the fault
    status: int = 500
    seconds: float = 0.0

    def applies_to(self, method: str, component_id: str, part: int) -> bool:
        """Return whether a request has the fault; *part* is 0 for a file in one part and for a download."""
        return (
            self.method in (None, method)
            and self.component_id in (None, component_id)
            and self.part in (None, part)
            and not (self.kind == "wrong_etag" and method != "PUT")
        )


class StorageFaults:
    """The faults that are still due, in the order in which they were added. Any thread may add faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[tuple[Fault, int]] = []

    def add(self, fault: Fault, count: int) -> None:
        """Apply *fault* to the next *count* requests it applies to; raises `InvalidValue` for an unknown kind."""
        if fault.kind not in get_args(FaultKind):
            known = ", ".join(get_args(FaultKind))
            raise InvalidValue(f"There is no fault {fault.kind!r} of the storage. The faults are {known}.")
        with self._lock:
            self._due.append((fault, count))

    def clear(self) -> None:
        """Drop the faults that are still due."""
        with self._lock:
            self._due.clear()

    @property
    def due(self) -> int:
        """The number of faults that are still due."""
        with self._lock:
            return sum(count for _, count in self._due)

    def take(self, method: str, component_id: str, part: int) -> Fault | None:
        """Return the first fault that applies to a request, and count it, or None."""
        with self._lock:
            for index, (fault, count) in enumerate(self._due):
                if fault.applies_to(method, component_id, part):
                    if count > 1:
                        self._due[index] = (fault, count - 1)
                    else:
                        del self._due[index]
                    return fault
        return None
