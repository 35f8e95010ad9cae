"""State: the interface of values that are edited in place, so that their edits can be recorded and taken back."""

from __future__ import annotations

from collections.abc import Set
from typing import Any


class Tracked:
    """A collection or mapping of an entity. Its whole content counts as the value of one attribute.

    Not an abstract base class of `abc`: `isinstance` is called with this class for every value of every response, and
    is ten times as slow with those.
    """

    __slots__ = ("_is_stale",)

    #: Whether the server has reported a change of the content since it was loaded.
    _is_stale: bool

    def _load_if_stale(self) -> None:
        """Load the content again if it is stale."""

    def _content(self) -> Any:
        """Return a copy of the content that later content can be compared with."""

    def _has_content(self, content: Any) -> bool:
        """Whether the content equals *content*, an earlier `_content`."""
        return bool(self._content() == content)

    def _restore(self, content: Any) -> None:
        """Replace the content by an earlier `_content` without recording an edit. It is not stale afterwards."""

    def _has_any_key(self, keys: Set[str]) -> bool:
        """Whether one of *keys* is a key of the content. Makes no request."""
        return False


class BackPopulated:
    """A collection that gains or loses an entity when a reference of that entity changes."""

    __slots__ = ()

    def _back_populate(self, entity: Any, is_member: bool) -> None:
        """Add the entity or remove it, without recording an edit."""


def content_of(value: Any) -> Any:
    """Return an attribute's value in the form in which it is compared and restored: tracked values as their content."""
    return value._content() if isinstance(value, Tracked) else value
