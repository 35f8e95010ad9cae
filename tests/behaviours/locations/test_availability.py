"""Availability of components, and picking locations: with few requests, as in the official client."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation
from tests.production import Connect


def test_the_availability_of_a_container_is_the_mean_of_its_members(
    session: Session, version: Entity, plate: Path, frames: str, main: Entity
) -> None:
    maps = session.create_component({"a": plate, "b": plate, "c": frames}, {"version": version}, location=main)
    first, second, sequence = sorted(maps.members, key=lambda member: member.name)
    main.remove_component(first)
    main.remove_components(list(sequence.members)[:3])
    everywhere = maps.get_availability()
    assert everywhere[main.id] == pytest.approx((0 + 100 + 75) / 3)
    assert everywhere[session.locations.server.id] == 0.0
    assert main.get_component_availabilities([first, second, sequence]) == [0.0, 100.0, 75.0]
    session.create("FileComponent", name="new", container=maps)
    assert maps.get_availability([main])[main.id] == pytest.approx(175 / 4)
    session.rollback()


def test_containers_that_contain_each_other_are_no_endless_loop(
    session: Session, version: Entity, main: Entity
) -> None:
    first = session.create("ContainerComponent", name="first", version=version)
    second = session.create("ContainerComponent", name="second", container=first)
    session.commit()
    first.container = second
    session.commit()
    assert session.pick_locations([first, second]) == [None, None]
    assert first.get_availability([main]) == {main.id: 0.0}
    with pytest.raises(errors.FtrackError):
        main.add_component(first, session.locations.origin)
    with pytest.raises(errors.ComponentNotInLocation):
        main.remove_component(first)


def test_locations_are_picked_by_priority(
    session: Session, version: Entity, plate: Path, main: Entity, make_location: MakeLocation
) -> None:
    archive = make_location("archive", priority=2)
    assert session.pick_location() is main
    first, second = session.create_components([(plate, {"version": version})] * 2, location=archive)
    main.add_component(first, archive)
    new = session.create_component(plate, location=None)
    assert session.pick_locations([first, second, new]) == [main, archive, None]
    main.priority = 3
    assert session.pick_locations([first, second]) == [archive, archive]
    archive.accessor = None
    assert session.pick_locations([first, second]) == [main, None]
    assert session.pick_locations([]) == []
    session.rollback()


def test_a_thousand_components_are_picked_with_three_requests(
    session: Session, connect: Connect, version: Entity, main: Entity, make_location: MakeLocation, tmp_path: Path
) -> None:
    archive = make_location("archive", priority=2)
    for number in range(1000):
        (tmp_path / f"{number}").touch()
    components = session.create_components(
        [(tmp_path / f"{number}", {"version": version, "size": 1}) for number in range(1000)], location=archive
    )
    main.add_components(components[::2], archive)
    with connect() as reader:
        for location in (main, archive):
            reader.locations.configure(location.name, accessor=location.accessor, priority=location.priority)
        seen = reader.query("FileComponent").where(version_id=version.id).all()
        with requests_made(reader) <= 3:
            picked = reader.pick_locations(seen)
        by_id = {component.id: existing(location).id for component, location in zip(seen, picked, strict=True)}
    assert [by_id[component.id] for component in components] == [main.id, archive.id] * 500


def test_nothing_but_components_and_locations_is_accepted(session: Session, version: Entity, plate: Path) -> None:
    component = session.create_component(plate, location=None)
    with pytest.raises(errors.InvalidValue):
        session.pick_locations([version])
    with pytest.raises(errors.InvalidValue):
        component.get_availability([version])
    with pytest.raises(errors.NoResult):
        component.get_availability(["nowhere"])
    assert set(component.get_availability(["ftrack.server", os.fspath("ftrack.review")]).values()) == {0.0}
    session.rollback()
