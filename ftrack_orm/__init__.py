"""An object mapper for ftrack: `Session`, query builders, `inspect`, and the errors.

Names are imported when they are first used, so that `import ftrack_orm` costs a pipeline tool next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors
    from .entities.inspection import inspect
    from .events.event import Event
    from .query.builder import select
    from .query.expressions.attributes import and_, attr, expression, not_, or_
    from .session.session import Session
    from .transport.cancellation import Cancellation

__all__ = [
    "Cancellation",
    "Event",
    "Session",
    "and_",
    "attr",
    "errors",
    "expression",
    "inspect",
    "not_",
    "or_",
    "select",
]

_HOMES = {
    "Cancellation": "transport.cancellation",
    "Event": "events.event",
    "Session": "session",
    "and_": "query.expressions.attributes",
    "attr": "query.expressions.attributes",
    "errors": "",
    "expression": "query.expressions.attributes",
    "inspect": "entities.inspection",
    "not_": "query.expressions.attributes",
    "or_": "query.expressions.attributes",
    "select": "query.builder",
}


def __getattr__(name: str) -> Any:
    import importlib

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not home:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
