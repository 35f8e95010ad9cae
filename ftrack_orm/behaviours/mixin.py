"""Pure: the base that behaviours have for type checkers: at run time they are mixins without a base."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity as Mixin
else:
    Mixin = object

__all__ = ["Mixin"]
