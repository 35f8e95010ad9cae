"""State: conversion at the border, from values of this library into those of the official client."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.mapping import CustomAttributes
from ftrack_orm.entities.editing.collections import Collection as NativeCollection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity as NativeEntity

from . import collection
from .conversion import PLAIN, moment

if TYPE_CHECKING:
    from .interfaces import CompatibleSession


def shown(session: CompatibleSession, value: Any) -> Any:
    """Return *value*, which an entity of *session* has, as the official client shows it."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if isinstance(value, NativeEntity):
        return session.wrapper_of(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return moment(value)
    if isinstance(value, (NativeCollection, MappedCollection)):
        if isinstance(value, NativeCollection):
            return collection.Collection.over(session, value)
        if isinstance(value, CustomAttributes):
            return collection.CustomAttributeCollectionProxy.over(session, value)
        return collection.KeyValueMappedCollectionProxy.over(session, value)
    if kind in (list, tuple):
        return [shown(session, each) for each in value]
    if isinstance(value, Mapping):
        return {name: shown(session, each) for name, each in value.items()}
    return value
