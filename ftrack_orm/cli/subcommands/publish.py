"""Edge: `ftrack-orm publish` publishes an event."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ftrack_orm.cli.command import command, connectable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm publish studio.publish.done '{\"version\": 3}'",
    "ftrack-orm publish studio.render.start @render.json --target 'hostname=farm*'",
    "ftrack-orm publish studio.lookup '{}' --wait 10 --json",
)
@click.argument("topic")
@click.argument("data", default="{}")
@click.option("--target", default="", help="An expression: only subscribers that match it receive the event.")
@click.option(
    "--wait", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Wait for a reply, and print its data."
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.001),
    default=30.0,
    show_default=True,
    help="How long the event server may take to accept the event.",
)
@connectable
def publish(
    output: Output,
    topic: str,
    data: str,
    target: str,
    wait: float | None,
    timeout: float,
    connect: Callable[[], Session],
) -> None:
    """Publish an event.

    DATA is JSON, or @FILE for the content of a file, or - for the standard input; it is {} by default. The command
    ends when the event server has accepted the event, or with --wait when a reply has arrived.
    """
    from ftrack_orm.errors import RequestTimeout, ServerError
    from ftrack_orm.events.event import Event
    from ftrack_orm.events.subscriptions.expression import parse

    if not topic.strip():
        raise click.BadParameter("The topic is empty.", param_hint="TOPIC")
    if target:
        parse(target)  # The event server would refuse an event with a malformed target.
    event = Event(topic, _read(data), target=target)
    hub = connect().event_hub
    hub.connect(timeout)
    if wait is not None:
        reply = hub.publish_and_wait_for_reply(event, timeout=wait)
        output.write_json(reply.to_payload() if output.json else reply.data)
        return
    hub.publish(event)
    if not hub.flush(timeout):
        raise RequestTimeout(f"The event server has not accepted the event within {timeout:g} s.", safe_to_retry=False)
    if hub.statistics.refused:
        raise ServerError("The event server has refused the event. Its reason is in the log above.")
    if output.json:
        output.write_json(event.to_payload())
    else:
        output.note(f"Published {topic} as {event.id}.")


def _read(data: str) -> Any:
    """Return the data of an argument."""
    if data == "-":
        text, source = sys.stdin.read(), "The standard input"
    elif data.startswith("@"):
        text, source = Path(data[1:]).read_text(encoding="utf-8"), data[1:]
    else:
        text, source = data, "DATA"
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{source} is not JSON: {error}.", param_hint="DATA") from None
