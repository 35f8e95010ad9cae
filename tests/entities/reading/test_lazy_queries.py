"""The entity type and the paths that are queried for a missing attribute."""

from __future__ import annotations

import pytest

from ftrack_orm.entities.reading.lazy_queries import nearest_common_type, paths_to_load
from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


@pytest.mark.parametrize(
    ("entity_type", "names", "attribute", "common"),
    [
        ("Task", {"Task"}, "bid", "Task"),
        ("Task", {"Task", "Shot"}, "bid", "TypedContext"),
        ("Task", {"Task", "Project"}, "name", "Context"),
        # Projects have no bid, so that only tasks are queried.
        ("Task", {"Task", "Project"}, "bid", "Task"),
    ],
)
def test_the_nearest_common_type_with_the_attribute_is_queried(
    schema: Schema, entity_type: str, names: set[str], attribute: str, common: str
) -> None:
    assert nearest_common_type(schema, schema.type(entity_type), names, attribute).name == common


def paths(schema: Schema, entity_type: str, attribute: str) -> set[str]:
    kind = schema.type(entity_type)
    return {
        ".".join(step.name for step in path.steps) for path in paths_to_load(schema, kind, kind.attribute(attribute))
    }


def test_a_scalar_is_loaded_with_all_stored_scalars(schema: Schema) -> None:
    assert paths(schema, "Task", "bid") == set(stored_scalars(schema.type("Task")))


def test_a_computed_scalar_is_loaded_alone(schema: Schema) -> None:
    assert paths(schema, "Task", "link") == {"link"}


def test_a_reference_with_a_key_is_loaded_with_the_rows_of_owner_and_target(schema: Schema) -> None:
    targets = {f"status.{name}" for name in stored_scalars(schema.type("Status"))}
    assert paths(schema, "Task", "status") == {*stored_scalars(schema.type("Task")), *targets}


def test_a_collection_is_loaded_with_the_default_projections_of_its_items(schema: Schema) -> None:
    assert paths(schema, "Task", "children") == {
        f"children.{name}" for name in schema.type("Context").default_projections
    }


def test_a_mapping_is_loaded_with_keys_and_values(schema: Schema) -> None:
    assert paths(schema, "Task", "metadata") == {"metadata.key", "metadata.value"}
