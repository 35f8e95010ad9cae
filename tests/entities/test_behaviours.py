"""Mixins that can be behaviours, and those that cannot."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.behaviours import check_behaviour, names_defined_by_behaviours
from ftrack_orm.entities.entity import Entity


class Base:
    __slots__ = ()

    def describe(self) -> str:
        return "described"


class Behaviour(Base):
    """A behaviour with annotations and constants."""

    __slots__ = ()

    unit: str = "s"

    @property
    def length(self) -> int:
        return 3

    def _private(self) -> None:
        return None


def test_a_mixin_without_state_is_a_behaviour() -> None:
    check_behaviour("Task", Behaviour)


def test_a_behaviour_defines_the_names_of_its_bases_too() -> None:
    names = names_defined_by_behaviours((*Behaviour.__mro__, Entity, object))
    assert {"describe", "length", "unit", "_private"} <= names
    assert "__setattr__" not in names


class WithState:
    pass


class WithSlot:
    __slots__ = ("value",)


class BelowState(WithState):
    __slots__ = ()


class WithSetattr:
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        pass


class Meta(type):
    pass


class WithMetaclass(metaclass=Meta):
    __slots__ = ()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (WithState, r"WithState of Task has instance state; declare `__slots__ = \(\)`"),
        (WithSlot, "WithSlot of Task has instance state"),
        (BelowState, "BelowState of Task has instance state"),
        (str, "str of Task has instance state"),
        (WithSetattr, "WithSetattr of Task defines __setattr__"),
        (WithMetaclass, "WithMetaclass of Task has the metaclass Meta"),
        (Entity, "Entity of Task is an entity class"),
        ("Annotated", "must be a class, not 'Annotated'"),
    ],
)
def test_a_class_that_cannot_be_a_behaviour_is_refused_with_the_reason(behaviour: Any, reason: str) -> None:
    with pytest.raises(errors.UsageError, match=reason) as caught:
        check_behaviour("Task", behaviour)
    assert caught.value.entity_type == "Task"
