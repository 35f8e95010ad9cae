"""Who may import whom: the table of layers as data, checked against every import in the package."""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Sequence

import ftrack_orm

PACKAGE = pathlib.Path(ftrack_orm.__file__).parent

#: Package -> the packages it may import, itself excepted. A package is a folder or a top-level module of `ftrack_orm`.
ALLOWED = {
    "errors": {"official_errors"},
    "official_errors": set(),
    "files": set(),
    "introspection": {"errors"},
    "official_names": {"values", "errors"},
    "foreign_values": set(),
    "values": {"errors", "foreign_values"},
    "setting_checks": {"values", "errors"},
    "settings": {"setting_checks", "credentials", "values", "official_names", "errors"},
    "credentials": {"settings", "files", "errors"},
    "request_options": {"transport.cancellation", "setting_checks", "errors"},
    "wire": {"foreign_values", "values", "errors"},
    "query": {"foreign_values", "request_options", "transport.cancellation", "values", "official_names", "errors"},
    "schema": {"files", "values", "errors"},
    "transport": {"wire", "files", "values", "errors", "settings", "request_options", "__version__", "introspection"},
    "entities": {
        "notebook.plan_html",
        "foreign_values",
        "query",
        "schema",
        "wire",
        "files",
        "values",
        "official_names",
        "errors",
        "introspection",
        "request_options",
    },
    "events": {"query", "schema", "transport", "wire", "settings", "values", "official_names", "errors"},
    "sandbox": {
        "query",
        "schema",
        "wire",
        "files",
        "values",
        "errors",
        "events.event",
        "events.subscriptions.expression",
    },
    "storage": {"schema.facts", "transport", "wire", "files", "foreign_values", "values", "errors", "settings"},
    "behaviours": {
        "storage",
        "entities",
        "events",
        "transport",
        "query",
        "schema",
        "wire",
        "files",
        "foreign_values",
        "values",
        "errors",
        "settings",
    },
    "interactive": {"entities", "query", "schema", "wire", "values", "errors", "introspection"},
    "notebook": {
        "behaviours.services",
        "storage",
        "entities",
        "transport",
        "query",
        "schema",
        "wire",
        "settings",
        "values",
        "errors",
    },
    "testing": {"storage", "session", "sandbox", "settings", "errors", "query", "entities"},
    "typing": {
        *("session", "entities", "behaviours", "storage", "transport"),
        *("query", "schema", "files", "values", "errors"),
    },
    "porting": {"compat.private_names", "sandbox.datamodel", "schema", "official_errors", "official_names", "errors"},
}
ALLOWED["session"] = set(ALLOWED) - {"sandbox", "testing", "typing", "porting"}
#: A shell over a session: it converts values of every layer.
ALLOWED["compat"] = {*ALLOWED["session"], "session"}
#: The command line is a program on top of all packages.
ALLOWED["cli"] = set(ALLOWED) | {"__version__", "__init__"}
ALLOWED["__main__"] = {"cli"}
#: The package itself re-exports names of these, lazily.
ALLOWED["__init__"] = {
    *("entities", "errors", "events", "interactive", "official_errors", "official_names", "query", "schema"),
    *("session", "settings"),
    *("storage", "transport", "values"),
}

#: Subpackage -> the subpackages of the same package that it may import. "" stands for the modules beside them, except
#: for those that have a row of their own.
SUBPACKAGES = {
    "entities": {
        "": set(),
        "editing": {""},
        "custom_attributes": {"", "editing"},
        "attributes": {"", "editing"},
        "classes": {"", "attributes"},
        "reading": {"", "editing"},
        "committing": {"", "editing", "custom_attributes", "reading"},
        "copying": {"", "custom_attributes", "reading", "committing"},
    },
    "behaviours": {
        "locations": {""},
        "publishing": {"", "locations"},
        "": {"locations", "publishing"},
    },
    "query": {
        "language": set(),
        "evaluation": {"language"},
        "expressions": {"language"},
        "": {"language", "expressions"},
    },
    "events": {
        "subscriptions": {""},
        "connection": {""},
        "delivery": {"", "connection", "subscriptions"},
        "": {"connection", "delivery", "subscriptions"},
    },
}


def package_of(path: pathlib.Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_in(source: str, package: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return (line, dotted name inside ftrack_orm) of every import, at module level or deferred."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            # `from .. import errors` names the package in the alias.
            found.extend((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
    return [(line, name.removeprefix("ftrack_orm.")) for line, name in found if name.startswith("ftrack_orm.")]


@functools.cache
def imports_of(path: pathlib.Path) -> list[tuple[int, str]]:
    return imports_in(path.read_text(encoding="utf-8"), ("ftrack_orm", *path.relative_to(PACKAGE).parent.parts))


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_modules_import_only_what_their_package_may() -> None:
    unknown = {package_of(path) for path in MODULES} - ALLOWED.keys()
    assert not unknown, "Add these packages to the table, or move their modules."
    forbidden = [
        f"{path}:{line}: {package} must not import {name}"
        for path in MODULES
        for package in [package_of(path)]
        for line, name in imports_of(path)
        if name.split(".")[0] != package
        and not any(name == entry or name.startswith(f"{entry}.") for entry in ALLOWED[package])
    ]
    assert not forbidden, "\n".join(forbidden)


def subpackage_of(package: str, parts: Sequence[str]) -> str:
    return parts[0] if parts and parts[0] in SUBPACKAGES[package] else ""


def test_modules_import_only_what_their_subpackage_may() -> None:
    forbidden = []
    for path in MODULES:
        package = package_of(path)
        if package not in SUBPACKAGES:
            continue
        allowed = SUBPACKAGES[package]
        own = subpackage_of(package, path.relative_to(PACKAGE / package).with_suffix("").parts)
        for line, name in imports_of(path):
            imported, *parts = name.split(".")
            if imported == package and subpackage_of(package, parts) not in {own, *allowed[own]}:
                forbidden.append(f"{path}:{line}: {package}/{own} must not import {name}")
    assert not forbidden, "\n".join(forbidden)


#: Modules in the largest import cycle, counting imports for type checking too: entity and workspace need each other.
MAX_MODULES_IN_A_CYCLE = 4


def module_name(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def import_graph() -> dict[str, set[str]]:
    """Return the modules that each module imports, at module level, deferred or for type checking."""
    names = {module_name(path) for path in MODULES}

    def imported_module(name: str) -> str:
        return name if name in names else name.rpartition(".")[0]

    return {
        module_name(path): {imported_module(name) for _, name in imports_of(path)} & names - {module_name(path)}
        for path in MODULES
    }


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the sets of modules that import each other, directly or through others."""
    reachable = {module: reachable_from(module, graph) for module in graph}
    sets = {
        frozenset(other for other in reachable[module] if module in reachable[other])
        for module in graph
        if module in reachable[module]
    }
    return [set(modules) for modules in sets]


def reachable_from(start: str, graph: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    pending = [start]
    while pending:
        for module in graph[pending.pop()] - reached:
            reached.add(module)
            pending.append(module)
    return reached


def test_import_cycles_are_small() -> None:
    too_large = [sorted(modules) for modules in cycles(import_graph()) if len(modules) > MAX_MODULES_IN_A_CYCLE]
    assert not too_large


def test_cycles_are_found_through_any_number_of_modules() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert sorted(map(sorted, cycles(graph))) == [["a", "b", "c"], ["d", "e"]]


def test_modules_say_first_what_kind_they_are() -> None:
    docstrings = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert [path for path, docstring in docstrings.items() if not docstring] == []
    without_kind = [
        path
        for path, docstring in docstrings.items()
        if path.name != "__init__.py" and (docstring or "").split(":")[0] not in {"Pure", "State", "Edge"}
    ]
    assert without_kind == []


def test_the_check_sees_deferred_relative_and_absolute_imports() -> None:
    source = """
def f():
    from ..session import Session
    from .. import entities
    import ftrack_orm.sandbox.server
"""
    names = [name for _, name in imports_in(source, ("ftrack_orm", "query"))]
    assert sorted(names) == ["entities", "sandbox.server", "session.Session"]
