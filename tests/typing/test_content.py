"""The content of `schema.json`: one text for equal schemas, in any order, and errors for files of another shape."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.errors import ProtocolError
from ftrack_orm.typing.content import Names, ProjectSchemaNames, SchemaContent
from tests.schema.small_schema import small_schema

SMALL_SCHEMA = small_schema()


def content(answer: list[dict[str, Any]], seed: int) -> SchemaContent:
    """Return a content whose parts come in an order that *seed* decides."""
    shuffled = random.Random(seed)

    def mixed(items: list[Any]) -> list[Any]:
        return shuffled.sample(items, len(items))

    def dictionary(items: dict[str, Any]) -> dict[str, Any]:
        return dict(mixed(list(items.items())))

    answer = [
        {
            **dictionary(each),
            "properties": dictionary(each["properties"]),
            **{name: mixed(each[name]) for name in ("required", "immutable", "default_projections") if name in each},
        }
        for each in mixed(answer)
    ]
    configurations = [
        Configuration("1", "fstart", "Start", "number", "task", is_whole=True, default=1001.0),
        Configuration("2", "fstart", "Start", "number", "show", is_hierarchical=True),
        Configuration("3", "look", "Look", "enumerator", "task", options=("soft", "hard")),
    ]
    project_schemas = {
        "Film": ProjectSchemaNames(
            {"Task": mixed(["Done", "Ready"]), "AssetVersion": ["Approved"]}, {"Task": ["Anim"]}
        ),
        "Series": ProjectSchemaNames({"Task": ["Done"]}, {}),
    }
    names = Names(
        mixed(["Ready", "Done", "Approved"]), ["Anim"], mixed(["Low", "High"]), [], dictionary(project_schemas)
    )
    return SchemaContent.of(answer, mixed(configurations), names)


@pytest.mark.parametrize("seed", range(1, 4))
def test_equal_schemas_give_the_same_text_in_any_order_of_the_answers(seed: int) -> None:
    assert content(SMALL_SCHEMA, seed).to_text() == content(SMALL_SCHEMA, 0).to_text()


def test_a_text_is_read_to_the_content_that_it_was_written_from() -> None:
    written = content(SMALL_SCHEMA, 0)
    read = SchemaContent.from_json(json.loads(written.to_text()))
    assert read.to_text() == written.to_text()
    assert read.names == written.names
    assert [each.options for each in read.configurations if each.key == "look"] == [("soft", "hard")]
    assert read.schema.type("Task").attributes.keys() == written.schema.type("Task").attributes.keys()


def test_the_hash_differs_for_another_attribute_option_or_name() -> None:
    written = content(SMALL_SCHEMA, 0)
    changed = [{**each, "properties": {**each["properties"], "new": {"type": "string"}}} for each in SMALL_SCHEMA]
    others = [
        SchemaContent.of(changed, written.configurations, written.names),
        SchemaContent.of(SMALL_SCHEMA, written.configurations[:2], written.names),
        SchemaContent.of(SMALL_SCHEMA, written.configurations, Names()),
    ]
    assert len({written.hash, *(each.hash for each in others)}) == 4


def test_a_plain_list_of_types_is_read_too() -> None:
    read = SchemaContent.from_json(SMALL_SCHEMA)
    assert read.schema.types.keys() == {each["id"] for each in SMALL_SCHEMA}
    assert not read.configurations


@pytest.mark.parametrize(
    "document",
    [
        None,
        3,
        "text",
        {},
        [1],
        [{"id": "Task"}],
        {"format": 1},
        {"format": 1, "schemas": {}},
        {"format": 1, "schemas": [], "configurations": [{}]},
        {"format": 1, "schemas": [], "configurations": 3},
        {"format": 1, "schemas": [], "names": {"colours": []}},
        {"format": 1, "schemas": [], "names": {"statuses": [1, "x"]}},
        {"format": 1, "schemas": [], "names": {"project_schemas": {"Film": 3}}},
        {"format": 99, "schemas": []},
    ],
    ids=repr,
)
def test_other_documents_are_protocol_errors(document: Any) -> None:
    with pytest.raises(ProtocolError):
        SchemaContent.from_json(document)
