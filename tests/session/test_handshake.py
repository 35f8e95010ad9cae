"""The handshake: server information and schema are read together with the first request, and cached."""

from __future__ import annotations

import contextlib
import copy
import gc
import hashlib
import json
import os
import random
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Cancellation, Exchange, Request, Response, Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.schema.model import Schema
from ftrack_orm.session.handshake import check_version
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport
from tests.mutations import damage_value
from tests.production import Connect, Production
from tests.property_settings import examples

USERS = {"action": "query", "expression": "select username from User"}


Actions = list[str]


class HandshakeTransport(ForwardingTransport):
    """Records the actions of every request. `fails` decides which requests fail, `change` may replace responses."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.requested: list[Actions] = []
        self.fails: Callable[[Actions], bool] = lambda actions: False
        self.change: Callable[[list[Any]], list[Any]] = lambda elements: elements

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        assert isinstance(request.body, bytes)
        actions = [operation["action"] for operation in json.loads(request.body)]
        self.requested.append(actions)
        if self.fails(actions):
            raise errors.TransportError("The connection was lost.", safe_to_retry=True)
        response = super().send(request, cancellation)
        elements = self.change(json.loads(response.read()))
        return Response(response.status, response.headers, json.dumps(elements).encode())


@pytest.fixture
def transport(box: Sandbox) -> Iterator[HandshakeTransport]:
    transport = HandshakeTransport(box)
    yield transport
    transport.close()


@pytest.fixture
def cache(tmp_path: Path) -> SchemaCache:
    return SchemaCache(tmp_path)


@pytest.fixture
def start(connect: Connect, transport: HandshakeTransport, cache: SchemaCache) -> Callable[[], Session]:
    """Create a session that has not connected yet and uses `transport` and `cache`."""
    return lambda: connect(transport=transport, schema_cache_path=cache.folder)


@pytest.fixture
def answer(session: Session) -> list[dict[str, Any]]:
    """A copy of the embedded server's schema, for tests to change."""
    return copy.deepcopy(session.schemas)


def description_of(answer: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(description for description in answer if description["id"] == name)


def store_earlier_schema(cache: SchemaCache, box: Sandbox, answer: list[dict[str, Any]]) -> None:
    """Cache *answer*, and one entity type that the server does not have any more."""
    cache.store(box.url, Schema.from_response([*answer, {"id": "Earlier", "primary_key": [], "properties": {}}]), None)


# -- the first request ------------------------------------------------------------------------------------------------


def test_without_a_cached_schema_the_first_request_has_the_whole_handshake(
    start: Callable[[], Session], transport: HandshakeTransport
) -> None:
    (reply,) = start().call([USERS])
    assert reply["action"] == "query"
    assert transport.requested == [["query_server_information", "query_schemas", "query"]]


def test_with_a_cached_schema_the_first_request_has_one_operation_more_and_no_request_follows(
    start: Callable[[], Session], transport: HandshakeTransport
) -> None:
    start().call([USERS])
    transport.requested.clear()

    session = start()
    assert session.query("User").first() is not None
    assert session.types.Task.__name__ == "Task"
    assert session.server_information["version"]
    assert transport.requested == [["query_server_information", "query"]]


def test_server_information_is_requested_once(start: Callable[[], Session], transport: HandshakeTransport) -> None:
    session = start()
    assert session.server_information["schema_hash"] == session.schema.hash
    assert session.server_information["version"]
    session.call([USERS])
    assert transport.requested == [["query_server_information", "query_schemas"], ["query"]]


def test_a_cached_schema_can_be_read_without_the_server(
    start: Callable[[], Session], transport: HandshakeTransport
) -> None:
    start().call([USERS])
    transport.fails = lambda actions: True
    session = start()
    assert "Task" in session.types
    assert str(session.query("Task").where(name="x")) == 'Task where name is "x"'
    with pytest.raises(errors.TransportError):
        session.query("Task").all()


def test_a_first_request_that_the_server_refuses_raises_and_the_next_one_succeeds(start: Callable[[], Session]) -> None:
    session = start()
    with pytest.raises(errors.ServerParseError):
        session.call([{"action": "query", "expression": "select id from User where"}])
    assert session.query("User").first() is not None


def test_a_session_can_connect_after_a_lost_connection(
    start: Callable[[], Session], transport: HandshakeTransport
) -> None:
    session = start()
    transport.fails = lambda actions: True
    with pytest.raises(errors.TransportError):
        session.types.Task  # noqa: B018 - reading it requests the schema
    transport.fails = lambda actions: False
    assert session.types.Task.__name__ == "Task"


def test_the_first_query_travels_in_the_request_of_the_handshake(
    start: Callable[[], Session], transport: HandshakeTransport, cache: SchemaCache
) -> None:
    start().call([USERS])
    transport.requested.clear()
    assert len(start().query("User").all()) >= 1
    assert transport.requested == [["query_server_information", "query"]]


# -- a cached schema that is older than the server's -------------------------------------------------------------------


def test_a_stale_schema_is_requested_again_and_the_cache_rewritten(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
) -> None:
    del description_of(answer, "Task")["properties"]["bid"]
    store_earlier_schema(cache, box, answer)

    session = start()
    assert "bid" not in session.schema.type("Task").attributes
    session.call([USERS])
    assert transport.requested == [["query_server_information", "query"], ["query_schemas"]]
    assert "bid" in session.schema.type("Task").attributes
    cached, hash = existing(cache.load(box.url))
    assert hash == session.server_information["schema_hash"]
    assert cached.answer == session.schemas

    transport.requested.clear()
    start().call([USERS])
    assert transport.requested == [["query_server_information", "query"]]


def test_classes_and_their_entities_take_over_a_newer_schema_in_place(
    start: Callable[[], Session], cache: SchemaCache, box: Sandbox, answer: list[dict[str, Any]]
) -> None:
    del description_of(answer, "User")["properties"]["email"]
    description_of(answer, "User")["properties"]["shoe_size"] = {"type": "integer"}
    store_earlier_schema(cache, box, answer)

    session = start()
    User = session.types.User
    assert not hasattr(User, "email")
    user = existing(session.query(User).first())
    assert type(user) is User is session.types.User
    assert str(session.query(User).where(User.email == "x")).endswith('where email is "x"')
    assert user.email is None or isinstance(user.email, str)
    with pytest.raises(errors.UnknownAttribute):
        user.shoe_size  # noqa: B018 - reading it is what fails
    with pytest.raises(errors.UnknownAttribute):
        User.shoe_size  # noqa: B018


def test_a_stale_schema_whose_projections_the_server_refuses_does_not_stay_in_the_cache(
    start: Callable[[], Session], cache: SchemaCache, box: Sandbox, answer: list[dict[str, Any]]
) -> None:
    description_of(answer, "User")["properties"]["shoe_size"] = {"type": "integer"}
    description_of(answer, "User")["default_projections"].append("shoe_size")
    store_earlier_schema(cache, box, answer)

    session = start()
    with pytest.raises(errors.ServerError, match="shoe_size"):
        session.query("User").all()
    assert session.query("User").all()
    assert start().query("User").all()


@pytest.mark.parametrize("use", ["query", "attribute", "create", "type"])
def test_a_stale_schema_without_the_name_that_ended_a_session_does_not_stay_in_the_cache(
    start: Callable[[], Session], cache: SchemaCache, box: Sandbox, answer: list[dict[str, Any]], use: str
) -> None:
    del description_of(answer, "Task")["properties"]["bid"]
    answer.remove(description_of(answer, "Note"))
    store_earlier_schema(cache, box, answer)

    def run() -> None:
        with start() as session:
            if use == "query":
                session.query("Task where bid > 1")
            elif use == "attribute":
                _ = session.types.Task.bid
            elif use == "create":
                session.create("Task", name="x", bid=1)
                session.rollback()
            else:
                _ = session.types.Note

    with pytest.raises((errors.UnknownAttribute, errors.UnknownEntityType)):
        run()
    run()


def test_the_first_request_is_not_lost_when_the_newer_schema_cannot_be_read(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
    production: Production,
) -> None:
    store_earlier_schema(cache, box, answer)
    transport.fails = lambda actions: actions == ["query_schemas"]

    session = start()
    task = session.create("Task", name="first", parent_id=production.shots[0])
    assert session.commit() == 1
    assert not session.created
    transport.fails = lambda actions: False
    assert task.project.name == production.name
    assert ["query_schemas"] in transport.requested[2:], "the newer schema was not requested again"
    assert len(session.query("Task").where(name="first", parent_id=production.shots[0]).all()) == 1


def test_pages_are_read_while_the_newer_schema_cannot_be_read(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
    production: Production,
) -> None:
    store_earlier_schema(cache, box, answer)
    transport.fails = lambda actions: actions == ["query_schemas"]
    tasks = start().query("Task", page_size=5).where(project_id=production.project)
    assert len(tasks.all()) == 12

    transport.fails = lambda actions: (
        actions == ["query_schemas"] or sum("query" in actions for actions in transport.requested) > 4
    )
    pages = tasks.pages()
    assert len(next(pages)) == 5
    with pytest.raises(errors.TransportError):
        next(pages)


def test_reading_server_information_raises_when_the_newer_schema_cannot_be_read(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
) -> None:
    store_earlier_schema(cache, box, answer)
    transport.fails = lambda actions: actions == ["query_schemas"]
    with pytest.raises(errors.TransportError):
        start().server_information  # noqa: B018 - reading it makes the request


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 1, "server_url": "URL", "hash": "x", "schemas": [{"id": "Task"}]}',
        b'{"format": 1, "server_url": "URL", "hash": "x", "schemas": [{"id": "Task", "properties": 5}]}',
        b'{"format": 0, "server_url": "URL", "hash": "x", "schemas": []}',
        b'{"format": 2, "server_url": "URL", "hash": "x"}\n[]',
        b'{"format": 2, "server_url": "URL", "hash": "37a6259cc0c1dae299a7866489dff0bd"}\nnull',
    ],
)
def test_a_damaged_cache_is_replaced_by_the_schema_of_the_server(
    start: Callable[[], Session], transport: HandshakeTransport, cache: SchemaCache, box: Sandbox, content: bytes
) -> None:
    path = existing(cache.path(box.url))
    path.write_bytes(content.replace(b"URL", box.url.encode()))
    session = start()
    session.call([USERS])
    assert transport.requested == [["query_server_information", "query_schemas", "query"]]
    cached, hash = existing(cache.load(box.url))
    assert (cached.answer, hash) == (session.schemas, session.server_information["schema_hash"])


def test_a_poisoned_cache_whose_hash_is_right_is_replaced_by_the_schema_of_the_server(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
) -> None:
    description_of(answer, "User")["properties"] = {"id": {"type": "boolean"}, "username": {"$ref": "Task"}}
    cache.store(box.url, Schema.from_response(answer), None)
    poisoned, _ = existing(cache.load(box.url))

    session = start()
    session.call([USERS])
    assert session.query("User").where(username=box.api_user).select("username").one().username == box.api_user
    assert session.schema.type("User").attributes["username"].kind is Kind.SCALAR
    cached, hash = existing(cache.load(box.url))
    assert cached is not poisoned
    assert (cached.answer, hash) == (session.schemas, session.server_information["schema_hash"])


def test_poisoned_caches_give_results_or_errors_of_the_library_until_the_server_s_schema_replaces_them(
    start: Callable[[], Session], cache: SchemaCache, box: Sandbox, answer: list[dict[str, Any]]
) -> None:
    chance = random.Random(13)
    names = ("User", "BaseUser", "Resource")
    mutated = [description for description in answer if description["id"] in names]
    others = [description for description in answer if description["id"] not in names]
    used = 0
    for _ in range(examples(25, 400)):
        damaged = damage_value(mutated, chance)
        text = json.dumps([*others, *damaged] if isinstance(damaged, list) else damaged, sort_keys=True).encode()
        header = {"format": 2, "server_url": box.url, "hash": hashlib.md5(text).hexdigest()}
        existing(cache.path(box.url)).write_bytes(json.dumps(header).encode() + b"\n" + text)
        with start() as session:
            used += session.schema.hash == header["hash"]
            with contextlib.suppress(errors.FtrackError):
                for user in session.query("User").where(username=box.api_user).all():
                    _ = user.username, user.email, dict(user.metadata)
        with start() as session:
            session.call([USERS])
            assert session.query("User").where(username=box.api_user).one().username == box.api_user
            assert existing(cache.load(box.url))[1] == session.server_information["schema_hash"]
    assert used > 10


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs are files of POSIX systems")
def test_a_fifo_in_the_place_of_the_cache_does_not_stop_a_session(
    start: Callable[[], Session], cache: SchemaCache, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    path = existing(cache.path(box.url))
    os.mkfifo(path)
    assert start().query("User").first() is not None
    assert "it is a FIFO, not a regular file" in caplog.text
    assert stat.S_ISFIFO(path.stat().st_mode)


# -- several sessions -------------------------------------------------------------------------------------------------


def test_sessions_of_one_server_share_the_parsed_schema(start: Callable[[], Session]) -> None:
    first, second = start(), start()
    first.call([USERS])
    assert second.schema is first.schema
    first.close()
    del first
    gc.collect()
    assert second.query("User").first() is not None
    assert start().schema is second.schema


def test_sessions_without_a_cache_do_not_share_schemas(connect: Connect, transport: HandshakeTransport) -> None:
    first, second = (connect(transport=transport, schema_cache_path=False) for _ in range(2))
    assert first.schema is not second.schema


def test_a_newer_schema_of_one_session_does_not_affect_the_others(
    start: Callable[[], Session],
    transport: HandshakeTransport,
    cache: SchemaCache,
    box: Sandbox,
    answer: list[dict[str, Any]],
) -> None:
    description_of(answer, "User")["properties"]["shoe_size"] = {"type": "integer"}
    store_earlier_schema(cache, box, answer)
    earlier, newer = start(), start()
    assert earlier.schema is newer.schema
    Earlier, Newer = earlier.types.User, newer.types.User
    newer.call([USERS])
    assert newer.schema is not earlier.schema
    assert "shoe_size" not in Newer.__attributes__
    assert "shoe_size" in Earlier.__attributes__
    assert str(earlier.query("User").where(Earlier.shoe_size == 5)).endswith("shoe_size is 5")
    transport.requested.clear()
    earlier.call([USERS])
    assert transport.requested == [["query_server_information", "query"]], "the other session has stored it already"
    assert earlier.schema is newer.schema
    assert "shoe_size" not in Earlier.__attributes__


def test_the_cache_can_be_disabled(
    connect: Connect, transport: HandshakeTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    connect(transport=transport, schema_cache_path=False).call([USERS])
    connect(transport=transport, schema_cache_path=False).call([USERS])
    assert transport.requested == [["query_server_information", "query_schemas", "query"]] * 2
    assert list(tmp_path.iterdir()) == []


# -- servers that are not supported -----------------------------------------------------------------------------------


def test_a_server_that_is_too_old_is_refused(start: Callable[[], Session], transport: HandshakeTransport) -> None:
    def age(elements: list[Any]) -> list[Any]:
        elements[0]["version"] = "3.3.10"
        return elements

    transport.change = age
    with pytest.raises(errors.ServerCompatibilityError, match=r"3\.3\.10.*3\.3\.11"):
        start().query("User")


@pytest.mark.parametrize("version", ["3.3.11", "3.3.11.1", "4.0.0", "4.13.8.0", "10.0.0", "dev", "", "4.x"])
def test_a_server_new_enough_or_in_development_is_accepted(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize("version", ["3.3.10", "3.2.99", "2.9.12.4"])
def test_an_old_version_is_refused(version: str) -> None:
    with pytest.raises(errors.ServerCompatibilityError, match=version):
        check_version(version)


@pytest.mark.parametrize(
    ("position", "replacement"), [(0, "hello"), (0, None), (1, {"Task": {}}), (1, [{"name": "no id"}]), (1, None)]
)
def test_a_server_that_is_not_ftrack_is_a_protocol_error(
    start: Callable[[], Session], transport: HandshakeTransport, position: int, replacement: Any
) -> None:
    def replace(elements: list[Any]) -> list[Any]:
        elements[position] = replacement
        return elements

    transport.change = replace
    with pytest.raises(errors.ProtocolError):
        start().query("User")


@pytest.mark.parametrize("name", ["version", "schema_hash"])
@pytest.mark.parametrize("value", [5, 4.5, True, ["4.0.0"], {"a": 1}])
def test_server_information_of_a_wrong_type_is_an_error_with_attribute_and_value(
    start: Callable[[], Session], transport: HandshakeTransport, name: str, value: Any
) -> None:
    def replace(elements: list[Any]) -> list[Any]:
        elements[0][name] = value
        return elements

    transport.change = replace
    session = start()
    with pytest.raises(errors.ProtocolError, match=re.escape(repr(value))) as caught:
        session.query("User").first()
    assert caught.value.details["attribute"] == name
    transport.change = lambda elements: elements
    assert session.query("User").first() is not None


def test_wrong_credentials_raise_on_the_first_request(box: Sandbox, tmp_path: Path) -> None:
    with Session(box.url, "not the key", box.api_user, schema_cache_path=tmp_path) as session:
        exchanges: list[Exchange] = []
        session.observe(exchanges.append)
        with pytest.raises(errors.AuthenticationError):
            session.query("User")
        assert len(exchanges) == 1
        assert list(tmp_path.iterdir()) == []


# -- several threads ---------------------------------------------------------------------------------------------------


def test_threads_that_start_together_make_one_handshake(
    start: Callable[[], Session], transport: HandshakeTransport
) -> None:
    session = start()
    barrier = threading.Barrier(6)
    results: list[list[Any]] = []
    failures: list[BaseException] = []

    def use_session() -> None:
        try:
            barrier.wait(10)
            results.append([session.types.Task, session.query("User").count(), session.server_information["version"]])
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=use_session) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(results) == 6
    assert all(result == results[0] for result in results)
    assert sum("query_schemas" in actions for actions in transport.requested) == 1
    assert sum("query_server_information" in actions for actions in transport.requested) == 1


@pytest.mark.parametrize("part", ["9" * 5000, "0" * 5000 + "4", "4"])
def test_a_version_of_thousands_of_digits_is_read(part: str) -> None:
    check_version(f"{part}.0.0")
    check_version(f"4.{part}.{part}")


@pytest.mark.parametrize("version", ["0" * 5000 + "3.0.0", "3.3.10" + "x" * 5000])
def test_the_error_about_an_old_version_is_short(version: str) -> None:
    with pytest.raises(errors.ServerCompatibilityError) as caught:
        check_version(version)
    assert len(str(caught.value)) < 200
