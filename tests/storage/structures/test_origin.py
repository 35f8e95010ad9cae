"""The structure that leaves data where it is."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.structures.origin import OriginStructure

from .components import component


def test_the_identifier_is_that_of_the_source() -> None:
    structure = OriginStructure()
    context = {"source_resource_identifier": "/path/a.exr"}
    assert structure.get_resource_identifier(component(), context) == "/path/a.exr"
    assert structure.get_resource_identifiers([component()], [context]) == ["/path/a.exr"]


def test_a_source_is_required() -> None:
    for context in (None, {}, {"source_resource_identifier": None}):
        with pytest.raises(errors.StructureError, match="Pass context="):
            OriginStructure().get_resource_identifier(component(), context)
