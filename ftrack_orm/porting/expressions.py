"""Pure: walks through the imports and expressions of a script."""

from __future__ import annotations

import ast
import re
from typing import Final

from .imports import compat_statement, own_statement, path_of
from .kinds import OTHER, ValueKind, under_condition
from .names import (
    DISTINCTIVE,
    POSITIONAL_ARGUMENTS,
    SESSION_ARGUMENTS,
    advice_for_argument,
    advice_for_path,
    compat_advice,
)
from .reporting import Reporter
from .scopes import Scope

_OFFICIAL_TEXT: Final = re.compile(r"ftrack_api(\.\w+)*")
#: Functions that iterate over their first argument.
_ITERATING: Final = frozenset({"dict", "enumerate", "frozenset", "iter", "list", "set", "sorted", "tuple"})
#: The class of sessions needs no change of its own: the import has it.
_SAME_PATHS: Final = frozenset({"Session"})


class ExpressionVisitor(Reporter, ast.NodeVisitor):
    """Visits imports and expressions, and binds the names that they bind."""

    def visit_Import(self, node: ast.Import) -> None:
        """Report imports of the official client, and bind their names."""
        is_official = False
        for alias in node.names:
            path = path_of(alias.name)
            is_official = is_official or path is not None
            if path is None:
                self.inference.scope.bind(alias.asname or alias.name.partition(".")[0], OTHER)
            else:
                self.inference.scope.bind(
                    alias.asname or "ftrack_api", ValueKind("module", path if alias.asname else "")
                )
        if is_official:
            self.report(node, own_statement(node), compat=compat_statement(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Report imports from the official client, and bind their names."""
        path = None if node.level else path_of(node.module)
        for alias in node.names:
            full = f"{path}.{alias.name}".lstrip(".")
            self.inference.scope.bind(alias.asname or alias.name, OTHER if path is None else ValueKind("module", full))
        if path is not None:
            self.report(node, own_statement(node), compat=compat_statement(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        """Report texts that are names of the official client: of its loggers, and in `mock.patch`."""
        if isinstance(node.value, str) and _OFFICIAL_TEXT.fullmatch(node.value):
            path = path_of(node.value)
            self.report(node, f'"ftrack_orm" for a logger, or {advice_for_path(path)}' if path else '"ftrack_orm"')

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Report names in the modules of the official client, and members of its objects that are different here."""
        kind = self.inference.kind_of(node)
        if kind is not None and kind.name == "module" and _is_path(node):
            if kind.path not in _SAME_PATHS:
                self.report(node, advice_for_path(kind.path), compat=compat_advice("module", kind.path))
            return
        owner = self.inference.kind_of(node.value)
        if owner is not None:
            self.check_member(node, owner)
        elif node.attr in DISTINCTIVE and self.inference.guessing:
            name = DISTINCTIVE[node.attr]
            self.check_member(node, under_condition(ValueKind(name), ast.unparse(node.value)))
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        """Report names that were imported from modules of the official client."""
        _, kind = self.inference.scope.find(node.id)
        is_official = kind is not None and kind.name == "module" and kind.path not in {"", *_SAME_PATHS}
        if kind is not None and is_official and isinstance(node.ctx, ast.Load):
            self.report(node, advice_for_path(kind.path), compat=compat_advice("module", kind.path))

    def visit_Call(self, node: ast.Call) -> None:
        """Report arguments of the session, and functions that use an entity or a query as a container."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        is_bound, _ = self.inference.scope.find(name)
        if name and not is_bound and node.args:
            kind = self.inference.kind_of(node.args[0])
            if name == "len":
                self.check_container(node, kind, {"query": "query.count()", "entity": "len(...attributes)"})
            elif name == "bool":
                self.check_truth(node.args[0])
            elif name in _ITERATING:
                self.check_iteration(node, kind)
        if name in {"getattr", "hasattr"} and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            self.visit_Attribute(ast.copy_location(ast.Attribute(node.args[0], str(node.args[1].value)), node))
        if self.inference.kind_of(node) == ValueKind("session") and self._is_class_of_sessions(node.func):
            self._check_session_arguments(node)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.check_iteration(keyword.value, self.inference.kind_of(keyword.value))
        self._check_dates(node)
        self.generic_visit(node)

    def _is_class_of_sessions(self, function: ast.expr) -> bool:
        kind = self.inference.kind_of(function)
        return kind is not None and kind.name == "module"

    def _check_session_arguments(self, node: ast.Call) -> None:
        for name, argument in zip(
            SESSION_ARGUMENTS[POSITIONAL_ARGUMENTS:], node.args[POSITIONAL_ARGUMENTS:], strict=False
        ):
            write = advice_for_argument(name) or f"{name}={ast.unparse(argument)}"
            self.report(argument, write)
        for keyword in node.keywords:
            advice = advice_for_argument(keyword.arg or "")
            if advice:
                self.report(keyword, advice, text=f"{keyword.arg}={ast.unparse(keyword.value)}")

    def _check_dates(self, node: ast.Call) -> None:
        """Report dates without a timezone in the data of an entity that is created."""
        if not isinstance(node.func, ast.Attribute):
            return
        owner = self.inference.kind_of(node.func.value)
        if (
            owner is not None
            and owner.name in {"session", "entity"}
            and node.func.attr in {"create", "ensure", "update"}
        ):
            for argument in node.args:
                for value in argument.values if isinstance(argument, ast.Dict) else ():
                    self.check_timezone(value)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Report the truth of queries."""
        self.check_truth(node.test)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Report membership in queries."""
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                self.check_container(node, self.inference.kind_of(right), {"query": "query.where(id=...).exists()"})
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        """Report entities that are unpacked."""
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.check_iteration(value, self.inference.kind_of(value))
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Bind the name of an assignment in an expression."""
        self.generic_visit(node)
        self.inference.bind(node.target, node.value)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit a lambda in a scope of its own."""
        outer, self.inference.scope = self.inference.scope, Scope(self.inference.scope)
        for argument in node.args.args:
            self.inference.scope.bind(argument.arg, None)
        self.visit(node.body)
        self.inference.scope = outer

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        outer, self.inference.scope = self.inference.scope, Scope(self.inference.scope)
        for generator in node.generators:
            self.check_iteration(generator.iter, self.inference.kind_of(generator.iter))
            self.visit(generator.iter)
            self.inference.bind_item(generator.target, generator.iter)
            for condition in generator.ifs:
                self.check_truth(condition)
                self.visit(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.visit(part)
        self.inference.scope = outer

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension


def _is_path(node: ast.expr) -> bool:
    """Return whether an expression is a name with attributes, so that no call is in it."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
