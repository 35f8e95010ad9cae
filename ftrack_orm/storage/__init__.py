"""Files: accessors and structures of locations, and file sequences; also transfers to and from the server's storage.

Everything in `__all__` is public. A name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_orm.schema.facts import (
        CONNECT_LOCATION_ID,
        ORIGIN_LOCATION_ID,
        REVIEW_LOCATION_ID,
        SERVER_LOCATION_ID,
        UNMANAGED_LOCATION_ID,
    )

    from .accessors.base import Accessor
    from .accessors.disk import DiskAccessor
    from .accessors.fsspec_files import FsspecAccessor
    from .progress import Progress
    from .sequences import FileSequence, SingleFile, components_in
    from .structures.base import Structure
    from .structures.ids import EntityIdStructure, IdStructure
    from .structures.origin import OriginStructure
    from .structures.standard import StandardStructure
    from .structures.template import TemplateStructure
    from .transformers import ResourceIdentifierTransformer, RootTransformer

__all__ = [
    "CONNECT_LOCATION_ID",
    "ORIGIN_LOCATION_ID",
    "REVIEW_LOCATION_ID",
    "SERVER_LOCATION_ID",
    "UNMANAGED_LOCATION_ID",
    "Accessor",
    "DiskAccessor",
    "EntityIdStructure",
    "FileSequence",
    "FsspecAccessor",
    "IdStructure",
    "OriginStructure",
    "Progress",
    "ResourceIdentifierTransformer",
    "RootTransformer",
    "SingleFile",
    "StandardStructure",
    "Structure",
    "TemplateStructure",
    "components_in",
]

#: The module that defines each public name. The checkers read the imports above; this table serves the interpreter.
_MODULES = {
    "CONNECT_LOCATION_ID": "locations",
    "ORIGIN_LOCATION_ID": "locations",
    "REVIEW_LOCATION_ID": "locations",
    "SERVER_LOCATION_ID": "locations",
    "UNMANAGED_LOCATION_ID": "locations",
    "Progress": "progress",
    "Accessor": "accessors.base",
    "DiskAccessor": "accessors.disk",
    "EntityIdStructure": "structures.ids",
    "FileSequence": "sequences",
    "FsspecAccessor": "accessors.fsspec_files",
    "IdStructure": "structures.ids",
    "OriginStructure": "structures.origin",
    "ResourceIdentifierTransformer": "transformers",
    "RootTransformer": "transformers",
    "SingleFile": "sequences",
    "StandardStructure": "structures.standard",
    "Structure": "structures.base",
    "TemplateStructure": "structures.template",
    "components_in": "sequences",
}

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{module}"), name)
