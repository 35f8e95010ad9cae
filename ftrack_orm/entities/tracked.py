"""State: what a value that can be edited in place must offer so that its edits can be recorded and taken back."""

from __future__ import annotations

from typing import Any


class Tracked:
    """A collection or mapping on an entity, whose content counts as the value of one attribute.

    Not an abstract base class of `abc`: every value of every answer is asked whether it is one of these, and asking
    those is ten times as slow.
    """

    __slots__ = ("_is_stale",)

    #: Whether the server has told that the content is another by now.
    _is_stale: bool

    def _load_if_stale(self) -> None:
        """Load the content again if the server has told that it is another by now."""

    def _content(self) -> Any:
        """Return a copy of the content that later content can be compared with."""

    def _has_content(self, content: Any) -> bool:
        """Whether the content is an earlier `_content` again."""
        return bool(self._content() == content)

    def _restore(self, content: Any) -> None:
        """Make an earlier `_content` the content again, without recording it."""


class BackPopulated:
    """A collection that follows when an entity comes to belong to it by a change of the entity's own."""

    __slots__ = ()

    def _back_populate(self, entity: Any, is_member: bool) -> None:
        """Put the entity in or take it out, without recording an edit."""


def content_of(value: Any) -> Any:
    """Return any attribute's value in the form it can be compared and put back in."""
    return value._content() if isinstance(value, Tracked) else value
