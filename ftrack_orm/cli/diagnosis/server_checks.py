"""Edge: checks of the server: connection, credentials, versions, latency, schema, and the event server."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ftrack_orm.errors import AuthenticationError, FtrackError, PermissionDenied, ProtocolError, TransportError
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.wire.operations import QueryServerInformationOperation

from .finding import Finding, failed, ok, skipped, warning

if TYPE_CHECKING:
    from ftrack_orm.events.event import Event
    from ftrack_orm.session.session import Session

#: The requests whose durations are measured.
MEASURED_REQUESTS: Final = 5
#: A request that takes longer than this many milliseconds makes interactive work slow.
SLOW_MILLISECONDS: Final = 500
_TOPIC: Final = "ftrack-orm.doctor"


def check_server(session: Session) -> Iterator[Finding]:
    """Connect, sign in, and check what the server states about itself. The rest is skipped after a failure."""
    try:
        version = session.server_information.get("version", "unknown")
    except (AuthenticationError, PermissionDenied) as error:
        yield ok("connection", session.server_url)
        yield failed("credentials", str(error), "Run `ftrack-orm login`. Keys are made in ftrack's settings: API keys.")
        return
    except ProtocolError as error:
        yield failed("connection", str(error), "Check that FTRACK_SERVER is the address of an ftrack server.")
        return
    except TransportError as error:
        yield failed("connection", str(error), "Open the address in a browser. If that fails too, ask the studio's IT.")
        return
    except FtrackError as error:
        yield failed("connection", str(error), "Ask the administrator of the server.")
        return
    yield ok("connection", session.server_url)
    yield from _check_user(session)
    yield ok("server version", str(version))
    yield from _check_schema(session)
    yield _check_latency(session)


def _check_user(session: Session) -> Iterator[Finding]:
    """Check that the name of the user exists: the server accepts a key with the name of another user."""
    user = session.query("User").where(username=session.api_user).select("first_name", "last_name").first()
    if user is None:
        yield warning(
            "credentials",
            f"The key is accepted, and there is no user {session.api_user!r}.",
            "Set FTRACK_API_USER to a user name as ftrack shows it.",
        )
    else:
        name = " ".join(filter(None, (user["first_name"], user["last_name"])))
        yield ok("credentials", f"{session.api_user} ({name})" if name else session.api_user)


def _check_schema(session: Session) -> Iterator[Finding]:
    folder = session.settings.schema_cache_path
    yield ok("schema", f"{len(session.schema)} entity types")
    cached = None if folder is None else SchemaCache(folder).load(session.server_url)
    stated = session.server_information.get("schema_hash")
    if cached is None:
        yield warning(
            "cached schema", "It is not kept, so that each start requests it.", "Check the folder of the cache above."
        )
    elif stated and cached[1] != stated:
        yield warning(
            "cached schema",
            "It differs from the server's, so that each start requests it.",
            f"Remove {SchemaCache(folder).path(session.server_url)}.",
        )
    else:
        yield ok("cached schema", "It is that of the server.")


def _check_latency(session: Session) -> Finding:
    durations = []
    for _ in range(MEASURED_REQUESTS):
        started = time.perf_counter()
        session.call([QueryServerInformationOperation()])
        durations.append((time.perf_counter() - started) * 1000)
    median = statistics.median(durations)
    detail = f"{median:.0f} ms for a request (median of {len(durations)}, longest {max(durations):.0f} ms)"
    if median > SLOW_MILLISECONDS:
        return warning("latency", detail, "Check the network, the VPN and the proxy: each request takes this long.")
    return ok("latency", detail)


def check_events(session: Session, timeout: float) -> Finding:
    """Connect to the event server, and send an event to this process alone. *timeout* is in seconds."""
    from ftrack_orm.events.event import Event

    hub = session.event_hub
    started = time.perf_counter()
    try:
        hub.connect(timeout)
        connected = time.perf_counter()
        arrived = threading.Event()

        def receive(event: Event) -> None:
            arrived.set()

        with hub.subscription(f"topic={_TOPIC}", receive) as subscriber:
            hub.flush(timeout)
            sent = time.perf_counter()
            hub.publish(Event(_TOPIC, target=f"id={subscriber}"))
            if not arrived.wait(timeout):
                return failed(
                    "events",
                    f"An event did not come back within {timeout:g} s.",
                    "Try again. If it fails again, restart the event server, or ask ftrack's support.",
                )
    except FtrackError as error:
        return failed(
            "events", str(error), "Allow websockets to the server in the firewall and the proxy; programs run without."
        )
    returned = (time.perf_counter() - sent) * 1000
    return ok("events", f"connected in {(connected - started) * 1000:.0f} ms, an event returns in {returned:.0f} ms")


def skip_server(reason: str) -> Iterator[Finding]:
    """Return the checks of the server as skipped."""
    for name in ("connection", "credentials", "server version", "schema", "latency", "events"):
        yield skipped(name, reason)
