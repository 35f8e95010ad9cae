"""Edge: the session: the public methods that pipeline code calls, each of which delegates to one part."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, SupportsIndex, TypeVar, overload

from ftrack_orm.errors import InvalidValue, UnknownAttribute, UnknownEntityType
from ftrack_orm.setting_checks import DEFAULT_API_ENDPOINT
from ftrack_orm.settings import (
    DEFAULT_EVENT_OUTBOX_SIZE,
    DEFAULT_EVENT_QUEUE_SIZE,
    DEFAULT_EVENT_WORKERS,
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_RECENT_SIZE,
    DEFAULT_REPLY_LIFETIME_SECONDS,
    DEFAULT_RETRIES,
    DEFAULT_SLOW_CALLBACK_SECONDS,
    DEFAULT_TIMEOUT_SECONDS,
    Settings,
)
from ftrack_orm.values import DEFAULT_PAGE_SIZE

from .deferred_event_hub import DeferredEventHub
from .editing_methods import EditingMethods
from .file_methods import FileMethods
from .history_methods import HistoryMethods
from .loading_methods import LoadingMethods
from .query_methods import QueryMethods
from .reference_methods import ReferenceMethods
from .server_action_methods import ServerActionMethods
from .session_methods import type_name

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.classes import Types
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.events.hub import EventHub
    from ftrack_orm.query.expressions.criteria import CriterionExpression
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.channel import Exchange

    from .change_subscription import ChangeCallback, ChangeSubscription
    from .profiling import Profile
    from .type_package import TypePackage

_C = TypeVar("_C", bound="ChangeCallback")
_S = TypeVar("_S", bound="Session")


class Session(
    QueryMethods,
    EditingMethods,
    FileMethods,
    HistoryMethods,
    LoadingMethods,
    ReferenceMethods,
    ServerActionMethods,
):
    """A connection to an ftrack server and the entities known through it.

    Creating a session makes no request: the first one is made when something is first needed. A session may be used by
    several threads. Use it as a context manager, or call `close()`, to release its connections.

    Connection. Arguments win over environment variables.

    *server_url* (`FTRACK_SERVER`), *api_key* (`FTRACK_API_KEY`) and *api_user* (`FTRACK_API_USER`) are required. The
    system keyring and the account of ftrack Connect provide those that are missing.
    *schema_cache_path* (`FTRACK_API_SCHEMA_CACHE_PATH`) is the folder of the schema cache, by default the user's cache
    folder; False disables the cache. *timeout* is the number of seconds the server may stay silent, *total_timeout* the
    number of seconds for a whole request with its retries, by default ten times as many. *max_response_bytes* is the
    largest size of a response. *retries* is the maximum number of times a request is sent again when harmless.
    *headers* and *cookies* are sent with every request, *proxies* map a scheme to a proxy URL, *ca_bundle* is a file or
    folder of trusted certificates (only False disables verification). *strict_api* lets the server answer errors with
    HTTP status codes of their own. *client_token* identifies this client in the events that its changes cause; it is
    generated when left out. *application_id* identifies the application in the source of the events it publishes.
    *api_endpoint* is the path of the API below the server's URL. *max_requests_per_second* and *max_requests_in_flight*
    delay requests to the API beyond these numbers. *transport* replaces HTTP, for tests.

    Reading. *fetch* is the mode for reading a value that is not loaded: `"peers"` loads it for every entity that
    arrived together, `"one"` for that entity only, `"never"` raises `NotFetched`. *page_size* is the number of entities
    per page of a query. *recent_size* is the number of entities kept in memory although nothing refers to them; of a
    result with more entities, the last two pages are kept. *n_plus_one* reacts to a line of code that loads an
    attribute for one entity after the other: `"warn"` issues a `LazyLoadWarning`, `"raise"` raises `LazyLoadError`.
    *learn_projections* remembers for each line that runs a query what was read of the results without being selected,
    and selects it the next time. It is kept beside the schema cache.

    Events. *auto_connect_event_hub* connects the event hub at once, in the background. *plugin_paths*
    (`FTRACK_EVENT_PLUGIN_PATH`) are folders of plugins, and *plugin_arguments* are passed to their `register`
    functions. *event_workers* is the number of callbacks that may run at the same time. *event_queue_size* is the
    number of events that may wait for them, and *full_event_queue* (`"block"`, `"drop_oldest"` or `"drop_newest"`) the
    policy for more. A callback that runs for *slow_callback_seconds* is logged. *reconnect_limit* is the number of
    failed attempts to connect in a row after which the hub gives up; None never gives up. *event_outbox_size* is the
    number of published events that may wait for a connection, *reply_lifetime* the number of seconds for which replies
    to a published event are accepted. *catch_up_events* looks for events that were missed while disconnected.

    Raises `SettingsError` when a required setting is missing, a value does not fit or a setting does not exist.
    """

    #: The package of a studio's types whose `Session` this is, see `ftrack_orm.typing.package`.
    _type_package: ClassVar[TypePackage | None] = None

    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        *,
        schema_cache_path: str | Path | bool | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        total_timeout: float | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        retries: int = DEFAULT_RETRIES,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | Path | bool | None = None,
        strict_api: bool = True,
        client_token: str | None = None,
        application_id: str | None = None,
        api_endpoint: str = DEFAULT_API_ENDPOINT,
        max_requests_per_second: float | None = None,
        max_requests_in_flight: int | None = None,
        transport: Transport | None = None,
        fetch: Literal["peers", "one", "never"] = "peers",
        page_size: int = DEFAULT_PAGE_SIZE,
        recent_size: int = DEFAULT_RECENT_SIZE,
        n_plus_one: Literal["warn", "raise"] | None = None,
        learn_projections: bool = False,
        auto_connect_event_hub: bool = False,
        plugin_paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
        plugin_arguments: Mapping[str, Any] | None = None,
        event_workers: int = DEFAULT_EVENT_WORKERS,
        event_queue_size: int = DEFAULT_EVENT_QUEUE_SIZE,
        full_event_queue: Literal["block", "drop_oldest", "drop_newest"] = "block",
        slow_callback_seconds: float = DEFAULT_SLOW_CALLBACK_SECONDS,
        reconnect_limit: int | None = None,
        event_outbox_size: int = DEFAULT_EVENT_OUTBOX_SIZE,
        reply_lifetime: float = DEFAULT_REPLY_LIFETIME_SECONDS,
        catch_up_events: bool = True,
        **unknown: NoReturn,
    ) -> None:
        settings = Settings.resolve(
            server_url,
            api_key,
            api_user,
            schema_cache_path=schema_cache_path,
            timeout=timeout,
            total_timeout=total_timeout,
            max_response_bytes=max_response_bytes,
            retries=retries,
            headers=headers,
            cookies=cookies,
            proxies=proxies,
            ca_bundle=ca_bundle,
            strict_api=strict_api,
            client_token=client_token,
            application_id=application_id,
            api_endpoint=api_endpoint,
            max_requests_per_second=max_requests_per_second,
            max_requests_in_flight=max_requests_in_flight,
            fetch=fetch,
            page_size=page_size,
            recent_size=recent_size,
            n_plus_one=n_plus_one,
            learn_projections=learn_projections,
            auto_connect_event_hub=auto_connect_event_hub,
            plugin_paths=plugin_paths,
            plugin_arguments=plugin_arguments or {},
            event_workers=event_workers,
            event_queue_size=event_queue_size,
            full_event_queue=full_event_queue,
            slow_callback_seconds=slow_callback_seconds,
            reconnect_limit=reconnect_limit,
            event_outbox_size=event_outbox_size,
            reply_lifetime=reply_lifetime,
            catch_up_events=catch_up_events,
            **unknown,
        )
        # Many programs import this class for annotations or before they need a session; only a session needs its parts.
        # jedi completes the names in `types` only if the annotation of that property cannot be evaluated here.
        from ftrack_orm.entities.classes import Types

        from .wiring import assemble, provide_services

        self._parts = parts = assemble(settings, transport, self._type_package)
        self._workspace = parts.workspace
        self._types = Types(parts.classes, parts.handshake.known_schema)
        self._deferred_event_hub = DeferredEventHub(self, parts)
        provide_services(parts, self._deferred_event_hub)
        self._offer_completion()
        if settings.auto_connect_event_hub:
            self.event_hub.connect(wait=False)

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    def server_url(self) -> str:
        """The address of the server."""
        return self._parts.settings.server_url

    @property
    def api_user(self) -> str:
        """The user the session acts as."""
        return self._parts.settings.api_user

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """The server's description of its entity types as JSON, in the form of its `query_schemas` action."""
        return self._parts.handshake.answer

    @property
    def types(self) -> Types:
        """The entity classes: `session.types.Task`, `session.types["Task"]`. Iterating yields all type names."""
        if "IPython" in sys.modules:
            self._offer_completion()
        return self._types

    @property
    def configurations(self) -> Configurations:
        """The configurations of custom attributes. Iterating yields them, and `refresh()` reads them again."""
        return self._parts.configurations

    def observe(self, observer: Callable[[Exchange], None]) -> None:
        """Call *observer* after every request, on the thread that made it, whether it was answered or failed."""
        self._parts.channel.observers.append(observer)

    def stop_observing(self, observer: Callable[[Exchange], None]) -> None:
        """Stop calling *observer*. Does nothing for one that is not registered."""
        with suppress(ValueError):
            self._parts.channel.observers.remove(observer)

    def profile(self) -> Profile:
        """Return a context manager that counts and times the requests in its `with` block. Print it for a table."""
        from .profiling import Profile

        return Profile(self.observe, self.stop_observing, self._parts.learner)

    def reset(self) -> None:
        """Discard all recorded changes and expire everything that is loaded, so that it is read again when needed.

        Entities stay the same objects. If the event hub is in use, plugins are asked to configure locations again, and
        the local event `ftrack.api.session.reset` is published.
        """
        self.rollback()
        self._workspace.expiry.expire_all()
        self._deferred_event_hub.announce_reset()

    # -- events --------------------------------------------------------------------------------------------------------

    @property
    def event_hub(self) -> EventHub:
        """The hub for subscribing to events and publishing them; `event_hub.connect()` connects it to the server.

        Its first use loads the session's plugins: the constructor calls no foreign code.
        """
        return self._deferred_event_hub.get()

    @overload
    def on_change(
        self,
        what: type[Entity] | str,
        callback: ChangeCallback,
        *,
        attributes: Iterable[str] = (),
        where: CriterionExpression | str | None = None,
    ) -> ChangeSubscription: ...

    @overload
    def on_change(
        self,
        what: type[Entity] | str,
        callback: None = None,
        *,
        attributes: Iterable[str] = (),
        where: CriterionExpression | str | None = None,
    ) -> Callable[[_C], _C]: ...

    def on_change(
        self,
        what: type[Entity] | str,
        callback: ChangeCallback | None = None,
        *,
        attributes: Iterable[str] = (),
        where: CriterionExpression | str | None = None,
    ) -> Any:
        """Call `callback(change)` when an entity of a type, or of its subtypes, changes on the server.

        The `ServerChange` has the entity, the names of its changed attributes, restricted to *attributes* if given, old
        and new values, user and time. A callback that takes two arguments is called with entity and names. *where* is a
        criterion that the entity must fulfil after the change. The callback runs on the hub's workers once the hub is
        connected, for own commits too, and for deletions regardless of *attributes*, until `cancel()` of the returned
        subscription. Without *callback*, return a decorator. Raises `UnknownAttribute`, `QueryError` and `UsageError`.
        """
        if callback is None:

            def decorate(function: _C) -> _C:
                self.on_change(what, function, attributes=attributes, where=where)
                return function

            return decorate
        from .change_subscription import subscribe_to_changes

        hub, query = self.event_hub, self.query(type_name(what))
        select = (query if where is None else query.where(where)).node
        token = self._parts.settings.client_token
        return subscribe_to_changes(self._workspace, hub, select, callback, attributes, token)

    # -- closing -------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the session was closed."""
        return self._workspace.closed

    def close(self) -> None:
        """Release the connections. Entities keep their loaded values; uncommitted changes are lost with a warning."""
        self._close(stacklevel=3)

    def _close(self, *, stacklevel: int) -> None:
        if self._workspace.closed:
            return
        if self._workspace.common_journal:
            lost = self._workspace.common_journal.summary()
            # Not a ResourceWarning, which Python ignores by default: work is being lost.
            message = f"The session is closed with changes that were not committed: {lost}"
            warnings.warn(message, RuntimeWarning, stacklevel=stacklevel)
        # The hub first, while requests can still be made: running callbacks may need some to finish.
        self._deferred_event_hub.close()
        self._workspace.closed = True
        self._parts.channel.close()
        if self._parts.learner is not None:
            from .learned_projections import save

            save(self.server_url, self._parts.settings.schema_cache_path)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        # `copy`, `deepcopy` and `pickle` call this. Two sessions with the same connections, entities and edits would
        # each close, commit and expire those of the other.
        raise InvalidValue(
            "A session cannot be copied or pickled. Create another session where one is needed, and pass entity types "
            "and ids to other processes."
        )

    def __enter__(self: _S) -> _S:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, (UnknownAttribute, UnknownEntityType)) and not self.closed:
            self._parts.handshake.check_cached_schema()
        self._close(stacklevel=3)

    def __repr__(self) -> str:
        return f"<Session {self.api_user} at {self.server_url}{', closed' if self.closed else ''}>"
