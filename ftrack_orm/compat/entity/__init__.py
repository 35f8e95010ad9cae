"""The modules of the official client's package `entity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.
    from ftrack_orm.compat.submodules import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        (
            "asset_version",
            "base",
            "component",
            "factory",
            "job",
            "location",
            "note",
            "project_schema",
            "user",
        ),
    )
