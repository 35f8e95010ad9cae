"""State: the data of jobs as a mapping, and their progress."""

from __future__ import annotations

import json
import logging
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import InvalidValue, TransportError, quoted
from ftrack_orm.foreign_values import native_values

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

logger = logging.getLogger("ftrack_orm.jobs")

#: Progress is sent at most that often, in seconds, so that a loop over many items does not make as many requests.
PROGRESS_INTERVAL_SECONDS: Final = 1.0


def data_text(data: Mapping[str, Any], label: str) -> str:
    """Return the JSON text of the data of a job, whose *label* errors name; raises `InvalidValue` for other values."""
    try:
        return json.dumps(native_values(data))
    except (TypeError, ValueError) as error:
        message = f"The data of {label} holds JSON values, not {quoted(data)}: {error}."
        raise InvalidValue(message, entity_type="Job", attribute="data") from error


class JobDetails(MutableMapping[str, Any]):
    """The data of a job, which is the text of a JSON object, as a mapping. Setting an item sets `job.data`.

    The web interface shows the value of `description`. Raises `InvalidValue` for data of another form.
    """

    def __init__(self, job: Entity) -> None:
        self._job = job

    def _read(self) -> dict[str, Any]:
        text = self._job.data
        if not text:
            return {}
        try:
            data = text if isinstance(text, dict) else json.loads(text)
        except ValueError as error:
            raise InvalidValue(f"The data of {self._job!r} is no JSON: {quoted(text)}.", attribute="data") from error
        if not isinstance(data, dict):
            raise InvalidValue(f"The data of {self._job!r} is no JSON object: {quoted(text)}.", attribute="data")
        return data

    def _write(self, data: dict[str, Any]) -> None:
        self._job.data = data_text(data, repr(self._job))

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._write({**self._read(), key: value})

    def __delitem__(self, key: str) -> None:
        data = self._read()
        del data[key]
        self._write(data)

    def update(self, *arguments: Any, **values: Any) -> None:
        """Set several items at once."""
        self._write({**self._read(), **dict(*arguments, **values)})

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        # Makes no request.
        return f"<details of {self._job!r}>"


class Reporting(Mixin):
    """The behaviour of jobs, which show users the work that goes on."""

    __slots__ = ()

    @property
    def details(self) -> JobDetails:
        """The data of the job as a mapping: `job.details["description"] = "Deliver"` sets `job.data`."""
        return JobDetails(self)

    def progress(self, done: float, *, of: float | None = None, message: str | None = None) -> None:
        """Show users how far the job is: `job.progress(3, of=10)`. It is committed at once, and nothing else with it.

        The description becomes the title of the job followed by *message*, or by `3 of 10`. Calls within a second of
        the last one that was sent are remembered and not sent, except for one that is complete. One that cannot be sent
        is logged.
        """
        data = {"done": done, "of": of, "description": f"{_title(self)}: {message or _numbers(done, of)}"}
        _reports.report(self, data, is_complete=done == of)


class ProgressReports:
    """Sends the progress of jobs, of each at most once in `PROGRESS_INTERVAL_SECONDS` by *clock*."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent_at: weakref.WeakKeyDictionary[Entity, float] = weakref.WeakKeyDictionary()
        self._unsent: weakref.WeakKeyDictionary[Entity, dict[str, Any]] = weakref.WeakKeyDictionary()

    def report(self, job: Entity, data: dict[str, Any], *, is_complete: bool) -> None:
        """Commit *data* as part of the data of *job*, or remember it until the next report.

        A failure of the connection is logged: the work goes on, and the next report has newer numbers.
        """
        now, sent_at = self._clock(), self._sent_at.get(job)
        self._unsent[job] = data
        if sent_at is not None and now - sent_at < PROGRESS_INTERVAL_SECONDS and not is_complete:
            return
        self._sent_at[job] = now
        try:
            with services_of(job).apart():
                job.details.update(data)
        except TransportError as error:
            logger.warning("The progress of %r could not be sent: %s", job, error)
        else:
            self._unsent.pop(job, None)

    def take_unsent(self, job: Entity) -> dict[str, Any]:
        """Return the report of *job* that was not sent, and forget it."""
        return self._unsent.pop(job, {})


_reports = ProgressReports()


def end_job(job: Entity, status: str, reason: str | None = None) -> None:
    """Commit *status* as the last one of *job*, with the last progress, and with *reason* if it has failed."""
    data, title = _reports.take_unsent(job), _title(job)
    if reason is None:
        data |= {"description": title}
    else:
        data |= {"description": f"{title}: failed: {reason}", "error": reason}
    with services_of(job).apart():
        job.details.update(data)
        job.status = status


def _title(job: Entity) -> str:
    details = job.details
    return str(details.get("title") or details.get("description") or "Job")


def _numbers(done: float, of: float | None) -> str:
    return f"{done:g}" if of is None else f"{done:g} of {of:g}"
