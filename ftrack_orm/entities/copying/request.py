"""State: the arguments of a copy, checked before any request is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import EntityDeleted, InvalidValue, UsageError, quoted
from ftrack_orm.query.executable import Progress
from ftrack_orm.schema.facts import CONTEXT, PROJECT

from .destination import PARENT_KEYS

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace

TASK: Final = "Task"
TASK_TEMPLATE: Final = "TaskTemplate"

#: The values of a copy that follow from its destination.
_DESTINATION_VALUES: Final = frozenset({"id", "parent", "project", "project_id", *PARENT_KEYS.values()})


@attrs.frozen
class CopyRequest:
    """The arguments of `Session.copy`, of which *include* is checked already."""

    entity: Entity
    into: Entity | None
    include: frozenset[str]
    values: Mapping[str, Any]
    missing: str = "raise"
    batch_size: int | None = None
    on_progress: Progress | None = None

    @property
    def is_beside(self) -> bool:
        """Whether the copy is created in the entity that contains the copied one."""
        return self.into is None and self.entity.__entity_type__ != PROJECT


def check_request(source: Workspace, target: Workspace, request: CopyRequest) -> CopyRequest:
    """Return *request* if its arguments fit each other and the two sessions.

    Raises `InvalidValue`, `UnknownAttribute`, `EntityDeleted` or `UsageError`.
    """
    if request.missing not in ("raise", "skip"):
        raise InvalidValue(f"missing is 'raise' or 'skip', not {quoted(request.missing)}.")
    _check_exists(source, request.entity, "copied")
    entity_type = request.entity.__entity_type__
    if request.entity.__schema__.family not in PARENT_KEYS and entity_type != TASK_TEMPLATE:
        raise InvalidValue(
            f"{request.entity!r} cannot be copied: projects, the contexts below them, assets and task templates can.",
            entity_type=entity_type,
        )
    _check_destination(source, target, request)
    created_type = TASK if entity_type == TASK_TEMPLATE else entity_type
    for name in request.values:
        if created_type in target.schema.types:
            target.schema.type(created_type).attribute(name)
        if name in _DESTINATION_VALUES:
            raise InvalidValue(
                f"The destination of a copy is given by `into`, not by the value of {name!r}.", attribute=name
            )
    return request


def _check_destination(source: Workspace, target: Workspace, request: CopyRequest) -> None:
    entity, into = request.entity, request.into
    if entity.__entity_type__ == PROJECT:
        if into is not None:
            raise InvalidValue(f"A copy of the project {entity!r} cannot be in {quoted(into)}; leave `into` out.")
    elif into is None:
        if source is not target or entity.__entity_type__ == TASK_TEMPLATE:
            raise InvalidValue(f"The copy of {entity!r} needs a destination: into=<the entity to create it in>.")
    else:
        _check_exists(target, into, "copied into")
        if into.__schema__.family != CONTEXT:
            raise InvalidValue(f"{entity!r} cannot be copied into {into!r}, but into a project or another context.")


def _check_exists(workspace: Workspace, entity: Any, action: str) -> None:
    if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not workspace:
        raise InvalidValue(f"Only an entity of the session can be {action}, not {quoted(entity)}.")
    if entity._ftrack_state.lifecycle is Lifecycle.DELETED:
        raise EntityDeleted(f"{entity!r} was deleted; it cannot be {action}.", entity_type=entity.__entity_type__)
    if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
        raise UsageError(
            f"{entity!r} cannot be {action}: it is new and not committed. Commit it first.",
            entity_type=entity.__entity_type__,
        )
