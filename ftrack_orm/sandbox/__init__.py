"""The embedded ftrack server, for developing and testing without a server at hand; needs the extra `sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sandbox import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, since the values of this room are useful without a web server and a database.
    if name != "Sandbox":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .sandbox import Sandbox

    return Sandbox
