"""Edge: `ftrack-orm events` prints the events of the server as they are published."""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.event_lines import columns_of, summary_of

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.events.event import Event
    from ftrack_orm.session.session import Session

#: Seconds between two looks at the connection, which may have ended for good.
_LOOK_SECONDS = 0.5


@command(
    "ftrack-orm events",
    "ftrack-orm events 'source.user.username=jane'",
    "ftrack-orm events 'topic=studio.*' --count 1 --json | jq .data",
    until_interrupted=True,
)
@click.argument("expression", default="topic=*")
@click.option("--count", metavar="N", type=click.IntRange(min=1), help="End after this many events.")
@click.option("--seconds", metavar="SECONDS", type=click.FloatRange(min=0), help="End after this time.")
@connected(event_workers=1)
def events(output: Output, expression: str, count: int | None, seconds: float | None, session: Session) -> None:
    """Print events as they are published, until interrupted.

    EXPRESSION selects events, by default all: topic=ftrack.update are changes of entities. The connection is kept, and
    changes that were missed while it was lost are printed afterwards. A pipe gets a line for each event: time, topic,
    user, id, data. With --json, each line is an object with the whole event.
    """
    received: queue.SimpleQueue[Event] = queue.SimpleQueue()
    session.event_hub.subscribe(expression, received.put)
    session.event_hub.connect()
    output.note(f"Connected to {session.server_url}. Ctrl+C ends the command.")
    arriving = itertools.islice(_arriving(session, received, seconds), count)
    if output.json:
        output.write_lines(event.to_payload() for event in arriving)
        return
    for event in arriving:
        if output.is_terminal:
            output.write(summary_of(event))
        else:
            output.write_row(columns_of(event))


def _arriving(session: Session, received: queue.SimpleQueue[Event], seconds: float | None) -> Iterator[Event]:
    """Yield the received events of other publishers. Raises the error that has ended the connection for good."""
    from ftrack_orm.events.topics import is_local

    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        left = _LOOK_SECONDS if end is None else max(0.0, min(_LOOK_SECONDS, end - time.monotonic()))
        try:
            event = received.get(timeout=left)
        except queue.Empty:
            session.event_hub.wait(0)
            continue
        if not is_local(event.topic):
            yield event
