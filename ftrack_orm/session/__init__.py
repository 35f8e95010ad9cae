"""The session: its public methods, the wiring of its parts, handshake, event hub, change tracking and profiling."""

from .session import Session

__all__ = ["Session"]
