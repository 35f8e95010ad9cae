"""Colours of statuses in tables."""

from __future__ import annotations

import pytest
from rich.text import Text

from ftrack_orm.cli.colors import color_columns, colored
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema


@pytest.mark.parametrize("color", [None, "", "red", "#12345", "#12345g", 5])
def test_a_value_that_is_no_colour_leaves_the_text(color: object) -> None:
    assert colored("Approved", color) == "Approved"


def test_a_text_is_coloured_without_its_control_characters() -> None:
    cell = colored("Appro\x1b[2Jved", "#1CBC90")
    assert isinstance(cell, Text)
    assert (cell.plain, cell.style) == ("Appro\\x1b[2Jved", "#1CBC90")
    assert colored(None, "#1CBC90") is None


def test_names_of_types_with_colours_have_columns_with_them() -> None:
    schema = Schema.from_response(list(datamodel.load().schemas))
    columns = [
        "name",
        "status.name",
        "parent[Shot].status.name",
        "timelogs.user.username",
        "assets.type.name",
        "x.name",
    ]
    assert color_columns(schema, "Task", columns) == {
        "status.name": "status.color",
        "parent[Shot].status.name": "parent[Shot].status.color",
    }
    assert color_columns(schema, "Status", ["name"]) == {"name": "color"}
