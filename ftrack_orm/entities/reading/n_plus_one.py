"""State: detecting N+1 loads: one line of the user's code that causes the same lazy load again and again."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.errors import LazyLoadError, LazyLoadWarning
from ftrack_orm.schema.attribute import Attribute, Kind

from .call_sites import CallSite, calling_site

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

#: The number of the load of one attribute from one line that is reported. Two loads occur in correct code as well:
#: the first entity is often looked at before the others arrive.
REPORTED_LOAD = 3

#: A load for at least this number of entities is a batch, such as one page of a long result, and is not counted.
BATCH_SIZE_FROM = 25

#: Loads further apart than this are not a loop, but for example a listener that reads one entity for each event.
MAX_SECONDS_BETWEEN_LOADS = 10.0


@attrs.define
class _Series:
    """The loads of one attribute from one line: their number, and the time of the last one in seconds."""

    count: int = 0
    last: float = 0.0


class NPlusOneDetector:
    """Counts lazy loads by line and attribute, and reports the third of a series.

    With *refuse*, `LazyLoadError` is raised before the request is made. Otherwise a `LazyLoadWarning` is issued, once
    for each series. *clock* returns the time in seconds.
    """

    def __init__(self, *, refuse: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._refuse = refuse
        self._clock = clock
        self._lock = threading.Lock()
        self._series: dict[tuple[CallSite, str, str], _Series] = {}

    def note(self, entity: Entity, attribute: Attribute, group_size: int) -> None:
        """Count a load of *attribute* that is about to be made for *entity* and others, *group_size* in total."""
        site = calling_site()
        if group_size >= BATCH_SIZE_FROM or site is None:
            return
        count = self._count(site, entity.__entity_type__, attribute.name)
        if count < REPORTED_LOAD:
            return
        message = _message(entity, attribute, site, count)
        if self._refuse:
            raise LazyLoadError(
                message,
                entity_type=entity.__entity_type__,
                attribute=attribute.name,
                file=site.file,
                line=site.number,
            )
        if count == REPORTED_LOAD:
            # Issued at the user's line whatever the depth of the stack, so that Python's filters apply to it.
            warnings.warn_explicit(message, LazyLoadWarning, site.file, site.number, registry={})

    def _count(self, site: CallSite, entity_type: str, attribute: str) -> int:
        """Add a load to its series and return the number of loads in it."""
        with self._lock:
            now = self._clock()
            series = self._series.setdefault((site, entity_type, attribute), _Series())
            series.count = 1 if now - series.last > MAX_SECONDS_BETWEEN_LOADS else series.count + 1
            series.last = now
            return series.count


def _message(entity: Entity, attribute: Attribute, site: CallSite, count: int) -> str:
    kind, path = entity.__entity_type__, _projection(entity, attribute)
    return (
        f"{site} loads {kind}.{attribute.name} for one entity after the other; this is request number {count}. "
        f"Select it in the query for these entities, .select({kind}.{path}), or load it for all of them at once: "
        f'session.populate(entities, "{path}").'
    )


def _projection(entity: Entity, attribute: Attribute) -> str:
    """Return the path that loads *attribute*; a relation is followed by the name of its target, or else by the key."""
    if attribute.kind in (Kind.SCALAR, Kind.MAPPING):
        return attribute.name
    target = entity._ftrack_state.workspace.schema.type(str(attribute.target))
    return f"{attribute.name}.{'name' if 'name' in target.attributes else target.primary_key[0]}"
