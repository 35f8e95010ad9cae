"""State: the configuration of the locations that every ftrack server has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.schema.facts import ORIGIN_LOCATION_ID, REVIEW_LOCATION_ID, SERVER_LOCATION_ID, UNMANAGED_LOCATION_ID
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.accessors.server import ServerAccessor
from ftrack_orm.storage.locations import LocationConfiguration, Management
from ftrack_orm.storage.structures.ids import EntityIdStructure
from ftrack_orm.storage.structures.origin import OriginStructure

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services


def built_in_locations(services: Services) -> dict[str, LocationConfiguration]:
    """Return the configurations by the id of the location, with the priorities of the official client.

    `ftrack.connect` has none: ftrack's desktop application configures it.
    """

    def name_of(component_id: str) -> str:
        component = services.get("Component", component_id)
        return component_id if component is None else file_name_of(component["name"], component["file_type"])

    server = ServerAccessor(services.settings, services.transport, lambda: services.transfers, services.call, name_of)
    unmanaged, origin = Management.UNMANAGED, Management.ORIGIN
    paths = DiskAccessor(None)
    return {
        UNMANAGED_LOCATION_ID: LocationConfiguration(paths, OriginStructure(), priority=90, management=unmanaged),
        ORIGIN_LOCATION_ID: LocationConfiguration(paths, OriginStructure(), priority=100, management=origin),
        REVIEW_LOCATION_ID: LocationConfiguration(paths, OriginStructure(), priority=110, management=unmanaged),
        SERVER_LOCATION_ID: LocationConfiguration(
            server, EntityIdStructure(), priority=150, management=Management.SERVER
        ),
    }


def file_name_of(name: str | None, file_type: str | None) -> str:
    """Return the name of a component's file: its name and its file type, which begins with a dot or not."""
    return f"{name or 'file'}.{file_type.lstrip('.')}" if file_type else name or "file"
