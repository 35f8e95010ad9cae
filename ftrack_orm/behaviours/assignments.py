"""State: the assignments of users and groups to contexts. Nothing is sent before the next commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, NotFetched

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The type of the appointments that are assignments; others are allocations (PROTOCOL 5.3).
_ASSIGNMENT = "assignment"


class Assignable(Mixin):
    """The behaviour of contexts, to which users and groups are assigned."""

    __slots__ = ()

    def assign(self, *resources: Entity) -> list[Entity]:
        """Assign users and groups, and return their appointments in that order: new ones, or those that existed.

        The next commit creates the new ones. The present assignments are read first if they are not loaded, once for
        all entities that arrived together. Raises `InvalidValue` for anything but users and groups.
        """
        services = services_of(self)
        _check_resources(self, resources)
        appointments = {each.resource_id: each for each in _assignments(self)} if resources else {}
        for resource in resources:
            if resource.id not in appointments:
                data = {"context": self, "resource": resource, "type": _ASSIGNMENT}
                appointments[resource.id] = services.create("Appointment", data)
        return [appointments[resource.id] for resource in resources]

    def unassign(self, *resources: Entity) -> list[Entity]:
        """Take back the assignments of users and groups, and return the appointments that the next commit deletes.

        Those that are not assigned are left out. Without *resources*, nothing is done.
        """
        services = services_of(self)
        _check_resources(self, resources)
        ids = {resource.id for resource in resources}
        removed = [each for each in _assignments(self) if each.resource_id in ids] if ids else []
        for appointment in removed:
            services.delete(appointment)
        return removed


def _assignments(context: Entity) -> list[Any]:
    """Return the assignments of *context*, each with the id of its user or group."""
    try:
        return [each for each in context.assignments if each.resource_id]
    except NotFetched:
        # The fetch mode forbids requests for reading values, but these methods are called to make one.
        services_of(context).populate([context], "assignments.resource_id")
        return list(context.assignments)


def _check_resources(context: Entity, resources: Sequence[Entity]) -> None:
    for resource in resources:
        if not isinstance(resource, Entity) or resource.__schema__.family != "Resource":
            raise InvalidValue(
                f"{context!r} is assigned to users and groups, not to {resource!r:.200}.",
                entity_type=context.__entity_type__,
                attribute="assignments",
            )
