"""The coverage page has a row for every public name of the official clients, with a test or with a reason.

The names are read from the installed clients, so that a name of a newer version fails this test until it has a row.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import textwrap
from pathlib import Path

import attrs
import ftrack_api
import pytest

from tests.interop.javascript_client import JAVASCRIPT, install_javascript

ROOT = Path(__file__).parents[2]
COVERAGE_PAGE = ROOT / "docs" / "reference" / "coverage.md"

#: Packages of the Python client whose classes are covered method by method. Of the others, every class is.
WITH_METHODS = ("session", "entity", "accessor", "structure", "resource_identifier_transformer", "query", "data")
WITH_METHODS_TOO = {"EventHub", "Event"}

#: Names that a module of the client has from elsewhere: `from __future__`, pyparsing and operator.
NOT_ITS_OWN = re.compile(r"absolute_import|division|unicode_literals|alphanums|quotedString|logger|eq|ne|[lg][et]")


@attrs.frozen
class Row:
    """A row of the page: the names of the official client, the counterpart here, and the test that proves it."""

    names: list[str]
    counterpart: str
    proof: str


def rows_of(section: str) -> list[Row]:
    """Return the rows of the tables in a section of the page."""
    text = COVERAGE_PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return [Row(re.findall(r"`([^`]+)`", names), counterpart, proof) for names, counterpart, proof in rows]


@functools.cache
def names_of_python_client() -> set[str]:
    """Return the public names of the installed Python client: `Class`, `Class.member`, `module.function`."""
    names = set()
    for module_info in pkgutil.walk_packages(ftrack_api.__path__, "ftrack_api."):
        path = module_info.name.split(".")[1:]
        if any(part.startswith("_") for part in path):
            continue
        module = importlib.import_module(module_info.name)
        for name, value in vars(module).items():
            if name.startswith("_") or inspect.ismodule(value) or NOT_ITS_OWN.fullmatch(name):
                continue
            if getattr(value, "__module__", module.__name__) != module.__name__:
                continue  # imported from another module
            if not inspect.isclass(value):
                names.add(f"{path[-1]}.{name}")
                continue
            names.add(f"exception.{name}" if path == ["exception"] else name)
            if path[0] in WITH_METHODS or name in WITH_METHODS_TOO:
                public = {each for each in {*vars(value), *assigned_attributes(value)} if not each.startswith("_")}
                names.update(f"{name}.{each}" for each in public - {"logger"})
    return names


@functools.cache
def paths_of_python_client() -> set[str]:
    """Return the paths of the public names in modules, below the package: `exception.ServerError`."""
    paths: set[str] = set()
    for module_info in pkgutil.walk_packages(ftrack_api.__path__, "ftrack_api."):
        path = module_info.name.partition(".")[2]
        if not any(part.startswith("_") for part in path.split(".")):
            module = importlib.import_module(module_info.name)
            paths.update(
                f"{path}.{name}"
                for name, value in vars(module).items()
                if not name.startswith("_") and not inspect.ismodule(value) and not NOT_ITS_OWN.fullmatch(name)
                if getattr(value, "__module__", module.__name__) == module.__name__
            )
    return paths


def assigned_attributes(client_class: type) -> set[str]:
    """Return the attributes that the methods of a class assign to its instances."""
    return {
        node.attr
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(client_class))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    }


_EXPORT = re.compile(r"^export (?:declare )?(?:class|function|const|interface|type) (\w+)", re.MULTILINE)
_MEMBER = re.compile(r"^    (?!private |constructor\b)(?:static |readonly )?(\w+)[(<?:!]", re.MULTILINE)


@functools.cache
def names_of_javascript_client() -> set[str]:
    """Return the exports of the installed JavaScript client, with the members of its classes and namespaces."""
    install_javascript()
    folder = JAVASCRIPT / "node_modules" / "@ftrack" / "api" / "dist"
    index = (folder / "index.d.ts").read_text(encoding="utf-8")
    names: set[str] = set()
    for namespace, module in re.findall(r"^export \*(?: as (\w+))? from '\./(\w+)\.js'", index, re.MULTILINE):
        text = (folder / f"{module}.d.ts").read_text(encoding="utf-8")
        prefix = f"{namespace}." if namespace else ""
        names.update(prefix + name for name in _EXPORT.findall(text))
        names.update(prefix + name for name in re.findall(r"^export \{ \w+ as (\w+) \}", text, re.MULTILINE))
        for name, body in re.findall(r"^export declare class (\w+).*?\{$(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            names.update(f"{prefix}{name}.{member}" for member in _MEMBER.findall(body))
    names.update(re.findall(r"^export \{ (\w+) \} from", index, re.MULTILINE))
    return names


def missing_and_unknown(section: str, names: set[str]) -> tuple[list[str], list[str]]:
    """Return the *names* without a row in a section, and the names in rows that the client does not have."""
    listed = [name for row in rows_of(section) for name in row.names]
    assert len(listed) == len(set(listed)), "a name has two rows"
    return sorted(names - set(listed)), sorted(set(listed) - names)


def test_every_public_name_of_the_python_client_has_a_row() -> None:
    assert missing_and_unknown("ftrack-python-api", names_of_python_client()) == ([], [])


def test_every_export_of_the_javascript_client_has_a_row() -> None:
    assert missing_and_unknown("@ftrack/api", names_of_javascript_client()) == ([], [])


def test_the_reader_sees_methods_constants_and_errors() -> None:
    assert names_of_python_client() >= {"Session.create_component", "Location.add_components", "symbol.CHUNK_SIZE"}
    assert names_of_python_client() >= {"exception.ServerError", "StandardStructure.sanitise_for_filesystem", "Cache"}
    assert names_of_javascript_client() >= {"Session.thumbnailUrl", "operation.delete", "error.AbortError", "Schema"}


PROOF = re.compile(r"\[`(test_\w+)`\]\(\.\./\.\./((?:tests|ftrack_orm/testing)/[\w/]+\.py)\)")


@pytest.mark.parametrize("section", ["ftrack-python-api", "@ftrack/api"])
def test_each_row_names_tests_or_says_why_it_is_different(section: str) -> None:
    unproven = []
    for row in rows_of(section):
        proofs = PROOF.findall(row.proof)
        missing = [f"{path}::{test}" for test, path in proofs if test not in sources_of_tests(path)]
        if missing:
            unproven.append(f"{row.names}: there is no {missing}")
        elif not proofs and not (row.proof == "by design" and len(row.counterpart.split()) >= 6):
            unproven.append(f"{row.names}: neither a test nor a reason")
    assert unproven == []


def test_a_member_that_is_the_same_is_used_by_a_test_of_its_row() -> None:
    unused = []
    for row in rows_of("ftrack-python-api"):
        sources = [sources_of_tests(path).get(test, "") for test, path in PROOF.findall(row.proof)]
        words = set(re.findall(r"\w+", " ".join(sources)))
        if row.counterpart.startswith("the same"):
            unused += [name for name in row.names if "." in name and name.rpartition(".")[2] not in words]
    assert unused == []


@functools.cache
def sources_of_tests(path: str) -> dict[str, str]:
    """Return the sources of the tests in a file by their names, with decorators; none when there is no such file."""
    file = ROOT / path
    if not file.exists():
        return {}
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(
            lines[min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1 : node.end_lineno]
        )
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
