"""The storage scenario of the server: the folder for each system, scenarios of plugins, incomplete ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from ftrack_orm.behaviours.locations.storage_scenario import (
    ACTIVATE_TOPIC,
    CENTRALIZED_SCENARIO,
    activate_scenario,
    mount_point,
)
from ftrack_orm.behaviours.services import Services
from ftrack_orm.storage.locations import LocationConfiguration, LocationRegistry

DATA = {"location_id": "central", "accessor": {"mount_points": {"linux": "/mnt/x", "osx": "/Volumes/x", "windows": ""}}}


class Server:
    """The services that a scenario needs, with the information of a server as a value."""

    def __init__(self, scenario: Any) -> None:
        self.scenario = scenario
        self.published: list[tuple[str, Any]] = []

    def server_information(self) -> Mapping[str, Any]:
        return {"storage_scenario": self.scenario}

    def publish_locally(self, topic: str, data: Mapping[str, Any]) -> list[Any]:
        self.published.append((topic, data))
        return []


def activate(scenario: Any, registry: LocationRegistry | None = None) -> tuple[LocationRegistry, Server]:
    server, registry = Server(scenario), registry or LocationRegistry({})
    activate_scenario(cast("Services", server), registry)
    return registry, server


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("linux", "/mnt/x"), ("darwin", "/Volumes/x"), ("win32", None), ("cygwin", None), ("freebsd14", "/mnt/x")],
)
def test_each_system_has_its_own_folder(platform: str, folder: str | None) -> None:
    assert mount_point(DATA, platform) == folder


def test_the_location_is_configured_unless_it_is_already() -> None:
    scenario = {"scenario": CENTRALIZED_SCENARIO, "data": DATA}
    registry, _ = activate(scenario)
    assert [key for key, _ in registry.accessible()] == ["central"]
    own = LocationConfiguration()
    registry = LocationRegistry({"central": own})
    activate(scenario, registry)
    assert registry.get("central") is own


def test_a_system_without_a_folder_has_no_accessor_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    data = {"location_id": "central", "accessor": {"mount_points": {}}}
    registry, _ = activate({"scenario": CENTRALIZED_SCENARIO, "data": data})
    configuration = registry.get("central")
    assert configuration is not None
    assert configuration.accessor is None
    assert "no folder for this system" in configuration.problem
    assert "no folder for this system" in caplog.text


@pytest.mark.parametrize("data", [None, {}, [], {"location_id": "x"}, {"location_id": "x", "accessor": None}])
def test_an_incomplete_scenario_is_logged(data: Any, caplog: pytest.LogCaptureFixture) -> None:
    registry, _ = activate({"scenario": CENTRALIZED_SCENARIO, "data": data})
    assert registry.accessible() == []
    assert caplog.record_tuples[0][1] == logging.WARNING


def test_plugins_are_notified_of_the_scenario() -> None:
    scenario = {"scenario": "studio.own", "data": {}}
    registry, server = activate(scenario)
    assert server.published == [(ACTIVATE_TOPIC, {"storage_scenario": scenario})]
    assert registry.accessible() == []
    for nothing in (None, {}, {"scenario": None}, "text"):
        assert activate(nothing)[1].published == []
