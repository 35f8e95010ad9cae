"""State: learns for each line that runs a query the attributes that are read of its results but were not selected."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import attrs
import cachetools

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import UsageError
from ftrack_orm.query.language.nodes import Path, Select, Step
from ftrack_orm.query.language.parser import parse_path
from ftrack_orm.schema.attribute import Attribute, Kind

from .call_sites import CallSite, calling_site
from .lazy_queries import paths_to_load

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

#: Lines of code that are remembered; those that have run queries last stay.
MAX_SITES = 2_000
#: Paths that are learned for one line.
MAX_PATHS = 40
#: Steps of a learned path.
MAX_STEPS = 6


@attrs.frozen
class Learned:
    """An event of learning: the *paths* that the query at *site* selects for this reason, now or the next time."""

    site: CallSite
    entity_type: str
    paths: tuple[str, ...]
    is_selected: bool

    def __str__(self) -> str:
        paths = ", ".join(self.paths)
        if self.is_selected:
            return f"{self.site} selects {paths} of {self.entity_type} too, which were read before"
        return f"{self.site} reads {paths} of {self.entity_type}; the next run selects it with the query"


#: A line of code and the entity type that it queries.
SiteKey = tuple[CallSite, str]


class LearnedPaths:
    """The learned paths of each line, of all sessions of a process with one server. Any number of threads may use it.

    *has_changed* says whether paths were learned or dropped since it was set to False.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: cachetools.LRUCache[SiteKey, dict[str, None]] = cachetools.LRUCache(MAX_SITES)
        self.has_changed = False

    def of(self, key: SiteKey) -> tuple[str, ...]:
        """Return the paths learned for a line."""
        with self._lock:
            return tuple(self._paths.get(key, ()))

    def add(self, key: SiteKey, paths: Iterable[str]) -> tuple[str, ...]:
        """Add paths, up to `MAX_PATHS` of one line, and return those that were not known."""
        with self._lock:
            known = dict(self._paths.get(key, ()))
            new = tuple(path for path in dict.fromkeys(paths) if path not in known)[: max(0, MAX_PATHS - len(known))]
            if new:
                self._paths[key] = {**known, **dict.fromkeys(new)}
                self.has_changed = True
            return new

    def drop(self, key: SiteKey, paths: Iterable[str]) -> None:
        """Drop *paths* of a line, which the server or its schema does not know any more."""
        with self._lock:
            kept = {path: None for path in self._paths.get(key, ()) if path not in set(paths)}
            self._paths[key] = kept
            self.has_changed = True

    def items(self) -> list[tuple[SiteKey, tuple[str, ...]]]:
        """Return all lines with their paths, those used last at the end."""
        with self._lock:
            return [(key, tuple(paths)) for key, paths in self._paths.items() if paths]


class ProjectionLearner:
    """Completes the queries of one session by learned paths, and learns from the values that are loaded later.

    *observers* are called with each event of learning, on the thread that runs the query or reads the value.
    """

    def __init__(self, learned: LearnedPaths) -> None:
        self._learned = learned
        self.observers: list[Callable[[Learned], object]] = []

    def lesson(self, select: Select, schema: Schema) -> Lesson | None:
        """Return what to learn from the results of *select*, or None on a thread without a line of the user's code."""
        site = calling_site()
        return None if site is None else Lesson(self, site, select, schema)

    def paths(self, key: SiteKey, schema: Schema) -> tuple[list[str], list[Path]]:
        """Return the learned paths of a line as texts and as the paths to select, without those that do not exist."""
        texts, paths, gone = [], [], []
        for text in self._learned.of(key):
            try:
                expanded = _paths_to_select(Path(parse_path(text).steps), schema.type(key[1]), schema)
            except UsageError:
                gone.append(text)
            else:
                texts.append(text)
                paths += expanded
        if gone:
            self._learned.drop(key, gone)
        return texts, paths

    def learn(self, key: SiteKey, paths: Iterable[str]) -> None:
        """Add paths that were read at a line."""
        new = self._learned.add(key, paths)
        if new:
            self._notify(Learned(*key, new, is_selected=False))

    def drop(self, key: SiteKey, paths: Iterable[str]) -> None:
        """Drop paths that the server has refused."""
        self._learned.drop(key, paths)

    def note_selected(self, key: SiteKey, paths: Iterable[str]) -> None:
        """Notify the observers of learned paths that were selected."""
        self._notify(Learned(*key, tuple(paths), is_selected=True))

    def _notify(self, event: Learned) -> None:
        for observer in tuple(self.observers):
            observer(event)


class Lesson:
    """One run of a query at a line: the select that is completed by learned paths, and the origin of its results."""

    def __init__(self, learner: ProjectionLearner, site: CallSite, select: Select, schema: Schema) -> None:
        self._learner = learner
        self._schema = schema
        self._key = site, select.entity_type
        self._texts, learned = learner.paths(self._key, schema)
        paths = dict.fromkeys([*select.projections, *learned])
        self.is_completed = len(paths) > len(select.projections)
        self.select = attrs.evolve(select, projections=tuple(paths)) if self.is_completed else select

    def note_selected(self) -> None:
        """Notify the observers that learned paths were selected."""
        self._learner.note_selected(self._key, self._texts)

    def drop_paths(self) -> None:
        """Drop the learned paths of the line, with which the server has refused the query."""
        self._learner.drop(self._key, self._texts)

    def origin(self) -> Origin:
        """Return the origin of one page of results."""
        return Origin(self._learn, self._schema, self.select)

    def _learn(self, paths: Iterable[Path]) -> None:
        self._learner.learn(self._key, [path.text for path in paths])


class Origin:
    """The page of results that entities were reached from. It finds the path from a result to one of them.

    *learn* takes the paths that were read.
    """

    def __init__(self, learn: Callable[[Iterable[Path]], None], schema: Schema, select: Select) -> None:
        self._learn = learn
        self._schema = schema
        self._entity_type = select.entity_type
        self._results: list[weakref.ref[Entity]] = []
        #: The paths over relations that were selected or read, the shortest first.
        self._relations: dict[tuple[Step, ...], None] = {(): None}
        for path in select.projections:
            if isinstance(path, Path):
                self._relations.update(dict.fromkeys(path.steps[:end] for end in range(1, len(path.steps))))

    def begin(self, results: Iterable[Entity]) -> None:
        """Set the results of the page."""
        self._results = [weakref.ref(entity) for entity in results]

    def note_read(self, entity: Entity, attribute: Attribute, owner: EntityType, *, with_owner: bool) -> None:
        """Learn that *attribute* of *entity*, which was not selected, is about to be loaded from entities of *owner*.

        *with_owner* says that the stored values of the owner are loaded too.
        """
        steps = self._steps_to(entity)
        if steps is None or len(steps) >= MAX_STEPS:
            return
        if attribute.name not in self._type_at(steps).attributes:
            if not steps:
                return  # an attribute of a subtype of the queried type, which no path leads to
            steps = (*steps[:-1], Step(steps[-1].name, owner.name))
        paths = [Path((*steps, Step(attribute.name)))]
        if attribute.is_relation:
            self._relations[paths[0].steps] = None
        key_name = owner.reference_keys.get(attribute.name)
        if with_owner and key_name is not None:
            paths.append(Path((*steps, Step(key_name))))
        self._learn(paths)

    def _steps_to(self, entity: Entity) -> tuple[Step, ...] | None:
        """Return the shortest known path from a result to *entity*, None if it is not reached from here."""
        results = [result for ref in self._results if (result := ref()) is not None]
        for steps in sorted(self._relations, key=len):
            if any(entity is reached for result in results for reached in _follow(result, steps)):
                return steps
        return None

    def _type_at(self, steps: tuple[Step, ...]) -> EntityType:
        entity_type = self._schema.type(self._entity_type)
        for step in steps:
            entity_type = self._schema.type(step.cast or str(entity_type.attribute(step.name).target))
        return entity_type


def _follow(entity: Entity, steps: tuple[Step, ...]) -> Iterator[Entity]:
    """Yield the loaded entities that *steps* lead to."""
    if not steps:
        yield entity
        return
    value = entity.__dict__.get(steps[0].name)
    for item in value._content() if isinstance(value, Tracked) else (value,):
        if isinstance(item, Entity):
            yield from _follow(item, steps[1:])


def _paths_to_select(path: Path, entity_type: EntityType, schema: Schema) -> list[Path]:
    """Return the paths that load what is loaded when the attribute at the end of *path* is read.

    Raises `UnknownAttribute`, `UnknownEntityType` or `QueryError` for a path that does not exist.
    """
    *steps, last = path.steps
    owner = entity_type
    for step in steps:
        target = owner.attribute(step.name).target
        owner = schema.type(step.cast or str(target))
    attribute = owner.attribute(last.name)
    loaded = paths_to_load(schema, owner, attribute)
    if attribute.kind is Kind.REFERENCE:
        loaded = tuple(each for each in loaded if each.steps[0].name == last.name)
    return [Path((*steps, *each.steps)) for each in loaded]
