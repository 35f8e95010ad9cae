"""The methods that structures share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.structures.base import Structure, entity_type_of


class ByName(Structure):
    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        return f"{(context or {}).get('folder', '')}/{component}"


def test_a_structure_defines_one_method() -> None:
    structure = ByName()
    assert isinstance(structure, Structure)
    assert structure.get_resource_identifiers(["a", "b"]) == ["/a", "/b"]
    assert structure.get_resource_identifiers(["a", "b"], [{"folder": "x"}, None]) == ["x/a", "/b"]
    assert structure.projections("FileComponent") == ""


def test_other_entities_have_no_resource_identifier() -> None:
    with pytest.raises(errors.StructureError, match="is not a component"):
        entity_type_of("text")
