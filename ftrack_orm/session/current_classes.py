"""State: the entity classes of a session, made when its schema is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.entities.classes import Classes

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .handshake import Handshake


class CurrentClasses:
    """The entity classes of a session: made when the schema is first needed, updated in place when it changes."""

    def __init__(self) -> None:
        self._classes: Classes | None = None
        self._handshake: Handshake | None = None

    def read_schema_from(self, handshake: Handshake) -> None:
        """Take the schema from *handshake* from now on."""
        self._handshake = handshake

    def __call__(self) -> Classes:
        if self._classes is None:
            assert self._handshake is not None
            from ftrack_orm.behaviours import table

            classes = Classes(self._handshake.schema, table.BEHAVIOURS)
            if self._classes is None:
                self._classes = classes
            # The handshake may have received a newer schema before there were classes to update.
            self.update(self._handshake.schema)
        return self._classes

    def update(self, schema: Schema) -> None:
        """Follow a newer schema; the handshake calls this when the server has one."""
        if self._classes is not None:
            self._classes.update(schema)

    def known_schema(self) -> Schema | None:
        """Return the schema if it is known already. Makes no request."""
        return None if self._classes is None else self._classes.schema
