"""Custom attributes and names in which two schema files differ."""

from __future__ import annotations

import json

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.typing.content import Names, ProjectSchemaNames, SchemaContent
from ftrack_orm.typing.name_differences import name_differences
from tests.schema.small_schema import small_schema


def content(kind: str, *statuses: str, schemas: tuple[str, ...] = ()) -> SchemaContent:
    names = Names(list(statuses), project_schemas=dict.fromkeys(schemas, ProjectSchemaNames()))
    return SchemaContent.of(small_schema(), [Configuration("1", "fstart", "Start", kind, "task")], names)


def test_equal_contents_have_no_differences() -> None:
    assert name_differences(content("number", "Done", "Ready"), content("number", "Ready", "Done")) == []


def test_each_kind_has_a_line() -> None:
    assert name_differences(content("number", "Done"), content("text", "Ready", "On hold", schemas=("Film",))) == [
        "custom attributes: other values of the same names",
        "statuses: + On hold, + Ready, - Done",
        "project schemas: + Film",
    ]


def test_a_file_and_the_content_it_was_written_from_are_equal() -> None:
    """The file states no default of a custom attribute."""
    configurations = [Configuration("1", "fstart", "Start", "number", "task", default=1001)]
    written = SchemaContent.of(small_schema(), configurations)
    assert name_differences(SchemaContent.from_json(json.loads(written.to_text())), written) == []
