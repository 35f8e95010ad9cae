"""A snapshot is an immutable value: attributes, items, pairs, equality, copies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.snapshot import FrozenMapping, Snapshot
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.values import Reference

STATUS = Snapshot(Reference("Status", (("id", "s1"),)), {"id": "s1", "name": "Done"})
LIST = Snapshot(
    Reference("List", (("id", "l1"),)),
    {"id": "l1", "items": (STATUS,), "status": STATUS, "metadata": FrozenMapping({"a": "1"}), "from": 1, "__x__": 2},
)


def test_values_are_read_by_attribute_and_by_item() -> None:
    assert LIST.status.name == LIST["status"]["name"] == "Done"
    assert LIST.items == (STATUS,)
    assert LIST.metadata["a"] == "1"
    assert LIST["from"] == LIST.from_ == 1
    assert LIST["__x__"] == 2
    assert LIST.__entity_type__ == "List"


def test_it_is_a_dict_by_iterating() -> None:
    assert dict(STATUS) == {"id": "s1", "name": "Done"}
    assert len(STATUS) == 2
    assert "name" in STATUS
    assert "items" not in STATUS
    assert {"name", "id"} <= set(dir(STATUS))
    assert repr(STATUS) == "<snapshot of Status 'Done' 's1'>"


def test_a_missing_value_names_the_ways_to_have_it() -> None:
    reads: list[Callable[[], Any]] = [lambda: STATUS.nmae, lambda: STATUS["nmae"]]
    for read in reads:
        with pytest.raises(errors.UnknownAttribute, match=r"Did you mean 'name'.*session\.snapshot\(entities, 'nmae'"):
            read()
    assert not hasattr(STATUS, "color")
    assert not hasattr(STATUS, "__array__")
    assert getattr(STATUS, "color", None) is None


def test_nothing_of_it_can_be_changed() -> None:
    def delete() -> None:
        del STATUS.name

    attempts: list[Any] = [
        lambda: setattr(STATUS, "name", "x"),
        lambda: setattr(STATUS, "_ftrack_values", {}),
        lambda: STATUS.__setitem__("name", "x"),
        delete,
        lambda: setattr(LIST.metadata, "_items", {}),
    ]
    for attempt in attempts:
        with pytest.raises(errors.UsageError, match="immutable"):
            attempt()
    with pytest.raises(TypeError):
        LIST.metadata["a"] = "2"
    assert STATUS.name == "Done"


def test_copies_and_pickles_are_equal() -> None:
    assert copy.copy(LIST) is LIST
    assert copy.deepcopy([LIST])[0] is LIST
    unpickled = pickle.loads(pickle.dumps(LIST))
    assert unpickled == LIST
    assert hash(unpickled) == hash(LIST)
    assert unpickled.metadata == {"a": "1"}
    assert hash(unpickled.metadata) == hash(LIST.metadata)
    assert LIST != STATUS
    assert STATUS != "Done"
    assert Snapshot(Reference("Status", (("id", "s1"),)), {"id": "s1"}) != STATUS


def test_it_stands_for_its_entity_in_criteria() -> None:
    assert str(attr("status") == STATUS) == 'status.id is "s1"'
    assert str(attr("status").in_([STATUS])) == 'status.id in ("s1")'
