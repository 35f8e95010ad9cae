"""Edge: the thread that keeps the line to the event server: opens it, reads, sends, and opens it again when it breaks.

It does nothing else: what comes is handed on, and it sleeps until something comes, is to be sent, or is due.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from ftrack_orm.errors import FtrackError, TransportError
from ftrack_orm.wire.socketio import Packet, PacketType, SocketHandshake, encode

from .backoff import BackOff
from .outbox import Outbox, OutgoingMessage
from .protocol import (
    Acknowledged,
    AckTimedOut,
    Closed,
    Connected,
    ConnectionState,
    EventProtocol,
    EventReceived,
    Ignored,
    Output,
    Send,
)

logger = logging.getLogger("ftrack_orm.events")

#: Seconds an open websocket may stay without the server's `1::`.
READY_LIMIT = 30.0
#: Letters sent before looking whether something came.
_SENT_AT_ONCE = 100
#: Seconds between signs of life while nothing is read because too many events wait (PROTOCOL 3.1: 15 is the limit of
#: the least patient client known; servers are not more so).
_SIGN_OF_LIFE = 5.0
#: Seconds after which a thread that does not end has its line cut.
_PATIENCE = 2.0

SUBSCRIBE, UNSUBSCRIBE = "ftrack.meta.subscribe", "ftrack.meta.unsubscribe"


class WebSocket(Protocol):
    """An open websocket, as `transport.websocket` makes it."""

    @property
    def handshake(self) -> SocketHandshake: ...
    def receive(self, timeout: float | None) -> str | None: ...
    def send(self, text: str) -> None: ...
    def wake(self) -> None: ...
    def cut(self) -> None: ...
    def close(self) -> None: ...


class ConnectionListener(Protocol):
    """Whoever the line is kept for. All of it is called on the line's thread."""

    def opening(self) -> None:
        """The line is about to be opened."""

    def ready(self, gap: float | None) -> list[OutgoingMessage]:
        """Return what is to be sent first. *gap* is for how many seconds nothing was heard, None at the beginning."""

    def received(self, payload: dict[str, object]) -> None:
        """An event came."""

    def settled(self, letter: OutgoingMessage, problem: str | None) -> None:
        """A letter is done with: acknowledged, or not for the reason *problem*."""

    def lost(self, reason: str) -> None:
        """A line that was ready broke."""

    def gave_up(self, error: FtrackError) -> None:
        """There will be no further attempt to connect."""

    def looked_up(self, now: float) -> None:
        """The thread was woken, or had nothing to read for a while."""

    def has_room(self, timeout: float) -> bool:
        """Whether another event may be handed on, waiting up to *timeout* seconds."""


class EventConnection:
    """A thread with a connection that is made again whenever it breaks, until `stop()`.

    *reconnect_limit* is how many attempts in a row may fail, and *first_limit* how many before the first that does not;
    None never gives up.
    """

    def __init__(
        self,
        open_line: Callable[[], WebSocket],
        outbox: Outbox,
        correspondent: ConnectionListener,
        *,
        back_off: BackOff,
        reconnect_limit: int | None,
        first_limit: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_line = open_line
        self._outbox = outbox
        self._correspondent = correspondent
        self._back_off = back_off
        self._reconnect_limit = reconnect_limit
        self._first_limit = first_limit
        self._clock = clock
        self._condition = threading.Condition()
        self._line: WebSocket | None = None
        self._stopping = False
        self._connected = False
        #: Why there is no line: the last failure, or the final one.
        self._error: FtrackError | None = None
        #: When something came last on a line that was ready; None if none ever was.
        self._heard: float | None = None
        self._failures = 0
        #: Subscribers the server was told of on the present line.
        self._announced: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="ftrack-events", daemon=True)

    # -- from any thread -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the server is ready for events now."""
        return self._connected

    @property
    def alive(self) -> bool:
        """Whether the line is kept: connected, or on the way to be."""
        return self._thread.is_alive() and not self._stopping

    @property
    def error(self) -> FtrackError | None:
        """The last failure to connect, None once connected."""
        return self._error

    def wait_connected(self, timeout: float | None) -> bool:
        """Wait until connected or given up; return whether it is connected."""
        with self._condition:
            self._condition.wait_for(lambda: self._connected or not self.alive, timeout)
            return self._connected

    def wait_ended(self, timeout: float | None) -> bool:
        """Wait until the line is not kept any more; return whether that is so."""
        with self._condition:
            return self._condition.wait_for(lambda: not self.alive, timeout)

    def wake(self) -> None:
        """Have the thread look what there is to send, and call `looked_up`."""
        line = self._line
        if line is not None:
            line.wake()

    def stop(self) -> None:
        """End the connection and the thread. The line's own thread does not wait for itself."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self.wake()
        if threading.current_thread() is self._thread:
            return
        self._thread.join(_PATIENCE)
        line = self._line
        if line is not None:
            line.cut()
            self._thread.join(_PATIENCE)

    @property
    def is_current_thread(self) -> bool:
        """Whether the present thread is the line's."""
        return threading.current_thread() is self._thread

    # -- on the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping:
                if not self._keep_once():
                    return
        except Exception as error:
            # A defect of this library; whoever waits for the hub must hear of it.
            logger.exception("The event connection ended by a mistake in ftrack_orm.")
            self._give_up(TransportError(f"The event connection ended by a mistake in ftrack_orm: {error!r}."))
        finally:
            with self._condition:
                self._stopping = True
                self._condition.notify_all()

    def _keep_once(self) -> bool:
        """Open the line and keep it until it breaks, then pause; return whether to go on."""
        try:
            self._correspondent.opening()
            line = self._open_line()
        except TransportError as error:
            return self._pause_after(error)
        except FtrackError as error:
            self._give_up(error)
            return False
        with self._condition:
            self._line = line
        try:
            closed = self._converse(line)
        finally:
            was_connected, self._connected, self._line = self._connected, False, None
            line.close()
            self._outbox.line_lost()
        if self._stopping:
            return False
        if was_connected:
            logger.warning("The event connection was lost: %s. Connecting again.", closed.reason)
            self._correspondent.lost(closed.reason)
        broken = TransportError(f"The event connection was lost: {closed.reason}.", safe_to_retry=True)
        if not closed.may_retry:
            self._give_up(broken)
            return False
        return self._pause_after(broken, was_connected=was_connected)

    def _pause_after(self, error: TransportError, *, was_connected: bool = False) -> bool:
        """Wait before the next attempt; return whether there is to be one."""
        self._error = error
        if not was_connected:
            self._failures += 1
            limit = self._first_limit if self._heard is None else self._reconnect_limit
            if limit is not None and self._failures > limit:
                self._give_up(error)
                return False
        seconds = self._back_off.pause(self._failures)
        logger.info("Attempt %d to connect in %.1f s: %s", self._failures + 1, seconds, error)
        with self._condition:
            self._condition.wait_for(lambda: self._stopping, seconds)
        return not self._stopping

    def _give_up(self, error: FtrackError) -> None:
        self._error = error
        if self._heard is not None or self._first_limit != 0:
            # Otherwise whoever waits for the first attempt is told, and nobody else needs to be.
            self._correspondent.gave_up(error)
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    def _converse(self, line: WebSocket) -> Closed:
        """Read and send until the line is closed; return why it was."""
        opened = self._clock()
        machine = EventProtocol(opened, line.handshake.heartbeat_timeout)
        self._announced.clear()
        try:
            while True:
                if self._stopping:
                    self._carry_out(machine.disconnect(), line)
                    return Closed("This side ended the connection", may_retry=False)
                if machine.state is ConnectionState.CONNECTED:
                    self._send_waiting(machine, line)
                    self._wait_for_room(line)
                deadline = machine.next_deadline
                if machine.state is ConnectionState.CONNECTING:
                    deadline = min(opened + READY_LIMIT, deadline or opened + READY_LIMIT)
                now = self._clock()
                text = line.receive(None if deadline is None else max(0.0, deadline - now))
                now = self._clock()
                outputs: list[Output] = []
                if text is not None:
                    outputs = machine.receive(text, now)
                    if self._connected:
                        self._heard = now
                if text is None or (outputs and isinstance(outputs[0], Send)):
                    self._correspondent.looked_up(now)
                if deadline is not None and now >= deadline:
                    outputs += machine.tick(now)
                    if machine.state is ConnectionState.CONNECTING and now >= opened + READY_LIMIT:
                        outputs += machine.line_lost("The server did not say that it is ready")
                closed = self._carry_out(outputs, line)
                if closed is not None:
                    return closed
        except TransportError as error:
            machine.line_lost(error.message)
            return Closed(error.message.rstrip("."), may_retry=True)

    def _carry_out(self, outputs: list[Output], line: WebSocket) -> Closed | None:
        for output in outputs:
            if isinstance(output, EventReceived):
                self._correspondent.received(output.payload)
            elif isinstance(output, Send):
                line.send(output.text)
            elif isinstance(output, Acknowledged):
                self._settle(self._outbox.find(output.id), output.reply)
                self._outbox.settle(output.id)
            elif isinstance(output, AckTimedOut):
                self._settle(self._outbox.overdue(output.id), {"message": "the server did not acknowledge it"})
            elif isinstance(output, Connected):
                self._become_ready()
            elif isinstance(output, Ignored):
                logger.debug("Ignored on the event connection: %s: %r", output.reason, output.text)
            elif isinstance(output, Closed):
                return output
        return None

    def _become_ready(self) -> None:
        now = self._clock()
        gap = None if self._heard is None else now - self._heard
        self._heard, self._failures, self._error = now, 0, None
        self._outbox.put_first(self._correspondent.ready(gap))
        with self._condition:
            self._connected = True
            self._condition.notify_all()

    def _settle(self, letter: OutgoingMessage | None, reply: dict[str, object]) -> None:
        if letter is not None:
            problem = None if reply.get("success") else str(reply.get("message") or "the server gave no reason")
            self._correspondent.settled(letter, problem)

    def _send_waiting(self, machine: EventProtocol, line: WebSocket) -> None:
        for _ in range(_SENT_AT_ONCE):
            letter = self._outbox.take()
            if letter is None:
                return
            if self._is_needless(letter):
                self._outbox.discard()
                continue
            ack_id, text = machine.send_event(letter.payload, self._clock())
            self._outbox.sent(ack_id, letter)
            line.send(text)
        line.wake()

    def _is_needless(self, letter: OutgoingMessage) -> bool:
        """Whether a (un)subscription tells the server what it knows: a new line begins with all subscribers."""
        if letter.subscriber is None:
            return False
        known = letter.subscriber in self._announced
        if letter.payload["topic"] == SUBSCRIBE:
            self._announced.add(letter.subscriber)
            return known
        self._announced.discard(letter.subscriber)
        return not known

    def _wait_for_room(self, line: WebSocket) -> None:
        """Let nothing in while too many events wait; tell the server meanwhile that this side is alive."""
        while not self._correspondent.has_room(_SIGN_OF_LIFE) and not self._stopping:
            line.send(encode(Packet(PacketType.HEARTBEAT)))
