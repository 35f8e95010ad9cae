"""Pure: the seam between what is said to a server and how it gets there: a request goes in, an answer comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from .cancellation import Cancellation


@attrs.frozen
class Request:
    """The bytes of one call to the API. Headers hold the API key and are left out of the repr."""

    body: bytes
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    #: Seconds the server may stay silent; None waits for ever.
    timeout: float | None = None
    #: Whether sending it twice can do no harm, because it only reads.
    repeatable: bool = False
    #: Called when the request is on the line and its answer is waited for, by transports that know; perhaps repeatedly.
    on_sent: Callable[[], object] | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Response:
    """What the server answered: header names are lower case, the body is whole and decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """A way to a server. Any number of threads may send at the same time."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the server's answer, whatever its status, to a request.

        Raises `TransportError` (or a branch of it) when no whole answer arrives, with `safe_to_retry` telling whether
        the server can have done the work, and `ProtocolError` when something else than an ftrack server answers.
        """

    def close(self) -> None:
        """Let go of all connections; requests under way on other threads end by themselves."""
