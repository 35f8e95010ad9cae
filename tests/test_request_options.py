"""The options of requests: checked when they are given, joined from the outside in, and separate in each thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import Cancellation
from ftrack_orm.errors import InvalidValue, SettingsError, UsageError
from ftrack_orm.request_options import NO_OPTIONS, OptionBlocks, RequestOptions


@pytest.mark.parametrize(
    ("wrong", "kind", "named"),
    [
        ({"headers": "x: y"}, InvalidValue, "headers"),
        ({"headers": {"x y": "z"}}, SettingsError, "headers"),
        ({"headers": {"x": "a\r\nb: c"}}, SettingsError, "headers"),
        ({"headers": {"x": 5}}, SettingsError, "headers"),
        ({"push_token": "a\nb"}, SettingsError, "push_token"),
        ({"push_token": 5}, SettingsError, "push_token"),
        ({"timeout": 0}, InvalidValue, "timeout"),
        ({"timeout": "5"}, InvalidValue, "timeout"),
        ({"timeout": float("nan")}, InvalidValue, "timeout"),
        ({"timeout": True}, InvalidValue, "timeout"),
        ({"timeout": 10**400}, InvalidValue, "timeout"),
        ({"cancellation": True}, InvalidValue, "cancellation"),
        ({"cancellation": Cancellation}, InvalidValue, "cancellation"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_name(wrong: dict[str, Any], kind: Any, named: str) -> None:
    with pytest.raises(kind, match=named):
        RequestOptions(**wrong)


def test_the_repr_leaves_out_headers() -> None:
    assert "s3cret" not in repr(RequestOptions({"x-key": "s3cret"}))


texts = st.sampled_from(["a", "b", "c"])
options = st.builds(
    RequestOptions,
    headers=st.dictionaries(st.sampled_from(["x", "X", "y"]), texts, max_size=2),
    push_token=st.none() | texts,
    timeout=st.none() | st.sampled_from([1, 2.5]),
    cancellation=st.none() | st.just(Cancellation()),
)


@given(options, options, options)
def test_options_over_others_win_and_joining_is_associative(
    inner: RequestOptions, middle: RequestOptions, outer: RequestOptions
) -> None:
    joined = inner.over(middle)
    assert joined.timeout == (inner.timeout or middle.timeout)
    assert joined.headers == {**middle.headers, **inner.headers}
    assert joined.over(outer) == inner.over(middle.over(outer))
    assert inner.over(NO_OPTIONS) == inner == NO_OPTIONS.over(inner)
    assert hash(inner) == hash(inner.over(inner))


@given(st.lists(options, max_size=4))
def test_the_options_of_nested_blocks_end_with_their_blocks(nested: list[RequestOptions]) -> None:
    blocks = OptionBlocks()

    def enter(rest: list[RequestOptions], outer: RequestOptions) -> None:
        assert blocks.current() == outer
        if rest:
            with blocks.using(rest[0]):
                enter(rest[1:], rest[0].over(outer))
            assert blocks.current() == outer

    enter(nested, NO_OPTIONS)


def test_blocks_are_those_of_one_session_and_one_thread() -> None:
    blocks, others = OptionBlocks(), OptionBlocks()
    seen: list[RequestOptions] = []
    with blocks.using_given(None, None, 5, None):
        thread = threading.Thread(target=lambda: seen.append(blocks.current()))
        thread.start()
        thread.join()
        assert blocks.current().timeout == 5
        assert others.current() == NO_OPTIONS
    assert seen == [NO_OPTIONS]


def test_a_block_whose_body_raises_ends() -> None:
    blocks = OptionBlocks()
    with pytest.raises(UsageError), blocks.using_given({"x": "y"}, None, None, None):
        raise UsageError("from the body")
    assert blocks.current() == NO_OPTIONS
