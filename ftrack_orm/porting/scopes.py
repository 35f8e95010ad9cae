"""State: the names that a script has bound so far, with the kinds of their values."""

from __future__ import annotations

import attrs

from .kinds import ValueKind


@attrs.define
class Scope:
    """The names of a module, a function or a comprehension. A name with None is bound to a value of an unknown kind."""

    outer: Scope | None = None
    names: dict[str, ValueKind | None] = attrs.field(factory=dict)

    def bind(self, name: str, kind: ValueKind | None) -> None:
        """Bind *name* to a value of *kind*."""
        self.names[name] = kind

    def find(self, name: str) -> tuple[bool, ValueKind | None]:
        """Return whether *name* is bound here or in an outer scope, and the kind of its value."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True, scope.names[name]
            scope = scope.outer
        return False, None
