"""The positions of entity types in a picture of a schema."""

from __future__ import annotations

import itertools

import pytest

from ftrack_orm.errors import UnknownEntityType
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.drawing import Drawing, draw
from ftrack_orm.schema.model import Schema
from tests.schema.small_schema import small_schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(list(datamodel.load().schemas))


@pytest.fixture(scope="module")
def whole(schema: Schema) -> Drawing:
    return draw(schema)


def overlapping(drawing: Drawing) -> list[tuple[str, str]]:
    return [
        (a.name, b.name)
        for a, b in itertools.combinations(drawing.boxes, 2)
        if a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
    ]


def test_each_type_has_one_box_and_no_two_overlap(schema: Schema, whole: Drawing) -> None:
    assert sorted(box.name for box in whole.boxes) == sorted(schema)
    assert overlapping(whole) == []
    assert all(box.x >= 0 and box.x + box.width <= whole.width for box in whole.boxes)
    assert all(box.y >= 0 and box.y + box.height <= whole.height for box in whole.boxes)


def test_each_relation_is_shown_once_in_the_type_that_introduces_it(schema: Schema, whole: Drawing) -> None:
    shown = {(box.name, each.attribute) for box in whole.boxes for each in box.relations}
    for name, entity_type in schema.types.items():
        for attribute in entity_type.attributes.values():
            holders = [each for each in (name, *entity_type.bases) if (each, attribute.name) in shown]
            assert len(holders) == int(attribute.is_relation), (name, attribute.name)


def test_the_order_of_the_answer_does_not_matter(schema: Schema, whole: Drawing) -> None:
    assert draw(Schema.from_response(schema.answer[::-1])) == whole


def test_the_types_around_one_are_in_columns(schema: Schema) -> None:
    drawing = draw(schema, ["Task"])
    columns = {box.name: box.x for box in drawing.boxes}
    assert columns["Timelog"] < columns["Task"] < columns["Status"]
    assert overlapping(drawing) == []
    task = next(box for box in drawing.boxes if box.name == "Task")
    assert {"status", "assignments", "project"} <= {each.attribute for each in task.relations}
    timelog = next(box for box in drawing.boxes if box.name == "Timelog")
    # The reference to the base may lead to a task, so its line does.
    assert ("context", "Context", "Task") in [(each.attribute, each.target, each.box) for each in timelog.relations]


def test_more_depth_shows_more_types_and_several_types_can_be_asked_for(schema: Schema) -> None:
    names = [{box.name for box in draw(schema, ["Note"], depth).boxes} for depth in (0, 1, 2)]
    assert names[0] == {"Note"}
    assert names[0] < names[1] < names[2]
    assert {"Note", "Disk"} <= {box.name for box in draw(schema, ["Note", "Disk"]).boxes}


def test_an_unknown_type_is_an_error_with_near_names(schema: Schema) -> None:
    with pytest.raises(UnknownEntityType, match="Task"):
        draw(schema, ["Tusk"])


def test_a_schema_without_relations_has_a_picture() -> None:
    (status,) = (each for each in small_schema() if each["id"] == "Status")
    (box,) = draw(Schema.from_response([status])).boxes
    assert box.relations == ()
    assert draw(Schema.from_response([])).boxes == ()
