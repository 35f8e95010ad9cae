"""Edge: the timers of users, and the time logs that they become. Timers are committed at once, and nothing else is."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from ftrack_orm.errors import DuplicateEntryError, NoResult

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

#: The attributes that a time log takes over from its timer.
_TAKEN_OVER = ("user_id", "context_id", "comment", "name", "start")


class TimeTracking(Mixin):
    """The behaviour of users, who have one running timer at most."""

    __slots__ = ()

    def start_timer(
        self, context: Entity | None = None, comment: str = "", name: str | None = None, force: bool = False
    ) -> Entity:
        """Start a timer for *context* and return it. It is committed at once, and no other change with it.

        With *force*, a running timer is stopped first, as `stop_timer` does. Otherwise `DuplicateEntryError` is raised
        when one is running.
        """
        services = services_of(self)
        if force and (running := self._running_timer()) is not None:
            _stop(running)
        try:
            with services.apart():
                data = {"user": self, "context": context, "comment": comment, "name": name}
                timer = services.create("Timer", {key: value for key, value in data.items() if value is not None})
        except DuplicateEntryError as error:
            raise DuplicateEntryError(
                f"A timer of {self!r} is running already: stop it with stop_timer(), or pass force=True.",
                **error.details,
            ) from error
        return timer

    def stop_timer(self) -> Entity:
        """Stop the running timer and return the time log that it became. Both are committed at once.

        The duration is in seconds and ends now, by the clock of this machine. Raises `NoResult` when no timer is
        running.
        """
        timer = self._running_timer()
        if timer is None:
            raise NoResult(f"No timer of {self!r} is running.", entity_type="Timer")
        return _stop(timer)

    def _running_timer(self) -> Entity | None:
        names = ", ".join(_TAKEN_OVER)
        timer: Entity | None = services_of(self).query("Timer").select(names).where(user_id=self.id).first()
        return timer


def _stop(timer: Entity) -> Entity:
    services = services_of(timer)
    elapsed = _now(services.server_information().get("is_timezone_support_enabled", True)) - timer.start
    duration = max(0, int(elapsed.total_seconds()))  # the clocks may differ
    with services.apart():
        data = {name: timer[name] for name in _TAKEN_OVER}
        timelog = services.create("Timelog", {**data, "comment": timer.comment or "", "duration": duration})
        services.delete(timer)
    return timelog


def _now(is_timezone_support_enabled: bool) -> datetime.datetime:
    """Return the time that a server would set now, which is in UTC.

    A server without support for timezones sets its local time instead; it is taken to be in the timezone of this
    machine, as the official client does.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    return now if is_timezone_support_enabled else now.astimezone().replace(tzinfo=datetime.timezone.utc)
