"""Assertions that return the checked value."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def existing(value: T | None) -> T:
    """Return *value*, such as the entity that `session.get` finds, after checking that it is not None."""
    assert value is not None
    return value
