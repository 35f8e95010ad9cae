"""State: the interface of values that are edited in place: collections and mappings, whose edits are differences."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any, ClassVar


class PendingEdit:
    """The difference that one unit of work makes to a collection or mapping; kept in the unit's journal."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Whether there is a difference."""
        raise NotImplementedError

    def copy(self) -> Any:
        """Return a copy that later edits do not change."""
        raise NotImplementedError

    def absorb(self, later: Any) -> None:
        """Add the difference *later*, which was made on top of this one."""
        raise NotImplementedError

    def subtract(self, sent: Any) -> None:
        """Drop the part of the difference that was *sent* and carried out."""
        raise NotImplementedError


class Tracked:
    """A collection or mapping of an entity: the content on the server with the differences of all units of work.

    The *base* is the content that the server is believed to have. The content that is shown is derived from it, and
    derived again whenever the base or a difference changes, so that edits survive a reload.

    Not an abstract base class of `abc`: `isinstance` is called with this class for every value of every response, and
    is ten times as slow with those.
    """

    __slots__ = ("_is_stale",)

    #: The kind of the value in the table of `official_names`.
    _kind: ClassVar[str]

    if not TYPE_CHECKING:  # Checkers would take any name for an attribute otherwise.

        def __getattr__(self, name: str) -> Any:
            if name[:2] == "__":
                raise AttributeError(name)
            # Imported here, because errors are rare.
            from ftrack_orm.official_names import unknown_name

            known = [each for each in dir(type(self)) if each[0] != "_"]
            raise unknown_name(self._kind, f"A {type(self).__name__}", name, known)

    #: Whether the base has to be loaded before the content can be shown: it never was, or the server has changed it.
    _is_stale: bool

    def _load_if_stale(self) -> None:
        """Load the base if it is stale."""

    def _content(self) -> Any:
        """Return a copy of the content that is shown. Makes no request."""

    def _base_content(self) -> Any:
        """Return the base. The caller does not change it."""

    def _set_base(self, base: Any) -> None:
        """Replace the base and derive the content from it. It is not stale afterwards. The caller holds the lock."""

    def _derive(self) -> None:
        """Derive the content again after a difference has changed. The caller holds the lock."""

    def _mark_saved(self, sent: Any, edit: Any) -> Any:
        """Apply *sent*, a difference that the server has carried out, to the base; return the difference that remains.

        *edit* is the present edit, None without one. It is not changed, and calling this again with both has the same
        result. The parts of *sent* that were taken back in the meantime remain as their opposite. The caller holds the
        lock, and derives the content afterwards.
        """

    def _contained(self, entities: Set[Any]) -> Iterable[Any]:
        """Return those of *entities* that may be in the base or the content. Makes no request."""
        return entities

    def _has_any_key(self, keys: Set[str]) -> bool:
        """Whether one of *keys* is a key of the content. Makes no request."""
        return False


class BackPopulated:
    """A collection that gains or loses an entity when a reference of that entity changes."""

    __slots__ = ()

    def _back_populate(self, entity: Any, is_member: bool) -> bool:
        """Add the entity or remove it, without recording an edit; return whether that has changed the content."""
        raise NotImplementedError

    def _restore_order(self) -> None:
        """Show the items in the server's order again, followed by those that pending edits add."""


def content_of(value: Any) -> Any:
    """Return an attribute's value in the form in which it is compared: tracked values as their content."""
    return value._content() if isinstance(value, Tracked) else value
