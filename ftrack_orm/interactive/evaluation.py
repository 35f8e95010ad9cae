"""State: the value of an expression that is being typed, found without requests and without calling code of the user.

Calls of queries and sessions are not made: their result is known by its entity type, for which a placeholder stands.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

import attrs

from ftrack_orm.entities.classes import EntityClass, Types
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.placeholders import placeholder
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.query.builder import Query
from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import attribute_called

#: Methods of a query that return another query of the same results, one result, or several.
_REFINING: Final = frozenset(
    {
        "where", "select", "order_by", "limit", "offset", "search", "fetching", "populate_existing", "with_page_size",
        "prefer", "with_options",
    }
)  # fmt: skip
_ONE_RESULT: Final = frozenset({"first", "one", "one_or_none"})
_SEVERAL_RESULTS: Final = frozenset({"all", "walk"})
#: Methods of a session whose first argument is an entity type.
_QUERY_METHODS: Final = frozenset({"query", "search"})
_ENTITY_METHODS: Final = frozenset({"get", "create", "ensure", "reference"})
_ENTITIES_METHODS: Final = frozenset({"ensure_many"})
#: All methods whose first argument is an entity type, which completion therefore knows.
TYPE_ARGUMENT_METHODS: Final = _QUERY_METHODS | _ENTITY_METHODS | _ENTITIES_METHODS | {"on_change", "all"}
#: Properties of a session that read nothing but what is in memory.
_SESSION_VALUES: Final = frozenset({"types", "schema", "configurations"})
#: Built-in functions that return the items of their argument, or one of them.
_SEVERAL_ITEMS: Final = (list, tuple, sorted, iter, reversed)

#: The classes of values whose names this package completes.
_OWN: Final = (
    Entity, EntityClass, AttributeExpression, Types, Query, Collection, MappedCollection, Schema, EntityType
)  # fmt: skip

_MAX_DEPTH: Final = 30


class NotEvaluated(Exception):
    """The value of an expression cannot be found without running it."""


@attrs.frozen
class KnownSession:
    """The parts of a session that completion needs: its workspace, and its schema if no request is needed for it."""

    workspace: Workspace
    known_schema: Callable[[], Schema | None]


class Evaluator:
    """Finds the values of expressions.

    *namespaces* have the variables of the user, *bound* the expressions of names that the code before the cursor binds,
    and *sessions* are all that exist.
    """

    def __init__(
        self,
        namespaces: Sequence[Mapping[str, Any]],
        bound: Mapping[str, tuple[ast.expr, bool]],
        sessions: Mapping[Any, KnownSession],
    ) -> None:
        self._namespaces = namespaces
        self._bound = bound
        self._sessions = sessions
        self._depth = 0

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression, a placeholder if it is the result of a request; raises `NotEvaluated`."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NotEvaluated
        try:
            if isinstance(node, ast.Constant):
                return node.value
            if isinstance(node, ast.Name):
                return self._variable(node.id)
            if isinstance(node, ast.Attribute):
                return self._attribute(self.value(node.value), node.attr)
            if isinstance(node, ast.Subscript):
                return self._item(self.value(node.value), node.slice)
            if isinstance(node, ast.Call):
                return self._result(node)
            raise NotEvaluated
        finally:
            self._depth -= 1

    def is_session(self, value: Any) -> bool:
        """Whether *value* is one of the sessions."""
        return any(value is session for session in self._sessions)

    def is_own(self, value: Any) -> bool:
        """Whether *value* is of a class of this library whose names are completed here."""
        return isinstance(value, _OWN) or self.is_session(value)

    def keys(self, value: Any) -> list[str]:
        """Return the keys that are known for brackets after *value*."""
        if isinstance(value, AttributeExpression):
            keys = self._keys_of_custom_attributes(value)
            if keys:
                return keys
        complete = getattr(value, "_ipython_key_completions_", None) if isinstance(value, _OWN) else None
        return [] if complete is None else list(complete())

    def known_types(self, session: Any) -> list[str]:
        """Return the names of the entity types of *session*, as far as no request is needed for them."""
        return self.keys(session.types)

    def _keys_of_custom_attributes(self, expression: AttributeExpression) -> list[str]:
        steps, root = expression._ftrack_path.steps, expression._ftrack_root
        if len(steps) != 1 or steps[0].name != "custom_attributes" or root is None:
            return []
        workspace = self._workspace_with(expression._ftrack_schema)
        if workspace is None:
            return []
        owner = placeholder(workspace, root)
        return list(owner[steps[0].name]._ipython_key_completions_())

    def _workspace_with(self, schema: Any) -> Workspace | None:
        """Return the workspace of a session with that schema."""
        for session in self._sessions.values():
            if schema is not None and session.known_schema() is schema:
                return session.workspace
        return None

    # -- the parts of expressions --------------------------------------------------------------------------------------

    def _variable(self, name: str) -> Any:
        if name in self._bound:
            node, is_item = self._bound[name]
            value = self.value(node)
            return self._any_item(value) if is_item else value
        for namespace in self._namespaces:
            if name in namespace:
                return namespace[name]
        try:
            return vars(builtins)[name]
        except KeyError:
            raise NotEvaluated from None

    def _attribute(self, value: Any, name: str) -> Any:
        if isinstance(value, (Entity, EntityClass)):
            attribute = attribute_called(name, value.__attributes__)
            if attribute is None:
                # A behaviour's property would run code of the user.
                raise NotEvaluated
            return value[attribute] if isinstance(value, Entity) else getattr(value, name)
        if isinstance(value, (AttributeExpression, Types)):
            return getattr(value, name)
        if self.is_session(value):
            if name not in _SESSION_VALUES:
                raise NotEvaluated
            return getattr(value, name)
        if isinstance(value, ModuleType):
            found = vars(value).get(name, NotEvaluated)
        else:
            found = inspect.getattr_static(value, name, NotEvaluated)
        if found is NotEvaluated or hasattr(type(found), "__get__"):
            raise NotEvaluated
        return found

    def _item(self, value: Any, index: ast.expr) -> Any:
        if isinstance(index, ast.Slice):
            return [self._any_item(value)]
        if isinstance(value, (Query, Collection)):
            return self._any_item(value)
        key = self._index(index)
        if isinstance(value, MappedCollection):
            if key not in value._entries:
                raise NotEvaluated
            return value._entries[key].value
        if isinstance(value, (Entity, AttributeExpression, Types, Schema)) or type(value) in (dict, list, tuple):
            return value[key]
        raise NotEvaluated

    def _index(self, index: ast.expr) -> Any:
        if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub):
            value = self.value(index.operand)
            if isinstance(value, int):
                return -value
        return self.value(index)

    def _any_item(self, value: Any) -> Any:
        """Return an item of *value*: the first one that is in memory, otherwise a placeholder."""
        if isinstance(value, Query):
            return self._result_of(value)
        if isinstance(value, Collection):
            for item in value._items:
                return item
            return placeholder(value._owner._ftrack_state.workspace, str(value._attribute.target))
        if type(value) in (list, tuple, dict) and value:
            return next(iter(value))
        raise NotEvaluated

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _result(self, call: ast.Call) -> Any:
        if isinstance(call.func, ast.Name):
            return self._result_of_builtin(self._variable(call.func.id), call)
        if not isinstance(call.func, ast.Attribute):
            raise NotEvaluated
        value, method = self.value(call.func.value), call.func.attr
        if isinstance(value, Query):
            if method in _REFINING:
                return value
            if method in _ONE_RESULT:
                return self._result_of(value)
            if method in _SEVERAL_RESULTS:
                return [self._result_of(value)]
        elif self.is_session(value) and call.args:
            return self._result_of_session(value, method, self.value(call.args[0]))
        elif isinstance(value, Entity):
            return self._result_of_behaviour(value, method)
        raise NotEvaluated

    def _result_of_builtin(self, function: Any, call: ast.Call) -> Any:
        if len(call.args) >= 1 and not isinstance(call.args[0], ast.Starred):
            if any(function is each for each in _SEVERAL_ITEMS):
                return [self._any_item(self.value(call.args[0]))]
            if function is next:
                return self._any_item(self.value(call.args[0]))
        raise NotEvaluated

    def _result_of_session(self, session: Any, method: str, entity_type: Any) -> Any:
        if method in _QUERY_METHODS:
            return session.query(entity_type)
        if method in _ENTITY_METHODS or method in _ENTITIES_METHODS:
            name = entity_type if isinstance(entity_type, str) else getattr(entity_type, "__entity_type__", None)
            if isinstance(name, str) and name in self.known_types(session):
                made = placeholder(self._sessions[session].workspace, name)
                return [made] if method in _ENTITIES_METHODS else made
        raise NotEvaluated

    def _result_of_behaviour(self, entity: Entity, method: str) -> Any:
        """Return a placeholder for the entity that a method such as `create_note` makes."""
        _, _, made = method.partition("create_")
        name = "".join(word.capitalize() for word in made.split("_"))
        workspace = entity._ftrack_state.workspace
        if made and callable(getattr(type(entity), method, None)) and name in workspace.schema.types:
            return placeholder(workspace, name)
        raise NotEvaluated

    def _result_of(self, query: Query[Any]) -> Entity:
        workspace = self._workspace_with(query.schema)
        if workspace is None or query.node.group_by:
            raise NotEvaluated
        return placeholder(workspace, query.node.entity_type)
