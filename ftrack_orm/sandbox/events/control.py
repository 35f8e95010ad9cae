"""Edge: the event server in the hands of a test: what it sees of the clients, and what can be made to go wrong.

Every method may be called from any thread and is done when it returns.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from ftrack_orm.errors import ExpressionError, InvalidValue, UsageError
from ftrack_orm.events.subscriptions.expression import parse

from .server import EventServer

_T = TypeVar("_T")

#: Seconds to wait for the event loop before the sandbox is taken for stuck.
_PATIENCE = 30.0


@attrs.frozen
class OpenConnection:
    """A client's connection as the server sees it: whose it is, and the expressions of its subscriptions."""

    session_id: str
    user: str
    subscriptions: tuple[str, ...]


class Events:
    """The event server of a sandbox, `box.events`."""

    def __init__(self) -> None:
        self._server: EventServer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._happened = threading.Condition()
        self._count = 0  # of what happened

    def attach(self, server: EventServer | None, loop: asyncio.AbstractEventLoop | None) -> None:
        """Begin to stand for a server that runs in *loop*; for None, stop."""
        self._server, self._loop = server, loop
        self.changed()

    def changed(self) -> None:
        """Let those who wait look again."""
        with self._happened:
            self._count += 1
            self._happened.notify_all()

    # -- what it sees ---------------------------------------------------------------------------------------------

    @property
    def connections(self) -> tuple[OpenConnection, ...]:
        """The connections that are open, oldest first."""
        return self._do(
            lambda server: tuple(
                OpenConnection(
                    member.session_id,
                    str(member.user["username"]),
                    tuple(subscriber.expression for subscriber in member.subscribers.values()),
                )
                for member in server.broker.members
            )
        )

    @property
    def published(self) -> tuple[dict[str, Any], ...]:
        """The events that were published, by clients and by the server itself, oldest first: the last 20,000.

        They are the payloads as they travel, and not to be changed.
        """
        return self._do(lambda server: tuple(server.published))

    def wait_for(self, condition: Callable[[Events], bool], timeout: float = 10.0) -> None:
        """Wait until *condition*, given this object, is true: a number of connections, an event published.

        It is asked whenever a connection, a subscription or an event comes or goes. Raises `TimeoutError` when it is
        still false after *timeout* seconds.
        """
        until = time.monotonic() + timeout
        while True:
            seen = self._count
            # Asked without the lock: the answer comes from the event loop, which takes it to tell what happened.
            if condition(self):
                return
            with self._happened:
                while self._count == seen:
                    if not self._happened.wait(max(0.0, until - time.monotonic())):
                        raise TimeoutError(f"What was waited for has not happened within {timeout:g} seconds.")

    # -- what it does ---------------------------------------------------------------------------------------------

    def publish(
        self, topic: str, data: Mapping[str, Any] | None = None, *, target: str = "", source: Any = None
    ) -> str:
        """Publish an event as the server itself, and return its id.

        *target* is an expression on subscribers' metadata. Raises `InvalidValue` when it is not valid.
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
        self._do(lambda server: server.publish(event))
        return str(event["id"])

    # -- what can go wrong ----------------------------------------------------------------------------------------

    def drop_connections(self) -> int:
        """Cut every connection without a word, as a broken line does, and return how many there were."""
        return self._do(lambda server: server.cut())

    def refuse_handshakes(self, count: int = 1, status: int = 503) -> None:
        """Answer the next *count* handshakes with the HTTP *status*; 0 ends it."""

        def refuse(server: EventServer) -> None:
            server.faults.refusals, server.faults.refusal_status = count, status

        self._do(refuse)

    def delay(self, seconds: float) -> None:
        """Keep every event back for that long from now on, in order; 0 ends it and sends what is kept back."""
        self._do(lambda server: server.delay(seconds))

    def duplicate(self, count: int = 1) -> None:
        """Deliver the next *count* events twice."""
        self._do(lambda server: server.faults.duplicate(count))

    def reorder(self, count: int = 2) -> None:
        """Keep the next *count* events until the last of them is there, then deliver them last first.

        What an earlier call kept back is delivered now; 0 does only that.
        """
        self._do(lambda server: server.deliver(server.faults.reorder(count)))

    def go_silent(self) -> None:
        """Send nothing more, neither events nor heartbeats nor acknowledgements, without closing any connection.

        Events are taken in all the same. `resume` sends what has come together to the connections that are still open.
        """
        self._do(lambda server: server.hold(True))

    def resume(self) -> None:
        """End what `go_silent` began."""
        self._do(lambda server: server.hold(False))

    def set_heartbeat(self, interval: float, timeout: float) -> None:
        """Beat every *interval* seconds and take a client for gone after *timeout* seconds without a word of it.

        Clients are told the timeout in their handshake, so it counts for those that connect from now on.
        """

        def change(server: EventServer) -> None:
            server.heartbeat_interval, server.heartbeat_timeout = interval, timeout
            server.beat()

        self._do(change)

    def _do(self, action: Callable[[EventServer], _T]) -> _T:
        """Carry out an action in the event loop and return its result."""
        server, loop = self._server, self._loop
        if server is None or loop is None:
            raise UsageError("The sandbox is not started: use `with Sandbox() as box:`, or call start() first.")

        async def carry_out() -> _T:
            return action(server)

        return asyncio.run_coroutine_threadsafe(carry_out(), loop).result(_PATIENCE)
