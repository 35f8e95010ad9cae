"""The commands on the page about shells run, twice in a row."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.cli.terminals import run_in_pipe

SHELL_PAGE = Path(__file__).parents[2] / "docs/howto/shell-scripts.md"


def test_each_command_of_the_page_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema_cache: Path) -> None:
    commands = re.findall(r"^\$ ftrack-orm (.+)$", SHELL_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) > 10
    monkeypatch.chdir(tmp_path)
    with Sandbox(seed="demo", tasks=20) as box:
        monkeypatch.setenv("FTRACK_SERVER", box.url)
        monkeypatch.setenv("FTRACK_API_USER", box.api_user)
        monkeypatch.setenv("FTRACK_API_KEY", box.api_key)
        monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(schema_cache))
        for command in commands * 2:
            ran = run_in_pipe(*shlex.split(command))
            assert (ran.code, ran.errors) == (0, ""), command
    assert {each.name for each in tmp_path.iterdir()} == {"shots.csv", "tasks.parquet", "schema.json", "task.svg"}
