"""State: the server's information about itself, with names that are requested when they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, UnknownName, quoted, suggestion

if TYPE_CHECKING:
    from .handshake import Handshake


class ServerInformation(Mapping[str, Any]):
    """The information of a server by names. It cannot be changed.

    A server sends some names of its own choice, and others only when they are named. Reading one of those makes a
    request, and calling this object with names requests them all together. Iteration, `len`, `in` and the repr cover
    the names that are known, and make no request for others. Raises `UnknownName` for a name that the server does not
    have.
    """

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake
        # The usual names are requested here, so that the repr and completion never have to.
        handshake.request_information()

    def __call__(self, *names: str) -> dict[str, Any]:
        """Return the information of *names*, requesting together those that are not known."""
        for name in names:
            if not isinstance(name, str) or not name:
                raise InvalidValue(f"The server's information is asked for by names, not by {quoted(name)}.")
        known = self._handshake.information_of(names)
        missing = [name for name in names if name not in known]
        if missing:
            raise UnknownName(
                f"The server has no information called {', '.join(map(quoted, missing))}."
                f"{suggestion(missing[0], known)}"
            )
        return {name: known[name] for name in names}

    def __getitem__(self, name: str) -> Any:
        return self(name)[name]

    def __contains__(self, name: object) -> bool:
        return name in self._handshake.known_information

    def __iter__(self) -> Iterator[str]:
        return iter(self._handshake.known_information)

    def __len__(self) -> int:
        return len(self._handshake.known_information)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # A copy has the names that are known. It belongs to no session.
        return dict, (dict(self),)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return f"<ServerInformation: {', '.join(map(str, self))}>"
