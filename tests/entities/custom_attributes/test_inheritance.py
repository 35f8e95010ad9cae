"""Hierarchical custom attributes are inherited from the nearest entity above that has a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.custom_attributes.inheritance import ValueSource
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production


def test_an_inherited_value_has_its_source_and_the_entity_it_is_set_on(
    session: Session,
    production: Production,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
    task: Entity,
) -> None:
    def now() -> Any:
        session.expire(task, "custom_attributes")
        resolved = task.custom_attributes.get(inheriting, inherited=True)
        return resolved.value, resolved.source, resolved.entity and resolved.entity.id

    assert now() == ("rec709", ValueSource.DEFAULT, None)
    set_elsewhere("Project", production.project, inheriting, "log")
    assert now() == ("log", ValueSource.INHERITED, production.project)
    set_elsewhere("Sequence", production.sequences[0], inheriting, "aces")
    assert now() == ("aces", ValueSource.INHERITED, production.sequences[0])
    set_elsewhere("Task", production.tasks[0], inheriting, "raw")
    assert now() == ("raw", ValueSource.EXPLICIT, task.id)
    set_elsewhere("Task", production.tasks[0], inheriting, None)
    assert now() == ("aces", ValueSource.INHERITED, production.sequences[0])


def test_the_entity_of_an_inherited_value_is_the_sessions_object(
    session: Session,
    production: Production,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
    task: Entity,
) -> None:
    set_elsewhere("Sequence", production.sequences[0], inheriting, "aces")
    resolved = task.custom_attributes.get(inheriting, inherited=True)
    assert resolved.entity is existing(session.get("Sequence", production.sequences[0]))
    assert resolved.entity.name == "sq0"


def test_inherited_values_of_a_whole_result_take_a_fixed_number_of_requests(
    session: Session,
    production: Production,
    configure: Configure,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
) -> None:
    lens = configure("lens", "number", 35, object_type=None, is_hierarchical=True)
    set_elsewhere("Sequence", production.sequences[1], inheriting, "aces")
    set_elsewhere("Shot", production.shots[0], lens, 50)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()
    with requests_made(session) == 4:  # values, configurations, paths, explicit values
        resolved = [task.custom_attributes.get(inheriting, inherited=True) for task in tasks]
        lenses = [task.custom_attributes.get(lens, inherited=True) for task in tasks]
    assert [value.value for value in resolved] == ["rec709"] * 6 + ["aces"] * 6
    with requests_made(session) == 1:
        assert [each.entity and each.entity.name for each in lenses[::3]] == ["sh0", None, None, None]
        assert resolved[6].entity.name == "sq1"
    assert [(each.value, each.source) for each in lenses] == [(50, ValueSource.INHERITED)] * 3 + [
        (35, ValueSource.DEFAULT)
    ] * 9


def test_unsaved_edits_are_inherited_and_so_are_committed_ones(
    session: Session, production: Production, inheriting: str, task: Entity
) -> None:
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    sequence = existing(session.get("Sequence", production.sequences[0]))
    sequence.custom_attributes[inheriting] = "aces"
    resolved = task.custom_attributes.get(inheriting, inherited=True)
    assert (resolved.value, resolved.entity) == ("aces", sequence)
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True) == resolved
    sequence.custom_attributes[inheriting] = None
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).source is ValueSource.DEFAULT
    sequence.custom_attributes[inheriting] = "aces"
    session.rollback()
    assert task.custom_attributes.get(inheriting, inherited=True).source is ValueSource.DEFAULT


def test_a_refreshed_value_of_an_entity_above_is_inherited(
    session: Session,
    production: Production,
    inheriting: str,
    task: Entity,
    set_elsewhere: Callable[[str, str, str, Any], None],
) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    assert sequence.custom_attributes[inheriting] is None
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    set_elsewhere("Sequence", sequence.id, inheriting, "aces")
    session.refresh(sequence, "custom_attributes")
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"


def test_new_and_moved_entities_inherit_from_their_current_parent(
    session: Session,
    production: Production,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
    task: Entity,
) -> None:
    set_elsewhere("Sequence", production.sequences[1], inheriting, "aces")
    shot = existing(session.get("Shot", production.shots[3]))
    new = session.create("Task", name="new", parent=session.create("Shot", name="new", parent=shot.parent))
    resolved = new.custom_attributes.get(inheriting, inherited=True)
    assert (resolved.value, resolved.source, resolved.entity) == ("aces", ValueSource.INHERITED, shot.parent)
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    task.parent.parent = shot.parent
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"


def test_a_committed_move_counts_although_the_old_path_is_loaded(
    session: Session,
    production: Production,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
    task: Entity,
) -> None:
    set_elsewhere("Sequence", production.sequences[1], inheriting, "aces")
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    task.parent.parent = existing(session.get("Sequence", production.sequences[1]))
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"
    task.parent = existing(session.get("Shot", production.shots[1]))
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"


def test_in_the_mode_one_values_are_read_for_one_entity_only(
    session: Session, production: Production, inheriting: str
) -> None:
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()
    with session.fetching("one"):
        for task in tasks[:2]:
            with requests_made(session) as made:
                assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
        assert made == 3  # its values, its path, its explicit values


def test_versions_inherit_through_their_asset(
    session: Session,
    connect: Connect,
    production: Production,
    inheriting: str,
    set_elsewhere: Callable[[str, str, str, Any], None],
) -> None:
    with connect() as maker:
        asset = maker.create(
            "Asset",
            name="model",
            parent=existing(maker.get("Shot", production.shots[0])),
            type=existing(maker.query("AssetType").first()),
        )
        for _ in range(3):
            maker.create("AssetVersion", asset=asset)
        maker.commit()
        asset_id = asset.id
    set_elsewhere("Sequence", production.sequences[0], inheriting, "aces")
    versions = session.query("AssetVersion").where(f'asset_id is "{asset_id}"').all()
    with requests_made(session) as made:
        resolved = versions[0].custom_attributes.get(inheriting, inherited=True)
    assert (resolved.value, resolved.entity.id) == ("aces", production.sequences[0])
    with requests_made(session) == 0:
        assert [each.custom_attributes.get(inheriting, inherited=True) for each in versions] == [resolved] * 3
    assert made == 6  # values, configurations, the asset, its shot, the path of that, explicit values
    set_elsewhere("Asset", asset_id, inheriting, "raw")
    session.expire([*versions, existing(session.get("Asset", asset_id))], "custom_attributes")
    resolved = versions[0].custom_attributes.get(inheriting, inherited=True)
    assert (resolved.value, resolved.entity.id) == ("raw", asset_id)


def test_an_attribute_that_is_not_hierarchical_is_explicit_or_default(
    session: Session, connect: Connect, task: Entity, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    resolved = task.custom_attributes.get(key, inherited=True)
    assert (resolved.value, resolved.source, resolved.entity) == (24, ValueSource.DEFAULT, None)
    with connect() as maker:  # setting the current value is no change, so the row is created
        (configured,) = [each for each in maker.configurations if each.key == key]
        maker.create("CustomAttributeValue", configuration_id=configured.id, entity_id=task.id, value=24)
        maker.commit()
    session.expire(task, "custom_attributes")
    resolved = task.custom_attributes.get(key, inherited=True)
    assert (resolved.value, resolved.source, resolved.entity) == (24, ValueSource.EXPLICIT, task)
    task.custom_attributes[key] = 48
    assert task.custom_attributes.get(key, inherited=True).value == 48
    assert task.custom_attributes.get("no_such_key", "nothing", inherited=True) == "nothing"


def test_inherited_values_are_not_requested_in_the_mode_never(session: Session, task: Entity, inheriting: str) -> None:
    assert task.custom_attributes[inheriting] is None
    session.configurations.refresh()
    with session.fetching("never"), pytest.raises(errors.NotFetched):
        task.custom_attributes.get(inheriting, inherited=True)
    task.custom_attributes.get(inheriting, inherited=True)
    with session.fetching("never"):
        assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
