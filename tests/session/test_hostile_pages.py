"""Pages without progress, deep nesting, long texts and other wrong answers of a server that is written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.transport.in_process import InProcess

TEXT = {"type": "string"}
TASK = {
    "id": "Task",
    "primary_key": ["id"],
    "default_projections": ["id", "name"],
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "due": {"type": "string", "format": "date-time"},
        "data": {"type": "variable"},
        "parent": {"$ref": "Task"},
        "children": {"type": "array", "items": {"$ref": "Task"}},
    },
}
FLAT_TASK = {"__entity_type__": "Task", "id": "1", "name": "one"}


def page(*rows: Any, offset: Any = None) -> dict[str, Any]:
    return {"action": "query", "data": list(rows), "metadata": {"next": {"offset": offset}}}


def connect(answer: Callable[[str], bytes]) -> Session:
    """Return a session on a server that answers each query with the JSON that *answer* returns for its expression."""

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        parts = []
        for operation in json.loads(body):
            if operation["action"] == "query_server_information":
                parts.append(b'{"version":"4.9"}')
            elif operation["action"] == "query_schemas":
                parts.append(json.dumps([TASK]).encode())
            else:
                parts.append(answer(operation.get("expression", "")))
        return 200, "application/json", b"[" + b",".join(parts) + b"]"

    return Session(
        "https://studio.test", "key", "user", transport=InProcess(handle), schema_cache_path=False, page_size=2
    )


def always(answer: Any) -> Callable[[str], bytes]:
    return lambda _: json.dumps(answer).encode()


READS: dict[str, Callable[[Session], Any]] = {
    "all": lambda session: session.query("Task").all(),
    "dicts": lambda session: list(session.query("Task").dicts()),
    "count": lambda session: session.query("Task").count(),
    "walk": lambda session: list(session.query("Task").walk()),
    "loop": lambda session: [task["name"] for task in session.query("Task offset 4")],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("offset", [2, 1, 0, -5, 10**30])
def test_pages_without_progress_are_an_error(read: Callable[[Session], Any], offset: int) -> None:
    sent = 0

    def answer(expression: str) -> bytes:
        nonlocal sent
        sent += 1
        assert sent < 10, "the query goes on for ever"
        return always(page(FLAT_TASK, FLAT_TASK, offset=offset))(expression)

    with connect(answer) as session, pytest.raises(errors.ProtocolError, match=r"offset|an earlier page"):
        read(session)


def test_walk_notices_pages_that_repeat_in_turns() -> None:
    numbers = iter(range(100))

    def answer(expression: str) -> bytes:
        number = next(numbers)
        return always(page({**FLAT_TASK, "id": f"{number % 3}"}, offset=2))(expression)

    with connect(answer) as session, pytest.raises(errors.ProtocolError, match="an earlier page"):
        list(session.query("Task").walk())
    assert next(numbers) < 10


@pytest.mark.parametrize("levels", [50, 90, 900, 5_000, 50_000])
@pytest.mark.parametrize(
    ("start", "end"), [(b"[", b"]"), (b'{"a":', b"}"), (b'{"__entity_type__":"Task","id":"x","parent":', b"}")]
)
def test_nested_answers_are_read_or_refused(levels: int, start: bytes, end: bytes) -> None:
    nested = start * levels + b"null" + end * levels
    for attribute in (b"data", b"parent", b"children", b"name", b"due", b"id", b"unknown"):
        row = b'{"__entity_type__":"Task","id":"1","' + attribute + b'":' + nested + b"}"
        content = b'{"data":[' + row + b'],"metadata":{}}'

        def answer(_: str, content: bytes = content) -> bytes:
            return content

        reads: list[Callable[[Session], Any]] = [
            lambda session: session.query("select data, name, due, parent, children from Task").all(),
            lambda session: session.query("select data, name, due, parent, children from Task").all(),
            lambda session: list(session.query("select data, name, due, parent, children from Task").dicts()),
            lambda session: session.call([{"action": "query", "expression": "Task"}]),
            lambda session: session.get("Task", "1"),
        ]
        with connect(answer) as session:
            for read in reads:
                try:
                    read(session)
                except errors.FtrackError as error:
                    assert len(str(error)) < 2_000


@pytest.mark.parametrize(
    "changes",
    [
        {"due": {"__type__": "datetime", "value": "0000-00-00 00:00:00"}},
        {"due": {"__type__": "datetime", "value": 10**400}},
        {"children": "text"},
        {"children": [{**FLAT_TASK, "id": "2", "children": 5}]},
        {"parent": {"__entity_type__": {"a": 1}, "id": "1"}},
        {"parent": {"__entity_type__": "Elephant", "id": "1"}},
        {"parent": {"__entity_type__": "E" * 100_000, "id": "1"}},
        {"parent": {"__entity_type__": "Task"}},
        {"name": {"deep": ["x" * 100_000]}},
    ],
)
def test_an_answer_that_is_refused_changes_no_entity(changes: dict[str, Any]) -> None:
    first: dict[str, Any] = {
        **FLAT_TASK,
        "due": {"__type__": "datetime", "value": "2024-05-01T12:00:00"},
        "children": [],
        "parent": None,
    }
    answers = [
        page(first, {**first, "id": "2"}),
        page({**first, "name": "changed"}, {**first, "id": "2", **changes}),
        page({**first, "name": "changed"}, {**first, "id": "2", **changes}),
        page({**first, "name": "good"}, {**first, "id": "2"}),
    ]
    with connect(lambda expression: json.dumps(answers[0]).encode()) as session:
        query = session.query("select name, due, children, parent from Task")
        tasks = query.all()
        before = [dict(task.__dict__) for task in tasks]
        del answers[0]
        for _ in range(2):
            with pytest.raises((errors.ProtocolError, errors.UnknownEntityType)) as caught:
                query.all()
            assert len(str(caught.value)) < 2_000
            assert caught.value.details["entity_type"]
            assert [task.__dict__ for task in tasks] == before
            assert list(tasks[0]["children"]) == []
            del answers[0]
        assert query.all() == tasks
        assert tasks[0]["name"] == "good"


def test_numbers_of_many_digits_are_errors_or_values() -> None:
    for digits in (100, 4_000, 5_000, 100_000):
        content = b'{"data":[{"__entity_type__":"Task","id":' + b"9" * digits + b'}],"metadata":{}}'
        with connect(lambda _, content=content: content) as session:  # type: ignore[misc]
            for read in READS.values():
                try:
                    read(session)
                except errors.FtrackError as error:
                    assert len(str(error)) < 2_000


def test_the_texts_of_a_server_are_cut_in_messages() -> None:
    refusal = {"exception": "E" * 100_000, "content": "c" * 1_000_000, "error_code": None}
    with connect(always(refusal)) as session, pytest.raises(errors.ServerError) as caught:
        session.query("Task").all()
    assert len(str(caught.value)) < 5_000
    assert len(caught.value.content) == 1_000_000
    odd = {"exception": {"a": [1]}, "content": [["x"]]}
    with connect(always(odd)) as session, pytest.raises(errors.ServerError, match="refused"):
        session.query("Task").all()


def test_long_names_get_no_suggestion() -> None:
    with connect(always(page())) as session:
        session.types["Task"]
        with pytest.raises(errors.UnknownEntityType) as caught:
            session.types["Task" * 100_000]
        assert len(str(caught.value)) < 500


def test_the_text_of_an_entity_is_cut() -> None:
    with connect(always(page({**FLAT_TASK, "id": "i" * 10_000, "name": "n" * 10_000}))) as session:
        assert len(repr(session.query("Task").one())) < 1_000
