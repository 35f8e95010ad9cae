"""Real answers of the embedded server, mutated at the level of HTTP, give a result or an error of the library."""

from __future__ import annotations

import random
import socket
import time
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from ftrack_orm.errors import FtrackError, ProtocolError, TransportError
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.settings import Settings
from ftrack_orm.transport.channel import Channel
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import Operation, QueryOperation, QueryServerInformationOperation, RawOperation
from tests.property_settings import examples
from tests.transport.hostile_server import HostileServer, mutated
from tests.transport.secrets import leaks

KEY = "the-key-of-this-test-1234567890"
COOKIE = "the-cookie-of-this-test"
TIMEOUT_SECONDS = 5.0

BATCHES: list[list[Operation]] = [
    [QueryServerInformationOperation()],
    [QueryOperation("select name, status.name from Task limit 3")],
    [QueryServerInformationOperation(), QueryOperation("select username from User")],
    [RawOperation({"action": "update", "entity_type": "Task", "entity_key": ["x"], "entity_data": {}})],
]


def record(box: Sandbox, operations: list[Operation], *, accept: str) -> bytes:
    """Return the bytes with which the embedded server answers *operations*."""
    body = json_text.dumps([operation.to_json() for operation in operations])
    head = (
        f"POST /api HTTP/1.1\r\nhost: x\r\nftrack-user: {box.api_user}\r\nftrack-api-key: {box.api_key}\r\n{accept}"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    address = urlsplit(box.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 ")
    return received


@pytest.fixture(scope="module")
def answers() -> list[tuple[list[Operation], bytes]]:
    with Sandbox(seed="demo") as box:
        return [
            (operations, record(box, operations, accept=accept))
            for operations in BATCHES
            for accept in ("", "accept-encoding: gzip\r\n")
        ]


@pytest.fixture
def hostile_server() -> Iterator[HostileServer]:
    running = HostileServer()
    yield running
    running.stop()


@pytest.fixture
def channel(hostile_server: HostileServer) -> Iterator[Channel]:
    settings = Settings.resolve(
        hostile_server.url, KEY, "jane", cookies={"sso": COOKIE}, retries=1, timeout=TIMEOUT_SECONDS, environ={}
    )
    made = Channel(settings, HttpTransport(settings, wait=lambda seconds, cancellation: None))
    yield made
    made.close()


@pytest.mark.parametrize("part", range(4))
def test_a_mutated_answer_gives_a_result_or_an_error_of_the_library_in_time_without_the_key(
    hostile_server: HostileServer, channel: Channel, answers: Any, part: int
) -> None:
    outcomes: dict[str, int] = {}
    for seed in range(part, examples(800, 20_000), 4):
        rng = random.Random(seed)
        operations, answer = rng.choice(answers)
        hostile_server.answer = lambda head, rng=rng, answer=answer: mutated(answer, rng, head)  # type: ignore[misc]
        began = time.monotonic()
        error: FtrackError | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                channel.call(operations)
        except FtrackError as failure:
            error = failure
        assert time.monotonic() - began < TIMEOUT_SECONDS, seed
        outcome = "result" if error is None else type(error).__name__
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if error is not None:
            assert isinstance(error, ValueError) is False, (seed, error)  # neither SettingsError nor InvalidValue
            assert len(str(error)) < 5_000 or "exception" in error.details, (seed, len(str(error)))
            text = f"{error}{error!r}{error.details}{error.__cause__}"
            assert KEY not in text, (seed, text)
            assert COOKIE not in text, (seed, text)
            if seed % 100 == part:
                assert leaks(error, KEY, COOKIE, with_rich=False) == [], seed
            if isinstance(error, (TransportError, ProtocolError)):
                assert "cannot be sent" not in str(error), seed
    assert len(outcomes) >= 4, outcomes
