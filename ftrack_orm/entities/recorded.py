"""State: what a value that can be edited in place must offer so that its edits can be recorded and taken back."""

from __future__ import annotations

import abc
from typing import Any


class Recorded(abc.ABC):
    """A collection or mapping on an entity, whose content counts as the value of one attribute."""

    __slots__ = ()

    @abc.abstractmethod
    def _plain(self) -> Any:
        """Return a copy of the content that later content can be compared with."""

    @abc.abstractmethod
    def _put_back(self, content: Any) -> None:
        """Make an earlier `_plain` the content again, without recording it."""


class Followed(abc.ABC):
    """A collection that follows when an entity comes to belong to it by a change of the entity's own."""

    __slots__ = ()

    @abc.abstractmethod
    def _follow(self, entity: Any, is_member: bool) -> None:
        """Put the entity in or take it out, without recording an edit."""


def plain(value: Any) -> Any:
    """Return any attribute's value in the form it can be compared and put back in."""
    return value._plain() if isinstance(value, Recorded) else value
