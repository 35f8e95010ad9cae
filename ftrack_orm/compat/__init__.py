"""The names and behaviours of the official client: `import ftrack_orm.compat as ftrack_api`.

A script that is written for the official client runs with its import changed. Values are converted at the border:
entities are mappings, dates are those of arrow, attributes without a value are `symbol.NOT_SET`. There is one ordinary
session below, so that modules that are moved already work with the same entities: `unwrap` returns the session, entity
or collection of this library, and `wrap` the one in the official client's form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import accessor as accessor
    from . import attribute as attribute
    from . import cache as cache
    from . import collection as collection
    from . import data as data
    from . import entity as entity
    from . import event as event
    from . import exception as exception
    from . import formatter as formatter
    from . import inspection as inspection
    from . import logging as logging
    from . import operation as operation
    from . import plugin as plugin
    from . import query as query
    from . import resource_identifier_transformer as resource_identifier_transformer
    from . import session as session
    from . import structure as structure
    from . import symbol as symbol
    from .conversion import unwrap
    from .installation import install
    from .mixing import mixin
    from .session import Session
    from .wrapping import wrap

#: The version of the official client whose names these are.
__version__ = "3.1.0"

__all__ = ["Session", "__version__", "install", "mixin", "unwrap", "wrap"]

#: The module that defines each name.
_MODULES = {
    "Session": "session",
    "install": "installation",
    "mixin": "mixing",
    "unwrap": "conversion",
    "wrap": "wrapping",
}

#: The modules of the official client, which its import makes attributes of the package.
_SUBMODULES = frozenset(
    [
        "accessor",
        "attribute",
        "cache",
        "collection",
        "data",
        "entity",
        "event",
        "exception",
        "formatter",
        "inspection",
        "logging",
        "operation",
        "plugin",
        "query",
        "resource_identifier_transformer",
        "session",
        "structure",
        "symbol",
    ]
)


if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        if name in _SUBMODULES:
            return importlib.import_module(f"{__name__}.{name}")
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES})
