"""State: the storage scenario of the server: a location that all machines share, configured on the server."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.storage.locations import LocationConfiguration, LocationRegistry

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services

logger = logging.getLogger("ftrack_orm.storage")

CENTRALIZED_SCENARIO: Final = "ftrack.centralized-storage"
ACTIVATE_TOPIC: Final = "ftrack.storage-scenario.activate"
#: Before all locations that plugins configure without a priority of their own.
_PRIORITY: Final = 1


def activate_scenario(services: Services, registry: LocationRegistry) -> None:
    """Configure the location of the server's storage scenario, unless it is configured already.

    Plugins may implement scenarios of their own: they are notified by the event `ftrack.storage-scenario.activate`.
    """
    scenario = services.server_information().get("storage_scenario")
    if not isinstance(scenario, Mapping) or not scenario.get("scenario"):
        return
    if scenario["scenario"] == CENTRALIZED_SCENARIO:
        _configure_centralized(scenario.get("data"), registry)
    services.publish_locally(ACTIVATE_TOPIC, {"storage_scenario": scenario})


def mount_point(data: Mapping[str, Any], platform: str = sys.platform) -> str | None:
    """Return the folder of the centralized storage on a system, named as `sys.platform` names it, or None."""
    system = "osx" if platform == "darwin" else "windows" if platform in ("win32", "cygwin") else "linux"
    return (data["accessor"]["mount_points"] or {}).get(system) or None


def _configure_centralized(data: Any, registry: LocationRegistry) -> None:
    from ftrack_orm.storage.accessors.disk import DiskAccessor
    from ftrack_orm.storage.structures.standard import StandardStructure

    try:
        location_id, folder = data["location_id"], mount_point(data)
    except (KeyError, TypeError, AttributeError):
        # A server that is configured by halves must not keep every other location from being used.
        logger.warning("The storage scenario of the server is incomplete, and its location is not configured.")
        return
    if registry.get(location_id) is not None:
        return
    problem = ""
    if folder is None:
        problem = (
            f"The storage scenario of the server has no folder for this system ({sys.platform}). Add it in the "
            "server's settings."
        )
        logger.warning("%s", problem)
    registry.set(
        location_id,
        LocationConfiguration(
            DiskAccessor(folder) if folder is not None else None,
            StandardStructure(),
            priority=_PRIORITY,
            problem=problem,
        ),
        is_id=True,
    )
