"""The identity of given data, by the server's rules for the equality of values."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing.identifying import Wanted, wanted_entities
from tests.assertions import existing
from tests.production import Production


def wanted(session: Session, *data: dict[str, Any], keys: list[str] | None = None) -> list[Wanted]:
    return wanted_entities(session.schema.type("Task"), data, keys, session.schema)


def test_text_disregards_case_and_ids_do_not(session: Session) -> None:
    first, second, third = wanted(session, {"name": "Comp"}, {"name": "cOMP"}, {"name": "comp2"})
    assert first.identity == second.identity != third.identity
    lower, upper = wanted(session, {"status_id": "a"}, {"status_id": "A"})
    assert lower.identity != upper.identity


def test_a_reference_is_compared_by_its_foreign_key(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    by_entity, by_id, reordered, of_none = wanted(
        session,
        {"name": "x", "parent": shot},
        {"name": "X", "parent_id": shot.id},
        {"parent_id": shot.id, "name": "x"},
        {"name": "x", "parent": None},
    )
    assert by_entity.identity == by_id.identity == reordered.identity != of_none.identity
    assert str(by_entity.criterion) == str(reordered.criterion)
    assert [condition.path.text for condition in by_entity.conditions] == ["name", "parent_id"]


def test_moments_are_equal_to_the_second_in_any_timezone(session: Session) -> None:
    utc = datetime.datetime(2024, 5, 31, 10, 30, 15, tzinfo=datetime.timezone.utc)
    local = utc.astimezone(datetime.timezone(datetime.timedelta(hours=2))).replace(microsecond=250_000)
    first, second = wanted(session, {"start_date": utc}, {"start_date": local})
    assert first.identity == second.identity


def test_data_that_is_identified_by_other_attributes_is_another_entity(session: Session) -> None:
    first, second = wanted(session, {"name": "x"}, {"description": "x"})
    assert first.identity != second.identity


def test_names_that_cannot_identify_are_refused(session: Session) -> None:
    with pytest.raises(errors.UsageError, match="holds any number"):
        wanted(session, {"name": "x", "notes": []}, keys=["notes"])
    with pytest.raises(errors.InvalidValue, match="not among its data"):
        wanted(session, {"name": "x"}, keys=["bid"])
