"""State: noticing N+1: a line of the user's code that has the same attribute loaded again and again, few at a time."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import LazyLoadError, LazyLoadWarning
from ftrack_orm.schema.attribute import Attribute, Kind

from .call_sites import CallSite, calling_line

#: Loads of one attribute from one line that are reported as N+1. Two happen in honest code: a first entity is looked at
#: before the others are there.
SERIES = 3

#: A load for this many entities is batching at work, as it is for each page of a long result.
MANY = 25

#: Loads that are further apart than this, in seconds, are no loop: a listener that looks at one entity for each event.
PAUSE = 10.0


@attrs.define
class _Series:
    count: int = 0
    last: float = 0.0


class NPlusOneDetector:
    """Counts loads of missing values by line and attribute, and warns of or refuses the third of a series.

    With *refuse* a `LazyLoadError` is raised before the request is made; else a `LazyLoadWarning` is given, once for
    each series. *clock* stands for the time in seconds.
    """

    def __init__(self, *, refuse: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._refuse = refuse
        self._clock = clock
        self._lock = threading.Lock()
        self._series: dict[tuple[CallSite, str, str], _Series] = {}

    def note(self, entity: Entity, attribute: Attribute, together: int) -> None:
        """Take note that *attribute* of *entity* and its peers, *together* entities, is about to be loaded."""
        line = calling_line()
        if together >= MANY or line is None:
            return
        with self._lock:
            now = self._clock()
            series = self._series.setdefault((line, entity.__entity_type__, attribute.name), _Series())
            series.count = 1 if now - series.last > PAUSE else series.count + 1
            series.last = now
            count = series.count
        if count < SERIES:
            return
        if self._refuse:
            raise LazyLoadError(
                _message(entity, attribute, line, count),
                entity_type=entity.__entity_type__,
                attribute=attribute.name,
                file=line.file,
                line=line.number,
            )
        if count == SERIES:
            # At the user's own line, whatever the depth of the stack, so that Python's filters see it as theirs.
            warnings.warn_explicit(
                _message(entity, attribute, line, count), LazyLoadWarning, line.file, line.number, registry={}
            )


def _message(entity: Entity, attribute: Attribute, line: CallSite, count: int) -> str:
    kind, path = entity.__entity_type__, _projection(entity, attribute)
    return (
        f"{line} loads {kind}.{attribute.name} for one entity after the other; this is request number {count}. "
        f"Have the query that finds them bring it along, .select({kind}.{path}), or load it for all of them at once: "
        f'session.populate(entities, "{path}").'
    )


def _projection(entity: Entity, attribute: Attribute) -> str:
    """Return the path that brings *attribute* along: a relation with the most telling attribute of its target."""
    if attribute.kind in (Kind.SCALAR, Kind.MAPPING):
        return attribute.name
    target = entity._ftrack_state.workspace.schema.type(str(attribute.target))
    return f"{attribute.name}.{'name' if 'name' in target.attributes else target.primary_key[0]}"
