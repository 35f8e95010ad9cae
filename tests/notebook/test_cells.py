"""Values as cells."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.notebook.cells import cell_of, loaded_at, name_of
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.testing import requests_made
from tests.notebook.pages import Page
from tests.production import Production

MOMENT = datetime.datetime(2024, 5, 31, 10, 30, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (3, 3),
        (3.0, 3),
        (0.12345, 0.123),
        (MOMENT, "2024-05-31 10:30 UTC"),
        (MOMENT.replace(hour=0, minute=0), "2024-05-31"),
        ("<b>", "&lt;b&gt;"),
        (["a", 1], "a, 1"),
        (tuple("abcdefg"), "a, b, c, d, e, … (7 in all)"),
        ({"a": 1, "b": None}, "a: 1, b: None"),
        (
            {"url": "https://x.example/thumbnail?id=1&apiKey=secret", "size": 3},
            "url: https://x.example/thumbnail?…, size: 3",
        ),
        ([{"id": "1", "name": "film"}, {"id": "2", "name": "sq010"}], "film, sq010"),
    ],
)
def test_a_value_is_shown_for_people(value: Any, shown: object) -> None:
    assert cell_of(value, lambda _: None) == shown


def test_an_entity_is_shown_by_its_name_with_a_link(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("name", "status.name", "status.color").one()
    assert name_of(task) == "task00"
    assert Page(str(cell_of(task, lambda entity: f"https://x.example/{entity.id}"))).links == {
        "task00": f"https://x.example/{task.id}"
    }
    status = loaded_at(task, Path.of("status"))
    assert str(cell_of(status, lambda _: None)).startswith('<span style="color:#')


def test_values_that_are_not_loaded_are_not_requested(session: Session, production: Production) -> None:
    shot = session.query("Shot").where(id=production.shots[0]).select("name", "children.name").one()
    with requests_made(session) == 0:
        assert sorted(loaded_at(shot, Path.of("children", "name"))) == ["task00", "task01", "task02"]
        assert loaded_at(shot, Path.of("parent", "name")) is None
        assert cell_of(shot.notes, lambda _: None) == "(not loaded)"
        assert "task01" in str(cell_of(shot.children, lambda _: None))
