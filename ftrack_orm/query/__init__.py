"""Queries: the builder, the query language, expressions in Python, and evaluation in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise.

    def __getattr__(name: str) -> NoReturn:
        from ftrack_orm.official_names import unknown_name

        raise unknown_name("module", f"The module {__name__!r}", name)
