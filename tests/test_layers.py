"""Who may import whom: the table of layers as data, checked against every import in the package."""

import ast
import pathlib

import pytest

import ftrack_orm

PACKAGE = pathlib.Path(ftrack_orm.__file__).parent

#: Package -> the packages it may import, itself excepted. A package is a folder or a top-level module of `ftrack_orm`.
ALLOWED = {
    "errors": set(),
    "values": {"errors"},
    "settings": {"values", "errors"},
    "wire": {"values", "errors"},
    "query": {"values", "errors"},
    "schema": {"values", "errors"},
    "transport": {"wire", "values", "errors", "settings"},
    "entities": {"query", "schema", "wire", "values", "errors"},
    "events": {"query", "schema", "transport", "wire", "settings", "values", "errors"},
    "sandbox": {"query", "schema", "wire", "values", "errors", "events.event", "events.subscriptions.expression"},
    "testing": {"session", "sandbox", "settings", "errors", "query", "entities"},
    "cli": {"session", "sandbox", "settings", "errors", "testing"},
}
ALLOWED["session"] = set(ALLOWED) - {"sandbox", "testing", "cli"}
#: The package itself re-exports names of these, lazily.
ALLOWED["__init__"] = {"entities", "errors", "events", "query", "schema", "session", "settings", "transport", "values"}

#: Subpackage -> the subpackages of the same package that it may import. "" stands for the modules beside them.
SUBPACKAGES = {
    "entities": {
        "": {"editing", "custom_attributes"},
        "editing": {""},
        "custom_attributes": {"", "editing", "reading"},
        "reading": {"", "editing", "custom_attributes"},
        "committing": {"", "editing", "custom_attributes", "reading"},
    },
    "query": {
        "language": set(),
        "evaluation": {"language"},
        "expressions": {"language"},
        "": {"language", "expressions", "evaluation"},
    },
    "events": {
        "subscriptions": {""},
        "connection": {""},
        "delivery": {"", "connection", "subscriptions"},
        "": {"connection", "delivery", "subscriptions"},
    },
}


#: (module, imported module) of imports for type checking that would be forbidden at run time.
TYPE_CHECKING_EXCEPTIONS = {("entities/workspace.py", "entities.reading.loading")}


def package_of(path: pathlib.Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_in(source: str, package: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return (line, dotted name inside ftrack_orm) of every import, at module level or deferred."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            # `from .. import errors` names the package in the alias.
            found.extend((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
    return [(line, name.removeprefix("ftrack_orm.")) for line, name in found if name.startswith("ftrack_orm.")]


def imports_of(path: pathlib.Path) -> list[tuple[int, str]]:
    return imports_in(path.read_text(encoding="utf-8"), ("ftrack_orm", *path.relative_to(PACKAGE).parent.parts))


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_package_may(path):
    package = package_of(path)
    assert package in ALLOWED, f"{path.name} is in no package of the table: add {package!r} to it or move the module"
    for line, name in imports_of(path):
        imported = name.split(".")[0]
        allowed = imported == package or any(
            name == entry or name.startswith(f"{entry}.") for entry in ALLOWED[package]
        )
        assert allowed, f"{path}:{line}: {package} must not import {name}"


def lines_for_type_checking(path):
    """Return the numbers of the lines that only type checkers read."""
    blocks = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING"
    ]
    return {line for block in blocks for line in range(block.lineno, block.end_lineno + 1)}


def subpackage_of(package, parts):
    return parts[0] if parts and parts[0] in SUBPACKAGES[package] else ""


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if package_of(path) in SUBPACKAGES],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_module_imports_only_what_its_subpackage_may(path):
    package = package_of(path)
    allowed = SUBPACKAGES[package]
    own = subpackage_of(package, path.relative_to(PACKAGE / package).parent.parts)
    module = path.relative_to(PACKAGE).as_posix()
    type_checking_lines = lines_for_type_checking(path)
    for line, name in imports_of(path):
        imported, *parts = name.split(".")
        excepted = line in type_checking_lines and (module, name.rpartition(".")[0]) in TYPE_CHECKING_EXCEPTIONS
        if imported != package or excepted:
            continue
        if subpackage_of(package, parts) not in {own, *allowed[own]}:
            pytest.fail(f"{path}:{line}: {package}/{own} must not import {name}")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_first_what_kind_it_is(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{path} has no docstring"
    if path.name != "__init__.py":
        assert docstring.split(":")[0] in {"Pure", "State", "Edge"}, (
            f"{path} does not say whether it is pure, state or edge"
        )


def test_the_check_sees_deferred_relative_and_absolute_imports():
    source = """
def f():
    from ..session import Session
    from .. import entities
    import ftrack_orm.sandbox.server
"""
    names = [name for _, name in imports_in(source, ("ftrack_orm", "query"))]
    assert sorted(names) == ["entities", "sandbox.server", "session.Session"]
