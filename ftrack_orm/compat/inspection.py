"""State: identities, primary keys and states of entities, as the official client gives them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.lifecycle import Lifecycle

from . import symbol
from .conversion import unwrap


def identity(entity: Any) -> tuple[str, list[str]]:
    """Return the type and the values of the primary key of *entity*."""
    return str(entity.entity_type), list(primary_key(entity).values())


def primary_key(entity: Any) -> OrderedDict[str, str]:
    """Return the primary key of *entity*, by the names of its attributes."""
    native = unwrap(entity)
    return OrderedDict(zip(native.__schema__.primary_key, native._ftrack_state.key, strict=True))


def state(entity: Any) -> symbol.Symbol:
    """Return `CREATED`, `MODIFIED` or `DELETED` for an entity with changes, and `NOT_SET` for one without."""
    native = unwrap(entity)
    view = inspect(native)
    workspace = native._ftrack_state.workspace
    if workspace.is_being_deleted(native):
        return symbol.DELETED
    if view.state is Lifecycle.PENDING:
        # One that was created while recording was switched off is in no commit.
        return symbol.CREATED if native in workspace.journal_for(native).created else symbol.NOT_SET
    return symbol.MODIFIED if view.is_modified else symbol.NOT_SET


def states(entities: Iterable[Any]) -> list[symbol.Symbol]:
    """Return the state of each of *entities*."""
    return [state(entity) for entity in entities]
