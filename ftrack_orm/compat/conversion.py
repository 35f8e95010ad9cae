"""State: conversion at the border, from the official client's form into that of this library."""

from __future__ import annotations

import datetime
import weakref
from typing import Any

#: The types of values that are the same in both.
PLAIN = frozenset({str, int, float, bool, type(None)})

#: The compatible session of each session, by its id. A compatible session keeps its session alive.
SESSIONS: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def unwrap(value: Any) -> Any:
    """Return the session, entity or collection of this library that *value* stands for; other values as they are.

    Lists, tuples, sets and dictionaries are converted with their content. A datetime without a timezone is taken for
    UTC, as ftrack does.
    """
    kind = type(value)
    if kind in PLAIN:
        return value
    if hasattr(kind, "__unwrap__"):
        return value.__unwrap__()
    if kind in (list, tuple, set):
        return kind(map(unwrap, value))
    if kind is dict:
        return {name: unwrap(each) for name, each in value.items()}
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=datetime.timezone.utc)
    return value


def moment(value: datetime.date) -> Any:
    """Return a date or a time as `arrow.Arrow`. Raises `ModuleNotFoundError` that names the extra to install."""
    try:
        import arrow
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "ftrack_orm.compat returns dates as the official client does, with the package arrow. Install it: "
            "pip install 'ftrack-orm[compat]'."
        ) from None
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        # Without it, arrow uses the class of its own for UTC, as the official client's values have it.
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return arrow.get(value)
