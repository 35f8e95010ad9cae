"""The modules of the official client's package `event`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import base as base
    from . import expression as expression
    from . import hub as hub
    from . import subscriber as subscriber
    from . import subscription as subscription

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.
    from ftrack_orm.compat.submodules import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        (
            "base",
            "expression",
            "hub",
            "subscriber",
            "subscription",
        ),
    )
