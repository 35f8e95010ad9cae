from __future__ import annotations

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.cascades import DependentFamily, Effect, dependents, taken_along
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of the embedded server."""
    return Schema.from_response(list(datamodel.load().schemas))


@pytest.mark.parametrize(
    ("family", "dependent"),
    [
        ("Context", DependentFamily("Context", "parent_id", Effect.DELETED)),
        ("Context", DependentFamily("Asset", "context_id", Effect.DELETED)),
        ("Context", DependentFamily("Note", "parent_id", Effect.UNCERTAIN)),
        ("Context", DependentFamily("CustomAttributeLink", "from_id", Effect.DELETED)),
        ("AssetVersion", DependentFamily("Component", "version_id", Effect.DELETED)),
        ("Context", DependentFamily("AssetVersion", "task_id", Effect.KEY_NULLED)),
    ],
)
def test_keys_of_dependents_have_an_effect(schema: Schema, family: str, dependent: DependentFamily) -> None:
    assert dependent in dependents(schema)[family]


def test_a_deletion_takes_along_what_depends_on_its_dependents(schema: Schema) -> None:
    assert {"Asset", "AssetVersion", "Component", "ComponentLocation"} <= set(taken_along(schema, "Context"))
