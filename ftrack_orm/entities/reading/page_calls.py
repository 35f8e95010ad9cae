"""Pure: the protocols by which queries reach the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.wire.operations import Operation
    from ftrack_orm.wire.replies import Reply


class PageCall(Protocol):
    """Sends operations in one request and returns one reply for each."""

    def __call__(self, operations: Sequence[Operation], /, *, denormalize: bool = False) -> Sequence[Reply]: ...


class PageSubmit(Protocol):
    """Sends operations in the background."""

    def __call__(self, operations: Sequence[Operation], /, *, denormalize: bool = False) -> PendingCall: ...


class PendingCall(Protocol):
    """A request in the background."""

    def result(self) -> list[Reply]:
        """Wait for the replies and return them, or raise the error of the request."""

    def cancel(self) -> None:
        """Cancel the request if it has not been started."""


class DeferredCall:
    """A call that is made when its result is needed."""

    def __init__(self, call: PageCall, operations: Sequence[Operation], denormalize: bool) -> None:
        self._call = call
        self._operations = operations
        self._denormalize = denormalize

    def result(self) -> list[Reply]:
        """Make the call and return its replies."""
        return list(self._call(self._operations, denormalize=self._denormalize))

    def cancel(self) -> None:
        """Do nothing: the call is not made without `result`."""


class BulkWriter(Protocol):
    """Updates or deletes all entities that a query finds."""

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Set the values in *data* on all entities of *query* and return their number."""

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete all entities of *query* and return their number."""
