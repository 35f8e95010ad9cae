"""Edge: the session of the official client, over a session of this library."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import conversion, exception
from .cache import StringKeyMaker
from .collection import Collection
from .contexts import AutoPopulatingContext, OperationRecordingContext
from .conversion import unwrap
from .encoding import EncodingMethods
from .error_translation import refused_by_the_server, translated, translating
from .event.hub import EventHub
from .given_values import given_values
from .operation import Operations
from .payloads import OperationPayload as OperationPayload
from .payloads import SessionAuthentication as SessionAuthentication
from .query import QueryResult
from .server_methods import ServerMethods
from .session_cache import SessionCache
from .start import native_session, start
from .storage_methods import StorageMethods
from .types import Types
from .wrappers import WrapperMethods

if TYPE_CHECKING:
    import os

    from ftrack_orm.session.session import Session as NativeSession


class Session(WrapperMethods, StorageMethods, ServerMethods, EncodingMethods):
    """A session with the arguments, methods and values of the official client.

    As with the official client, the constructor connects to the server, loads the plugins and configures the locations.
    `unwrap(session)` is the session below, and `Session.over(session)` the compatible session of one that exists.

    *cache* and *cache_key_maker* are accepted and have no effect: the session below keeps entities by itself.
    """

    _native: NativeSession

    @translated
    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        auto_populate: bool = True,
        plugin_paths: Iterable[str] | None = None,
        cache: Any = None,
        cache_key_maker: Any = None,
        auto_connect_event_hub: bool = False,
        schema_cache_path: str | os.PathLike[str] | bool | None = None,
        plugin_arguments: Mapping[str, Any] | None = None,
        timeout: float | None = 60,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        strict_api: bool = False,
    ) -> None:
        native = native_session(server_url, api_key, api_user, schema_cache_path, timeout, cookies, headers, strict_api)
        self._assemble(native, auto_populate)
        start(self, plugin_paths, plugin_arguments, auto_connect_event_hub, cache, cache_key_maker)

    @classmethod
    def over(cls, native: NativeSession) -> Session:
        """Return the compatible session of *native*, which both use from then on. Makes no request."""
        known = conversion.SESSIONS.get(id(native))
        if known is None:
            known = cls.__new__(cls)
            known._assemble(native, auto_populate=True)
        return known

    def _assemble(self, native: NativeSession, auto_populate: bool) -> None:
        self._native = native
        self.logger = logging.getLogger(f"{__name__}.{type(self).__name__}")
        self.recorded_operations = Operations(self)
        self.types = Types(self)
        self.request_timeout = native.settings.timeout
        self._auto_populate: dict[int, bool] = defaultdict(lambda: auto_populate)
        self._record_operations: dict[int, bool] = defaultdict(lambda: True)
        self._prepare_wrappers()
        conversion.SESSIONS[id(native)] = self
        self._event_hub = EventHub(native.server_url, native.api_user, self.api_key, session=self)

    def __unwrap__(self) -> NativeSession:
        return self._native

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<compatible {self._native!r}>"

    @property
    def event_hub(self) -> EventHub:
        """The event hub."""
        return self._event_hub

    @property
    def cache(self) -> SessionCache:
        """The cache, which can be cleared: all values are read again when they are needed."""
        return SessionCache(self._native)

    @property
    def cache_key_maker(self) -> StringKeyMaker:
        """Makes the keys of identities, as `inspection.identity` returns them."""
        return StringKeyMaker()

    # -- switches of a thread ------------------------------------------------------------------------------------------

    @property
    def auto_populate(self) -> bool:
        """Whether reading a value that is not loaded loads it, in this thread."""
        return self._auto_populate[threading.get_ident()]

    @auto_populate.setter
    def auto_populate(self, value: bool) -> None:
        self._auto_populate[threading.get_ident()] = value

    @property
    def record_operations(self) -> bool:
        """Whether changes are recorded for the next commit, in this thread. Others are only shown."""
        return self._record_operations[threading.get_ident()]

    @record_operations.setter
    def record_operations(self, value: bool) -> None:
        self._record_operations[threading.get_ident()] = value

    def auto_populating(self, auto_populate: bool) -> AutoPopulatingContext:
        """Set `auto_populate` for the time of a `with` block."""
        return AutoPopulatingContext(self, auto_populate)

    def operation_recording(self, record_operations: bool) -> OperationRecordingContext:
        """Set `record_operations` for the time of a `with` block."""
        return OperationRecordingContext(self, record_operations)

    # -- reading -------------------------------------------------------------------------------------------------------

    @translated
    def query(self, expression: str, page_size: int = 500) -> QueryResult:
        """Return the results of *expression*, which are loaded when they are needed.

        Raises `KeyError` for an entity type that the server does not have.
        """
        words = expression.split(None, 1)
        if words and words[0] != "select":
            self._native.schema.type(words[0])
        return QueryResult(self, expression, page_size)

    @translated
    def get(self, entity_type: str, entity_key: Any) -> Any:
        """Return the entity with a key, or None. The key is one value or a list of them."""
        key = [entity_key] if isinstance(entity_key, str) else list(entity_key)
        return self.shown(self._native.get(entity_type, key))

    def populate(self, entities: Any, projections: str) -> None:
        """Load *projections* for an entity, a list of entities or the results of a query."""
        is_list = isinstance(entities, (list, tuple, QueryResult, Collection))
        given = unwrap(list(entities)) if is_list else [unwrap(entities)]
        created = set(self._native.created)
        known = [each for each in given if each not in created]
        if known:
            with refused_by_the_server():
                self._native.populate(known, projections)

    # -- writing -------------------------------------------------------------------------------------------------------

    @translated
    def create(self, entity_type: str, data: Mapping[str, Any] | None = None, reconstructing: bool = False) -> Any:
        """Return a new entity. With *reconstructing*, one that the server has, of which *data* has the key."""
        if entity_type not in self.types:
            raise exception.UnrecognisedEntityTypeError(entity_type)
        made = self.types[entity_type](self, data, reconstructing)
        return self.wrapper_of(made._native)

    @translated
    def ensure(self, entity_type: str, data: Mapping[str, Any], identifying_keys: Iterable[str] | None = None) -> Any:
        """Return the entity that has *data*, creating or updating it as needed, and commit that."""
        if not data and not identifying_keys:
            raise ValueError(f"There is nothing to find a {entity_type} by: the data is empty.")
        keys = list(identifying_keys) if identifying_keys else None
        if missing := [name for name in keys or () if name not in data]:
            raise KeyError(missing[0])
        return self.shown(self._native.ensure(entity_type, given_values(self._native.schema, entity_type, data), keys))

    @translated
    def delete(self, entity: Any) -> None:
        """Record the deletion of *entity*."""
        if self.record_operations:
            self._native.delete(unwrap(entity))

    @translated
    def commit(self) -> None:
        """Send all recorded changes in one request."""
        self._native.commit()

    @translated
    def rollback(self) -> None:
        """Take all recorded changes back."""
        self._native.rollback()

    @translated
    def reset(self) -> None:
        """Take all recorded changes back, and load everything again when it is needed."""
        if self.recorded_operations:
            self.logger.warning("The session is reset with changes that were not committed.")
        self._native.reset()

    @property
    def created(self) -> list[Any]:
        """The new entities."""
        return [self.shown(each) for each in self._native.created]

    @property
    def modified(self) -> list[Any]:
        """The changed entities."""
        return [self.shown(each) for each in self._native.modified]

    @property
    def deleted(self) -> list[Any]:
        """The deleted entities."""
        return [self.shown(each) for each in self._native.deleted]

    def __getattr__(self, name: str) -> Any:
        from .private_names import unavailable

        raise unavailable(name, dir(type(self)))

    # -- closing -------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the session was closed."""
        return self._native.closed

    def close(self) -> None:
        """Close the session. Changes that were not committed are lost, which is logged."""
        if self.closed:
            return
        with translating():
            if self._native.created or self._native.modified or self._native.deleted:
                self.logger.warning("The session is closed with changes that were not committed.")
                self._native.rollback()
            self.event_hub.end_waiting()
            self._native.close()


@atexit.register
def _close_all() -> None:
    """Close the sessions that are open when the program ends, as the official client does."""
    for session in list(conversion.SESSIONS.values()):
        session.close()
