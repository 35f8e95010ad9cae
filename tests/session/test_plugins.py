"""Session plugins: found as in the official client, called with the arguments they accept; failures are logged."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("exit_call", ["sys.exit(0)", "sys.exit()", "raise SystemExit", "exit(3)", "quit()"])
def test_a_plugin_that_exits_when_it_is_registered_is_an_error_of_that_plugin(
    folder: Callable[..., Path], caplog: pytest.LogCaptureFixture, exit_call: str
) -> None:
    session, counters = Session(), Counters()
    path = folder(a=f"import sys\ndef register(session):\n    {exit_call}\n", b=register("b"))
    assert load_plugins([path], session, {}, CallbackRunner(counters).run) == 1
    assert session.registered == ["b"]
    assert counters.read(waiting=0, unsent=0).failed == 1
    assert "a.py" in caplog.text


def test_symbolic_links_that_form_loops_register_a_plugin_once(folder: Callable[..., Path]) -> None:
    path = folder(inner__a=register("a"), b=register("b"))
    (path / "inner" / "up").symlink_to(path, target_is_directory=True)
    (path / "inner" / "self").symlink_to(path / "inner", target_is_directory=True)
    (path / "again.py").symlink_to(path / "b.py")
    (path / "lost.py").symlink_to(path / "missing.py")
    (path / "itself.py").symlink_to(path / "itself.py")
    session = Session()
    assert load_plugins([path, path / "inner", path], session, {}, CallbackRunner(Counters()).run) == 2
    assert sorted(session.registered) == ["a", "b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_what_is_no_regular_file_is_skipped(folder: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    path = folder(b=register("b"))
    os.mkfifo(path / "a.py")
    (path / "folder.py").mkdir()
    session = Session()
    assert load_plugins([path], session, {}, CallbackRunner(Counters()).run) == 1
    assert "a.py" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")
def test_folders_and_plugins_that_everybody_may_write_are_warned_about(
    folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = folder(a=register("a"), inner__b=register("b"), inner__c=register("c"))
    for each in (path, path / "inner", *path.rglob("*.py")):
        each.chmod(0o755)
    load_plugins([path], Session(), {}, CallbackRunner(Counters()).run)
    assert caplog.text == ""
    (path / "inner").chmod(0o777)
    (path / "a.py").chmod(0o666)
    session = Session()
    load_plugins([path], session, {}, CallbackRunner(Counters()).run)
    assert session.registered == ["a", "b", "c"]
    assert [record.args for record in caplog.records] == [(str(path / "a.py"),), (str(path / "inner"),)]
