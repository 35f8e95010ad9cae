"""Values as JSON."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import attrs
import pytest

from ftrack_orm import Session
from ftrack_orm.cli.json_output import to_json
from tests.production import Production


@attrs.frozen
class Point:
    x: int
    at: datetime.date


def test_values_without_a_form_in_json_get_one() -> None:
    values = [datetime.datetime(2026, 1, 2, 3, 4, 5), Point(1, datetime.date(2026, 1, 2)), {"b", "a"}, Path("a"), "ä"]
    assert json.loads(to_json(values)) == ["2026-01-02T03:04:05", {"x": 1, "at": "2026-01-02"}, ["a", "b"], "a", "ä"]
    assert "ä" in to_json(values)


def test_an_entity_is_its_reference(session: Session, production: Production) -> None:
    task = session.get("Task", production.tasks[0])
    assert json.loads(to_json([task])) == [{"entity_type": "Task", "id": production.tasks[0]}]


def test_numbers_that_are_no_json_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json(float("nan"))
