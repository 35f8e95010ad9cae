"""Finding the line of the user's code that is running."""

from __future__ import annotations

import concurrent.futures
import inspect as python
import json
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest

from ftrack_orm.entities.reading.call_sites import CallSite, calling_site


def next_line() -> int:
    return cast("FrameType", cast("FrameType", python.currentframe()).f_back).f_lineno + 1


def test_the_calling_line_is_found() -> None:
    line = next_line()
    assert calling_site() == CallSite(__file__, line)


def test_code_of_the_standard_library_is_skipped() -> None:
    line = next_line()
    assert json.loads("1", parse_int=function_of_the_library()) == CallSite(__file__, line)


def function_of_the_library() -> Callable[[Any], CallSite | None]:
    scope = {"__name__": "ftrack_orm.entities.elsewhere", "calling_site": calling_site}
    return cast("Callable[[Any], CallSite | None]", eval("lambda _: calling_site()", scope))


def test_a_thread_without_user_code_has_no_call_site() -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert pool.submit(calling_site).result() is None


def test_code_of_the_library_is_skipped() -> None:
    load = function_of_the_library()
    line = next_line()
    assert load("anything") == CallSite(__file__, line)


def test_a_call_site_is_shown_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(CallSite(str(tmp_path / "tools" / "publish.py"), 12)).replace("\\", "/") == "tools/publish.py:12"
    assert str(CallSite("/elsewhere/publish.py", 12)) == "/elsewhere/publish.py:12"
