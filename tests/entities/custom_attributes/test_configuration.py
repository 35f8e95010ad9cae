"""Configurations of custom attributes are read as servers send them, and shadow each other by project."""

from __future__ import annotations

import json

import attrs
import pytest

from ftrack_orm.entities.custom_attributes.configuration import (
    Configuration,
    applying,
    read_configuration,
)
from ftrack_orm.schema.custom_attributes import ConfigurationScope

TASK = ConfigurationScope("Context", False, "task-type", "film")
MINE = Configuration("1", "frames", "Frames", "number", "task", object_type_id="task-type")


@pytest.mark.parametrize(
    "config", [None, "", "no json", "[]", '{"data": "no json"}', '{"data": "{}"}', '{"data": [1]}']
)
def test_a_configuration_without_readable_options_allows_any(config: str | None) -> None:
    configuration = read_configuration({"id": "1", "key": "work", "config": config}, "enumerator")
    assert configuration.options == ()
    assert configuration.check("Task", ["anything"]) == ["anything"]


def test_options_are_json_text_in_json_text() -> None:
    data = json.dumps([{"menu": "Easy", "value": "easy"}])
    row = {"id": "1", "key": "work", "config": json.dumps({"multiSelect": False, "data": data})}
    configuration = read_configuration(row, "enumerator")
    assert configuration.options == ("easy",)
    assert not configuration.is_multiple


@pytest.mark.parametrize("default", ["", "some day"])
def test_the_default_of_a_date_is_none_if_it_cannot_be_read(default: str) -> None:
    assert read_configuration({"id": "1", "key": "due", "default": default}, "date").default is None


def test_a_projects_own_configuration_hides_the_one_of_all_projects() -> None:
    own = attrs.evolve(MINE, id="2", project_id="film")
    for order in ([MINE, own], [own, MINE]):
        assert applying(order, TASK) == {"frames": own}
        assert applying(order, attrs.evolve(TASK, project_id="other")) == {"frames": MINE}
