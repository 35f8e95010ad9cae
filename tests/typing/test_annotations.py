"""The text of the annotations: the same for the same content, valid for Python, and complete for every schema."""

from __future__ import annotations

import ast
import random

import pytest

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.typing.annotations import annotations_of
from ftrack_orm.typing.content import Names, SchemaContent
from tests.typing.studio_content import CONFIGURATIONS, NAMES, SHOT, studio_content


def classes_in(text: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


def annotations_in(definition: ast.ClassDef) -> dict[str, str]:
    """Return the annotated attributes of a class as text."""
    fields = [node for node in definition.body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(node.target): ast.unparse(node.annotation) for node in fields}


def docstrings_in(definition: ast.ClassDef) -> dict[str, str]:
    """Return the text below each annotated attribute."""
    pairs = zip(definition.body, definition.body[1:], strict=False)
    return {
        ast.unparse(node.target): str(below.value.value)
        for node, below in pairs
        if isinstance(node, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    }


def test_the_same_content_gives_the_same_text_in_any_order_of_the_answers() -> None:
    content = studio_content()
    mixed = random.Random(3)
    answer = mixed.sample(content.answer, len(content.answer))
    again = SchemaContent.of(answer, mixed.sample(CONFIGURATIONS, len(CONFIGURATIONS)), NAMES)
    assert annotations_of(again) == annotations_of(content)
    assert content.hash in annotations_of(content)
    assert content.hash not in annotations_of(SchemaContent.of(content.answer))


def test_every_entity_type_has_a_class_after_its_base_and_its_attributes_have_docstrings() -> None:
    content = studio_content()
    classes = classes_in(annotations_of(content))
    positions = {name: position for position, name in enumerate(classes)}
    for name, entity_type in content.schema.types.items():
        assert ast.get_docstring(classes[name])
        assert all(positions[base] < positions[name] for base in entity_type.bases)
        declared = annotations_in(classes[name])
        assert docstrings_in(classes[name]).keys() == declared.keys()
        inherited = {each for base in entity_type.bases for each in annotations_in(classes[base])}
        spelled = {"from_" if each == "from" else each for each in entity_type.attributes}
        assert {each for each in spelled if not each.startswith("_")} == declared.keys() | inherited
    assert docstrings_in(classes["Status"])["state"] == "-> State"


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration("1", "a\nb'\"\\", "Odd", "enumerator", "task", SHOT, options=("'", '"', "\\", "é", "\ud800")),
        Configuration("1", "", "Empty", "unheard of", "show", is_hierarchical=True),
        Configuration("1", "None", "None", "dynamic enumerator", "show", is_hierarchical=True),
    ],
    ids=["quotes", "an unknown kind", "a key that is a keyword"],
)
def test_keys_and_options_of_any_text_are_written_as_text(configuration: Configuration) -> None:
    text = annotations_of(SchemaContent.of(studio_content().answer, [configuration], Names(['"""\n'], ["'"])))
    literals = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    assert text.isascii()
    assert {configuration.key, '"""\n', "'"} <= literals


def test_a_package_written_from_types_alone_accepts_every_key_and_name() -> None:
    classes = classes_in(annotations_of(SchemaContent.of(studio_content().answer)))
    (get,) = (each for each in classes["_ShotCustomAttributes"].body if getattr(each, "name", "") == "__getitem__")
    assert ast.unparse(get.args) == "self, key: str"  # type: ignore[attr-defined]  # a definition
    assert annotations_in(classes["Status"])["name"] == "_t.Text[str]"


def test_types_and_attributes_with_names_that_python_or_the_package_use_are_left_out_or_spelled_differently() -> None:
    def described(name: str, *attributes: str) -> dict[str, object]:
        properties = {each: {"type": "string"} for each in ("id", *attributes)}
        return {"id": name, "properties": properties, "primary_key": ["id"]}

    answer = [
        described("Session"),
        described("2D"),
        described("class"),
        described("Types"),
        described("_Task"),
        described("ShotPaths"),
        described("List", "list", "str", "self", "data", "like", "from", "two words", "__init__", "_link", "mro"),
        {**described("Shot"), "properties": {"id": {"type": "string"}, "session": {"$ref": "Session"}}},
    ]
    classes = classes_in(annotations_of(SchemaContent.of(answer)))
    assert [name for name in classes if not name.startswith("_")] == ["List", "Shot", "Types", "Session"]
    assert annotations_in(classes["Types"]) == {"List": "type[List]", "Shot": "type[Shot]"}
    assert annotations_in(classes["List"]).keys() == {"id", "list", "self", "data", "like", "from_"}
    assert "like" not in annotations_in(classes["_List"])
    assert "Any" in annotations_in(classes["Shot"])["session"]
