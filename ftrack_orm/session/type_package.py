"""State: the package of a studio's types, as a session needs it: its classes, and the schema it was written for."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ftrack_orm.entities.classes import Classes
    from ftrack_orm.schema.model import Schema

logger = logging.getLogger("ftrack_orm.session")

#: The most lines of differences in a warning.
MAX_LINES = 30


class TypePackage(Protocol):
    """A package whose classes all of its sessions share; `ftrack_orm.typing.package` has the implementation."""

    @property
    def name(self) -> str:
        """The name by which programs import the package."""

    @property
    def schema(self) -> Schema:
        """The schema that the package was written for."""

    @property
    def classes(self) -> Classes:
        """The classes of its types."""

    def has_schema(self, schema: Schema) -> bool:
        """Whether *schema* says the same as that of the package, in whatever order."""


class ExpectedSchema:
    """Compares the schemas of the server with the one that *package* was written for, at *server_url*."""

    def __init__(self, package: TypePackage, server_url: str) -> None:
        self._package = package
        self._server_url = server_url
        self._warned = False

    def adopt(self, schema: Schema) -> Schema:
        """Return the schema of the package if *schema* equals it, otherwise *schema* with the names it has lost."""
        package = self._package
        if package.has_schema(schema):
            return package.schema
        from ftrack_orm.schema.lost_names import with_lost_names

        return with_lost_names(schema, package.schema, package.name)

    def compare(self, adopted: Schema, *, can_raise: bool) -> None:
        """Issue a `SchemaDriftWarning`, once, if the server's schema is another than the package's.

        If warnings are errors, it is raised only if that is allowed by *can_raise*: operations may have been carried
        out whose replies would be lost. It is logged otherwise.
        """
        if self._warned or adopted is self._package.schema:
            return
        self._warned = True
        from ftrack_orm.entities.reading.call_sites import calling_site
        from ftrack_orm.errors import SchemaDriftWarning
        from ftrack_orm.schema.differences import schema_differences

        differences = schema_differences(self._package.schema, adopted)
        lines = str(differences).splitlines()
        if len(lines) > MAX_LINES:
            lines = [*lines[:MAX_LINES], f"and {len(lines) - MAX_LINES} more lines"]
        warning = SchemaDriftWarning(
            f"The schema of {self._server_url} differs from the one that the package {self._package.name} was written "
            "for. Write the package again with ftrack-orm stubs. Since then: " + "\n".join(lines)
        )
        warning.differences = differences
        site = calling_site()
        file, number = (site.file, site.number) if site is not None else (__file__, 1)
        try:
            # Issued at the user's line whatever the depth of the stack, so that Python's filters apply to it.
            warnings.warn_explicit(warning, SchemaDriftWarning, file, number, registry={})
        except SchemaDriftWarning:
            if can_raise:
                raise
            logger.warning("%s", warning)
