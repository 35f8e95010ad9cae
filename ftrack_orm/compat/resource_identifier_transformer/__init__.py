"""The modules of the official client's package `resource_identifier_transformer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import base as base

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.
    from ftrack_orm.compat.submodules import lazily

    __getattr__, __dir__ = lazily(__name__, ("base",))
