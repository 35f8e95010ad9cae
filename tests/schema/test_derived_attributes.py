"""The table of derived attributes fits the schema of the embedded server."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.derived_attributes import DERIVATIONS, Derivation, Reach, derived_names, indexed_names
from ftrack_orm.schema.model import Schema

SCHEMA = Schema.from_response(datamodel.load().schemas)


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda each: f"{each.family}-{each.source}-{each.reach.value}")
def test_sources_and_their_attributes_exist(derivation: Derivation) -> None:
    if derivation.source:
        attributes = {name for kind in SCHEMA.concrete(derivation.source) for name in SCHEMA.types[kind].attributes}
        # Newer servers have projects of assets, versions and notes.
        assert (derivation.attributes or set()) <= attributes
        assert not derivation.key or derivation.key in attributes
    assert not derivation.family or derivation.family in {each.family for each in SCHEMA.types.values()}


def test_only_values_that_are_rarely_loaded_are_indexed() -> None:
    assert indexed_names("Context") >= {"link", "ancestors", "descendants", "time_logged"}
    assert "project_id" not in indexed_names("Context")
    assert indexed_names("Timelog") == frozenset()
    for family in ("Context", "Asset", "AssetVersion"):
        assert indexed_names(family) <= derived_names(family)


def test_an_owner_or_sibling_is_found_by_a_key() -> None:
    assert all(each.key for each in DERIVATIONS if each.reach in (Reach.OWNER, Reach.SIBLINGS))
