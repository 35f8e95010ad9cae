"""Custom attributes: which configurations an entity has, what values they take, and both ways of writing them."""

from __future__ import annotations

import json
from typing import Any

import pytest

_SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"
_OPTIONS = json.dumps([{"menu": "Low", "value": "lo"}, {"menu": "High", "value": "hi"}])


@pytest.fixture
def configured(production: Any) -> Any:
    """The production with one configuration of every type for shots, and others for other things."""

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
    ("key", "value", "kept"),
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
def test_a_value_can_be_set_that_never_was(configured: Any, key: str, value: Any, kept: Any) -> None:
    answer = configured.update("ContextCustomAttributeValue", [key, "H"], value=value)
    assert answer == {
        "__entity_type__": "ContextCustomAttributeValue",
        "configuration_id": key,
        "entity_id": "H",
        "key": key,
        "value": kept,
    }
    again = configured.update("ContextCustomAttributeValue", [key, "H"], value=value)
    assert again["value"] == kept
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
def test_a_value_the_configuration_does_not_take_is_refused(configured: Any, key: str, value: Any, text: str) -> None:
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
def test_each_kind_of_entity_has_its_own_and_the_hierarchical_ones(
    configured: Any, entity_type: str, key: str, entity: str, value: Any
) -> None:
    assert configured.update(entity_type, [key, entity], value=value)["value"] == value


@pytest.mark.parametrize(("key", "entity"), [("fstart", "T1"), ("fstart", "P"), ("show_code", "H"), ("take", "H")])
def test_a_configuration_that_does_not_apply_is_refused(configured: Any, key: str, entity: str) -> None:
    name, text = configured.refused(configured.updating("ContextCustomAttributeValue", [key, entity], value=1))
    assert (name, "does not apply" in text) == ("ValidationError", True)


def test_a_projects_own_configuration_does_not_apply_elsewhere(configured: Any) -> None:
    configured.create("Project", id="P2", name="other", project_schema_id="schema")
    configured.create(
        "CustomAttributeConfiguration", id="own", key="own", type_id="type-text", entity_type="show", project_id="P2"
    )
    configured.update("ContextCustomAttributeValue", ["own", "P2"], value="x")
    name, _ = configured.refused(configured.updating("ContextCustomAttributeValue", ["own", "P"], value="x"))
    assert name == "ValidationError"


@pytest.mark.parametrize("key", [["nothing", "H"], ["fstart", "nothing"], ["fstart"]])
def test_a_value_of_nothing_is_missing(configured: Any, key: list[str]) -> None:
    name, text = configured.refused(configured.updating("ContextCustomAttributeValue", key, value=1))
    assert (name, "Could not find entity" in text) == ("ValueError", True)


def test_typed_values_are_there_already_and_cannot_be_created(configured: Any) -> None:
    operation = configured.creating("ContextCustomAttributeValue", configuration_id="fstart", entity_id="H", value=1)
    name, text = configured.refused(operation)
    assert (name, "Create operations are not allowed" in text) == ("ValidationError", True)


def test_plain_values_are_created_changed_and_reset_as_rows(configured: Any) -> None:
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


def test_values_of_an_entity_made_in_the_same_batch_can_be_set(configured: Any) -> None:
    answers = configured.call(
        configured.creating("Shot", id="H2", name="sh020", parent_id="Q"),
        configured.updating("ContextCustomAttributeValue", ["fstart", "H2"], value=7),
    )
    assert answers[1]["data"]["value"] == 7


def test_values_go_with_their_entity_and_with_their_configuration(configured: Any) -> None:
    configured.update("ContextCustomAttributeValue", ["fstart", "H"], value=1)
    configured.update("ContextCustomAttributeValue", ["note", "H"], value="x")
    configured.delete("CustomAttributeConfiguration", ["fstart"])
    assert [row["configuration_id"] for row in configured.rows("CustomAttributeValue")] == ["note"]
    configured.delete("Shot", ["H"])
    assert configured.rows("CustomAttributeValue") == []
