"""The page about the architecture: the files and names that it sends a reader to exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")

#: The first cells and the others of the table "Where to change what".
ROWS = {
    cells[0]: cells[1:]
    for line in ARCHITECTURE.partition("| task | change | test |")[2].splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}

#: Requests for changes, as a maintainer words them -> the file that a first guess from the names of folders leads to.
FIRST_GUESSES = {
    "A `Retry-After` header with a date": "transport/retries.py",
    "A new type of custom attribute": "entities/custom_attributes/configuration.py",
    "The order of deletions": "entities/committing/planning.py",
    "Logging slow requests": "transport/channel.py",
    "A new comparison operator": "query/language/nodes.py",
    "An action of the embedded server": "sandbox/actions.py",
    "The default page size": "values.py",
    "The hub's back-off": "events/connection/backoff.py",
    "A method on `AssetVersion`": "behaviours/table.py",
    "An accessor for another storage": "storage/accessors",
    "An asynchronous session": "session/wiring.py",
    "The schema cache in Redis": "schema/cache.py",
}


def paths_in(cell: str) -> list[str]:
    """Return the paths in a cell, without those that stand behind "new", whose files do not exist yet."""
    return [path for new, path in re.findall(r"(\b[Nn]ew )?`(\w+(?:/\w+)+(?:\.py)?)`", cell) if not new]


@pytest.mark.parametrize("task", ROWS)
def test_the_files_that_a_task_changes_exist(task: str) -> None:
    change, test = ROWS[task]
    for folder, cell in (("ftrack_orm", change), ("tests", test)):
        for path in paths_in(cell):
            found = [(ROOT / root / f"{path}{suffix}") for root in (folder, "ftrack_orm") for suffix in ("", ".py")]
            assert any(each.exists() for each in found), f"{task}: {path} does not exist"


@pytest.mark.parametrize(("task", "path"), FIRST_GUESSES.items())
def test_a_request_for_a_change_is_answered_with_the_first_guess(task: str, path: str) -> None:
    assert f"`{path}`" in " ".join(ROWS[task])
    assert (ROOT / "ftrack_orm" / path).exists()


def test_the_names_after_a_path_are_defined_in_that_file() -> None:
    missing = [
        f"{path}: {name}"
        for change, _ in ROWS.values()
        for path, names in re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, | and )?)+)", change)
        if (ROOT / "ftrack_orm" / path).exists()
        for name in re.findall(r"`(\w+)`", names)
        if not re.search(
            rf"^\s*(?:def|class) {name}\b|^{name}\b.*=", (ROOT / "ftrack_orm" / path).read_text("utf-8"), re.MULTILINE
        )
    ]
    assert missing == []


def test_every_module_named_in_the_text_exists() -> None:
    """Modules in the text are written as paths without an ending: `entities/committing/planning`."""
    text = ARCHITECTURE.partition("## Reading")[2].partition("## Where to change what")[0]
    packages = {path.name for path in (ROOT / "ftrack_orm").iterdir() if path.is_dir()}
    named = {name for name in re.findall(r"`([a-z_]+(?:/[a-z_]+)+)`", text) if name.split("/")[0] in packages}
    missing = [
        name
        for name in sorted(named)
        if not (ROOT / "ftrack_orm" / name).is_dir() and not (ROOT / "ftrack_orm" / f"{name}.py").exists()
    ]
    assert len(named) > 20
    assert missing == []
