"""Pure: walks through a script and finds the places that would have to change."""

from __future__ import annotations

import ast

from .expressions import ExpressionVisitor
from .kinds import OTHER, ValueKind
from .scopes import Scope


class Visitor(ExpressionVisitor):
    """Visits the statements of one script, and learns the results of its functions for a second visit."""

    def again(self) -> Visitor:
        """Return a visitor for the same script, which knows what this one has learned."""
        visitor = Visitor(self.inference.guessing)
        visitor.inference.attributes, visitor.inference.returned = self.inference.attributes, self.inference.returned
        return visitor

    def visit_If(self, node: ast.If) -> None:
        """Report the truth of queries."""
        self.check_truth(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        """Report the truth of queries."""
        self.check_truth(node.test)
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Report the truth of queries."""
        self.check_truth(node.test)
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Report items of entities that are deleted."""
        for target in node.targets:
            kind = self.inference.kind_of(target.value) if isinstance(target, ast.Subscript) else None
            self.check_container(node, kind, {"entity": "session.revert(entity, name)"})
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Bind the names of an assignment."""
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                owner = self.inference.kind_of(target.value)
                if owner is not None and owner.name == "entity":
                    self.check_timezone(node.value)
            self.inference.bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Bind the name of an assignment with an annotation."""
        self.generic_visit(node)
        if node.value is not None:
            self.inference.bind(node.target, node.value)

    def visit_For(self, node: ast.For) -> None:
        """Bind the names of a loop."""
        self.check_iteration(node.iter, self.inference.kind_of(node.iter))
        self.visit(node.iter)
        self.inference.bind_item(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    visit_AsyncFor = visit_For  # type: ignore[assignment]

    def visit_With(self, node: ast.With) -> None:
        """Bind the names of a `with` statement."""
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.inference.bind(item.optional_vars, item.context_expr)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With  # type: ignore[assignment]

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

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit a class, whose methods share the attributes of `self`."""
        for each in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.visit(each)
        name, scope = self.inference.class_name, self.inference.scope
        self.inference.class_name, self.inference.scope = node.name, Scope(scope)
        for statement in node.body:
            self.visit(statement)
        for own, kind in self.inference.scope.names.items():
            self.inference.share_with_methods(own, kind)
        self.inference.class_name, self.inference.scope = name, scope

    def _kind_of_annotation(self, annotation: ast.expr | None) -> ValueKind | None:
        kind = self.inference.kind_of(annotation) if annotation is not None else None
        if kind is None or kind.name != "module":
            return None
        return {
            "Session": ValueKind("session"),
            "session.Session": ValueKind("session"),
            "event.base.Event": ValueKind("event"),
            "event.hub.EventHub": ValueKind("event hub"),
        }.get(kind.path, ValueKind("entity") if kind.path.startswith("entity.") else None)

    def _learn_result(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        name = f"{self.inference.class_name}.{node.name}" if self.inference.class_name else node.name
        for each in ast.walk(node):
            if isinstance(each, (ast.Return, ast.Yield)) and each.value is not None:
                kind = self.inference.kind_of(each.value)
                if kind is not None and kind != OTHER and not kind.condition:
                    self.inference.returned[name] = ValueKind("list") if isinstance(each, ast.Yield) else kind
                    if any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
                        self.inference.share_with_methods(node.name, kind)
