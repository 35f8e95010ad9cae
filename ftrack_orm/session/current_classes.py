"""State: the entity classes of a session, made when its schema is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_orm.entities.classes import Classes

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .handshake import Handshake
    from .type_package import TypePackage


class CurrentClasses:
    """The entity classes of a session: made when the schema is first needed, updated in place when it changes.

    With a *package*, they are its classes while the server has the schema that the package was written for, and
    subclasses of these while it has another one. *on_change* is then called with the classes that replace others.
    """

    def __init__(self, package: TypePackage | None = None) -> None:
        self._package = package
        self.on_change: Callable[[Classes], None] = lambda classes: None
        self._classes: Classes | None = None
        self._handshake: Handshake | None = None

    def read_schema_from(self, handshake: Handshake) -> None:
        """Take the schema from *handshake* from now on."""
        self._handshake = handshake

    def __call__(self) -> Classes:
        if self._classes is None:
            assert self._handshake is not None
            classes = self._make(self._handshake.schema)
            if self._classes is None:
                self._classes = classes
            # The handshake may have received a newer schema before there were classes to update.
            self.update(self._handshake.schema)
        return self._classes

    def update(self, schema: Schema) -> None:
        """Follow a newer schema; the handshake calls this when the server has one."""
        classes, package = self._classes, self._package
        if classes is None:
            return
        if package is None or (schema is not package.schema and classes is not package.classes):
            classes.update(schema)
        elif (schema is package.schema) is not (classes is package.classes):
            self._classes = self._make(schema)
            self.on_change(self._classes)

    def _make(self, schema: Schema) -> Classes:
        package = self._package
        if package is not None and schema is package.schema:
            return package.classes
        from ftrack_orm.behaviours import table

        return Classes(schema, table.BEHAVIOURS, shared=None if package is None else package.classes)

    def known_schema(self) -> Schema | None:
        """Return the schema if it is known already. Makes no request."""
        return None if self._classes is None else self._classes.schema
