"""The files that keep learned projections between runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_orm.entities.reading.call_sites import CallSite
from ftrack_orm.session import learned_projections
from ftrack_orm.session.learned_projections import learned_paths, save

SERVER = "https://studio.ftrackapp.com"
HERE = CallSite(__file__, 1), "Task"


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned_projections, "_by_server", {})


def restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process has in memory."""
    monkeypatch.setattr(learned_projections, "_by_server", {})


def test_paths_last_beyond_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned_paths(SERVER, tmp_path).add(HERE, ["status", "parent[Shot].name"])
    save(SERVER, tmp_path)
    restart(monkeypatch)
    assert learned_paths(SERVER, tmp_path).of(HERE) == ("status", "parent[Shot].name")
    assert learned_paths("https://other.ftrackapp.com", tmp_path).of(HERE) == ()
    assert [path.name[:8] for path in tmp_path.iterdir()] == ["learned-"]


def test_what_another_process_has_saved_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = learned_paths(SERVER, tmp_path)
    restart(monkeypatch)
    theirs, elsewhere = learned_paths(SERVER, tmp_path), (CallSite(__file__, 2), "Task")
    theirs.add(elsewhere, ["parent"])
    save(SERVER, tmp_path)
    monkeypatch.setattr(learned_projections, "_by_server", {(SERVER, tmp_path): mine})
    mine.add(HERE, ["status"])
    save(SERVER, tmp_path)
    restart(monkeypatch)
    both = learned_paths(SERVER, tmp_path)
    assert (both.of(HERE), both.of(elsewhere)) == (("status",), ("parent",))


def test_what_was_learned_of_a_file_that_has_changed_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "tool.py"
    script.write_text("pass")
    key = CallSite(str(script), 1), "Task"
    typed = CallSite("<stdin>", 1), "Task"
    learned = learned_paths(SERVER, tmp_path)
    learned.add(key, ["status"])
    learned.add(typed, ["status"])
    save(SERVER, tmp_path)
    restart(monkeypatch)
    assert learned_paths(SERVER, tmp_path).of(key) == ("status",)
    assert learned_paths(SERVER, tmp_path).of(typed) == ()
    os.utime(script, ns=(1, 1))
    restart(monkeypatch)
    assert learned_paths(SERVER, tmp_path).of(key) == ()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"format": 2}', b'{"format": 1, "lines": [{}]}', b'{"format": 1, "lines": 3}']
)
def test_a_damaged_file_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    learned_paths(SERVER, tmp_path).add(HERE, ["status"])
    save(SERVER, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    restart(monkeypatch)
    assert learned_paths(SERVER, tmp_path).of(HERE) == ()


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    learned_paths(SERVER, None).add(HERE, ["status"])
    save(SERVER, None)
    assert learned_paths(SERVER, None).of(HERE) == ("status",)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    learned_paths(SERVER, blocked).add(HERE, ["status"])
    save(SERVER, blocked)
