"""The names of entity types that requests may use."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.sandbox.writing.legacy_names import entity_type_name
from tests.sandbox.studio import Studio


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Task", "Task"),
        ("show", "Project"),
        ("Asset_Version", "AssetVersion"),
        ("dependency", "TypedContextLink"),
        ("TaskStatus", "Status"),  # the internal name
        ("status", "Status"),
    ],
)
def test_an_entity_type_has_several_names(ftrack_tables: Tables, name: str, expected: str) -> None:
    assert entity_type_name(ftrack_tables.schema, name) == expected


def test_an_unknown_name_is_refused_with_the_nearest(ftrack_tables: Tables) -> None:
    with pytest.raises(ServerValidationError, match=r"no entity type 'Taks'\. Did you mean 'Task'"):
        entity_type_name(ftrack_tables.schema, "Taks")


def test_the_type_of_a_parent_may_have_any_of_its_names(production: Studio) -> None:
    for name in ("TaskStatus", "status"):  # the internal name of Status, and its name in another case
        name, text = production.refused(
            production.creating("Metadata", parent_id="nowhere", parent_type=name, key="k", value="v")
        )
        assert (name, "'nowhere'" in text) == ("IntegrityError", True)
    name, text = production.refused(
        production.creating("Metadata", parent_id="T1", parent_type="Taks", key="k", value="v")
    )
    assert (name, "'Task'" in text) == ("ValidationError", True)
