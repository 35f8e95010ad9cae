"""The latest and the next version of an asset."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.behaviours.table import BEHAVIOURS
from ftrack_orm.entities.classes import Classes
from ftrack_orm.schema.model import Schema
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def asset(session: Session, production: Production) -> Any:
    asset = session.create("Asset", name="plate", parent=existing(session.get("Shot", production.shots[0])))
    session.commit()
    return asset


def test_the_server_numbers_the_next_version(session: Session, asset: Any, production: Production) -> None:
    assert asset.latest_version is None
    task = existing(session.get("Task", production.tasks[0]))
    first = asset.next_version({"comment": "first"}, task=task)
    session.commit()
    second = asset.next_version()
    session.commit()
    assert (first.version, first.comment, first.task, second.version) == (1, "first", task, 2)
    assert asset.latest_version is second
    assert set(asset.versions) == {first, second}


def test_the_latest_version_is_a_behaviour_where_the_server_has_no_such_attribute(session: Session, asset: Any) -> None:
    answer = copy.deepcopy(session.schemas)
    described = next(each for each in answer if each["id"] == "Asset")
    described["properties"].pop("latest_version")
    Asset: Any = Classes(Schema.from_response(answer), BEHAVIOURS)["Asset"]
    assert vars(asset)["id"]
    latest_version = Asset.latest_version.fget
    assert latest_version(asset) is None
    asset.next_version()
    second = asset.next_version()
    session.commit()
    assert latest_version(asset) is max(asset.versions, key=lambda each: each.version)
    assert second in asset.versions
