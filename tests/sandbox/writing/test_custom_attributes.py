"""Custom attributes: configurations that apply, valid values, and both ways of writing them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.studio import Studio

_SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"
_OPTIONS = json.dumps([{"menu": "Low", "value": "lo"}, {"menu": "High", "value": "hi"}])


@pytest.fixture
def configured(production: Studio) -> Studio:
    """The production with one configuration of every type for shots, and some for other entity types."""

    def configuration(key: str, type_name: str, entity_type: str = "task", **more: Any) -> dict[str, Any]:
        if entity_type == "task" and "object_type_id" not in more:
            more["object_type_id"] = _SHOT
        more.update(id=key, key=key, type_id=f"type-{type_name}", entity_type=entity_type)
        return production.creating("CustomAttributeConfiguration", **more)

    production.call(
        configuration("fstart", "number"),
        configuration("note", "text"),
        configuration("done", "boolean"),
        configuration("due", "date"),
        configuration("lod", "enumerator", config=json.dumps({"multiSelect": True, "data": _OPTIONS})),
        configuration("pool", "dynamic enumerator"),
        configuration("sum", "expression"),
        configuration("link", "url"),
        configuration("show_code", "text", "show"),
        configuration("take", "number", "assetversion"),
        configuration("badge", "text", "user"),
        configuration("fps", "number", "show", is_hierarchical=True),
    )
    return production


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("fstart", 1001, 1001),
        ("fstart", 10.5, 10.5),
        ("note", "x", "x"),
        ("done", True, True),
        ("due", "2024-06-22T00:00:00.000Z", {"__type__": "datetime", "value": "2024-06-22T00:00:00"}),
        ("lod", ["hi", "lo"], ["hi", "lo"]),
        ("lod", "hi", ["hi"]),
        ("pool", ["anything"], ["anything"]),
        ("link", "http://x", "http://x"),
        ("link", None, None),
    ],
)
def test_a_value_without_a_row_can_be_set(configured: Studio, key: str, value: Any, stored: Any) -> None:
    reply = configured.update("ContextCustomAttributeValue", [key, "H"], value=value)
    assert reply == {
        "__entity_type__": "ContextCustomAttributeValue",
        "configuration_id": key,
        "entity_id": "H",
        "key": key,
        "value": stored,
    }
    again = configured.update("ContextCustomAttributeValue", [key, "H"], value=value)
    assert again["value"] == stored
    assert len(configured.rows("CustomAttributeValue")) == 1


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("fstart", "test", "must be of type number. Got \"test\" of type <type 'unicode'>"),
        ("fstart", True, "must be of type number"),
        ("note", 3, "must be of type text. Got \"3\" of type <type 'int'>"),
        ("done", "yes", "must be of type boolean"),
        ("due", "soon", "must be of type date"),
        ("lod", ["hi", "loo"], "Did you mean 'lo'?"),
        ("lod", 3, "must be of type enumerator"),
        ("sum", "1", "is an expression"),
    ],
)
def test_a_value_that_the_configuration_does_not_allow_is_refused(
    configured: Studio, key: str, value: Any, text: str
) -> None:
    for operation in (
        configured.updating("ContextCustomAttributeValue", [key, "H"], value=value),
        configured.creating("CustomAttributeValue", configuration_id=key, entity_id="H", value=value),
    ):
        name, content = configured.refused(operation)
        assert (name, text in content, f'"{key}"' in content) == ("ValidationError", True, True)
    assert configured.rows("CustomAttributeValue") == []


@pytest.mark.parametrize(
    ("entity_type", "key", "entity", "value"),
    [
        ("ContextCustomAttributeValue", "show_code", "P", "x"),
        ("AssetVersionCustomAttributeValue", "take", "V", 1),
        ("UserCustomAttributeValue", "badge", "user-jane", "x"),
        ("ContextCustomAttributeValue", "fps", "P", 24),
        ("ContextCustomAttributeValue", "fps", "T1", 24),
        ("AssetCustomAttributeValue", "fps", "A", 24),
    ],
)
def test_an_entity_has_the_configurations_of_its_type_and_the_hierarchical_ones(
    configured: Studio, entity_type: str, key: str, entity: str, value: Any
) -> None:
    assert configured.update(entity_type, [key, entity], value=value)["value"] == value


@pytest.mark.parametrize(("key", "entity"), [("fstart", "T1"), ("fstart", "P"), ("show_code", "H"), ("take", "H")])
def test_a_configuration_that_does_not_apply_is_refused(configured: Studio, key: str, entity: str) -> None:
    name, text = configured.refused(configured.updating("ContextCustomAttributeValue", [key, entity], value=1))
    assert (name, "does not apply" in text) == ("ValidationError", True)


def test_a_configuration_of_a_project_does_not_apply_elsewhere(configured: Studio) -> None:
    configured.create("Project", id="P2", name="other", project_schema_id="schema")
    configured.create(
        "CustomAttributeConfiguration", id="own", key="own", type_id="type-text", entity_type="show", project_id="P2"
    )
    configured.update("ContextCustomAttributeValue", ["own", "P2"], value="x")
    name, _ = configured.refused(configured.updating("ContextCustomAttributeValue", ["own", "P"], value="x"))
    assert name == "ValidationError"


@pytest.mark.parametrize("key", [["nothing", "H"], ["fstart", "nothing"], ["fstart"]])
def test_a_value_without_entity_or_configuration_is_missing(configured: Studio, key: list[str]) -> None:
    name, text = configured.refused(configured.updating("ContextCustomAttributeValue", key, value=1))
    assert (name, "Could not find entity" in text) == ("ValueError", True)


def test_values_of_one_entity_type_cannot_be_created(configured: Studio) -> None:
    operation = configured.creating("ContextCustomAttributeValue", configuration_id="fstart", entity_id="H", value=1)
    name, text = configured.refused(operation)
    assert (name, "Create operations are not allowed" in text) == ("ValidationError", True)


def test_plain_values_are_created_changed_and_deleted_as_rows(configured: Studio) -> None:
    key = ["fstart", "H"]
    missing = "Could not find entity CustomAttributeValue with entity_key [u'fstart', u'H']."
    assert configured.refused(configured.updating("CustomAttributeValue", key, value=1)) == ("ValueError", missing)
    configured.create("CustomAttributeValue", configuration_id="fstart", entity_id="H", value=1)
    name, text = configured.refused(
        configured.creating("CustomAttributeValue", configuration_id="fstart", entity_id="H", value=2)
    )
    assert (name, "Duplicate entry" in text) == ("IntegrityError", True)
    assert configured.update("CustomAttributeValue", key, value=2)["value"] == 2
    configured.delete("CustomAttributeValue", key)
    assert configured.rows("CustomAttributeValue") == []


def test_values_of_an_entity_from_the_same_batch_can_be_set(configured: Studio) -> None:
    replies = configured.call(
        configured.creating("Shot", id="H2", name="sh020", parent_id="Q"),
        configured.updating("ContextCustomAttributeValue", ["fstart", "H2"], value=7),
    )
    assert replies[1]["data"]["value"] == 7


def test_values_are_deleted_with_their_entity_and_with_their_configuration(configured: Studio) -> None:
    configured.update("ContextCustomAttributeValue", ["fstart", "H"], value=1)
    configured.update("ContextCustomAttributeValue", ["note", "H"], value="x")
    configured.delete("CustomAttributeConfiguration", ["fstart"])
    assert [row["configuration_id"] for row in configured.rows("CustomAttributeValue")] == ["note"]
    configured.delete("Shot", ["H"])
    assert configured.rows("CustomAttributeValue") == []


def test_the_number_of_statements_does_not_grow_with_the_deleted_values(configured: Studio) -> None:
    def statements(count: int) -> int:
        shots = [f"{count}-{number}" for number in range(count)]
        configured.call(*(configured.creating("Shot", id=id_, name=id_, parent_id="Q") for id_ in shots))
        configured.call(
            *(
                configured.updating("ContextCustomAttributeValue", ["fstart", id_], value=number + 1)
                for number, id_ in enumerate(shots)
            )
        )
        configured.statements.clear()
        configured.call(*(configured.deleting("Shot", [id_]) for id_ in shots))
        return len(configured.statements)

    assert statements(2) == statements(20)
