"""State: taking changes of one entity back at the user's request."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import UsageError

from .changes import attributes_set_together
from .collections import Collection as EntityCollection
from .originals import take_back

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


def revert(entity: Entity, names: Collection[str]) -> None:
    """Take back the edits of *names* that the current unit of work has made, and of the attributes set with them.

    Without names, all its edits and the recorded deletion are taken back. Raises `UnknownAttribute`, and `UsageError`
    for the primary key of a new entity, which others may refer to already.
    """
    state, schema = entity._ftrack_state, entity.__schema__
    for name in names:
        schema.attribute(name)
        if name in schema.primary_key and state.lifecycle is Lifecycle.PENDING:
            raise UsageError(f"{schema.name}.{name} is the key of the new {entity!r} and stays; delete it instead.")
    journal = state.workspace.journal_for(entity)
    with state.workspace.lock:
        for name in names:
            collection = entity.__dict__.get(name)
            if isinstance(collection, EntityCollection):
                collection._revert(journal)
        if names:
            take_back(entity, journal, [each for name in names for each in attributes_set_together(schema, name)])
        else:
            journal.deleted.pop(entity, None)
            take_back(entity, journal)
