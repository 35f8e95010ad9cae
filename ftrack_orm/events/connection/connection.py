"""Edge: the thread that keeps the connection to the event server: it opens, receives, sends, and reconnects.

The thread does nothing else: received events are passed to the listener, and it sleeps until a text arrives, another
thread wakes it, or a deadline of the protocol passes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_orm.errors import AuthenticationError, FtrackError, InvalidValue, ProtocolError, TransportError, printable
from ftrack_orm.events import threads
from ftrack_orm.events.remembered import excerpt
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.wire.socketio import Packet, PacketType, encode

from .protocol import ConnectionState, EventProtocol
from .protocol_outputs import (
    Acknowledged,
    AckTimedOut,
    Closed,
    Connected,
    EventReceived,
    Ignored,
    Malformed,
    Output,
    Send,
)
from .subscription_messages import AnnouncedSubscribers

if TYPE_CHECKING:
    from .backoff import BackOff
    from .interfaces import ConnectionListener, WebSocket
    from .outbox import Outbox, OutgoingMessage

logger = logging.getLogger("ftrack_orm.events")

#: Messages sent before the thread looks again whether a text arrived.
_MESSAGES_PER_TURN = 100
#: Seconds between heartbeats while nothing is received because too many events are queued (PROTOCOL 3.1: the least
#: patient known client gives up after 15 s without one; servers are more patient).
_KEEPALIVE_SECONDS = 5.0
#: The longest text of a reason that the server gives.
_REASON_LENGTH = 1_000
#: Seconds after which the websocket of a thread that does not end is aborted.
_JOIN_TIMEOUT_SECONDS = 2.0


class EventConnection:
    """A thread with a connection that is opened again whenever it is lost, until `stop()`.

    *reconnect_limit* is the number of attempts in a row that may fail after the connection was ready once, and
    *initial_limit* the number that may fail before; None sets no limit.

    *open_websocket* is called with a cancellation that ends it early. An exception that processing a packet raises
    costs this packet, any other one the connection, which is opened again: no packet of the server ends the thread.
    """

    def __init__(
        self,
        open_websocket: Callable[[Cancellation], WebSocket],
        outbox: Outbox,
        listener: ConnectionListener,
        *,
        back_off: BackOff,
        reconnect_limit: int | None,
        initial_limit: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_websocket = open_websocket
        self._outbox = outbox
        self._listener = listener
        self._back_off = back_off
        self._reconnect_limit = reconnect_limit
        self._initial_limit = initial_limit
        self._clock = clock
        self._condition = threading.Condition()
        self._websocket: WebSocket | None = None
        #: Ends an attempt to connect that is under way.
        self._opening = Cancellation()
        self._stopping = False
        self._connected = False
        #: The last failure to connect, which is final once the thread has ended.
        self._error: FtrackError | None = None
        #: The time of the last text received while connected; None before the first connection.
        self._last_received: float | None = None
        self._failures = 0
        self._announced = AnnouncedSubscribers()
        self._thread = threads.make_thread(threads.CONNECTION_THREAD, self._run)

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
        """Whether the thread is connected or attempts to connect."""
        return self._thread.is_alive() and not self._stopping

    @property
    def error(self) -> FtrackError | None:
        """The last failure to connect, None once connected."""
        return self._error

    @property
    def is_current_thread(self) -> bool:
        """Whether the calling thread is the connection's own."""
        return threading.current_thread() is self._thread

    def wait_connected(self, timeout: float | None) -> bool:
        """Wait until connected or until the attempts have ended; return whether it is connected."""
        with self._condition:
            self._condition.wait_for(lambda: self._connected or not self.alive, timeout)
            return self._connected

    def wait_closed(self, timeout: float | None) -> bool:
        """Wait up to *timeout* seconds until no connection is kept any more; return whether that is so."""
        with self._condition:
            return self._condition.wait_for(lambda: not self.alive, timeout)

    def wake(self) -> None:
        """Make the thread send queued messages and call `on_idle`."""
        websocket = self._websocket
        if websocket is not None:
            websocket.wake()

    def end(self) -> None:
        """Let the thread close the connection and end, without waiting for it."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._opening.cancel()
        self.wake()

    def stop(self) -> None:
        """Close the connection and end the thread; on the connection's own thread, return without waiting."""
        self.end()
        if self.is_current_thread:
            return
        self._thread.join(_JOIN_TIMEOUT_SECONDS)
        websocket = self._websocket
        if websocket is not None:
            websocket.abort()
            self._thread.join(_JOIN_TIMEOUT_SECONDS)

    # -- on the connection's thread: attempts --------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping:
                if not self._connect_once():
                    return
        except BaseException as error:
            # A defect outside of an attempt; threads that wait for the hub must not wait forever.
            self._fail(_internal_error(error))
        finally:
            with self._condition:
                self._stopping = True
                self._condition.notify_all()

    def _connect_once(self) -> bool:
        """Connect, serve the connection until it is lost, and wait; return whether to connect again."""
        try:
            self._listener.on_connecting()
            websocket = self._open_websocket(self._opening)
        except FtrackError as error:
            # Settings with which the server once answered are not the cause.
            is_transient = isinstance(error, (TransportError, ProtocolError)) or self._last_received is not None
            if is_transient and not isinstance(error, AuthenticationError):
                return self._wait_before_retry(error)
            self._fail(error)
            return False
        except BaseException as error:
            return self._wait_before_retry(_internal_error(error))
        with self._condition:
            self._websocket = websocket
        try:
            closed = self._serve(websocket)
        except BaseException as error:
            closed = Closed(_internal_error(error).message.rstrip("."), may_retry=True)
        finally:
            was_connected, self._connected, self._websocket = self._connected, False, None
            websocket.close()
            self._outbox.connection_lost()
        if self._stopping:
            return False
        if was_connected:
            logger.warning("The event connection was lost: %s. Connecting again.", closed.reason)
            self._listener.on_disconnected(closed.reason)
        loss = TransportError(f"The event connection was lost: {closed.reason}.", safe_to_retry=True)
        if not closed.may_retry:
            self._fail(loss)
            return False
        return self._wait_before_retry(loss, was_connected=was_connected)

    def _wait_before_retry(self, error: FtrackError, *, was_connected: bool = False) -> bool:
        """Wait before the next attempt; return whether there is to be one."""
        self._error = error
        if self._stopping:
            return False
        if not was_connected:
            self._failures += 1
            limit = self._initial_limit if self._last_received is None else self._reconnect_limit
            if limit is not None and self._failures > limit:
                self._fail(error)
                return False
        delay = self._back_off.delay(self._failures)
        logger.info("Attempt %d to connect in %.1f s: %s", self._failures + 1, delay, error)
        with self._condition:
            self._condition.wait_for(lambda: self._stopping, delay)
        return not self._stopping

    def _fail(self, error: FtrackError) -> None:
        self._error = error
        if self._last_received is not None or self._initial_limit != 0:
            # Otherwise a caller waits for the first attempt and raises the error; logging it as well would repeat it.
            self._listener.on_failed(error)
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    # -- on the connection's thread: an open websocket -----------------------------------------------------------------

    def _serve(self, websocket: WebSocket) -> Closed:
        """Receive and send until the connection ends; return the reason for its end."""
        protocol = EventProtocol(self._clock(), websocket.handshake.heartbeat_timeout)
        self._announced = AnnouncedSubscribers()
        try:
            while True:
                if self._stopping:
                    self._carry_out(protocol.disconnect(), websocket)
                    return Closed("This side ended the connection", may_retry=False)
                if protocol.state is ConnectionState.CONNECTED:
                    self._send_queued(protocol, websocket)
                    self._wait_for_capacity(websocket)
                closed = self._carry_out(self._receive(protocol, websocket), websocket)
                if closed is not None:
                    return closed
        except TransportError as error:
            protocol.connection_lost(error.message)
            return Closed(error.message.rstrip("."), may_retry=True)

    def _receive(self, protocol: EventProtocol, websocket: WebSocket) -> list[Output]:
        """Wait for a text, a wake-up or the next deadline; return the protocol's outputs."""
        deadline = protocol.next_deadline
        now = self._clock()
        text = websocket.receive(None if deadline is None else max(0.0, deadline - now))
        now = self._clock()
        outputs: list[Output] = []
        if text is not None:
            try:
                outputs = protocol.receive(text, now)
            except Exception as error:
                self._report_failure(error, text, may_be_event=True)
            if self._connected:
                self._last_received = now
        if text is None or (outputs and isinstance(outputs[0], Send)):
            try:
                self._listener.on_idle(now)
            except Exception as error:
                self._report_failure(error, "", may_be_event=True)
        if deadline is not None and now >= deadline:
            outputs += protocol.tick(now)
        return outputs

    def _carry_out(self, outputs: list[Output], websocket: WebSocket) -> Closed | None:
        for output in outputs:
            if isinstance(output, Closed):
                return output
            try:
                self._carry_out_one(output, websocket)
            except TransportError:
                raise
            except Exception as error:
                if isinstance(output, Connected):
                    # Without subscriptions the connection is of no use.
                    raise
                self._report_failure(error, output, may_be_event=isinstance(output, EventReceived))
        return None

    def _carry_out_one(self, output: Output, websocket: WebSocket) -> None:
        if isinstance(output, EventReceived):
            self._listener.on_event(output.payload)
        elif isinstance(output, Send):
            websocket.send(output.text)
        elif isinstance(output, Acknowledged):
            # The listener first: threads that wait for the acknowledgement rely on its reaction.
            try:
                self._report_ack(self._outbox.find(output.id), output.reply)
            finally:
                self._outbox.acknowledge(output.id)
        elif isinstance(output, AckTimedOut):
            message = self._outbox.ack_timed_out(output.id)
            self._report_ack(message, {"message": "the server did not acknowledge it"})
        elif isinstance(output, Connected):
            self._become_connected()
        elif isinstance(output, Ignored):
            logger.debug("Ignored on the event connection: %s: %r", output.reason, output.text)
        elif isinstance(output, Malformed):
            self._listener.on_malformed(output.reason, output.may_be_event)

    def _report_failure(self, error: Exception, packet: object, *, may_be_event: bool) -> None:
        """Log an exception that processing a packet raised, and report the packet as lost."""
        logger.error("Processing a packet of the event server failed: %s", excerpt(packet), exc_info=error)
        self._listener.on_malformed(f"processing it raised {type(error).__name__}", may_be_event)

    def _become_connected(self) -> None:
        now = self._clock()
        gap = None if self._last_received is None else now - self._last_received
        self._outbox.prepend(self._listener.on_connected(gap))
        self._last_received, self._failures, self._error = now, 0, None
        with self._condition:
            self._connected = True
            self._condition.notify_all()

    def _report_ack(self, message: OutgoingMessage | None, reply: dict[str, object]) -> None:
        if message is not None:
            reason = reply.get("message") or "the server gave no reason"
            text = printable(reason[:_REASON_LENGTH]) if isinstance(reason, str) else excerpt(reason)
            self._listener.on_ack(message, None if reply.get("success") else text)

    def _send_queued(self, protocol: EventProtocol, websocket: WebSocket) -> None:
        for _ in range(_MESSAGES_PER_TURN):
            message = self._outbox.take()
            if message is None:
                return
            if self._announced.is_redundant(message):
                self._outbox.drop()
                continue
            try:
                ack_id, text = protocol.send_event(message.payload, self._clock())
            except InvalidValue as error:
                # Metadata of a subscriber may be of any type.
                self._outbox.drop()
                self._listener.on_ack(message, error.message)
                continue
            self._outbox.mark_sent(ack_id, message)
            websocket.send(text)
        # More may be queued: `receive` must not wait.
        websocket.wake()

    def _wait_for_capacity(self, websocket: WebSocket) -> None:
        """Receive nothing while too many events are queued; send heartbeats meanwhile."""
        while not self._listener.has_capacity(_KEEPALIVE_SECONDS) and not self._stopping:
            websocket.send(encode(Packet(PacketType.HEARTBEAT)))


def _internal_error(error: BaseException) -> TransportError:
    """Log an exception that is a defect of this library, and return the error that stands for it."""
    logger.error("The event connection failed with an internal error in ftrack_orm; please report it.", exc_info=error)
    return TransportError(
        f"The event connection failed with an internal error in ftrack_orm ({type(error).__name__}).",
        safe_to_retry=True,
    )
