"""The modules of the official client's package `accessor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import base as base
    from . import disk as disk
    from . import server as server

_SUBMODULES = (
    "base",
    "disk",
    "server",
)


if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        if name in _SUBMODULES:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(_SUBMODULES)
