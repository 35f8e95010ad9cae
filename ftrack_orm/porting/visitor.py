"""Pure: walks through a script and finds the places that would have to change."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from .finding import Finding
from .imports import compat_statement, own_statement, path_of
from .inference import Inference
from .kinds import OTHER, Kind, under_condition
from .names import (
    DISTINCTIVE,
    POSITIONAL_ARGUMENTS,
    SESSION_ARGUMENTS,
    advice_for_argument,
    advice_for_member,
    advice_for_path,
    compat_advice,
)
from .scopes import Scope

#: Methods of arrow that a datetime of Python does not have.
_OF_ARROW: Final = frozenset(
    [
        "ceil",
        "dehumanize",
        "floor",
        "for_json",
        "format",
        "humanize",
        "int_timestamp",
        "float_timestamp",
        "is_between",
        "naive",
        "range",
        "shift",
        "span",
        "to",
        "datetime",
    ]
)
_OFFICIAL_TEXT: Final = re.compile(r"ftrack_api(\.\w+)*")
#: Functions that iterate over their first argument.
_ITERATING: Final = frozenset({"dict", "enumerate", "frozenset", "iter", "list", "set", "sorted", "tuple"})
_WITHOUT_TIMEZONE: Final = frozenset({"now", "utcnow", "today", "strptime", "fromtimestamp", "combine"})
#: The class of sessions needs no change of its own: the import has it.
_SAME_PATHS: Final = frozenset({"Session"})
_LONGEST_TEXT: Final = 60


class Visitor(ast.NodeVisitor):
    """Collects the findings of one script, and learns the results of its functions for a second visit."""

    def __init__(self, guessing: bool) -> None:
        self.findings: list[Finding] = []
        self.inference = Inference(guessing)
        self._reported: set[tuple[int, int, str]] = set()

    def again(self) -> Visitor:
        """Return a visitor for the same script, which knows what this one has learned."""
        visitor = Visitor(self.inference.guessing)
        visitor.inference.attributes, visitor.inference.returned = self.inference.attributes, self.inference.returned
        return visitor

    def report(
        self, node: ast.AST, write: str, *, text: str = "", compat: str | None = None, condition: str = ""
    ) -> None:
        """Add a finding for *node*, once for each place and advice."""
        position: Any = node
        key = (position.lineno, position.col_offset, write)
        if key not in self._reported:
            self._reported.add(key)
            text = " ".join((text or ast.unparse(node)).split())
            if len(text) > _LONGEST_TEXT:
                text = f"{text[: _LONGEST_TEXT - 3]}..."
            self.findings.append(Finding(position.lineno, position.col_offset + 1, text, write, compat, condition))

    # Imports and texts.

    def visit_Import(self, node: ast.Import) -> None:
        """Report imports of the official client, and bind their names."""
        is_official = False
        for alias in node.names:
            path = path_of(alias.name)
            is_official = is_official or path is not None
            if path is None:
                self.inference.scope.bind(alias.asname or alias.name.partition(".")[0], OTHER)
            else:
                self.inference.scope.bind(alias.asname or "ftrack_api", Kind("module", path if alias.asname else ""))
        if is_official:
            self.report(node, own_statement(node), compat=compat_statement(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Report imports from the official client, and bind their names."""
        path = None if node.level else path_of(node.module)
        for alias in node.names:
            full = f"{path}.{alias.name}".lstrip(".")
            self.inference.scope.bind(alias.asname or alias.name, OTHER if path is None else Kind("module", full))
        if path is not None:
            self.report(node, own_statement(node), compat=compat_statement(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        """Report texts that are names of the official client: of its loggers, and in `mock.patch`."""
        if isinstance(node.value, str) and _OFFICIAL_TEXT.fullmatch(node.value):
            path = path_of(node.value)
            self.report(node, f'"ftrack_orm" for a logger, or {advice_for_path(path)}' if path else '"ftrack_orm"')

    # Names and members.

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Report names in the modules of the official client, and members of its objects that are different here."""
        kind = self.inference.kind_of(node)
        if kind is not None and kind.name == "module" and _is_path(node):
            if kind.path not in _SAME_PATHS:
                self.report(node, advice_for_path(kind.path), compat=compat_advice("module", kind.path))
            return
        owner = self.inference.kind_of(node.value)
        if owner is not None:
            self._check_member(node, owner)
        elif node.attr in DISTINCTIVE and self.inference.guessing:
            name = DISTINCTIVE[node.attr]
            self._check_member(node, under_condition(Kind(name), ast.unparse(node.value)))
        self.visit(node.value)

    def _check_member(self, node: ast.Attribute, owner: Kind) -> None:
        write = advice_for_member(owner.name, node.attr)
        if write is not None:
            compat = compat_advice(owner.name, node.attr)
            self.report(node, write, compat=compat, condition=owner.condition)
        elif owner.name == "date" and node.attr in _OF_ARROW:
            text = ast.unparse(node.value)
            self.report(node, f"arrow.get({text}).{node.attr}", condition=owner.condition)

    def visit_Name(self, node: ast.Name) -> None:
        """Report names that were imported from modules of the official client."""
        _, kind = self.inference.scope.find(node.id)
        is_official = kind is not None and kind.name == "module" and kind.path not in {"", *_SAME_PATHS}
        if kind is not None and is_official and isinstance(node.ctx, ast.Load):
            self.report(node, advice_for_path(kind.path), compat=compat_advice("module", kind.path))

    # Calls and implicit calls.

    def visit_Call(self, node: ast.Call) -> None:
        """Report arguments of the session, and functions that use an entity or a query as a container."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        is_bound, _ = self.inference.scope.find(name)
        if name and not is_bound and node.args:
            kind = self.inference.kind_of(node.args[0])
            if name == "len":
                self._check_container(node, kind, {"query": "query.count()", "entity": "len(...attributes)"})
            elif name == "bool":
                self._check_truth(node.args[0])
            elif name in _ITERATING:
                self._check_iteration(node, kind)
        if self.inference.kind_of(node) == Kind("session") and self._is_class_of_sessions(node.func):
            self._check_session_arguments(node)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._check_iteration(keyword.value, self.inference.kind_of(keyword.value))
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
                    self._check_timezone(value)

    def _check_timezone(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Call) or self.inference.kind_of(node) not in (None, OTHER):
            return
        name = ast.unparse(node.func)
        function = name.rpartition(".")[2]
        is_date = name in {"datetime", "datetime.datetime"} or (
            function in _WITHOUT_TIMEZONE and name.rpartition(".")[0] in {"datetime", "datetime.datetime"}
        )
        has_timezone = any(keyword.arg in {"tzinfo", "tz"} for keyword in node.keywords)
        if (
            is_date
            and not has_timezone
            and not (function in {"now", "fromtimestamp"} and len(node.args) > (function != "now"))
        ):
            example = "datetime.now(timezone.utc)" if function in {"now", "utcnow", "today"} else "tzinfo=timezone.utc"
            self.report(node, f"a date with its timezone, such as {example}; ftrack takes one without for UTC")

    def _check_container(self, node: ast.AST, kind: Kind | None, texts: dict[str, str]) -> None:
        if kind is not None and kind.name in texts:
            self.report(node, texts[kind.name], condition=kind.condition)

    def _check_iteration(self, node: ast.AST, kind: Kind | None) -> None:
        self._check_container(node, kind, {"entity": 'session.schema.type("Task").attributes for the names'})

    def _check_truth(self, node: ast.expr) -> None:
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self._check_truth(value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._check_truth(node.operand)
        else:
            self._check_container(node, self.inference.kind_of(node), {"query": "query.exists()"})

    # Statements.

    def visit_If(self, node: ast.If) -> None:
        """Report the truth of queries."""
        self._check_truth(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        """Report the truth of queries."""
        self._check_truth(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Report the truth of queries."""
        self._check_truth(node.test)
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Report the truth of queries."""
        self._check_truth(node.test)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Report membership in queries."""
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                self._check_container(node, self.inference.kind_of(right), {"query": "query.where(id=...).exists()"})
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Report items of entities that are deleted."""
        for target in node.targets:
            kind = self.inference.kind_of(target.value) if isinstance(target, ast.Subscript) else None
            self._check_container(node, kind, {"entity": "session.revert(entity, name)"})
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        """Report entities that are unpacked."""
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._check_iteration(value, self.inference.kind_of(value))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Bind the names of an assignment."""
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                owner = self.inference.kind_of(target.value)
                if owner is not None and owner.name == "entity":
                    self._check_timezone(node.value)
            self.inference.bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Bind the name of an assignment with an annotation."""
        self.generic_visit(node)
        if node.value is not None:
            self.inference.bind(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Bind the name of an assignment in an expression."""
        self.generic_visit(node)
        self.inference.bind(node.target, node.value)

    def visit_For(self, node: ast.For) -> None:
        """Bind the names of a loop."""
        self._check_iteration(node.iter, self.inference.kind_of(node.iter))
        self.visit(node.iter)
        self.inference.bind_item(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_With(self, node: ast.With) -> None:
        """Bind the names of a `with` statement."""
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.inference.bind(item.optional_vars, item.context_expr)
        for statement in node.body:
            self.visit(statement)

    # Scopes.

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Visit a function in a scope of its own, and learn the kind that it returns."""
        for each in [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]:
            if each is not None:
                self.visit(each)
        outer, self.inference.scope = self.inference.scope, Scope(self.inference.scope)
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            if argument.annotation is not None:
                self.visit(argument.annotation)
            self.inference.scope.bind(argument.arg, self._kind_of_annotation(argument.annotation))
        for statement in node.body:
            self.visit(statement)
        self._learn_result(node)
        self.inference.scope = outer

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit a lambda in a scope of its own."""
        outer, self.inference.scope = self.inference.scope, Scope(self.inference.scope)
        for argument in node.args.args:
            self.inference.scope.bind(argument.arg, None)
        self.visit(node.body)
        self.inference.scope = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit a class, whose methods share the attributes of `self`."""
        outer, self.inference.class_name = self.inference.class_name, node.name
        self.generic_visit(node)
        self.inference.class_name = outer

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        outer, self.inference.scope = self.inference.scope, Scope(self.inference.scope)
        for generator in node.generators:
            self._check_iteration(generator.iter, self.inference.kind_of(generator.iter))
            self.visit(generator.iter)
            self.inference.bind_item(generator.target, generator.iter)
            for condition in generator.ifs:
                self._check_truth(condition)
                self.visit(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.visit(part)
        self.inference.scope = outer

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension

    def _kind_of_annotation(self, annotation: ast.expr | None) -> Kind | None:
        kind = self.inference.kind_of(annotation) if annotation is not None else None
        if kind is None or kind.name != "module":
            return None
        return {
            "Session": Kind("session"),
            "session.Session": Kind("session"),
            "event.base.Event": Kind("event"),
            "event.hub.EventHub": Kind("event hub"),
        }.get(kind.path, Kind("entity") if kind.path.startswith("entity.") else None)

    def _learn_result(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        name = f"{self.inference.class_name}.{node.name}" if self.inference.class_name else node.name
        for each in ast.walk(node):
            if isinstance(each, (ast.Return, ast.Yield)) and each.value is not None:
                kind = self.inference.kind_of(each.value)
                if kind is not None and kind != OTHER and not kind.condition:
                    self.inference.returned[name] = Kind("list") if isinstance(each, ast.Yield) else kind


def _is_path(node: ast.expr) -> bool:
    """Return whether an expression is a name with attributes, so that no call is in it."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
