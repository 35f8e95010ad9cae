from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.wire.jsontext import dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_is_written_is_read_back_by_this_and_any_other_json(value):
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value)) == value


def test_the_text_is_compact_utf8():
    assert dumps({"a": ["ä", 1]}) == '{"a":["ä",1]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError):
        dumps([value])


def test_what_is_not_json_is_refused():
    with pytest.raises(ValueError):
        loads(b"{")
