"""Edge: the session: the public methods that pipeline code calls, each of which delegates to one part."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, ParamSpec, SupportsIndex, TypeVar, overload

from ftrack_orm.entities.entity import Entity, given_key
from ftrack_orm.errors import InvalidValue, UnknownAttribute, UnknownEntityType, UsageError
from ftrack_orm.query.builder import Query
from ftrack_orm.query.language.literals import entity_type_of_class
from ftrack_orm.settings import (
    DEFAULT_API_ENDPOINT,
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
from ftrack_orm.values import DEFAULT_PAGE_SIZE, FetchMode

from .deferred_event_hub import DeferredEventHub
from .file_methods import FileMethods
from .history_methods import HistoryMethods
from .loading_methods import LoadingMethods
from .reference_methods import KeyPart, ReferenceMethods
from .request_methods import RequestMethods
from .server_action_methods import ServerActionMethods

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.classes import Types
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreview
    from ftrack_orm.entities.committing.planning import Plan
    from ftrack_orm.entities.committing.receipt import Receipt
    from ftrack_orm.entities.committing.saved_changes import SessionChanges
    from ftrack_orm.entities.copying.result import CopyResult
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.events.hub import EventHub
    from ftrack_orm.query.expressions.criteria import CriterionExpression
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation
    from ftrack_orm.transport.channel import Exchange

    from .change_subscription import ChangeCallback, ChangeSubscription
    from .profiling import Profile
    from .type_package import TypePackage

_C = TypeVar("_C", bound="ChangeCallback")
_E = TypeVar("_E", bound=Entity)
_S = TypeVar("_S", bound="Session")
_T = TypeVar("_T")
_P = ParamSpec("_P")


class Session(FileMethods, HistoryMethods, LoadingMethods, ReferenceMethods, RequestMethods, ServerActionMethods):
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
    def schema(self) -> Schema:
        """The server's entity types, attributes and relations as values."""
        return self._parts.handshake.schema

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

    # -- reading -------------------------------------------------------------------------------------------------------

    @overload
    def query(
        self,
        what: type[_E],
        page_size: int | None = None,
        *,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[_E]: ...
    @overload
    def query(
        self,
        what: Query[_T],
        page_size: int | None = None,
        *,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[_T]: ...
    @overload
    def query(
        self,
        what: str | None = None,
        page_size: int | None = None,
        *,
        expression: str | None = None,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[Any]: ...
    def query(
        self,
        what: type[Entity] | str | Query[Any] | None = None,
        page_size: int | None = None,
        *,
        expression: str | None = None,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[Any]:
        """Return a query on an entity class or type name, or for a whole *expression* in the query language.

        A query that belongs to no session, or to another one, is returned as a query of this session.

        No request is made until the query is iterated or one of its `all`, `first`, `one`, `count` ... is called. The
        last four arguments are those of `call`, see `Query.with_request_options`.
        Raises `QueryError` for text that cannot be parsed, with the position, and `UnknownEntityType` or
        `UnknownAttribute` for names that the server's schema does not have.

        With `check=False` the names are not checked: servers know types and attributes that their schema does not
        list, and ftrack's own tools use them. Results of a type that the schema lists are entities. Those of other
        types are plain rows, as dicts.
        """
        if "IPython" in sys.modules:
            self._offer_completion()
        what = what if expression is None else expression
        runner, size = self._parts.query_runner, self._parts.settings.page_size
        if isinstance(what, Query):
            query = what.bind(self.schema if check else None, runner)
        elif check:
            # A class needs no parsing, which would take as long as building a whole criterion.
            make = Query.from_text if isinstance(what, str) else Query.on
            query = make(_type_name(what), self.schema, runner, size)
        else:
            query = Query.from_text(_type_name(what), None, runner, size)
        if (headers, push_token, timeout, cancellation) != (None, None, None, None):
            query = query.with_request_options(
                headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation
            )
        return query if page_size is None else query.with_page_size(page_size)

    @overload
    def all(self, *queries: Query[_T] | type[_T]) -> list[list[_T]]: ...
    @overload
    def all(self, *queries: Query[Any] | type[Entity] | str) -> list[list[Any]]: ...
    def all(self, *queries: Query[Any] | type[Any] | str) -> list[list[Any]]:
        """Return the results of several queries, a list for each, which are requested together.

            tasks, statuses, users = session.all(tasks_of_shot, "Status", User)

        Each of *queries* is a query, or what `query` takes. Pages after the first are requested for each query by
        itself. Raises the errors of `query`, and `QueryError` for a query with groups.
        """
        from ftrack_orm.query.several import results_of

        made = [each if isinstance(each, Query) else self.query(each) for each in queries]
        return results_of(made, self.schema, self._parts.query_runner)

    @overload
    def search(
        self,
        what: type[_E],
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[_E]: ...
    @overload
    def search(
        self,
        what: str,
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[Any]: ...
    def search(
        self,
        what: type[Entity] | str,
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[Any]:
        """Return a query by the server's text search: `session.search("Task", "anim sh010")`.

        The arguments are those of `query` and `Query.search`. The server decides which attributes it searches.
        """
        return self.query(what).search(terms, context=context, object_types=object_types)

    @overload
    def get(
        self,
        entity_type: type[_E],
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> _E | None: ...
    @overload
    def get(
        self,
        entity_type: str,
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> Entity | None: ...
    def get(
        self,
        entity_type: type[Entity] | str,
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> Entity | None:
        """Return the entity with the id *key* (or, for types with a longer key, those key values), or None.

        The values are text, whole numbers or `uuid.UUID`. An entity that the session has loaded is returned without a
        request. Raises `InvalidValue` for a key of another form, such as None. *entity_key* is the name of *key* in the
        official client.
        """
        name = _type_name(entity_type)
        given = key if entity_key is None else entity_key
        return self._workspace.loader.get(name, given_key(self.schema.type(name), given))

    def fetching(self, mode: Literal["peers", "one", "never"]) -> AbstractContextManager[None]:
        """Set the fetch mode (`"peers"`, `"one"` or `"never"`) for reading missing values inside a `with` block."""
        return self._workspace.fetching(FetchMode.named(mode))

    # -- changing ------------------------------------------------------------------------------------------------------

    @overload
    def create(self, entity_type: str, data: Mapping[str, Any] | None = None, /, **attributes: Any) -> Entity: ...
    @overload
    def create(self, entity_type: Callable[_P, _E], /, *data: _P.args, **attributes: _P.kwargs) -> _E: ...
    def create(  # type: ignore[misc]  # checkers take the arguments from the constructors of a studio package
        self, entity_type: type[Entity] | str, data: Mapping[str, Any] | None = None, /, **attributes: Any
    ) -> Entity:
        """Return a new entity with the given attributes. The next commit creates it on the server.

        Attributes are given as a mapping, by keyword, or both. Raises `UnknownEntityType`, `UnknownAttribute`,
        `InvalidValue` or `ReadOnlyAttribute` before anything is recorded.
        """
        name = _type_name(entity_type)
        if data is None and isinstance(attributes.get("data"), Mapping):
            # Passed by the name that the official client gives it; no attribute of an entity is a mapping of that name.
            data = attributes.pop("data")
        if data is not None and not isinstance(data, Mapping):
            message = f"The attributes of a new {name} are given as a mapping or by keyword, not as {data!r:.200}."
            raise InvalidValue(message, entity_type=name)
        return self._parts.unit_of_work.create(name, {**(data or {}), **attributes})

    @overload
    def ensure(
        self,
        entity_type: type[_E],
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> _E: ...
    @overload
    def ensure(
        self,
        entity_type: str,
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> Entity: ...
    def ensure(
        self,
        entity_type: type[Entity] | str,
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> Entity:
        """Return the entity that has *data*, creating or updating it as needed, and commit that change.

        The entity is looked up by *identifying_keys*, names among the data (references too), or by all of the data.
        Other recorded changes are not committed; with `commit=False` nothing is. Raises `MultipleResults` when several
        entities have the identifying values, and `UsageError` when the entity, or one that the data refers to, is new
        and not committed.
        """
        return self.ensure_many(entity_type, [data], identifying_keys, commit=commit)[0]

    @overload
    def ensure_many(
        self,
        entity_type: type[_E],
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[_E]: ...
    @overload
    def ensure_many(
        self,
        entity_type: str,
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[Entity]: ...
    def ensure_many(
        self,
        entity_type: type[Entity] | str,
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[Any]:
        """Return an entity for each item of *data*, as `ensure` would, with one query to find them and one commit.

        Items with the same identifying values (text compares without case) stand for the same entity. Nothing is asked
        about items that refer to an uncommitted entity by an identifying value. For more than 20 items only the
        attributes in *data* are loaded. When anything is refused, nothing is changed. When the connection fails during
        the commit, the changes stay recorded, as after any commit.
        """
        return self._parts.ensurer().ensure(_type_name(entity_type), list(data), identifying_keys, commit=commit)

    def copy(
        self,
        entity: Entity,
        into: Entity | None = None,
        *,
        include: str | Iterable[str] = ("tasks",),
        values: Mapping[str, Any] | None = None,
        to: Session | None = None,
        missing: Literal["raise", "skip"] = "raise",
        batch_size: int | None = None,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> CopyResult:
        """Copy *entity* and the contexts below it into another entity, in one commit, and return the map of their ids.

        *entity* is a project, another context, an asset, or a task template, whose tasks are created. *into* is the
        entity that contains the copy, by default the one that contains the entity. The copies have metadata and custom
        attributes, and with *include* `"tasks"`, `"assignments"`, `"notes"`, `"links"`, `"assets"` and `"versions"`
        (without their files), or `"all"`. *values* are attributes that the copy of the entity itself gets in place of
        its own, such as a name.

        With *to*, the copies are made in another session, on another server too: statuses, types, users and the like
        are found there by their names. Values without an equivalent are an error that lists them, before anything is
        created, unless *missing* is `"skip"`. `result.left_out` names the values that the copies lack.

        Copying again creates nothing twice: it completes a copy that was interrupted, and creates entities that were
        added since. *batch_size* splits the commit into several requests, and `on_progress(done, total)` is called
        after each. Other recorded changes are not committed. Raises `InvalidValue` when another entity in the place has
        the name, and `UsageError` when copied entities have changes that are not committed.
        """
        from ftrack_orm.entities.copying.copier import Copier

        copier = Copier(self._parts.copying(), (to or self)._parts.copying())
        return copier.copy(entity, into, include, values or {}, missing, batch_size, on_progress)

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity* for the next commit. A new entity that was never committed is discarded."""
        if not isinstance(entity, Entity):
            raise InvalidValue(f"session.delete takes one entity, not {entity!r:.200} ({type(entity).__name__}).")
        self._parts.unit_of_work.delete(entity)

    def preview_delete(self, entity: Entity) -> DeletionPreview:
        """Return the entities that deleting *entity* would take along, as numbers by entity type. Records nothing.

        `print(session.preview_delete(shot))` shows them as sentences. There is one request for each level of
        dependents, usually four to seven. ftrack does not document which entities it deletes: the preview follows from
        the schema, and `preview.uncertain` names the types that may stay. A new entity takes nothing along.
        """
        return self._parts.deletion_previewer().preview(entity)

    def commit(
        self,
        *,
        batch_size: int | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        on_conflict: Literal["raise"] | None = None,
        undoable: bool | None = None,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Receipt:
        """Send all recorded changes in one request and return the receipt, an integer: the number of operations.

        `receipt.operations` has the values before and after the commit, and `receipt.undo()` the plan that takes it
        back. For that, values of deleted entities, and those that are overwritten without having been read, are read in
        the same request. Requests before it search for the entities that the deletion of a project, sequence, shot or
        other context with children takes along. `undoable=True` searches before any deletion, such as that of a task
        with notes, and `undoable=False` reads nothing.

        *batch_size* splits them into several requests of about as many operations, and `on_progress(done, total)` is
        called after each. `on_conflict="raise"` first reads, in a request of its own, whether another user has changed
        the values that are about to be overwritten, and raises `CommitConflict` if so. A commit that fails loses no
        change and repeats none: see `UnitOfWork.commit`. The other arguments are those of `call`.
        """
        if (headers, push_token, timeout, cancellation) == (None, None, None, None):
            return self._parts.unit_of_work.commit(batch_size, on_progress, on_conflict, undoable=undoable)
        with self.request_options(headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation):
            return self._parts.unit_of_work.commit(batch_size, on_progress, on_conflict, undoable=undoable)

    def rollback(self) -> None:
        """Discard all recorded changes: values and collections are restored, new entities become transient."""
        self._parts.unit_of_work.rollback()

    def reset(self) -> None:
        """Discard all recorded changes and expire everything that is loaded, so that it is read again when needed.

        Entities stay the same objects. If the event hub is in use, plugins are asked to configure locations again, and
        the local event `ftrack.api.session.reset` is published.
        """
        self.rollback()
        self._workspace.expiry.expire_all()
        self._deferred_event_hub.announce_reset()

    def revert(self, entity: Entity, *names: str) -> None:
        """Discard the recorded changes of the attributes *names* of *entity*, or all of them and its deletion.

        A reference and its key are one change. A new entity is discarded and becomes transient; its attributes become
        unset. A change that a commit on another thread is sending at this moment cannot be recalled: an attribute that
        is reverted then becomes a change for the next commit, and a new entity is deleted by the next commit, or
        discarded if its creation fails. Raises `UnknownAttribute`, and `UsageError` for an entity of another session.
        """
        self._parts.unit_of_work.revert(entity, names)

    @contextmanager
    def begin(
        self: _S,
        *,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Iterator[_S]:
        """Commit the recorded changes when the `with` block ends, or roll them back when it raises.

        A commit that the server refuses is rolled back too. After a commit with an unknown outcome the changes are
        kept. The arguments are those of `call`; they are for the commit, not for the requests inside the block.
        """
        options = self.request_options(
            headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation
        )
        with self._parts.unit_of_work.begin(options):
            yield self

    @property
    def created(self) -> list[Entity]:
        """The new entities that the next commit creates."""
        return list(self._workspace.journal.created)

    @property
    def modified(self) -> list[Entity]:
        """The entities that the next commit updates."""
        return self._workspace.journal.modified

    @property
    def deleted(self) -> list[Entity]:
        """The entities that the next commit deletes."""
        return list(self._workspace.journal.deleted)

    def changes(self) -> SessionChanges:
        """Return the changed attributes of each new and modified entity, with their old and new values.

        `session.changes().save(path)` writes them to a file that another process can commit.
        """
        from ftrack_orm.entities.committing.saved_changes import SessionChanges

        return SessionChanges(self._workspace)

    def load_changes(self, path: str | os.PathLike[str]) -> SessionChanges:
        """Record the changes of a file that `session.changes().save(path)` wrote. The next commit sends them.

        `saved_changes.load_changes` describes the requests it makes and the errors it raises.
        """
        from ftrack_orm.entities.committing.saved_changes import load_changes

        return load_changes(path, self._workspace, self._parts.unit_of_work)

    def plan(self) -> Plan:
        """Return the operations of the next commit, in order, without sending them.

        Operations are values. Printing the plan shows one line per operation, and `as_json()` returns the JSON.
        """
        return self._parts.unit_of_work.plan()

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

        hub, query = self.event_hub, self.query(_type_name(what))
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

    def _offer_completion(self) -> None:
        """Have IPython complete names, if it is running. It may have been started after the session was made."""
        if "IPython" in sys.modules:
            from .interactive_shell import offer_completion

            offer_completion(self, self._parts)

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


def _type_name(entity_type: type[Entity] | str | None) -> str:
    name = entity_type if isinstance(entity_type, str) else entity_type_of_class(entity_type)
    if name is None:
        raise UsageError(f"An entity class or the name of a type is needed, not {entity_type!r}.")
    return name
