"""The aliases of names: of the whole server, and of project schemas where they differ."""

from __future__ import annotations

from ftrack_orm.typing.content import Names, ProjectSchemaNames, SchemaContent
from ftrack_orm.typing.literals import literal_names

EMPTY: dict[str, tuple[str, ...]] = {"ObjectTypeName": (), "PriorityName": (), "StatusName": (), "TypeName": ()}


def aliases(project_schemas: dict[str, ProjectSchemaNames], *types: str) -> dict[str, tuple[str, ...]]:
    """Return the aliases beside those of the whole server, which has the statuses A, B and C."""
    answer = [{"id": name, "properties": {"id": {}}, "primary_key": ["id"]} for name in types]
    content = SchemaContent.of(answer, (), Names(statuses=["C", "B", "A"], project_schemas=project_schemas))
    return {alias: names for alias, names in literal_names(content).items() if alias not in EMPTY}


def test_the_names_of_the_server_have_four_aliases() -> None:
    assert literal_names(SchemaContent.of([])) == EMPTY
    assert literal_names(SchemaContent.of([], (), Names(["B", "A"], ["C"], ["D"], ["E"]))) == {
        "ObjectTypeName": ("E",),
        "PriorityName": ("D",),
        "StatusName": ("A", "B"),
        "TypeName": ("C",),
    }


def test_project_schemas_that_differ_have_aliases_of_their_own() -> None:
    schemas = {
        "VFX": ProjectSchemaNames({"Task": ["B", "A"], "Shot": ["A"]}, {"Task": ["X"]}),
        "2D series (old)": ProjectSchemaNames({"Task": ["C"], "Shot": ["A"]}),
    }
    assert aliases(schemas) == {
        "Schema2DSeriesOldTaskStatusName": ("C",),
        "VFXTaskStatusName": ("A", "B"),
        "ShotStatusName": ("A",),
        "TaskTypeName": ("X",),
    }


def test_an_entity_type_whose_statuses_are_those_of_the_server_has_no_alias() -> None:
    assert aliases({"VFX": ProjectSchemaNames({"Task": ["A", "B", "C"], "Shot": []})}) == {}


def test_names_that_are_taken_get_an_underscore() -> None:
    schemas = {name: ProjectSchemaNames({"Task": [status]}) for name, status in {"a b": "A", "A_B": "B"}.items()}
    assert aliases(schemas, "ABTaskStatusName") == {"ABTaskStatusName_": ("B",), "ABTaskStatusName__": ("A",)}
    assert "StatusName_" in aliases({}, "StatusName")
