"""State: answers queries from memory at once, and refreshes the answers in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import cachetools

from ftrack_orm.entities.entity import Entity, server_value
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import FtrackError, NotFetched, QueryError, SessionClosed
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.evaluator import evaluate, predicate
from ftrack_orm.query.language.nodes import Select
from ftrack_orm.values import NOT_LOADED

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.builder import Query

logger = logging.getLogger("ftrack_orm.entities")

#: Results that are remembered, and entities in all of them.
MAX_RESULTS, MAX_ENTITIES = 500, 100_000

#: Called with the new result of a query.
OnRefresh = Callable[[list[Entity]], object]


@attrs.frozen(eq=False)
class _Result:
    """The last result of a query, and the value of `Workspace.revision` when it was requested."""

    entities: tuple[Entity, ...]
    revision: int

    @property
    def size(self) -> int:
        return 1 + len(self.entities) + MAX_ENTITIES // MAX_RESULTS


class MemoryAnswers:
    """Answers queries that prefer memory: with their last result, or with the entities in memory that they find.

    *fetch* runs a query on the server and returns its entities; it is called on the caller's thread for a first answer,
    and *refetch* in the background for a refresh. *run_in_background* takes work and runs it on another thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        fetch: Callable[[Query[Entity]], list[Entity]],
        refetch: Callable[[Query[Entity]], list[Entity]],
        run_in_background: Callable[[Callable[[], None]], object],
    ) -> None:
        self._workspace = workspace
        self._fetch = fetch
        self._refetch = refetch
        self._run_in_background = run_in_background
        self._lock = threading.Lock()
        self._results: cachetools.LRUCache[Hashable, _Result] = cachetools.LRUCache(
            MAX_ENTITIES, getsizeof=lambda result: result.size
        )
        #: By query, the functions to call with the result of the refresh that is in progress.
        self._refreshing: dict[Hashable, list[OnRefresh]] = {}

    def answer(self, query: Query[Entity]) -> list[Entity]:
        """Return the entities of *query* that memory has, and refresh them; without any, return those of the server."""
        key = query.node, query.free_text
        with self._lock:
            last = self._results.get(key)
        entities = self._remembered(query, last) if last is not None else self._in_memory(query)
        if entities is None:
            return self._run(query, key, self._fetch)
        self._refresh(query, key)
        return entities

    # -- the server's answer -------------------------------------------------------------------------------------------

    def _run(self, query: Query[Entity], key: Hashable, fetch: Callable[[Query[Entity]], list[Entity]]) -> list[Entity]:
        revision = self._workspace.revision
        entities = fetch(query.prefer("server"))
        with self._lock:
            self._results.pop(key, None)
            result = _Result(tuple(entities), revision)
            if result.size <= MAX_ENTITIES:
                self._results[key] = result
        return entities

    def _refresh(self, query: Query[Entity], key: Hashable) -> None:
        """Run *query* in the background, unless that is in progress already."""
        callbacks = [] if query.on_refresh is None else [query.on_refresh]
        with self._lock:
            in_progress = self._refreshing.get(key)
            if in_progress is not None:
                in_progress += callbacks
                return
            self._refreshing[key] = callbacks
        try:
            self._run_in_background(lambda: self._refresh_now(query, key))
        except BaseException:
            with self._lock:
                del self._refreshing[key]
            raise

    def _refresh_now(self, query: Query[Entity], key: Hashable) -> None:
        entities: list[Entity] = []
        failure: Exception | None = None
        try:
            entities = self._run(query, key, self._refetch)
        except Exception as error:
            failure = error
        finally:
            with self._lock:
                callbacks = self._refreshing.pop(key)
        if failure is not None:
            _log_failure(query, failure)
            return
        for callback in callbacks:
            try:
                callback(list(entities))
            except Exception:
                logger.exception("The callback of a refreshed query failed: %r", query)

    # -- the answer of memory ------------------------------------------------------------------------------------------

    def _remembered(self, query: Query[Entity], last: _Result) -> list[Entity]:
        """Return the last result without entities that do not belong to it any more, and with own additions since."""
        meets = self._criterion(query.node)
        entities = [entity for entity in last.entities if _exists(entity) and meets(entity) is not False]
        if self._workspace.revision != last.revision and query.free_text is None and not query.node.offset:
            known = set(last.entities)
            entities += [
                entity
                for entity in self._loaded(query.node.entity_type)
                if entity._ftrack_state.written_at > last.revision and entity not in known and meets(entity)
            ]
            entities = self._ordered(query.node, entities) or entities
        return entities if query.node.limit is None else entities[: query.node.limit]

    def _in_memory(self, query: Query[Entity]) -> list[Entity] | None:
        """Return the entities in memory that meet the criterion, None without any or with an unknown order."""
        if query.free_text is not None or query.node.offset:
            return None
        meets = self._criterion(query.node)
        entities = self._ordered(query.node, [each for each in self._loaded(query.node.entity_type) if meets(each)])
        if not entities:
            return None
        return entities if query.node.limit is None else entities[: query.node.limit]

    def _loaded(self, entity_type: str) -> list[Entity]:
        """Return the entities of a type in memory that the server has, unless only their keys are known."""
        schema = self._workspace.schema
        described = schema.type(entity_type)
        return [
            entity
            for entity in self._workspace.identities.family(described.family)
            if _exists(entity)
            and schema.is_a(entity.__entity_type__, entity_type)
            and not entity.__dict__.keys() <= set(described.primary_key)
        ]

    def _criterion(self, select: Select) -> Callable[[Entity], bool | None]:
        """Return the function that says whether an entity meets the criterion; None if memory cannot decide."""
        if select.criterion is None:
            return lambda entity: True
        try:
            decide = predicate(
                select.criterion, self._workspace.schema, entity_type=select.entity_type, read=self._read
            )
        except QueryError:
            return lambda entity: None  # a subquery, which only the server answers

        def meets(entity: Entity) -> bool | None:
            try:
                return decide(entity)
            except (NotFetched, QueryError):
                return None

        return meets

    def _ordered(self, select: Select, entities: Sequence[Entity]) -> list[Entity] | None:
        """Return *entities* in the order of *select*, or None if the compared values are not loaded."""
        if not select.order_by:
            return list(entities)
        ordered = Select(select.entity_type, order_by=select.order_by)
        try:
            return evaluate(ordered, entities, self._workspace.schema, read=self._read)
        except (NotFetched, QueryError):
            return None

    def _read(self, holder: Any, name: str) -> Any:
        """Return the value that the server is believed to have, since its answer would not regard unsaved edits."""
        if not isinstance(holder, Entity):
            return read_loaded(holder, name)
        value = server_value(holder, name)
        if isinstance(value, Tracked):
            is_known = not value._is_stale and not self._workspace.pending_edits(holder, name)
            return value if is_known else NOT_LOADED
        if value is NOT_LOADED:
            return self._key_or_reference(holder, name)
        return value

    def _key_or_reference(self, entity: Entity, name: str) -> Any:
        schema = entity.__schema__
        if name in schema.primary_key:
            return entity._ftrack_state.key[schema.primary_key.index(name)]
        key_name = schema.reference_keys.get(name)
        key = NOT_LOADED if key_name is None else server_value(entity, key_name)
        if key is None or key is NOT_LOADED:
            return key
        target = self._workspace.lookup(str(schema.attribute(name).target), (str(key),))
        return NOT_LOADED if target is None else target


def _log_failure(query: Query[Entity], failure: Exception) -> None:
    if isinstance(failure, SessionClosed):
        logger.debug("The session was closed before a result was refreshed in the background: %r", query)
        return
    details = None if isinstance(failure, FtrackError) else failure
    message = "A result could not be refreshed in the background; the last one is kept. %r: %s"
    logger.warning(message, query, failure, exc_info=details)


def _exists(entity: Entity) -> bool:
    return entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT
