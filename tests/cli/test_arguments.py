"""Arguments that several commands have."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from ftrack_orm.cli.arguments import EntityTypeName, cached_types, read_schema_file
from ftrack_orm.cli.commands import commands
from ftrack_orm.errors import SettingsError
from ftrack_orm.typing.content import SchemaContent
from tests.cli.terminals import run_in_pipe
from tests.production import Connect
from tests.schema.small_schema import small_schema


def completions(incomplete: str) -> list[str]:
    type_name = EntityTypeName()
    found = type_name.shell_complete(click.Context(commands), click.Argument(["it"]), incomplete)
    return [each.value for each in found]


def test_a_shell_completes_entity_types_of_the_cached_schema_without_a_request(
    account: None, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connect().schema  # which is cached from here on
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a request was made"))
    assert completions("asset") == sorted(each for each in cached_types() if each.startswith("Asset"))
    assert "AssetVersion" in completions("AssetV")
    monkeypatch.setenv("COMP_WORDS", "ftrack-orm get Proj")
    monkeypatch.setenv("COMP_CWORD", "2")
    monkeypatch.setenv("_FTRACK_ORM_COMPLETE", "bash_complete")
    completed = run_in_pipe().lines
    assert "plain,Project" in completed


def test_without_a_server_nothing_is_completed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FTRACK_SERVER", "not an address")
    assert completions("") == []
    monkeypatch.setenv("FTRACK_SERVER", "https://studio.example.com")
    monkeypatch.setenv("FTRACK_API_USER", "jane")
    monkeypatch.setenv("FTRACK_API_KEY", "x")
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    assert completions("") == []


def test_schemas_are_read_from_dumps_and_from_packages(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(small_schema()))
    dumped = read_schema_file(str(file))
    file.write_text(SchemaContent.of(small_schema()).to_text())
    assert sorted(read_schema_file(str(file))) == sorted(read_schema_file(str(tmp_path))) == sorted(dumped)


@pytest.mark.parametrize("content", ["", "[", "{}", "5", "[5]", '{"format": 99}'])
def test_other_files_are_errors_that_name_them(tmp_path: Path, content: str) -> None:
    file = tmp_path / "schema.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"schema\.json (is not JSON|has no schema)"):
        read_schema_file(str(file))
