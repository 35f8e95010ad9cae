"""Each public name, setting, environment variable and command has a page, and each page is in the table of contents."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ftrack_orm.behaviours.table import BY_ATTRIBUTE, BY_TYPE
from ftrack_orm.cli.commands import commands
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.actions import UNSUPPORTED_ACTIONS
from ftrack_orm.transport.certificates import VARIABLES

from .test_layers import ALLOWED
from .test_public_surface import EXPORTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
#: Tables that another page shows.
PARTS_OF_PAGES = {"reference/benchmarks/table"}
#: The directives of the pages that are generated from docstrings.
DIRECTIVE = re.compile(r"^\.\. auto(module|class|function|data):: ([\w.]+)$", re.MULTILINE)
TABLE_OF_CONTENTS = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documented() -> dict[str, list[str]]:
    """Return the names that the reference is generated for, by the kind of the directive."""
    names: dict[str, list[str]] = {}
    for page in (DOCS / "reference" / "api").glob("*.md"):
        for kind, name in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            names.setdefault(kind, []).append(name)
    return names


@pytest.mark.parametrize("module", EXPORTS)
def test_each_public_name_is_generated_from_its_docstring(module: str) -> None:
    names = {name for names in documented().values() for name in names}
    missing = {name for name in EXPORTS[module] if f"{module}.{name}" not in names}
    # A name that two modules export is generated once.
    missing -= {name.rpartition(".")[2] for name in names} if module == "ftrack_orm" else set()
    # The errors are generated as a module.
    assert sorted(missing - {"errors"}) == [], "add the names to a page below docs/reference/api"


def test_the_errors_are_generated_from_their_docstrings() -> None:
    """The causes and the cures of the errors, and the addresses in the classes, are those of tests/test_errors.py."""
    assert "ftrack_orm.errors" in documented()["module"]


def test_each_mixin_of_behaviours_is_generated_from_its_docstring() -> None:
    mixins = {
        f"ftrack_orm.behaviours.{mixin.replace(':', '.')}"
        for table in (BY_TYPE, BY_ATTRIBUTE)
        for row in table.values()
        for mixin in row
    }
    assert sorted(mixins - set(documented()["class"])) == []


def variables_in(source: str) -> Iterator[str]:
    """Yield the environment variables in *source*: names of ftrack, and texts that `environ` is read by."""
    if not re.search("environ|getenv|FTRACK_", source):
        return  # parsing hundreds of modules takes a second
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"FTRACK_[A-Z_]*[A-Z]", node.value):
                yield node.value
        elif isinstance(node, ast.Call) and node.args and re.search(r"environ\.get$|getenv$", ast.unparse(node.func)):
            yield from (str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[-1]).endswith("environ"):
            yield from (str(each.value) for each in [node.left] if isinstance(each, ast.Constant))


def test_the_page_of_environment_variables_has_each_that_is_read_and_no_other() -> None:
    page = (DOCS / "reference" / "environment-variables.md").read_text(encoding="utf-8")
    used = {
        name for path in (ROOT / "ftrack_orm").rglob("*.py") for name in variables_in(path.read_text(encoding="utf-8"))
    }
    read_by_libraries = {*VARIABLES, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(used | read_by_libraries)


def test_the_page_of_the_embedded_server_has_its_arguments_and_the_actions_that_it_lacks() -> None:
    page = (DOCS / "reference" / "embedded-server.md").read_text(encoding="utf-8")
    arguments = [name for name in inspect.signature(Sandbox).parameters if name != "self"]
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(arguments)
    (actions,) = re.findall(r"- these actions of real servers:(.*?)\.\n", page, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", actions)) == sorted(UNSUPPORTED_ACTIONS)


def commands_of(group: click.Group, path: str = "") -> Iterator[str]:
    """Yield the commands of *group*, those of its groups by their paths: `schema diff`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def test_the_page_of_the_command_line_has_each_command_and_no_other() -> None:
    page = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### `([\w -]+)`$", page, re.MULTILINE)) == sorted(commands_of(commands))


def test_the_table_of_contents_has_each_page_once_and_no_other() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    entries = [
        line
        for block in TABLE_OF_CONTENTS.findall(text)
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(entries) == sorted(pages - {"index"} - PARTS_OF_PAGES), "add the page to docs/index.md"


def test_the_page_about_the_architecture_has_each_package() -> None:
    page = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("| package | responsibility |")[2].partition("## ")[0]
    named = {
        name for cell in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    }
    assert sorted({*ALLOWED, "sandbox"} - {"__init__", "__main__"} - named) == []


def test_the_configuration_of_the_build_is_that_of_this_test() -> None:
    """A warning of the build is a failure of `.ci/run`: a link, a name or a page that does not exist."""
    assert 'exclude_patterns = ["reference/benchmarks/*.md"]' in (DOCS / "conf.py").read_text(encoding="utf-8")
    assert "python -m sphinx -W" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
