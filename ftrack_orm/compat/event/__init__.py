"""The modules of the official client's package `event`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import base as base
    from . import expression as expression
    from . import hub as hub
    from . import subscriber as subscriber
    from . import subscription as subscription

_SUBMODULES = (
    "base",
    "expression",
    "hub",
    "subscriber",
    "subscription",
)


if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        if name in _SUBMODULES:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(_SUBMODULES)
