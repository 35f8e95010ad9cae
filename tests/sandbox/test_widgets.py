"""Addresses of widgets, and the pages at those addresses."""

from __future__ import annotations

import datetime
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ftrack_orm.sandbox import widgets
from tests.sandbox.studio import Studio


def address(studio: Studio, name: str, **more: Any) -> tuple[str, dict[str, str]]:
    """Return the path and the parameters of the address of a widget."""
    body = [{"action": "get_widget_url", "name": name, **more}]
    _, (reply,) = studio.post(json.dumps(body).encode(), host="box.test:8080")
    split = urlsplit(reply["widget_url"])
    assert (split.scheme, split.netloc) == ("http", "box.test:8080")
    return split.path, dict(parse_qsl(split.query))


def test_a_widget_has_a_page(production: Studio) -> None:
    path, parameters = address(production, "info", entity_type="Task", entity_key=["T1"], theme="light")
    page = widgets.page(path.removeprefix("/widget/"), parameters, production.moment)
    assert page is not None
    assert "Task T1" in page
    assert 'data-theme="light"' in page


@pytest.mark.parametrize("theme", [None, "pink"])
def test_the_theme_is_dark_unless_it_is_known(production: Studio, theme: Any) -> None:
    _, parameters = address(production, "tasks", theme=theme)
    assert parameters["theme"] == "dark"


def test_an_address_expires_after_six_minutes(production: Studio) -> None:
    _, parameters = address(production, "tasks")
    minutes = [datetime.timedelta(minutes=each) for each in (5, 6)]
    pages = [widgets.page("tasks", parameters, production.moment + each) for each in minutes]
    assert [page is not None for page in pages] == [True, False]


@pytest.mark.parametrize("change", [{"entity_key": "T2"}, {"expires": "99999999999"}, {"token": ""}, {"token": "é"}])
def test_a_changed_address_has_no_page(production: Studio, change: dict[str, str]) -> None:
    _, parameters = address(production, "info", entity_type="Task", entity_key=["T1"])
    assert widgets.page("info", {**parameters, **change}, production.moment) is None
    assert widgets.page("tasks", parameters, production.moment) is None


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": "clock"}, "ValidationError", "tasks_browser"),
        ({"name": None}, "ValidationError", "'name'"),
        ({"name": "info"}, "ValidationError", "'entity_type'"),
        ({"name": "info", "entity_type": "Tasks", "entity_key": ["T1"]}, "KeyError", "'Task'"),
        ({"name": "info", "entity_type": "Task", "entity_key": ["nothing"]}, "ValueError", "nothing"),
    ],
)
def test_mistakes_are_refused_by_name(production: Studio, arguments: dict[str, Any], error: str, named: str) -> None:
    name, text = production.refused({"action": "get_widget_url", **arguments})
    assert (name, named in text) == (error, True)
