"""Edge: the body of a response that the caller reads as a stream, holding its connection until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from . import failures, retries
from .redaction import clear_frames
from .response_body import ReceivedBody, TruncatedBody

if TYPE_CHECKING:
    import requests

    from ftrack_orm.errors import FtrackError

    from .base import Request
    from .connection_pool import Checkout
    from .failures import Destination


class StreamedBody:
    """The chunks of *body*, each once.

    Iterating raises `TransportError` when the end is missing or the connection is lost, and `RequestCancelled`.
    *is_aborted* returns whether the request was cancelled. *on_end* is called once when the connection was released.
    """

    def __init__(
        self,
        request: Request,
        destination: Destination,
        response: requests.Response,
        body: ReceivedBody,
        checkout: Checkout,
        *,
        is_aborted: Callable[[], bool],
        on_end: Callable[[], object],
    ) -> None:
        self._request = request
        self._destination = destination
        self._response = response
        self._body = body
        self._checkout = checkout
        self._is_aborted = is_aborted
        self._on_end = on_end
        self._chunks = self._receive()

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Release the connection; it is closed unless the body was read to the end."""
        self._checkout.discard()
        self._response.close()
        self._on_end()

    def _receive(self) -> Iterator[bytes]:
        error: FtrackError | None = None
        cause: BaseException | None = None
        try:
            yield from self._body
        except TruncatedBody as cut:
            status, received = self._response.status_code, self._body.received
            error = failures.truncated_response(self._destination, self._request, status, received, cut.expected)
            cause = cut.__cause__
            clear_frames(cut)
        except (GeneratorExit, MemoryError):
            self.close()
            raise
        except Exception as failure:
            failed = failures.attempt_failed(failure, self._destination, self._request, has_sent=True)
            error, cause = failed.error, failed.cause
        except BaseException as interrupt:
            self.close()
            clear_frames(interrupt)
            raise
        if self._is_aborted():
            error, cause = retries.cancelled(self._request), None
        if error is None:
            self._response.close()
            self._checkout.give_back()
            self._on_end()
            return
        self.close()
        raise error from cause
