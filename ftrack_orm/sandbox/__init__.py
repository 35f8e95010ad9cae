"""The embedded ftrack server, to develop and test without a server; requires the extra `sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sandbox import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: other modules of the package must be importable without aiohttp.
    if name != "Sandbox":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .sandbox import Sandbox

    return Sandbox
