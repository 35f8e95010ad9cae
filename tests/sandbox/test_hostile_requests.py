"""Mutated requests: each gets replies or an error as JSON, and a request that is refused changes nothing.

The seeds are fixed, so a failure repeats. It shows the number of its batch and the request.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from ftrack_orm.sandbox.application import HttpResponse
from ftrack_orm.sandbox.tables import Tables
from tests.property_settings import examples
from tests.sandbox.mutations import mutated_body, mutated_head
from tests.sandbox.recorded_requests import record_bodies
from tests.sandbox.studio import Studio

BATCH_SIZE = 100

#: The longest response to a request that is refused, in bytes: the text of an error is cut to a length.
MAX_ERROR_BYTES = 30_000


@attrs.define
class FileStudio:
    """A studio whose database is a file, with the bodies of real requests to it.

    A transaction that is rolled back leaves the file as it was, byte for byte.
    """

    studio: Studio
    file: Path
    database: sqlite3.Connection
    bodies: list[bytes]
    #: The database before and after the recorded requests.
    states: list[sqlite3.Connection]

    def restore(self, state: int) -> None:
        """Replace the database by one of the *states*."""
        self.states[state].backup(self.database)

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> HttpResponse:
        return self.studio.application.handle(method, path, headers, body)

    def post(self, body: bytes) -> HttpResponse:
        return self.handle("POST", "/api", self.headers, body)

    @property
    def headers(self) -> dict[str, str]:
        return {"ftrack-user": self.studio.user, "ftrack-api-key": self.studio.key}


@attrs.frozen
class Recording:
    """The bodies of real requests, and the database before and after them."""

    bodies: list[bytes]
    before: sqlite3.Connection
    after: sqlite3.Connection


@pytest.fixture(scope="module")
def recording(studio_database: sqlite3.Connection, ftrack_tables: Tables) -> Iterator[Recording]:
    """The requests of a session to the studio. Recording them once saves each test half a second."""
    database, before, after = (sqlite3.connect(":memory:", check_same_thread=False) for _ in range(3))
    studio_database.backup(database)
    studio = Studio(database, ftrack_tables)
    studio.produce()
    database.backup(before)
    bodies = record_bodies(studio)
    database.backup(after)
    studio.application.close()
    yield Recording(bodies, before, after)
    for connection in (database, before, after):
        connection.close()


@pytest.fixture
def studio(recording: Recording, ftrack_tables: Tables, tmp_path: Path) -> Iterator[FileStudio]:
    file = tmp_path / "studio.db"
    database = sqlite3.connect(str(file), check_same_thread=False)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = MEMORY")
    recording.after.backup(database)
    studio = Studio(database, ftrack_tables)
    yield FileStudio(studio, file, database, recording.bodies, [recording.before, recording.after])
    studio.application.close()
    database.close()


@pytest.fixture
def failures(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of the server; unexpected exceptions are logged as errors."""
    caplog.set_level(logging.WARNING, "ftrack_orm")
    return caplog


def check_response(response: HttpResponse) -> Any:
    """Return the JSON of a response, which must be replies or one error of the server's shape."""
    assert response.content_type == "application/json"
    answer = json.loads(response.body.decode("utf-8"), parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))
    if isinstance(answer, dict):
        assert set(answer) == {"exception", "content", "error_code"}
        assert isinstance(answer["exception"], str)
        assert isinstance(answer["content"], str)
        assert len(response.body) < MAX_ERROR_BYTES
    else:
        assert isinstance(answer, list)
        assert response.status == 200
    return answer


def read_everything(studio: FileStudio) -> None:
    """Read all values of all entities: values that a change stored must not break later responses."""
    schema = studio.studio.tables.schema
    for name, entity_type in schema.types.items():
        if entity_type.family == name:
            scalars = [each.name for each in entity_type.attributes.values() if each.kind.name == "SCALAR"]
            body = json.dumps([{"action": "query", "expression": f"select {', '.join(scalars)} from {name}"}]).encode()
            answer = check_response(studio.post(body))
            assert isinstance(answer, list), answer


@pytest.mark.parametrize("part", range(4))
def test_a_mutated_request_is_answered_and_changes_nothing_when_it_is_refused(
    studio: FileStudio, failures: pytest.LogCaptureFixture, part: int
) -> None:
    accepted = refused = 0
    for number in range(examples(200, 5_000) // BATCH_SIZE):
        rng = random.Random(f"bodies {part} {number}")
        studio.restore(number % 2)
        content = studio.file.read_bytes()
        for _ in range(BATCH_SIZE):
            body = mutated_body(rng, studio.bodies)
            answer = check_response(studio.post(body))
            now = studio.file.read_bytes()
            if isinstance(answer, list):
                accepted, content = accepted + 1, now
            else:
                refused += 1
                assert now == content, (number, body)
            assert not failures.records, (number, body)
        if number % 10 == 0:
            read_everything(studio)
    assert accepted > 0.1 * refused > 0


def test_a_request_with_a_mutated_head_is_answered_and_changes_nothing_when_it_is_refused(
    studio: FileStudio, failures: pytest.LogCaptureFixture
) -> None:
    refused = 0
    for number in range(examples(200, 5_000) // BATCH_SIZE):
        rng = random.Random(f"heads {number}")
        studio.restore(0)
        content = studio.file.read_bytes()
        for _ in range(BATCH_SIZE):
            method, path, headers = mutated_head(rng, "POST", "/api", studio.headers)
            answer = check_response(studio.handle(method, path, headers, rng.choice(studio.bodies)))
            now = studio.file.read_bytes()
            if isinstance(answer, list):
                content = now
            else:
                refused += 1
                assert now == content, (number, method, path, headers)
            assert not failures.records, (number, method, path, headers)
    assert refused > 0


# -- named cases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [200, 1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_deeply_nested_request_is_refused(
    studio: FileStudio, failures: pytest.LogCaptureFixture, opening: bytes, closing: bytes, levels: int
) -> None:
    answer = check_response(studio.post(b"[" + opening * levels + b"1" + closing * levels + b"]"))
    assert answer["exception"] == "ValidationError"
    assert not failures.records


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1.5E400", b"9" * 400, b"9" * 5_000, b"0." + b"3" * 5_000]
)
@pytest.mark.parametrize("attribute", [b"bid", b"sort", b"name", b"priority_id"])
def test_a_number_that_no_answer_could_hold_is_refused(
    studio: FileStudio, failures: pytest.LogCaptureFixture, attribute: bytes, number: bytes
) -> None:
    operation = b'[{"action":"update","entity_type":"Task","entity_key":["T1"],"entity_data":{"%s":%s}}]'
    answer = check_response(studio.post(operation % (attribute, number)))
    if number.startswith(b"0.") and attribute in (b"bid", b"sort"):
        assert isinstance(answer, list)  # a long number, rounded
    else:
        assert answer["exception"] == "ValidationError"
    assert not failures.records


@pytest.mark.parametrize(
    ("entity_type", "key", "attribute", "stored"),
    [("AssetVersion", "V", "version", None), ("Task", "T1", "bid", 2.0**70), ("Task", "T1", "sort", 2.0**70)],
)
def test_an_integer_of_more_than_64_bits_is_refused_or_stored_as_a_float(
    studio: FileStudio, failures: pytest.LogCaptureFixture, entity_type: str, key: str, attribute: str, stored: Any
) -> None:
    operation = studio.studio.updating(entity_type, [key], **{attribute: 2**70})
    answer = check_response(studio.post(json.dumps([operation]).encode()))
    if stored is None:
        assert (answer["exception"], "an integer of 64 bits" in answer["content"]) == ("ValidationError", True)
    else:
        assert answer[0]["data"][attribute] == stored
    assert not failures.records


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_a_body_in_another_encoding_than_utf_8_is_refused(studio: FileStudio, encoding: str) -> None:
    body = '[{"action": "query", "expression": "User where username is \\"é\\""}]'.encode(encoding)
    answer = check_response(studio.post(body))
    assert (answer["exception"], "it is not UTF-8" in answer["content"]) == ("ValidationError", True)


@pytest.mark.parametrize("name", ["ftrack-user", "ftrack-api-key"])
@pytest.mark.parametrize("value", ["\udce9", "jane\ud800", "\x00", "é"])
def test_credentials_that_are_not_utf_8_are_invalid_ones(studio: FileStudio, name: str, value: str) -> None:
    answer = check_response(studio.handle("POST", "/api", {**studio.headers, name: value}, b"[]"))
    assert answer["exception"] == "InvalidCredentialsError"


def test_tokens_that_are_not_utf_8_are_left_out_of_the_event(studio: FileStudio) -> None:
    events: list[dict[str, Any]] = []
    studio.studio.application.on_update_event(events.append)
    headers = {**studio.headers, "ftrack-clienttoken": "\udce9", "ftrack-pushtoken": "push"}
    body = b'[{"action":"update","entity_type":"Task","entity_key":["T1"],"entity_data":{"name":"x"}}]'
    assert isinstance(check_response(studio.handle("POST", "/api", headers, body)), list)
    (event,) = events
    json.dumps(event, ensure_ascii=False).encode("utf-8")
    assert "push" in json.dumps(event)


def test_a_path_that_is_not_utf_8_is_not_found(studio: FileStudio) -> None:
    response = studio.handle("GET\udcff", "/\udce9", {}, b"")
    assert (response.status, check_response(response)["exception"]) == (404, "NotFound")


def test_a_long_text_is_quoted_in_part(studio: FileStudio) -> None:
    answer = check_response(studio.post(b'[{"action":"query","expression":"' + b"Task where " * 100_000 + b'"}]'))
    assert answer["content"].startswith("Failed to parse: Task where ")
    assert "characters left out" in answer["content"]


def test_an_event_that_cannot_be_published_does_not_turn_a_commit_into_a_refusal(studio: FileStudio) -> None:
    def publish(event: dict[str, Any]) -> None:
        raise RuntimeError("Event loop is closed")

    studio.studio.application.on_update_event(publish)
    (reply,) = studio.studio.call(studio.studio.updating("Task", ["T1"], name="renamed"))
    assert reply["data"]["name"] == "renamed"
    assert studio.studio.query('Task where name is "renamed"') != []


@pytest.mark.parametrize("position", range(3))
def test_a_mutated_operation_refuses_the_whole_request(studio: FileStudio, position: int) -> None:
    valid = [studio.studio.updating("Task", ["T1"], name=f"name {number}") for number in range(2)]
    content = studio.file.read_bytes()
    for mutated in (None, {}, {"action": "update"}, {"action": "nothing"}, studio.studio.deleting("Task", ["gone"])):
        operations: list[Any] = [*valid[:position], mutated, *valid[position:]]
        answer = check_response(studio.post(json.dumps(operations).encode()))
        assert isinstance(answer, dict)
        assert studio.file.read_bytes() == content
