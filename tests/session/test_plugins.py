"""Session plugins: found as in the official client, called with the arguments they accept; failures are logged."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.events.delivery.callback_runner import CallbackRunner
from ftrack_orm.events.delivery.statistics import Counters
from ftrack_orm.session.plugins import load_plugins
from tests.events.raised import every_exception


class Session:
    """Replaces a session: the plugins of these tests only append to a list."""

    def __init__(self) -> None:
        self.registered: list[Any] = []
        self.error: BaseException | None = None


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def write(**plugins: str) -> Path:
        for name, text in plugins.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def register(name: str, parameters: str = "session", noted: str | None = None) -> str:
    return f"def register({parameters}):\n    session.registered.append({noted or repr(name)})\n"


def test_every_file_below_the_folders_is_registered_in_alphabetical_order(folder: Callable[..., Path]) -> None:
    path = folder(b=register("b"), a=register("a"), inner__c=register("c"))
    session = Session()
    assert load_plugins([path], session, {}, CallbackRunner(Counters()).run) == 3
    assert session.registered == ["a", "b", "c"]


def test_a_plugin_that_fails_is_logged_and_the_others_are_loaded(
    folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = folder(
        a="this is not Python",
        b="def register(session):\n    raise RuntimeError('no licence')\n",
        c="value = 1\n",
        d="raise SystemError('on import')\n",
        e=register("e"),
    )
    session = Session()
    assert load_plugins([path, pathlib.Path(path, "missing")], session, {}, CallbackRunner(Counters()).run) == 1
    assert session.registered == ["e"]
    for text in ("a.py", "no licence", "c.py", "on import", "missing"):
        assert text in caplog.text


def test_arguments_are_passed_to_the_plugins_that_accept_them(folder: Callable[..., Path]) -> None:
    path = folder(
        a=register("a"),
        b=register("b", "session, show=None", "('b', show)"),
        c=register("c", "session, **others", "('c', others)"),
        d=register("d", "session, *, other=1", "('d', other)"),
    )
    session = Session()
    load_plugins([path], session, {"show": "demo", "port": 1}, CallbackRunner(Counters()).run)
    assert session.registered == ["a", ("b", "demo"), ("c", {"show": "demo", "port": 1}), ("d", 1)]


def test_plugins_with_the_same_name_in_two_folders_are_separate_modules(tmp_path: Path) -> None:
    session = Session()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        text = f"import sys\nhome = {name!r}\ndef register(session):\n"
        (tmp_path / name / "plugin.py").write_text(
            text + "    session.registered.append((home, sys.modules[__name__].home))\n"
        )
    load_plugins([tmp_path / "one", tmp_path / "two"], session, {}, CallbackRunner(Counters()).run)
    assert session.registered == [("one", "one"), ("two", "two")]


def test_whatever_a_plugin_raises_is_logged_and_counted_and_the_others_are_loaded(
    folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    counters = Counters()
    # On a thread of the user, an interrupt is the user's.
    errors = [error for error in every_exception() if not isinstance(error, KeyboardInterrupt)]
    path = folder(a="def register(session):\n    raise session.error\n", b=register("b"))
    for error in errors:
        session = Session()
        session.error = error
        caplog.clear()
        assert load_plugins([path], session, {}, CallbackRunner(counters).run) == 1
        assert session.registered == ["b"]
        assert "a.py" in caplog.text
        assert type(error).__name__ in caplog.text
    assert counters.read(waiting=0, unsent=0).failed == len(errors)


def test_a_plugin_that_exits_on_import_is_skipped(folder: Callable[..., Path]) -> None:
    session = Session()
    path = folder(a="import sys\nsys.exit(2)\n", b=register("b"))
    assert load_plugins([path], session, {}, CallbackRunner(Counters()).run) == 1
