"""Bodies of requests as operations, and the bodies that are refused."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox.request_body import parse_operations
from ftrack_orm.wire.operations import DeleteOperation, QueryOperation


def test_a_body_is_a_list_of_operations() -> None:
    assert parse_operations(b"[]") == []
    body = b'[{"action":"query","expression":"Task"},{"action":"delete","entity_type":"Task","entity_key":["x"]}]'
    assert parse_operations(body) == [QueryOperation("Task"), DeleteOperation("Task", ("x",))]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON"),
        (b"{}", "not dict"),
        (b"[1]", 'an "action"'),
        (b"[\xff]", "it is not UTF-8: invalid start byte at byte 1"),
        (b'["\xed\xa0\x80"]', "it is not UTF-8"),
        (b'[{"action":"query","expression":"\\uD800"}]', "lone surrogates"),
        (b'[{"action":"query","expression":NaN}]', "the number nan"),
        (b'[{"action":"x","a":-Infinity}]', "the number -inf"),
        (b'[{"action":"x","a":[1,{"b":1e400}]}]', "the number inf"),
        (b'[{"action":"x","a":' + b"9" * 400 + b"}]", "the number 9999"),
        (b'[{"action":"x","a":' + b"9" * 5000 + b"}]", "it is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_other_bodies_are_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_operations(body)
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", [b"NaN", b"1e999", b"9" * 400, b"[[[Infinity"])
def test_texts_that_look_like_numbers_are_accepted(text: bytes) -> None:
    body = b'[{"action":"query","expression":"Task where name is ' + text + b'","x":[1e10,-1.5E+100,1e-400]}]'
    assert isinstance(parse_operations(body)[0], QueryOperation)


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse_operations(b"\xef\xbb\xbf[]") == []
