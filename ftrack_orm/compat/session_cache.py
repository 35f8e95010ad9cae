"""State: the cache of a session, of which the official client's methods for clearing have a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ftrack_orm.errors import UsageError

from .cache import Cache
from .error_translation import translated

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session as NativeSession


class SessionCache(Cache):
    """The entities of a session. They stay the same objects: clearing makes their values be read again."""

    def __init__(self, native: NativeSession) -> None:
        self._native = native

    @property
    def caches(self) -> list[Cache]:
        """The layers, of which there is one."""
        return [self]

    def clear(self, pattern: str | None = None) -> None:
        """Read all values again when they are needed. Changes that are not committed stay."""
        self._native._workspace.expiry.expire_all()

    def remove(self, key: str) -> None:
        """Read values again, as `clear` does."""
        self.clear()

    @translated
    def get(self, key: str) -> NoReturn:
        """Raise `UsageError`: `session.get` returns entities that are loaded without a request."""
        raise UsageError(
            "The cache cannot be read. Write session.get(entity_type, id), which makes no request if it can."
        )

    @translated
    def set(self, key: str, value: Any) -> NoReturn:
        """Raise `UsageError`: the session keeps entities by itself."""
        raise UsageError("The cache cannot be filled. The session keeps the entities that it loads by itself.")

    @translated
    def keys(self) -> NoReturn:
        """Raise `UsageError`: the session keeps entities by itself."""
        raise UsageError("The cache cannot be listed. Write session.query(...) for entities of the server.")
