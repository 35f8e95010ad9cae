"""Mixins that can be behaviours, and those that cannot; the table of behaviours."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.behaviours import (
    BehaviourTable,
    check_behaviour,
    check_names,
    names_defined_by_behaviours,
    without_instance_state,
)
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


class WithCache:
    __slots__ = ()

    @functools.cached_property
    def frames(self) -> int:
        return 3


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
        (WithCache, "WithCache of Task defines frames as a cached_property"),
        (WithMetaclass, "WithMetaclass of Task has the metaclass Meta"),
        (Entity, "Entity of Task is an entity class"),
        ("Annotated", "must be a class, not 'Annotated'"),
    ],
)
def test_a_class_that_cannot_be_a_behaviour_is_refused_with_the_reason(behaviour: Any, reason: str) -> None:
    with pytest.raises(errors.UsageError, match=reason) as caught:
        check_behaviour("Task", behaviour)
    assert caught.value.entity_type == "Task"


class Describing:
    __slots__ = ()

    def describe(self) -> str:
        return "plain"


def decorated(value: int) -> Any:
    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def call(self: Any) -> str:
            return f"{function(self)} {value}"

        return call

    return decorate


class WithoutSlots(Describing):
    """Documented."""

    unit = "s"

    def describe(self) -> str:
        return f"{super().describe()} and more"

    @property
    def length(self) -> str:
        return f"{super().describe()} property"

    @classmethod
    def made(cls) -> Any:
        return __class__  # type: ignore[name-defined]  # a cell that Python provides

    @decorated(3)  # type: ignore[untyped-decorator]  # like the decorators of many studios
    def wrapped(self) -> str:
        return super().describe()


def test_a_class_that_only_lacks_the_declaration_of_slots_gets_it() -> None:
    behaviour = without_instance_state(WithoutSlots)
    check_behaviour("Task", behaviour)
    joined: Any = type("Joined", (behaviour,), {})()
    assert (joined.describe(), joined.length) == ("plain and more", "plain property")
    assert joined.made() is behaviour
    assert joined.wrapped() == "plain 3"
    assert (behaviour.__name__, behaviour.__qualname__) == ("WithoutSlots", "WithoutSlots")
    assert (behaviour.__doc__, behaviour.__module__) == ("Documented.", __name__)


def test_super_works_in_a_function_that_only_a_decorator_holds() -> None:
    class Wrapped(Describing):
        @decorated(3)  # type: ignore[untyped-decorator]
        def describe(self) -> str:
            return super().describe()

    joined: Any = type("Joined", (without_instance_state(Wrapped),), {})()
    assert joined.describe() == "plain 3"


def test_other_classes_stay_as_they_are() -> None:
    for cls in (Behaviour, BelowState, WithSlot, WithMetaclass):
        assert without_instance_state(cls) is cls


def test_a_behaviour_whose_names_are_attributes_is_refused(session: Session) -> None:
    class Named:
        __slots__ = ()
        name = "x"

    class Priced:
        __slots__ = ()

        def bid(self) -> None:
            pass

    types = session.schema.types
    check_names([types["Status"]], Priced)
    with pytest.raises(errors.UsageError, match=r"Named defines name, which Status has as an attribute") as caught:
        check_names([types["Status"]], Named)
    assert (caught.value.entity_type, caught.value.attribute) == ("Status", "name")
    with pytest.raises(errors.UsageError, match="Priced defines bid, which Task has"):
        check_names([types["Project"], types["Task"]], Priced)


def test_a_table_imports_the_mixins_of_a_type_in_their_order(session: Session) -> None:
    table = BehaviourTable({"Task": ("test_behaviours:Behaviour",)}, {"notes": (Describing,)}, package=__package__)
    assert table.of(session.schema.types["Task"]) == [Behaviour, Describing]
    assert table.of(session.schema.types["Shot"]) == [Describing]
    assert table.of(session.schema.types["Status"]) == []
