"""State: sessions and entities of this library in the form of the official client."""

from __future__ import annotations

from typing import Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import UsageError
from ftrack_orm.session.session import Session as NativeSession

from .conversion import SESSIONS


def wrap(value: Any) -> Any:
    """Return a session, entity, collection or value of this library in the form that the official client gives it.

    There is one compatible session for each session, and one compatible entity for each entity. Raises `UsageError`
    for an entity whose session has no compatible one: wrap the session first.
    """
    if isinstance(value, NativeSession):
        from .session import Session

        return SESSIONS.get(id(value)) or Session.over(value)
    if isinstance(value, Entity):
        services = value._ftrack_state.workspace
        for session in list(SESSIONS.values()):
            if session.__unwrap__()._workspace is services:
                return session.shown(value)
        raise UsageError(f"The session of {value!r} has no compatible session yet. Wrap it first: wrap(session).")
    if isinstance(value, (Collection, MappedCollection)):
        return wrap(value._owner).session.shown(value)
    return value
