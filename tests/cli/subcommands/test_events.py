"""`ftrack-orm events` and `ftrack-orm publish`, with the event server of the embedded server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Event, Session
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.cli.terminals import Ran, run_in_pipe, run_in_terminal
from tests.production import Production

pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture
def publishing(box: Sandbox) -> Iterator[Callable[..., None]]:
    """Return a function that publishes events in another thread, when the server has the subscription of a topic."""
    with ThreadPoolExecutor(1) as executor:
        futures = []

        def publish_all(topic: str, events: list[tuple[str, Any]]) -> None:
            box.events.wait_for(
                lambda events: any(topic in text for each in events.connections for text in each.subscriptions), 30
            )
            for name, data in events:
                box.events.publish(name, data)

        def publish(topic: str, *events: tuple[str, Any]) -> None:
            futures.append(executor.submit(publish_all, topic, list(events)))

        yield publish
        for future in futures:
            future.result()


def listen(*options: str, terminal: bool = False) -> Ran:
    arguments = ("events", *options, "--seconds", "30")
    return run_in_terminal(*arguments, NO_COLOR="1") if terminal else run_in_pipe(*arguments)


def test_a_pipe_gets_a_line_of_columns_for_each_event(publishing: Callable[..., None]) -> None:
    publishing("studio.pipe", ("studio.pipe", {"shot": "sh010\n"}), ("studio.other", {}), ("studio.pipe", {"id": 2}))
    ran = listen("topic=studio.pipe", "--count", "2")
    assert (ran.code, ran.errors) == (0, "")
    rows = [line.split("\t") for line in ran.lines]
    assert [row[1] for row in rows] == ["studio.pipe", "studio.pipe"]
    assert [json.loads(row[4]) for row in rows] == [{"shot": "sh010\n"}, {"id": 2}]


def test_json_is_one_event_in_each_line(publishing: Callable[..., None]) -> None:
    publishing("studio.lines", ("studio.lines", {"a": 1}), ("studio.lines", {"a": 2}))
    ran = listen("topic=studio.lines", "--count", "2", "--json")
    events = [json.loads(line) for line in ran.lines]
    assert [event["data"] for event in events] == [{"a": 1}, {"a": 2}]
    assert {"id", "topic", "source", "target"} <= set(events[0])


def test_a_terminal_shows_the_changes_of_entities(box: Sandbox, session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    expression = f"topic=ftrack.update and source.user.username={box.api_user}"

    def rename() -> None:
        box.events.wait_for(
            lambda events: any(expression in text for each in events.connections for text in each.subscriptions), 30
        )
        task["name"] = "renamed"
        session.commit()

    thread = threading.Thread(target=rename)
    thread.start()
    ran = listen(expression, "--count", "1", terminal=True)
    thread.join()
    assert "Connected to" in ran.output
    assert f"ftrack.update  {box.api_user}  update Task {task['id']} name: task00 → renamed" in ran.output.replace(
        "\n", " "
    )


def test_the_command_ends_after_its_seconds() -> None:
    ran = run_in_pipe("events", "topic=studio.never", "--seconds", "0.05")
    assert ran == Ran(0, "", "")


def test_a_wrong_expression_is_an_error_of_usage() -> None:
    ran = run_in_pipe("events", "topic=")
    assert ran.code == 2
    assert "ExpressionError" in ran.errors


# -- publish ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def received(connect: Callable[..., Session]) -> Iterator[list[Event]]:
    """The events of topics that begin with `studio.publish`. Those with an `ask` are answered."""
    events: list[Event] = []

    def receive(event: Event) -> Any:
        events.append(event)
        return {"answer": 42} if "ask" in event.data else None

    session = connect()
    session.event_hub.subscribe("topic=studio.publish.*", receive)
    session.event_hub.connect()
    yield events
    session.event_hub.disconnect()


def test_an_event_is_published_and_answered(received: list[Event], tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"ask": "from a file"}')
    assert run_in_pipe("publish", "studio.publish.x", '{"a": 1}') == Ran(0, "", "")
    assert run_in_pipe("publish", "studio.publish.x", "-", stdin='{"a": 2}').code == 0
    ran = run_in_pipe("publish", "studio.publish.x", f"@{tmp_path / 'data.json'}", "--wait", "30")
    assert ran.json == {"answer": 42}
    reply = run_in_pipe("publish", "studio.publish.x", '{"ask": 1}', "--wait", "30", "--json").json
    assert (reply["topic"], reply["data"]) == ("ftrack.meta.reply", {"answer": 42})
    # The reply to a later event has arrived, so all events have.
    assert [event.data for event in received] == [{"a": 1}, {"a": 2}, {"ask": "from a file"}, {"ask": 1}]


def test_the_published_event_is_shown() -> None:
    event = run_in_pipe("publish", "studio.quiet", "--json", "--target", "id=nobody").json
    assert (event["topic"], event["data"], event["target"]) == ("studio.quiet", {}, "id=nobody")
    assert "Published studio.quiet as " in run_in_terminal("publish", "studio.quiet").output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["studio.x", "{"], 2, "DATA is not JSON"),
        (["studio.x", "@no.json"], 4, "No such file or directory: no.json"),
        (["", "{}"], 2, "The topic is empty"),
        (["studio.x", "{}", "--target", "id="], 2, "ExpressionError"),
        (["studio.x", "{}", "--wait", "0.05"], 6, "no reply within 0.05 s"),
    ],
)
def test_a_failure_is_named(arguments: list[str], code: int, message: str) -> None:
    ran = run_in_pipe("publish", *arguments)
    assert message in ran.errors
    assert (ran.code, ran.output) == (code, "")
