"""State: a package of a studio's types at run time: its classes and its `Session`, made when they are first needed.

The `__init__.py` that `ftrack-orm stubs` writes calls `bind` and contains nothing else. So a package keeps working with
later versions of this library, and importing it costs nothing until a name is used.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ftrack_orm.entities.classes import Classes, Types
from ftrack_orm.errors import FtrackError, UsageError, suggestion
from ftrack_orm.files import read_regular_file

from .content import SchemaContent, in_order

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

#: The file with the content of a package.
SCHEMA_FILE = "schema.json"

#: The module, the same in each package. Its docstring names the package.
MODULE: Final = '''\
"""The entity types of an ftrack server, for programs and type checkers: `from {name} import Session, Task`.

Written by `ftrack-orm stubs`, which replaces the files. The types are those in `schema.json`.
"""

from ftrack_orm.typing.package import bind

__getattr__, __dir__ = bind(__name__, __path__[0])
'''

#: The largest file that is read, in bytes. Those of large studios have a few megabytes.
MAX_BYTES = 64 << 20


class StudioPackage:
    """The classes of the types in the `schema.json` of *folder*, for the package that programs import as *name*."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        # The parts need each other, and threads must not get different classes.
        self._lock = threading.RLock()

    @property
    def content(self) -> SchemaContent:
        """The content of the file. Raises `UsageError` when it is missing, and `ProtocolError` when it is damaged."""
        with self._lock:
            return self._content

    @cached_property
    def _content(self) -> SchemaContent:
        return read_content(self._folder / SCHEMA_FILE)

    @property
    def schema(self) -> Schema:
        """The schema that the package was written for."""
        return self.content.schema

    @property
    def classes(self) -> Classes:
        """The classes of all types, which the sessions of the package share."""
        with self._lock:
            return self._classes

    @cached_property
    def _classes(self) -> Classes:
        from ftrack_orm.behaviours.table import BEHAVIOURS

        return Classes(self.schema, BEHAVIOURS, module=self.name)

    @cached_property
    def types(self) -> Types:
        """The classes by name, as `session.types` has them. Behaviours that are added are those of all sessions."""
        return Types(lambda: self.classes, lambda: self.schema)

    @property
    def session_class(self) -> type[Any]:
        """The class of the package's sessions."""
        with self._lock:
            return self._session_class

    @cached_property
    def _session_class(self) -> type[Any]:
        from ftrack_orm.session.session import Session

        namespace = {
            "__module__": self.name,
            "__doc__": f"A session whose entities are of the classes in {self.name}.\n\n{Session.__doc__}",
            "_type_package": self,
        }
        return type("Session", (Session,), namespace)

    def has_schema(self, schema: Schema) -> bool:
        """Whether *schema* says the same as that of the package, in whatever order."""
        return schema is self.schema or in_order(schema.answer) == self.content.answer

    def get(self, name: str) -> Any:
        """Return what programs import as *name*; raises `AttributeError`, which Python turns into an `ImportError`."""
        if name == "Session":
            return self.session_class
        if name == "Types":
            return Types
        if name == "types":
            return self.types
        if name in self._class_names:
            return self.classes[name]
        if name in self._literal_names:
            allowed = self._literal_names[name]
            return Literal[allowed] if allowed else str
        raise AttributeError(
            f"The package {self.name} has no type {name!r}.{suggestion(name, self.names)} It has the types that "
            "the server had when the package was written; ftrack-orm stubs writes it again.",
            name=name,
            obj=self,
        )

    @property
    def names(self) -> list[str]:
        """The names that programs can import, which are those of the annotations."""
        return sorted({"Session", "Types", "types", *self._class_names, *self._literal_names})

    @cached_property
    def _class_names(self) -> dict[str, str]:
        from .names import class_names

        return class_names(self.content)

    @cached_property
    def _literal_names(self) -> dict[str, tuple[str, ...]]:
        from .literals import literal_names

        return literal_names(self.content)

    def __repr__(self) -> str:
        return f"<StudioPackage {self.name}>"


def read_content(path: Path) -> SchemaContent:
    """Return the content of a `schema.json`, or of a file with the types of a server alone.

    Raises `UsageError` for a file that cannot be read, and `ProtocolError` for one with another content.
    """
    try:
        document = json.loads(read_regular_file(path, MAX_BYTES))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}. ftrack-orm stubs writes the file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: {error}. ftrack-orm stubs writes the file again.") from error
    try:
        return SchemaContent.from_json(document)
    except FtrackError as error:
        error.amend(f"{path}: {error.message}")
        raise


def bind(name: str, folder: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the functions `__getattr__` and `__dir__` of the package *name*, whose file is in *folder*.

    The names of the package are those of its types, `Session`, `types` and `Types`, and the literal types of names.
    """
    package = StudioPackage(name, Path(folder))

    def __getattr__(attribute: str) -> Any:
        if attribute == "__all__":
            return package.names
        if attribute.startswith("_"):
            # Python and its tools look for special names, which must not read the file.
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        return package.get(attribute)

    return __getattr__, lambda: package.names
