"""Marking methods of behaviours as validators, and finding them."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import errors, validator
from ftrack_orm.entities.validators import Validator, validators_in


class Checked:
    __slots__ = ()

    @validator
    def always(self) -> None:
        pass

    @validator("name", "status")
    def sometimes(self) -> None:
        pass

    def never(self) -> None:
        pass


class Overriding(Checked):
    __slots__ = ()

    def always(self) -> None:
        pass


def test_validators_are_found_with_the_attributes_whose_changes_they_check() -> None:
    assert validators_in(Checked.__mro__) == [
        Validator("always", frozenset()),
        Validator("sometimes", frozenset({"name", "status"})),
    ]


def test_a_method_that_overrides_a_validator_replaces_it() -> None:
    assert [each.name for each in validators_in(Overriding.__mro__)] == ["sometimes"]


def test_a_validator_of_attributes_applies_when_one_of_them_has_changed() -> None:
    always, sometimes = validators_in(Checked.__mro__)
    assert always.applies_to(["bid"])
    assert sometimes.applies_to(["bid", "name"])
    assert not sometimes.applies_to(["bid"])


@pytest.mark.parametrize("arguments", [(), (3,), ("name", None)])
def test_other_marks_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(errors.UsageError, match="@validator"):
        validator(*arguments)
