"""Pure: the kind of the value of an expression, from the kinds of the names in it."""

from __future__ import annotations

import ast
import builtins
from typing import Final

import attrs

from .kinds import (
    CLASS,
    DICT,
    ENTITY,
    EVENT,
    EVENT_HUB,
    LIST,
    OTHER,
    QUERY,
    SESSION,
    TYPES,
    ValueKind,
    guessed_kind,
    is_ftrack_query,
    kind_of_attribute,
    under_condition,
)
from .scopes import Scope

#: Kind and method -> the kind of the result.
_RESULTS: Final = {
    ("session", "query"): QUERY,
    **{("session", name): ENTITY for name in ("create", "get", "ensure", "create_component", "pick_location")},
    ("query", "one"): ENTITY,
    ("query", "first"): ENTITY,
    ("query", "all"): LIST,
    **{("entity", name): ENTITY for name in ("create_component", "create_note", "create_reply", "create_thumbnail")},
    ("entity", "get_statuses"): LIST,
    ("entity", "get_types"): LIST,
    ("event hub", "publish"): OTHER,
    ("dict", "get"): ENTITY,
    ("dict", "pop"): ENTITY,
    ("dict", "setdefault"): ENTITY,
    ("dict", "values"): LIST,
    ("list", "pop"): ENTITY,
    ("list", "copy"): LIST,
    ("collection", "pop"): ENTITY,
    ("types", "get"): CLASS,
    ("module", "Session"): SESSION,
    ("module", "session.Session"): SESSION,
    ("module", "event.base.Event"): EVENT,
    ("module", "event.hub.EventHub"): EVENT_HUB,
}
#: Attribute -> the kind of its value, by the kind of its owner.
_MEMBERS: Final = {
    ("session", "event_hub"): EVENT_HUB,
    ("session", "types"): TYPES,
    ("session", "created"): LIST,
    ("session", "modified"): LIST,
    ("session", "deleted"): LIST,
    ("entity", "session"): SESSION,
    ("query", "session"): SESSION,
}
#: The kinds whose items are entities.
OF_ENTITIES: Final = frozenset({"query", "list", "collection"})
#: Functions that make a list of the items that they are given.
_LISTING: Final = frozenset({"list", "sorted", "reversed", "tuple", "set", "frozenset", "iter"})


@attrs.define
class Inference:
    """Finds the kinds of expressions of one script.

    *guessing* says whether the script uses ftrack at all, so that the names of variables mean something. *attributes*
    are the kinds of the attributes of `self`, by class and name, and *returned* those of the results of functions.
    """

    guessing: bool
    scope: Scope = attrs.field(factory=Scope)
    class_name: str = ""
    attributes: dict[tuple[str, str], ValueKind] = attrs.field(factory=dict)
    returned: dict[str, ValueKind] = attrs.field(factory=dict)

    def kind_of(self, node: ast.expr) -> ValueKind | None:
        """Return the kind of an expression, `OTHER` for one that is not of ftrack, or None if it is not known."""
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.NamedExpr):
            return self.kind_of(node.value)
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            return next((kind for kind in map(self.kind_of, parts) if kind not in (None, OTHER)), None)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return self._of_items(self._in_comprehension(node.generators, node.elt), LIST)
        if isinstance(node, ast.DictComp):
            return self._of_items(self._in_comprehension(node.generators, node.value), DICT)
        if isinstance(node, (ast.List, ast.Tuple)):
            kinds = {kind.name for kind in map(self.kind_of, node.elts) if kind}
            return LIST if kinds == {"entity"} else OTHER
        if isinstance(node, ast.Constant) and node.value is None:
            return None  # most often a name that gets its value later
        return OTHER if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Dict, ast.Set, ast.Lambda)) else None

    def kind_of_item(self, node: ast.expr) -> ValueKind | None:
        """Return the kind of the items that iterating over an expression gives."""
        kind = self.kind_of(node)
        if kind is not None and kind.name in OF_ENTITIES:
            return attrs.evolve(ENTITY, condition=kind.condition)
        return None if kind is None else OTHER

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """Bind the names of an assignment's target."""
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for part, source in zip(target.elts, value.elts, strict=True):
                    self.bind(part, source)
            else:
                for part in target.elts:
                    self._bind_kind(part, self.kind_of_item(value))
        else:
            self._bind_kind(target, self.kind_of(value))

    def bind_item(self, target: ast.expr, iterable: ast.expr) -> None:
        """Bind the names of a loop over *iterable*."""
        if isinstance(target, (ast.Tuple, ast.List)):
            for part, kind in zip(target.elts, self._kinds_of_parts(iterable, len(target.elts)), strict=True):
                self._bind_kind(part, kind)
        else:
            self._bind_kind(target, self.kind_of_item(iterable))

    def share_with_methods(self, name: str, kind: ValueKind | None) -> None:
        """Make a name of the class that is visited an attribute of `self`."""
        if kind is not None and kind != OTHER and not kind.condition:
            self.attributes[self.class_name, name] = kind

    def _kinds_of_parts(self, iterable: ast.expr, count: int) -> list[ValueKind | None]:
        """Return the kinds of the *count* parts of each item: those of `enumerate`, `zip` and `items`."""
        if isinstance(iterable, ast.Call):
            name = iterable.func.id if isinstance(iterable.func, ast.Name) else ""
            if name == "enumerate" and iterable.args and count == 2:
                return [OTHER, self.kind_of_item(iterable.args[0])]
            if name == "zip" and len(iterable.args) == count:
                return [self.kind_of_item(argument) for argument in iterable.args]
            if name == "sorted" and iterable.args:
                return self._kinds_of_parts(iterable.args[0], count)
            if isinstance(iterable.func, ast.Attribute) and iterable.func.attr == "items" and count == 2:
                kind = self.kind_of(iterable.func.value)
                return [OTHER, {"dict": ENTITY, "types": CLASS}.get(kind.name) if kind else None]
        return [None] * count

    def _bind_kind(self, target: ast.expr, kind: ValueKind | None) -> None:
        if isinstance(target, ast.Name):
            self.scope.bind(target.id, kind)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            if kind is not None:
                self.attributes[self.class_name, target.attr] = kind
        elif isinstance(target, ast.Starred):
            self._bind_kind(target.value, None)

    def _name(self, node: ast.Name) -> ValueKind | None:
        is_bound, kind = self.scope.find(node.id)
        if kind is not None:
            return kind
        if not is_bound and hasattr(builtins, node.id):
            return OTHER
        return guessed_kind(node.id) if self.guessing else None

    def _attribute(self, node: ast.Attribute) -> ValueKind | None:
        owner = self.kind_of(node.value)
        if owner is not None and owner.name == "module":
            return ValueKind("module", f"{owner.path}.{node.attr}" if owner.path else node.attr)
        if owner is not None and (owner.name, node.attr) in _MEMBERS:
            return _MEMBERS[owner.name, node.attr]
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            own = self.attributes.get((self.class_name, node.attr))
            if own is not None:
                return own
        if owner == OTHER or not self.guessing:
            return OTHER if owner == OTHER else None
        found = guessed_kind(node.attr)
        return under_condition(found, ast.unparse(node)) if found and found.condition else found

    def _call(self, node: ast.Call) -> ValueKind | None:
        if isinstance(node.func, ast.Attribute):
            owner = self.kind_of(node.func.value)
            if owner is not None and owner.name == "module":
                return _RESULTS.get(("module", f"{owner.path}.{node.func.attr}".lstrip(".")), OTHER)
            if owner is not None and (owner.name, node.func.attr) in _RESULTS:
                return _RESULTS[owner.name, node.func.attr]
            if owner == SESSION and node.func.attr == "merge" and node.args:
                return self.kind_of(node.args[0])
            own = self.returned.get(f"{self.class_name}.{node.func.attr}")
            if own is not None:
                return own
            if owner is None and self.guessing and is_ftrack_query(node):
                return attrs.evolve(QUERY, condition=under_condition(SESSION, ast.unparse(node.func.value)).condition)
            return OTHER if owner == OTHER else None
        if not isinstance(node.func, ast.Name):
            return None
        name = node.func.id
        is_bound, kind = self.scope.find(name)
        if kind is not None and kind.name == "module":
            return _RESULTS.get(("module", kind.path), OTHER)
        if name in self.returned:
            return self.returned[name]
        if name in _LISTING and node.args:
            first = self.kind_of(node.args[0])
            return LIST if first is not None and first.name in OF_ENTITIES else OTHER
        if name == "next" and node.args:
            return self.kind_of_item(node.args[0])
        if name in {"dict", "OrderedDict"} and node.args and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
            pair = node.args[0].elt
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                return self._of_items(self._in_comprehension(node.args[0].generators, pair.elts[1]), DICT)
        return OTHER if hasattr(builtins, name) or (is_bound and kind == OTHER) else None

    def _subscript(self, node: ast.Subscript) -> ValueKind | None:
        owner = self.kind_of(node.value)
        if owner is None or owner == OTHER:
            return owner
        if owner.name in OF_ENTITIES:
            return attrs.evolve(LIST if isinstance(node.slice, ast.Slice) else ENTITY, condition=owner.condition)
        if owner.name == "entity":
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                found = kind_of_attribute(node.slice.value, ast.unparse(node))
                return attrs.evolve(found, condition=owner.condition or found.condition) if found else None
            return None
        return {"dict": ENTITY, "types": CLASS, "event": OTHER}.get(owner.name)

    def _in_comprehension(self, generators: list[ast.comprehension], element: ast.expr) -> ValueKind | None:
        outer = self.scope
        self.scope = Scope(outer)
        try:
            for generator in generators:
                self.bind_item(generator.target, generator.iter)
            return self.kind_of(element)
        finally:
            self.scope = outer

    @staticmethod
    def _of_items(item: ValueKind | None, kind: ValueKind) -> ValueKind | None:
        if item is None:
            return None
        return attrs.evolve(kind, condition=item.condition) if item.name == "entity" else OTHER
