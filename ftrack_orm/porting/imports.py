"""Pure: the import statements of a script, rewritten for this library."""

from __future__ import annotations

import ast

from .names import advice_for_path

OFFICIAL = "ftrack_api"
COMPAT = "ftrack_orm.compat"
#: The modules whose counterparts are in `ftrack_orm.storage`.
_STORAGE = ("accessor", "structure", "resource_identifier_transformer")


def path_of(module: str | None) -> str | None:
    """Return the path below `ftrack_api` of a *module*, an empty text for the package, or None for other modules."""
    if module == OFFICIAL:
        return ""
    return module[len(OFFICIAL) + 1 :] if module is not None and module.startswith(f"{OFFICIAL}.") else None


def compat_statement(node: ast.Import | ast.ImportFrom) -> str:
    """Return the statements that replace an import, with `ftrack_orm.compat` in place of `ftrack_api`."""
    if isinstance(node, ast.ImportFrom):
        names = ", ".join(ast.unparse(alias) for alias in node.names)
        return f"from {COMPAT}{(node.module or '')[len(OFFICIAL) :]} import {names}"
    statements = []
    for alias in node.names:
        path = path_of(alias.name)
        if path is None:
            statements.append(f"import {ast.unparse(alias)}")
        elif alias.asname is None:
            # The package has its modules as attributes, so that no statement has to name them.
            statements.append(f"import {COMPAT} as {OFFICIAL}")
        else:
            statements.append(f"import {COMPAT}{alias.name[len(OFFICIAL) :]} as {alias.asname}")
    return "; ".join(dict.fromkeys(statements))


def own_statement(node: ast.Import | ast.ImportFrom) -> str:
    """Return what to write for an import with `ftrack_orm` itself."""
    if isinstance(node, ast.Import):
        paths = [path for alias in node.names if (path := path_of(alias.name)) is not None]
        return "; ".join(dict.fromkeys(map(_own_module, paths)))
    path = path_of(node.module) or ""
    return "; ".join(
        "ftrack_orm" if alias.name == "*" else advice_for_path(f"{path}.{alias.name}".lstrip("."))
        for alias in node.names
    )


def _own_module(path: str) -> str:
    # Names in the modules are reported where they are used.
    return "import ftrack_orm.storage" if path.startswith(_STORAGE) else "import ftrack_orm"


def with_compat(source: str) -> str:
    """Return a script with `ftrack_orm.compat` in its import statements in place of `ftrack_api`."""
    lines = source.splitlines(keepends=True)
    nodes = [
        node
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Import) and any(path_of(alias.name) is not None for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and not node.level and path_of(node.module) is not None)
    ]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        assert node.end_lineno is not None
        first, last = lines[node.lineno - 1].encode(), lines[node.end_lineno - 1].encode()
        assert node.end_col_offset is not None
        before, after = first[: node.col_offset].decode(), last[node.end_col_offset :].decode()
        lines[node.lineno - 1 : node.end_lineno] = [f"{before}{compat_statement(node)}{after}"]
    return "".join(lines)
