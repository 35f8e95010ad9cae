"""Pure: the life of an entity: its states with regard to the session and the server, and the transitions between them.

The documentation draws its diagram from `TRANSITIONS`.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs


class Lifecycle(enum.Enum):
    """The state of an entity with regard to its session and the server."""

    TRANSIENT = "transient"  # created here and taken back; the server never gets it
    PENDING = "pending"  # created here; the next commit sends it
    PERSISTENT = "persistent"  # exists on the server
    DELETED = "deleted"  # was deleted on the server
    DETACHED = "detached"  # its session is closed


#: The meaning of each state, and the operations that are possible in it.
EXPLANATIONS: Final = {
    Lifecycle.TRANSIENT: "It was created here, and its creation was taken back. It can only be read.",
    Lifecycle.PENDING: "It was created here. The next commit sends it; the server does not have it yet.",
    Lifecycle.PERSISTENT: "The server has it. Values are loaded when read, and changes are sent by the next commit.",
    Lifecycle.DELETED: "It was deleted on the server. Loaded values can be read; nothing can be loaded or changed.",
    Lifecycle.DETACHED: "Its session is closed. Loaded values can be read; nothing can be loaded or changed.",
}


@attrs.frozen
class Transition:
    """The states that an entity leaves, none for the first one of its life, its new state, and the cause."""

    before: tuple[Lifecycle, ...]
    after: Lifecycle
    cause: str


CREATED: Final = Transition((), Lifecycle.PENDING, "session.create()")
LOADED: Final = Transition((), Lifecycle.PERSISTENT, "a query, get(), an attribute")
REPORTED_DELETED: Final = Transition((), Lifecycle.DELETED, "the event of a deletion, when it was not loaded before")
COMMITTED: Final = Transition((Lifecycle.PENDING,), Lifecycle.PERSISTENT, "session.commit()")
TAKEN_BACK: Final = Transition((Lifecycle.PENDING,), Lifecycle.TRANSIENT, "rollback() or session.delete()")
DELETED: Final = Transition((Lifecycle.PERSISTENT,), Lifecycle.DELETED, "delete() and commit(), or other users")
#: A session closes without a look at its entities: the state follows from that of the session.
CLOSED: Final = Transition(
    (Lifecycle.PENDING, Lifecycle.PERSISTENT, Lifecycle.TRANSIENT), Lifecycle.DETACHED, "session.close()"
)

TRANSITIONS: Final = (CREATED, LOADED, REPORTED_DELETED, COMMITTED, TAKEN_BACK, DELETED, CLOSED)
