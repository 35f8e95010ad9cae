"""Every Python example in the documentation runs as it stands, against an embedded server with the demo seed."""

from __future__ import annotations

import importlib
import itertools
import pathlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from opentelemetry import trace
from opentelemetry.util._once import Once

from ftrack_orm.cli.commands import commands
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import examples

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: The command that writes the package of the examples, on the pages that have it.
STUBS = "ftrack-orm stubs --out studio\n"
#: Commands that the command prompt of Windows does not understand: variables, paths, pipes to tools, quotes, comments.
OTHER_ON_WINDOWS = re.compile(r"export |\.venv/bin|python3|\$\(|\||'|^\. | # ", re.MULTILINE)
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples_of(page: pathlib.Path) -> list[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    return [(text[: match.start()].count("\n") + 2, match.group(1)) for match in EXAMPLE.finditer(text)]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(seed="demo") as box:
        yield box


@pytest.fixture(scope="module")
def cache_of_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the schema cache that all pages share, as the programs of a person do."""
    return tmp_path_factory.mktemp("schemas")


@pytest.fixture
def own_tracers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may set the provider of tracers, as a program does: for itself, not for the tests after it."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())


@pytest.mark.usefixtures("own_tracers")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run_in_order(
    page: Any,
    server: Sandbox,
    cache_of_pages: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", server.url)
    monkeypatch.setenv("FTRACK_API_USER", server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", server.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(cache_of_pages))
    monkeypatch.setenv("MPLBACKEND", "agg")  # charts are drawn without a window
    if STUBS in page.read_text(encoding="utf-8"):
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setitem(sys.modules, "studio", None)  # The end of the test removes the module of this name.
        del sys.modules["studio"]
        run = CliRunner().invoke(commands, STUBS.split()[1:])
        assert run.exit_code == 0, run.output
        importlib.invalidate_caches()
    # Twice in a row in continuous integration: readers try an example again.
    for _ in range(examples(1, 2)):
        namespace = {"__name__": "__example__"}
        for line, source in examples_of(page):
            # Padded with empty lines, so that a failure names the line of the page.
            exec(compile("\n" * (line - 1) + source, str(page), "exec"), namespace)


def test_commands_that_differ_by_system_are_shown_for_windows_too() -> None:
    """A block for other shells comes before the next block, or the page says how its commands differ."""
    fences = re.compile(r"^```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for page in PAGES:
        text = page.read_text(encoding="utf-8").partition("<!-- begin: commands -->")[0]
        if "in place of `.venv/bin/`" in text:
            continue
        blocks = [(match.group(1), match.group(2)) for match in fences.finditer(text)]
        for (language, block), (following, _) in itertools.pairwise([*blocks, ("", "")]):
            if language == "bash" and OTHER_ON_WINDOWS.search(block):
                assert following in ("bat", "powershell"), f"{page}: {block}"


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"))]
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_policy_and_the_page_about_security_lead_to_each_other() -> None:
    policy, page = ROOT / "SECURITY.md", ROOT / "docs" / "explanation" / "security.md"
    for origin, target in ((policy, page), (page, policy)):
        links = re.findall(r"\]\(([^)#\s]+)", origin.read_text(encoding="utf-8"))
        assert target.resolve() in [(origin.parent / link).resolve() for link in links]
    assert "not trusted with" in page.read_text(encoding="utf-8")


def test_the_readme_has_the_test_command_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- test-command -->\n```bash\n.*pytest.*\n```", readme)
