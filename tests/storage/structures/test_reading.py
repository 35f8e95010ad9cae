"""Expressions that read identifiers: time is bounded, also for hostile ones."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.structures.template import TemplateStructure


@pytest.mark.parametrize("template", ["{asset.name}_{name}_{id}_x{file_type}", "a/{parents}/{asset.name}/{name}/b"])
def test_a_hostile_identifier_is_refused_without_much_work(template: str) -> None:
    for identifier in ("_" * 400, "a/" + "x/" * 400, "a" * 100_000):
        with pytest.raises(errors.StructureError):
            TemplateStructure(template).parse(identifier)
