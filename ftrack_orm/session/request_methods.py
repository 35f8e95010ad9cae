"""Edge: the methods of a session for the requests themselves: their options, plain calls, the server's information."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .session_methods import SessionMethods

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.transport.cancellation import Cancellation
    from ftrack_orm.wire.operations import Operation

    from .server_information import ServerInformation


class RequestMethods(SessionMethods):
    """The methods of `Session` for requests."""

    @property
    def server_information(self) -> ServerInformation:
        """The server's information about itself: version, schema hash, storage scenario and so on.

        A name that is not known yet is requested: `session.server_information["company_information"]`. Calling it
        requests several together: `session.server_information("workday_length", "week_startday")`.
        """
        from .server_information import ServerInformation

        return ServerInformation(self._parts.handshake)

    def request_options(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> AbstractContextManager[None]:
        """Give all requests of a `with` block these options: queries, commits, values loaded by reading them.

            with session.request_options(timeout=5, headers={"x-show": "demo"}):
                task.parent.name

        The arguments are those of `call`. Those of a single query, commit or call come before them. Only requests that
        this thread or task causes have the options. Raises `InvalidValue`, and `SettingsError` for a header that cannot
        be sent.
        """
        return self._parts.channel.option_blocks.using_given(headers, push_token, timeout, cancellation)

    def call(
        self,
        operations: Iterable[Operation | Mapping[str, Any]],
        *,
        push_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
        merge: bool = True,
    ) -> list[Any]:
        """Send *operations* as they are and return the server's replies as plain data, with datetimes decoded.

        Nothing is merged into the session's entities. All operations travel in one request, which the server carries
        out whole or not at all. The server sends the values of an entity at its first occurrence only; with *merge*,
        all occurrences of an entity in the replies are one dict, which may contain itself. The server repeats
        *push_token* in the events that the request causes. *headers* are sent too, and override others. *timeout* is
        the number of seconds that the server may stay silent. `cancellation.cancel()` on another thread makes the call
        raise `RequestCancelled` at once. Raises `ServerError`, `TransportError` or `ProtocolError`, and `UsageError`
        for a value that is not an operation.
        """
        return self._parts.raw_calls.call(
            operations,
            # A call that writes gets a token of its own otherwise.
            push_token=push_token or self._parts.channel.option_blocks.current().push_token,
            headers=headers,
            timeout=timeout,
            cancellation=cancellation,
            identity_of=self._parts.handshake.identity_of if merge else None,
        )
