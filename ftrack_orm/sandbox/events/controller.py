"""Edge: inspection and control of a running event server by tests, `box.events`.

Every method may be called from any thread, and has taken effect when it returns.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ftrack_orm.errors import ExpressionError, InvalidValue, UsageError
from ftrack_orm.events.subscriptions.expression import parse

if TYPE_CHECKING:
    from .server import EventServer

_T = TypeVar("_T")

#: Seconds to wait for the event loop before a call fails.
_LOOP_TIMEOUT_SECONDS = 30.0


@attrs.frozen
class OpenConnection:
    """The connection of a client: its session id, its user, and the expressions of its subscriptions."""

    session_id: str
    user: str
    subscriptions: tuple[str, ...]


class EventServerController:
    """Inspects and controls the event server of a sandbox."""

    def __init__(self) -> None:
        self._server: EventServer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = threading.Condition()
        self._change_count = 0

    def attach(self, server: EventServer | None, loop: asyncio.AbstractEventLoop | None) -> None:
        """Control a server that runs in *loop*; None detaches from it."""
        self._server, self._loop = server, loop
        self.notify()

    def notify(self) -> None:
        """Make threads in `wait_for` check their condition again. Called by the server after every change."""
        with self._changed:
            self._change_count += 1
            self._changed.notify_all()

    # -- inspection -----------------------------------------------------------------------------------------------

    @property
    def connections(self) -> tuple[OpenConnection, ...]:
        """The open connections, oldest first."""
        return self._run(
            lambda server: tuple(
                OpenConnection(
                    client.session_id,
                    str(client.user["username"]),
                    tuple(subscriber.expression for subscriber in client.subscribers.values()),
                )
                for client in server.broker.clients
            )
        )

    @property
    def published(self) -> tuple[dict[str, Any], ...]:
        """The last 20,000 events that were published, by clients and by the server itself, oldest first.

        There are fewer if they would take more than 256 MiB of memory.
        They are the payloads of the messages and must not be modified.
        """
        return self._run(lambda server: tuple(server.published))

    def wait_for(self, condition: Callable[[EventServerController], bool], timeout: float = 10.0) -> None:
        """Wait until *condition*, called with this object, returns true.

        It is called first at once, and again after every change of the connections, the subscriptions and the published
        events. Raises `TimeoutError` if it still returns false after *timeout* seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            checked_at = self._change_count
            # Called without the lock: its calls wait for the event loop, which takes the lock in `notify`.
            if condition(self):
                return
            with self._changed:
                while self._change_count == checked_at:
                    if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                        raise TimeoutError(f"The condition has not become true within {timeout:g} seconds.")

    # -- publishing -----------------------------------------------------------------------------------------------

    def publish(
        self, topic: str, data: Mapping[str, Any] | None = None, *, target: str = "", source: Any = None
    ) -> str:
        """Publish an event as the server itself, and return its id.

        *target* is an expression on the metadata of subscribers. Raises `InvalidValue` if it is not valid.
        """
        try:
            if target:
                parse(target)
        except ExpressionError as error:
            raise InvalidValue(f"The target of an event must be an expression. {error}") from error
        event = {
            "id": uuid.uuid4().hex,
            "topic": topic,
            "data": dict(data or {}),
            "sent": None,
            "source": dict(source or {"id": "ftrack.server"}),
            "target": target,
            "inReplyToEvent": None,
        }
        self._run(lambda server: server.publish(event))
        return str(event["id"])

    # -- fault injection ------------------------------------------------------------------------------------------

    def drop_connections(self) -> int:
        """Close every connection without a closing handshake, as a network failure does, and return their number."""
        return self._run(lambda server: server.abort_connections())

    def refuse_handshakes(self, count: int = 1, status: int = 503) -> None:
        """Respond to the next *count* handshakes with the HTTP *status*; 0 stops refusing."""

        def refuse(server: EventServer) -> None:
            server.faults.handshakes_to_refuse, server.faults.refusal_status = count, status

        self._run(refuse)

    def delay(self, seconds: float) -> None:
        """Delay every event from now on by *seconds*, in order; 0 stops it and sends the delayed events at once."""
        self._run(lambda server: server.delay(seconds))

    def duplicate(self, count: int = 1) -> None:
        """Deliver the next *count* events twice."""
        self._run(lambda server: server.faults.duplicate(count))

    def reorder(self, count: int = 2) -> None:
        """Hold the next *count* events until the last of them arrives, then deliver them last first.

        Events that an earlier call holds back are delivered now; a *count* of 0 does only that.
        """
        self._run(lambda server: server.deliver(server.faults.reorder(count)))

    def go_silent(self) -> None:
        """Stop sending events, heartbeats and acknowledgements, without closing any connection.

        Events of clients are still received. `resume` sends everything queued since to the connections that are open.
        """
        self._run(lambda server: server.pause_sending())

    def resume(self) -> None:
        """Send again after `go_silent`."""
        self._run(lambda server: server.resume_sending())

    def set_heartbeat(self, interval: float, timeout: float) -> None:
        """Send a heartbeat every *interval* seconds, and disconnect a client that is silent for *timeout* seconds.

        Clients receive the timeout in their handshake, so a new one applies to connections opened from now on.
        """

        def change(server: EventServer) -> None:
            server.heartbeat_interval, server.heartbeat_timeout = interval, timeout
            server.restart_heartbeat()

        self._run(change)

    def _run(self, action: Callable[[EventServer], _T]) -> _T:
        """Call *action* in the event loop and return its result."""
        server, loop = self._server, self._loop
        if server is None or loop is None:
            raise UsageError("The sandbox is not started: use `with Sandbox() as box:`, or call start() first.")

        async def call() -> _T:
            return action(server)

        return asyncio.run_coroutine_threadsafe(call(), loop).result(_LOOP_TIMEOUT_SECONDS)
