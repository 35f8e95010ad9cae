"""Edge: the event hub of a session, made by its first use."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.events.hub import EventHub

    from .parts import SessionParts
    from .session import Session


class DeferredEventHub:
    """Makes the event hub when it is first needed, once, on whichever thread that is.

    Deferred for two reasons: importing the libraries for HTTP and websockets takes longer than importing all of this
    library, and loading the session's plugins runs foreign code, which the constructor of a session must not.
    """

    def __init__(self, session: Session, parts: SessionParts) -> None:
        self._session = session
        self._parts = parts
        # Re-entrant, because a plugin that is being loaded may use the hub.
        self._lock = threading.RLock()
        self._hub: EventHub | None = None

    def get(self) -> EventHub:
        """Return the hub. The first call makes it, connects it with the entities and loads the plugins.

        Raises `SessionClosed` when the session was closed before the first call, and `NotFetched` when completion or a
        debugger's view of variables is the first to call.
        """
        if self._hub is None:
            from ftrack_orm.introspection import introspection, refusal

            if introspection() is not None:
                raise refusal("The event hub is not made, and its plugins are not loaded,")
            from ftrack_orm.transport.cancellation import Cancellation

            from .change_tracking import ChangeTracker
            from .event_hub import load_session_plugins, make_hub

            parts = self._parts
            with self._lock:
                if self._hub is None:
                    parts.workspace.check_open("its event hub cannot be used")
                    closing = Cancellation()
                    call = partial(parts.channel.call, denormalize=True, cancellation=closing)
                    self._hub = make_hub(parts.settings, call, parts.unit_of_work, closing.cancel)
                    ChangeTracker(
                        parts.workspace,
                        self._hub,
                        parts.classes.known_schema,
                        parts.settings.client_token,
                        parts.raw_calls,
                    )
                    load_session_plugins(self._hub, self._session, parts.settings)
        return self._hub

    def get_if_made(self) -> EventHub | None:
        """Return the hub if it was ever used, else None."""
        return self._hub

    def get_with_plugins(self) -> EventHub:
        """Return the hub when its plugins are loaded, also if another thread is loading them at this moment.

        A plugin that is being loaded gets the hub at once.
        """
        hub = self.get()
        with self._lock:
            return hub

    def announce_reset(self) -> None:
        """Publish the local events of a session reset, if the hub is in use."""
        if self._hub is not None:
            from .event_hub import announce_reset

            announce_reset(self._hub, self._session)

    def close(self) -> None:
        """Close the hub, if it was ever made."""
        if self._hub is not None:
            self._hub.close()
