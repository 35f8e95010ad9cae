"""Edge: expires the attributes of a session's entities that the events of its hub name."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.cascading import apply_with_cascades
from ftrack_orm.events.invalidation import EVERYTHING, EventInvalidation
from ftrack_orm.events.topics import UPDATE_TOPIC

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.events.event import Event
    from ftrack_orm.events.hub import EventHub
    from ftrack_orm.schema.model import Schema


class ChangeTracker:
    """Expires the attributes in *workspace* that `ftrack.update` events name.

    Runs on the thread of the hub that receives events, and makes no request.

    *schema* returns the schema if it is known already. Events with the session's *client_token* are caused by its own
    commits and are ignored, except for raw calls, which bypass the entities: their push tokens are in *raw_calls*.
    """

    def __init__(
        self,
        workspace: Workspace,
        hub: EventHub,
        schema: Callable[[], Schema | None],
        client_token: str,
        raw_calls: Container[str],
    ) -> None:
        self._workspace = workspace
        self._hub = hub
        self._schema = schema
        self._client_token = client_token
        self._raw_calls = raw_calls
        self._invalidation: EventInvalidation | None = None
        hub.add_listener(self._on_event)
        hub.on_gap(workspace.expiry.expire_all)
        # The server sends only events that match a subscription; the listener does the work.
        hub.subscribe(f"topic={UPDATE_TOPIC}", _ignore)

    def _on_event(self, event: Event) -> None:
        try:
            malformed = self._apply(event.data)
        except Exception:
            # A defect of this library, which the caller logs and counts: any value may be out of date.
            self._workspace.expiry.expire_all()
            raise
        if malformed:
            self._hub.report_malformed(
                f"{malformed} entries of the event {event.id:.64} ({event.topic}) are malformed. Everything that they "
                "may be about is loaded again when it is next read."
            )

    def _apply(self, data: Any) -> int:
        """Expire the attributes that the data of an event name; return the number of malformed entries."""
        schema = self._schema()
        if self._is_own(data):
            return 0
        if schema is None:
            # The event cannot be interpreted, and the first response may be under way with values from before it.
            self._workspace.expiry.expire_all()
            return 0
        if self._invalidation is None or self._invalidation.schema is not schema:
            self._invalidation = EventInvalidation(schema)
        entries = self._invalidation.read(data)
        notices = self._invalidation.notices_of(entries)
        if notices and notices[0] is EVERYTHING:
            self._workspace.expiry.expire_all()
            del notices[0]
        apply_with_cascades(self._workspace, notices)
        return entries.malformed

    def _is_own(self, data: Any) -> bool:
        if not isinstance(data, Mapping) or data.get("clientToken") != self._client_token:
            return False
        push_token = data.get("pushToken")
        # An event may have anything here, and what cannot be hashed is the token of no call.
        return not isinstance(push_token, str) or push_token not in self._raw_calls


def _ignore(event: Event) -> None:
    """Do nothing: the listener has handled the event."""
