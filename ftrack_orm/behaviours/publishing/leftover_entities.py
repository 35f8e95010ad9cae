"""State: deletes components that were created for files that could not be stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.behaviours.identity import is_saved
from ftrack_orm.errors import FtrackError
from ftrack_orm.storage.leftovers import note_leftover

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.entity import Entity


def delete_created(services: Services, created: Sequence[Entity], error: BaseException) -> None:
    """Delete those of *created* that the server has, because of *error*, which gets a note if that fails."""
    saved = [entity for entity in created if is_saved(entity)]
    if not saved:
        return
    try:
        with services.apart():
            for entity in saved:
                services.delete(entity)
    except FtrackError as failure:
        names = ", ".join(map(repr, saved[:5]))
        note_leftover(error, f"{len(saved)} components without files could not be deleted again ({names}): {failure}")
