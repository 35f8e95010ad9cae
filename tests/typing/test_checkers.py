"""The findings of mypy and pyright in the examples are those stated beside their lines, and there are no others.

Pyright checks the files about the public surface in the same run: starting it takes longer than checking a few files.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest

from ftrack_orm.sandbox import Sandbox
from ftrack_orm.typing.package import MODULE, SCHEMA_FILE
from tests.property_settings import IN_FULL

from .studio_content import FEW_TYPES, studio_content, write_annotations

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER / "examples"
HOWTO = FOLDER.parents[1] / "docs" / "howto" / "types-of-your-schema.md"
MISTAKES = "mistakes.py"
PUBLIC_SURFACE = (FOLDER / "public_surface.py", FOLDER / "public_surface_mistakes.py")
CONFIGURATION = FOLDER / "pyrightconfig.json"
LIBRARY = FOLDER.parents[1]
PYRIGHT = FOLDER / "node_modules" / "pyright" / "index.js"

#: Line of a file -> the codes of the findings in it.
Findings = dict[tuple[str, int], set[str]]

_PYTHON_EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"  # mypy: (?P<mypy>[\w-]+), pyright: (?P<pyright>\w+)$")
#: What follows from a mistake, or is not about it: expressions and imports without a use, and types that are unknown.
_CONSEQUENCES = {
    *("reportUnusedExpression", "reportUnusedImport", "reportUnknownMemberType", "reportUnknownVariableType"),
    *("reportUnknownArgumentType", "reportUnusedCoroutine", "reportUnusedVariable"),
}


def expected(checker: str) -> Findings:
    """Return the findings that the comments in the examples state."""
    return {
        (path.name, number): {match[checker]}
        for path in EXAMPLES.glob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := _EXPECTED.search(line))
    }


def differences(found: Mapping[tuple[str, int], Iterable[str]], checker: str) -> list[str]:
    """Return the lines whose findings are not those stated. A line with the stated finding may have others too."""
    stated = expected(checker)
    return [
        f"{file}:{line}: found {sorted(found.get((file, line), ()))}, stated {sorted(stated.get((file, line), ()))}"
        for file, line in sorted({*found, *stated})
        if not stated.get((file, line), set()) <= set(found.get((file, line), ())) or (file, line) not in stated
    ]


def checked_folder(folder: Path) -> Path:
    """Write the examples and the package to a folder, with all types where everything is checked."""
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, folder)
    examples = _PYTHON_EXAMPLE.findall(HOWTO.read_text(encoding="utf-8"))
    (folder / "page.py").write_text("\n".join(examples), encoding="utf-8")
    write_annotations(folder, studio_content(None if IN_FULL else FEW_TYPES))
    return folder


def test_pyright_finds_each_mistake_and_nothing_else(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not PYRIGHT.exists():
        advice = "pyright needs Node and `npm ci --prefix tests/typing`"
        if os.environ.get("CI"):
            pytest.fail(advice)
        pytest.skip(advice)
    folder = checked_folder(tmp_path)
    for path in PUBLIC_SURFACE:
        shutil.copy(path, folder)
    configuration = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
    configuration |= {"include": ["."], "extraPaths": [str(LIBRARY)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
    run = subprocess.run(
        [node, str(PYRIGHT), "--outputjson", "--project", str(folder), "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
    )
    found: Findings = defaultdict(set)
    for each in json.loads(run.stdout)["generalDiagnostics"]:
        file, rule = Path(each["file"]).relative_to(folder).as_posix(), each.get("rule", "syntax")
        if each["severity"] == "error" and (file != MISTAKES or rule not in _CONSEQUENCES):
            found[file, each["range"]["start"]["line"] + 1].add(rule)
    assert differences(found, "pyright") == []


@pytest.mark.skipif(not IN_FULL, reason="mypy reads the whole library, which takes as long as many other tests")
def test_mypy_finds_each_mistake_and_nothing_else(tmp_path: Path) -> None:
    folder = checked_folder(tmp_path)
    options = ["--strict", "--python-version=3.10", "--hide-error-context", "--no-error-summary", "--no-pretty"]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options, f"--cache-dir={folder / 'cache'}", "--show-error-codes", "."],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
    )
    found: Findings = defaultdict(set)
    for file, line, code in re.findall(r"^([\w./-]+):(\d+): error: .*\[([\w-]+)\]$", run.stdout, re.MULTILINE):
        if not file.startswith(("..", "/")):  # The library is checked with its own settings.
            found[file, int(line)].add(code)
    assert differences(found, "mypy") == [], run.stderr


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package `studio` with annotations and classes, for the types of the embedded server."""
    content = studio_content(None)
    write_annotations(tmp_path, content)
    (tmp_path / "studio" / "__init__.py").write_text(MODULE.format(name="studio"), encoding="utf-8")
    (tmp_path / "studio" / SCHEMA_FILE).write_text(content.to_text(), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("studio")
    for name in ("studio", "correct"):
        sys.modules.pop(name, None)


def test_the_criteria_that_checkers_accept_are_accepted_at_run_time(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch, box: Sandbox, schema_cache: Path
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    correct = importlib.import_module("correct")
    with package.Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session:
        user, status, shot = (session.reference(name, "x") for name in ("User", "Status", "Shot"))
        correct.criteria(user, status, [shot])
        correct.names("Done", "High", "Animation")
        assert isinstance(shot, correct.Shot)


def test_every_public_name_of_the_annotations_can_be_imported(package: ModuleType, tmp_path: Path) -> None:
    source = ast.parse((tmp_path / "studio" / "__init__.pyi").read_text(encoding="utf-8"))
    bound = [node.name for node in source.body if isinstance(node, ast.ClassDef)]
    bound += [ast.unparse(node.target) for node in source.body if isinstance(node, ast.AnnAssign)]
    public = {name for name in bound if not name.startswith("_")}
    assert {"Task", "Session", "Types", "types", "StatusName", "VFXTaskStatusName"} <= public
    assert public == set(dir(package))
    assert all(getattr(package, name) is not None for name in public)
    assert package.StatusName == Literal["Approved", "Done", "In progress", "Not started"]
