"""The modules of the official client's package `entity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import asset_version as asset_version
    from . import base as base
    from . import component as component
    from . import factory as factory
    from . import job as job
    from . import location as location
    from . import note as note
    from . import project_schema as project_schema
    from . import user as user

_SUBMODULES = (
    "asset_version",
    "base",
    "component",
    "factory",
    "job",
    "location",
    "note",
    "project_schema",
    "user",
)


if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        if name in _SUBMODULES:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(_SUBMODULES)
