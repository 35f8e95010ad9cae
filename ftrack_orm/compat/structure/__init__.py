"""The modules of the official client's package `structure`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import base as base
    from . import entity_id as entity_id
    from . import id as id
    from . import origin as origin
    from . import standard as standard

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.
    from ftrack_orm.compat.submodules import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        (
            "base",
            "entity_id",
            "id",
            "origin",
            "standard",
        ),
    )
