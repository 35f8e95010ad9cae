"""Behaviours joined in any order, before and after the classes are built, make the same classes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.entities.behaviours import BehaviourTable
from ftrack_orm.entities.classes import Classes
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.model import Schema
from tests.property_settings import examples

TYPES = ("Context", "TypedContext", "Shot", "Task", "Project", "AssetVersion")


def _mixin(name: str, *bases: type) -> type:
    def trail(self: Any) -> list[str]:
        following = getattr(super(mixin, self), "trail", list)
        return [name, *following()]

    mixin = type(name, bases, {"__slots__": (), "trail": trail, "bid" if name == "A" else f"is_{name}": True})
    return mixin


A, B, C, D = (_mixin(name) for name in "ABCD")
BELOW_A = _mixin("BelowA", A)
MIXINS = (A, B, C, D, BELOW_A)

#: A step joins a mixin to a type, or has the class of a type built.
STEPS = st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from((None, *MIXINS))), max_size=12)
TABLE = BehaviourTable({"Context": (C,), "Task": (D,)}, {"notes": (B,)})


@pytest.fixture(scope="module")
def schema(box: Any) -> Schema:
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        return session.schema


@given(steps=STEPS)
@settings(max_examples=examples(60, 1_000))
def test_the_order_of_building_and_joining_does_not_matter(schema: Schema, steps: list[Any]) -> None:
    classes = Classes(schema, TABLE)
    joined: list[tuple[str, type]] = []
    for name, mixin in steps:
        if mixin is None:
            classes[name]
            continue
        before = {name: classes[name].__mro__ for name in TYPES} if len(joined) % 2 else {}
        try:
            classes.join(name, mixin)
        except errors.UsageError as error:
            # It hides an attribute, or Python finds no order; nothing has changed.
            assert "has as an attribute" in str(error) or "cannot be joined" in str(error)
            assert all(classes[name].__mro__ == mro for name, mro in before.items())
        else:
            joined.append((name, mixin))
    later = Classes(schema, TABLE)
    for name, mixin in joined:
        later.join(name, mixin)
    for name in TYPES:
        assert _names(classes[name]) == _names(later[name])
        _check(classes, name, joined)


def _names(cls: type) -> list[str]:
    return [each.__name__ for each in cls.__mro__]


def _check(classes: Classes, name: str, joined: list[tuple[str, type]]) -> None:
    """Check that a class has each mixin of its type and of its bases once, and that all of them are reached."""
    cls, entity_type = classes[name], classes.schema.types[name]
    family = (name, *entity_type.bases)
    expected = {mixin for each in family for mixin in TABLE.of(classes.schema.types[each])}
    expected |= {mixin for each, mixin in joined if each in family}
    if BELOW_A in expected:
        expected.add(A)
    assert {each for each in cls.__mro__ if each in MIXINS} == expected
    assert len(set(cls.__mro__)) == len(cls.__mro__)
    entity: Any = Entity.__new__(cls)
    assert entity.trail() == [each.__name__ for each in cls.__mro__ if each in MIXINS]
    # Attributes of the schema win.
    assert not [attribute for attribute in entity_type.attributes if vars(cls).get(attribute) is True]
