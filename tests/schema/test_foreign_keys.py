from __future__ import annotations

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.foreign_keys import is_key
from ftrack_orm.schema.model import Schema

SCHEMA = Schema.from_response(list(datamodel.load().schemas))


@pytest.mark.parametrize(
    ("entity_type", "name", "expected"),
    [
        ("Task", "status_id", True),
        ("Note", "parent_id", True),
        ("ListObject", "entity_id", True),
        ("Task", "status", False),
        ("Task", "name", False),
        ("FileComponent", "id", False),
    ],
)
def test_keys_are_the_scalars_with_ids_of_other_entities(entity_type: str, name: str, expected: bool) -> None:
    schema = SCHEMA.type(entity_type)
    assert is_key(schema, schema.attribute(name)) is expected
