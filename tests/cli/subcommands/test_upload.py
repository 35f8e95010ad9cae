"""`ftrack-orm upload` and `ftrack-orm download`, there and back again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from ftrack_orm import Session
from ftrack_orm.cli.commands import commands
from ftrack_orm.cli.subcommands.upload import name_of
from tests.cli.terminals import run_in_pipe, run_in_terminal
from tests.production import Production

pytestmark = pytest.mark.usefixtures("account", "folder")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with files to upload."""
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("notes")
    Path("plate.exr").write_bytes(b"pixels" * 1000)
    for frame in (1, 2, 3):
        Path(f"frame.{frame:04}.dpx").write_bytes(bytes(frame))
    return tmp_path


@pytest.fixture
def version(session: Session, production: Production) -> Any:
    """A version of the test's own."""
    shot = session.get("Shot", production.shots[0])
    asset = session.create("Asset", name="render", parent=shot, type=session.query("AssetType").first())
    version: Any = session.create("AssetVersion", asset=asset)
    session.commit()
    return version


def upload(*arguments: str) -> list[dict[str, Any]]:
    ran = run_in_pipe("upload", *arguments, "--json")
    assert ran.code == 0, ran
    rows: list[dict[str, Any]] = ran.json
    return rows


def test_files_of_a_version_are_uploaded_and_downloaded(version: Any) -> None:
    rows = upload("notes.txt", "plate.exr", "--to", "AssetVersion", version["id"])
    assert [(row["name"], row["file_type"], row["size"], row["location"]) for row in rows] == [
        ("notes", ".txt", 5, "ftrack.server"),
        ("plate", ".exr", 6000, "ftrack.server"),
    ]
    ran = run_in_pipe("download", "--version", version["id"], "--out", "new/folder", "--json")
    assert ran.code == 0, ran
    names = {Path(row["path"]).name: row["size"] for row in ran.json}
    assert names == {"notes.txt": 5, "plate.exr": 6000}
    one = run_in_pipe("download", "--version", version["id"], "--name", "plate", "--out", "one.exr")
    assert one.output == "path\tsize\none.exr\t6000\n"
    assert Path("one.exr").read_bytes() == Path("plate.exr").read_bytes()


def test_files_that_exist_are_kept_unless_overwritten() -> None:
    (row,) = upload("notes.txt")
    Path("notes.txt").write_text("mine")
    ran = run_in_pipe("download", row["id"])
    assert (ran.code, ran.output) == (1, "")
    assert "'notes.txt': it exists already. Pass --overwrite" in ran.errors
    assert Path("notes.txt").read_text() == "mine"
    assert run_in_pipe("download", row["id"], "--overwrite").code == 0
    assert Path("notes.txt").read_text() == "notes"


def test_a_sequence_becomes_a_folder() -> None:
    (row,) = upload("frame.%04d.dpx [1-3]")
    assert (row["type"], row["name"], row["size"]) == ("SequenceComponent", "frame", 6)
    assert run_in_pipe("download", row["id"], "--out", "copy").code == 0
    assert {path.name: path.stat().st_size for path in Path("copy").iterdir()} == {
        "frame.0001.dpx": 1,
        "frame.0002.dpx": 2,
        "frame.0003.dpx": 3,
    }


def test_a_sequence_does_not_fit_the_standard_output_as_the_help_says() -> None:
    (row,) = upload("frame.%04d.dpx [1-3]")
    ran = run_in_pipe("download", row["id"], "--out", "-")
    assert (ran.code, ran.output) == (2, "")
    assert "The standard output takes one file, and 'frame' has 3. Pass a folder, as in --out plates" in ran.errors
    text = " ".join(run_in_pipe("download", "--help").output.split())
    assert "Sequences and containers become folders; with several files they cannot be written to the standard" in text
    assert "tar" not in text.split()


def test_a_thumbnail_and_a_review_belong_to_an_entity(version: Any, session: Session, production: Production) -> None:
    Image.new("RGB", (64, 36), "steelblue").save("still.png")
    Image.new("RGB", (64, 36)).save("movie.gif", save_all=True, append_images=[Image.new("RGB", (64, 36), "red")])
    (row,) = upload("still.png", "--to", "Task", production.tasks[0], "--as", "thumbnail")
    task: Any = session.get("Task", production.tasks[0])
    assert task["thumbnail_id"] == row["id"]
    (review,) = upload("movie.gif", "--to", "AssetVersion", version["id"], "--as", "review")
    session.refresh(version)
    assert review["id"] in [component["id"] for component in version["components"]]


def test_one_file_goes_to_the_standard_output() -> None:
    (row,) = upload("plate.exr")
    result = CliRunner().invoke(commands, ["download", row["id"], "--out", "-"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout_bytes == Path("plate.exr").read_bytes()


def test_a_component_is_copied_from_a_location_of_a_plugin(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.ensure("Location", {"name": "studio.command-line"}, identifying_keys=["name"])
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "disk.py").write_text(
        "from ftrack_orm.storage import DiskAccessor, IdStructure\n"
        "def register(session):\n"
        "    def configure(event):\n"
        "        event['data']['session'].locations.configure(\n"
        f"            'studio.command-line', accessor=DiskAccessor({str(tmp_path / 'disk')!r}),\n"
        "            structure=IdStructure(), priority=1)\n"
        "    session.event_hub.subscribe('topic=ftrack.api.session.configure-location', configure)\n"
    )
    (tmp_path / "disk").mkdir()
    monkeypatch.setenv("FTRACK_EVENT_PLUGIN_PATH", str(tmp_path / "plugins"))
    (row,) = upload("plate.exr", "--location", "studio.command-line")
    assert run_in_pipe("download", row["id"], "--out", "copy.exr", "--json").json[0]["size"] == 6000
    assert Path("copy.exr").read_bytes() == Path("plate.exr").read_bytes()
    monkeypatch.setenv("FTRACK_EVENT_PLUGIN_PATH", "")
    ran = run_in_pipe("download", row["id"], "--out", "again.exr")
    assert ran.code == 4
    assert "It is in studio.command-line." in ran.errors
    assert "FTRACK_EVENT_PLUGIN_PATH" in ran.errors


def test_a_dry_run_sends_nothing(session: Session) -> None:
    before = session.query("Component").count()
    ran = run_in_pipe("upload", "plate.exr", "frame.%04d.dpx [1-3]", "--dry-run")
    assert ran.lines == [
        "use\tname\tsize\tlocation",
        "component\tplate\t6000\tftrack.server",
        "sequence\tframe\t\tftrack.server",
    ]
    assert session.query("Component").count() == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["upload", "none.exr"], 4, "No such file"),
        (["upload", "none.exr", "--dry-run"], 4, "does not exist"),
        (["upload", "plate.exr", "--to", "AssetVersion", "none"], 4, "There is no AssetVersion with the id 'none'"),
        (["upload", "plate.exr", "--to", "AssetVersoin", "none"], 2, "Did you mean 'AssetVersion'"),
        (["upload", "plate.exr", "--as", "thumbnail"], 2, "Pass --to TYPE ID"),
        (["upload", "plate.exr", "notes.txt", "--name", "x"], 2, "for one file"),
        (["upload", "plate.exr", "--location", "none"], 4, "none"),
        (["upload"], 2, "FILE"),
        (["download"], 2, "Pass the ids of components"),
        (["download", "none"], 4, "There is no component with the id 'none'"),
        (["download", "--version", "none", "--name", "x"], 4, "There is no version 'none' with a component"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_failure_is_named(arguments: list[str], code: int, message: str) -> None:
    ran = run_in_pipe(*arguments)
    assert message in ran.errors
    assert (ran.code, ran.output) == (code, "")


def test_a_terminal_of_few_columns_shows_the_components() -> None:
    ran = run_in_terminal("upload", "plate.exr", columns=60, NO_COLOR="1")
    # The progress bar moves the cursor.
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", ran.output))
    assert [line for line in lines if len(line) > 60] == []
    assert "6000" in ran.output


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/a/beauty.v001.exr", "beauty.v001"),
        ("/a/plate.%04d.exr [1001-1100]", "plate"),
        ("plate_%d.exr", "plate"),
        (".bashrc", ".bashrc"),
    ],
)
def test_a_component_is_named_after_its_file(file: str, name: str) -> None:
    assert name_of(file) == name
