from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.query.evaluation.access import entity_type_of, identifier, is_sequence, items_of, read_loaded
from ftrack_orm.values import NOT_LOADED, UNSET, Reference

from .entities import Loaded, task

REFERENCE = Reference("Task", (("id", "t"),))


def test_loaded_values_and_primary_keys_are_read() -> None:
    entity = Loaded("Task", "t", name="comp", bid=UNSET)
    assert [read_loaded(entity, name) for name in ("name", "id", "bid", "status")] == [
        *("comp", "t", NOT_LOADED, NOT_LOADED)
    ]
    assert (read_loaded(REFERENCE, "id"), read_loaded(REFERENCE, "name")) == ("t", NOT_LOADED)
    assert (read_loaded(task(name="x"), "name"), read_loaded(3, "name")) == ("x", NOT_LOADED)


def test_entity_types_and_ids_are_those_of_entities_references_and_mappings() -> None:
    for holder in (Loaded("Task", "t"), REFERENCE, task()):
        assert (entity_type_of(holder), identifier(holder)) == ("Task", "t")
    assert (entity_type_of({"id": "t"}), entity_type_of("Task"), identifier("t")) == (None, None, "t")


@pytest.mark.parametrize(("value", "expected"), [([], True), ((), True), ("ab", False), ({}, False), (3, False)])
def test_a_sequence_is_neither_text_nor_a_mapping(value: Any, expected: bool) -> None:
    assert is_sequence(value) is expected


def test_the_items_of_a_mapping_are_its_keys_and_values() -> None:
    assert items_of([1, 2], None, None) == [1, 2]
    assert items_of({"a": 1}, None, None) == [{"key": "a", "value": 1}]
    assert items_of({"a": 1}, "name", "content") == [{"name": "a", "content": 1}]
