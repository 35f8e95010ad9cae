"""Edge: the session, where a server's entities are read and changed; it composes the rooms, and decides nothing."""

from __future__ import annotations

import os
import threading
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.classes import Classes, Types
from ftrack_orm.entities.committing.bulk import BulkOperations
from ftrack_orm.entities.committing.ensure import Ensurer
from ftrack_orm.entities.committing.planning import Plan
from ftrack_orm.entities.committing.saved_changes import SessionChanges, load_changes
from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.editing.changes import revert
from ftrack_orm.entities.entity import Entity, FetchMode, given_key
from ftrack_orm.entities.reading.loading import Loader
from ftrack_orm.entities.reading.n_plus_one import NPlusOneDetector
from ftrack_orm.entities.reading.query_runner import QueryRunner
from ftrack_orm.entities.reading.refreshing import Refresher
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import InvalidValue, SettingsError, UsageError
from ftrack_orm.query.builder import Query, as_projections
from ftrack_orm.query.language.literals import type_name
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.schema.model import Schema
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Transport
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.channel import Channel, Exchange
from ftrack_orm.transport.deferred import http_transport
from ftrack_orm.wire.codec import decode
from ftrack_orm.wire.operations import Operation, only_reads
from ftrack_orm.wire.raw import raw_operations
from ftrack_orm.wire.replies import RawReply

from .handshake import Handshake
from .profiling import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ftrack_orm.events.hub import EventHub

    from .change_tracking import ChangeCallback, ChangeSubscription


class Session:
    """A connection to an ftrack server and the entities known through it.

    Creating one does no I/O: the server is first asked when something is first needed. A session may be used from
    several threads. Use it as a context manager, or call `close()`, to let go of its connections.

    Arguments win over the environment variables named in brackets: *server_url* (FTRACK_SERVER), *api_key*
    (FTRACK_API_KEY), *api_user* (FTRACK_API_USER), *schema_cache_path* (FTRACK_API_SCHEMA_CACHE_PATH; False keeps no
    schema on disk). *fetch* is what reading a value that is not loaded may do: `"peers"` loads it for every entity that
    arrived together, `"one"` for that entity only, `"never"` raises `NotFetched`. *timeout* is in seconds. *page_size*
    is the number of entities a query asks for at a time, *recent_size* the number of entities kept in memory although
    nobody refers to them; of a walk over more than these, the last two pages are kept. *n_plus_one* is what happens
    when a line of code loads an attribute for one entity after the other: `"warn"` gives a `LazyLoadWarning`, `"raise"`
    raises `LazyLoadError`, None lets it be. *transport* replaces HTTP, for tests. *auto_connect_event_hub* connects the
    event hub at once, in the background; *plugin_paths* (FTRACK_EVENT_PLUGIN_PATH) are folders of plugins. The other
    *settings* are fields of `Settings`. Raises `SettingsError` when something is missing.
    """

    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        *,
        fetch: str = "peers",
        page_size: int = 500,
        recent_size: int = 10_000,
        transport: Transport | None = None,
        **settings: Any,
    ) -> None:
        if not isinstance(recent_size, int) or recent_size < 0:
            raise SettingsError(f"recent_size must be a whole number of entities from 0 up, not {recent_size!r}.")
        self._settings = Settings.resolve(server_url, api_key, api_user, fetch=fetch, page_size=page_size, **settings)
        self._channel = Channel(self._settings, transport or http_transport(self._settings))
        self._handshake = Handshake(
            self._channel.call,
            SchemaCache(self._settings.schema_cache_path),
            self._settings.server_url,
            self._schema_changed,
        )
        self._classes: Classes | None = None
        self._workspace = Workspace(self._get_classes, fetch=FetchMode(fetch), recent_size=recent_size)
        reaction = self._settings.n_plus_one
        detector = NPlusOneDetector(refuse=reaction == "raise") if reaction else None
        loader = Loader(self._workspace, self._handshake.call, detector)
        self._workspace.loader = loader
        self._workspace.renew_schema = self._handshake.renew
        self._workspace.configurations = Configurations(self._workspace, self._handshake.call)
        self._refresher = Refresher(self._workspace, loader)
        bulk = BulkOperations(self._workspace, self._handshake.call, self._refresher)
        self._runner = QueryRunner(self._workspace, self._handshake.call, self._channel.submit, bulk)
        self._work = UnitOfWork(self._workspace, self._handshake.call)
        self._ensurer = Ensurer(self._workspace, loader, self._work)
        self._types = Types(self._get_classes)
        self._event_hub: EventHub | None = None
        self._raw_calls: deque[str] = deque(maxlen=1_000)
        self._event_hub_lock = threading.RLock()
        if self._settings.auto_connect_event_hub:
            self.event_hub.connect(wait=False)

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    def server_url(self) -> str:
        """The address of the server."""
        return self._settings.server_url

    @property
    def api_user(self) -> str:
        """The user the session acts as."""
        return self._settings.api_user

    @property
    def server_information(self) -> Mapping[str, Any]:
        """What the server says about itself: version, schema hash, storage scenario and so on."""
        return MappingProxyType(dict(self._handshake.information))

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """The server's description of its entity types, in JSON, as its `query_schemas` action answers it."""
        return self._handshake.answer

    @property
    def schema(self) -> Schema:
        """The same as values: entity types, attributes and relations."""
        return self._handshake.schema

    @property
    def types(self) -> Types:
        """The entity classes: `session.types.Task`, `session.types["Task"]`; iterating gives the names of all."""
        return self._types

    @property
    def configurations(self) -> Configurations:
        """The configurations of custom attributes; iterating gives them, and `refresh()` reads them again."""
        return self._workspace.configurations

    def call(
        self,
        operations: Iterable[Operation | Mapping[str, Any]],
        *,
        push_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> list[Any]:
        """Send operations as they are and return the server's answers as plain data, dates as Python's.

        This is the raw door: nothing is merged into entities. All operations travel in one request, which the server
        carries out whole or not at all. *push_token* is repeated by the server in the events the request causes,
        *timeout* is in seconds, and `cancellation.cancel()` on another thread makes the call raise `RequestCancelled`
        at once. Raises `ServerError`, `TransportError` or `ProtocolError`, and `UsageError` for what is no operation.
        """
        sent = raw_operations(operations)
        if not only_reads(sent):
            # Past the entities: when it comes back as an event, that is news to them.
            push_token = push_token or uuid.uuid1().hex
            self._raw_calls.append(push_token)
        options: dict[str, Any] = {"push_token": push_token, "headers": headers, "timeout": timeout}
        replies = self._handshake.call(sent, cancellation=cancellation, **options)
        return [decode(reply.body) for reply in replies if isinstance(reply, RawReply)]

    def observe(self, observer: Callable[[Exchange], None]) -> None:
        """Have *observer* told of every request when it is answered or has failed, on the thread that made it."""
        self._channel.observers.append(observer)

    def stop_observing(self, observer: Callable[[Exchange], None]) -> None:
        """Tell *observer* no more, if it was told."""
        with suppress(ValueError):
            self._channel.observers.remove(observer)

    def profile(self) -> Profile:
        """Return a context manager that counts and times the requests in its `with` block; print it for a table."""
        return Profile(self.observe, self.stop_observing)

    # -- reading -------------------------------------------------------------------------------------------------------

    def query(self, what: type[Entity] | str, *, page_size: int | None = None) -> Query[Any]:
        """Return a query on an entity class, a type's name, or a whole expression in ftrack's own text.

        Nothing is asked until the query is iterated or one of its `all`, `first`, `one`, `count` ... is called. Raises
        `QueryError` for text that cannot be read, pointing at the place, and `UnknownEntityType` or `UnknownAttribute`
        for names the server's schema does not have.
        """
        # A class needs no reading, which would take as long as building a whole criterion.
        make = Query.from_text if isinstance(what, str) else Query.on
        query = make(_type_name(what), self.schema, self._runner, self._settings.page_size)
        return query if page_size is None else query.with_page_size(page_size)

    def search(
        self,
        what: type[Entity] | str,
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[Any]:
        """Return a query for what the server's text search finds: `session.search("Task", "anim sh010")`.

        *what* is as for `query`, and the rest as for `Query.search`. The server decides in which attributes it looks.
        """
        return self.query(what).search(terms, context=context, object_types=object_types)

    def get(self, entity_type: type[Entity] | str, key: str | int | Sequence[str | int]) -> Entity | None:
        """Return the entity with that id (or, for types with a longer key, those key values), None if there is none.

        An entity the session has loaded is returned without asking the server. Raises `InvalidValue` for a key of
        another form, such as None.
        """
        name = _type_name(entity_type)
        values = given_key(self.schema.type(name), key)
        known = self._workspace.known(name, values)
        if known is not None and known.__dict__:
            return known
        self._workspace.check_open(f"{name} {key!r} cannot be loaded")
        found = self._workspace.loader.fetch(name, [values])
        return found[0] if found else None

    def fetching(self, mode: str) -> AbstractContextManager[None]:
        """Let reading missing values do what *mode* says (`"peers"`, `"one"` or `"never"`) inside a `with` block."""
        return self._workspace.fetching(FetchMode.named(mode))

    def populate(self, entities: Entity | Iterable[Entity], *paths: Any) -> None:
        """Load *paths* for all of *entities*, which may be of several types, in as few requests as possible.

        Paths are texts such as `"status.name, parent.name"` or attributes such as `Task.status.name`.
        Entities that have them already cost nothing. Raises `UnknownAttribute` or `QueryError` for paths that make no
        sense.
        """
        self._refresher.populate(_several(entities), as_projections(paths))

    def refresh(self, entities: Entity | Iterable[Entity], *names: str) -> None:
        """Read attributes from the server again: those named, or everything that is loaded.

        Unsaved edits stay. Raises `EntityDeleted` when the server does not have an entity any more.
        """
        self._refresher.refresh(_several(entities), names)

    def expire(self, entities: Entity | Iterable[Entity], *names: str) -> None:
        """Forget attributes, those named or all but unsaved edits, so that reading one loads it again. Asks nothing."""
        for entity in _several(entities):
            self._refresher.expire(entity, names)

    # -- changing ------------------------------------------------------------------------------------------------------

    def create(
        self, entity_type: type[Entity] | str, data: Mapping[str, Any] | None = None, /, **attributes: Any
    ) -> Entity:
        """Return a new entity with the given attributes, created on the server by the next commit.

        Attributes are given as a mapping, by keyword, or both. Raises `UnknownEntityType`, `UnknownAttribute`,
        `InvalidValue` or `ReadOnlyAttribute` at once, before anything is recorded.
        """
        name = _type_name(entity_type)
        if data is not None and not isinstance(data, Mapping):
            message = f"The attributes of a new {name} are given as a mapping or by keyword, not as {data!r:.200}."
            raise InvalidValue(message, entity_type=name)
        return self._work.create(name, {**(data or {}), **attributes})

    def ensure(
        self,
        entity_type: type[Entity] | str,
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> Entity:
        """Return the entity that has the *data*, creating or updating it as needed, and commit that.

        It is looked for by *identifying_keys*, names among the data, references as well; by all of the data when left
        out. Nothing else that is recorded is committed along, and with `commit=False` nothing is committed. Raises
        `MultipleResults` when several have the identifying values, and `UsageError` when the entity, or one the data
        leads to, is new and not committed itself.
        """
        return self.ensure_many(entity_type, [data], identifying_keys, commit=commit)[0]

    def ensure_many(
        self,
        entity_type: type[Entity] | str,
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[Entity]:
        """Return an entity for each of *data*, as `ensure` would, looking for all in one request and committing once.

        Data with the same identifying values, text in whatever case, stands for the same entity. When anything is
        refused, nothing is changed; when the line fails during the commit, the changes stay recorded as they always do.
        """
        return self._ensurer.ensure(_type_name(entity_type), list(data), identifying_keys, commit=commit)

    def delete(self, entity: Entity) -> None:
        """Record that *entity* is to be deleted by the next commit; a new one is forgotten."""
        if not isinstance(entity, Entity):
            raise InvalidValue(f"session.delete takes one entity, not {entity!r:.200} ({type(entity).__name__}).")
        self._work.delete(entity)

    def commit(
        self,
        *,
        batch_size: int | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        on_conflict: str | None = None,
    ) -> int:
        """Carry out all recorded changes in one request; returns the number of operations it took.

        *batch_size* cuts it into several requests of about as many operations, and `on_progress(done, total)` is called
        after each. `on_conflict="raise"` looks first, in a request of its own, whether somebody else has changed what
        is to be overwritten, and raises `CommitConflict` then. See `UnitOfWork.commit` for what holds when a commit
        fails: nothing is lost, nothing is done twice.
        """
        return self._work.commit(batch_size, on_progress, on_conflict)

    def rollback(self) -> None:
        """Take back all recorded changes: values and collections are restored, new entities become transient."""
        self._work.rollback()

    def reset(self) -> None:
        """Take back all recorded changes and have everything that is loaded read again when it is next needed.

        Entities stay the same objects. Plugins are asked to configure locations anew and told by the local event
        `ftrack.api.session.reset`, if the event hub is in use.
        """
        self.rollback()
        self._workspace.news.suspect_everything()
        if self._event_hub is not None:
            from .event_hub import announce_reset

            announce_reset(self._event_hub, self)

    def revert(self, entity: Entity, *names: str) -> None:
        """Take back what was changed of *entity*: of the attributes named, or all of it, its deletion as well.

        A reference and its key are one change. A new entity is forgotten and becomes transient; its attributes become
        unset. What was not changed is left alone. What another thread's commit is sending at this moment cannot be
        called back: an attribute set back then is a change for the next commit, and a new entity is deleted by the next
        commit, or forgotten if its creation fails. Raises `UnknownAttribute`.
        """
        self._own(entity)
        if names or entity not in self._workspace.journal.created:
            revert(entity, names)
        else:
            self._work.delete(entity)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Commit what is recorded when the `with` block ends, or roll it back when it raises.

        A commit that the server refuses is rolled back too. One whose outcome is not known keeps the changes.
        """
        with self._work.transaction():
            yield self

    @property
    def created(self) -> list[Entity]:
        """The new entities the next commit creates."""
        return list(self._workspace.journal.created)

    @property
    def modified(self) -> list[Entity]:
        """The entities the next commit updates."""
        return list(self._workspace.journal.modified)

    @property
    def deleted(self) -> list[Entity]:
        """The entities the next commit deletes."""
        return list(self._workspace.journal.deleted)

    def changes(self) -> SessionChanges:
        """Return, for each new and each modified entity, its changed attributes with their old and new values.

        `session.changes().save(path)` writes them to a file that another process can commit.
        """
        return SessionChanges(self._workspace)

    def load_changes(self, path: str | os.PathLike[str]) -> SessionChanges:
        """Record the changes of a file that `session.changes().save(path)` wrote; the next commit sends them.

        See `saved_changes.load_changes` for what is asked of the server and what is raised.
        """
        return load_changes(path, self._workspace, self._work)

    def plan(self) -> Plan:
        """Return the operations the next commit would send, in order, without sending anything.

        They are values; printing the plan gives a line for each, and `as_json()` what would be sent.
        """
        return self._work.plan()

    # -- events --------------------------------------------------------------------------------------------------------

    @property
    def event_hub(self) -> EventHub:
        """Where events are subscribed to and published; `event_hub.connect()` connects it to the event server.

        Its first use loads the session's plugins: the constructor calls no foreign code.
        """
        if self._event_hub is None:
            # Here, since the libraries for HTTP and websockets take longer to import than all of this one.
            from .change_tracking import ChangeTracker
            from .event_hub import introduce_plugins, make_hub

            with self._event_hub_lock:
                if self._event_hub is None:
                    self._workspace.check_open("its events cannot be heard")
                    self._event_hub = make_hub(self._settings, partial(self._channel.call, denormalize=True))
                    token, raw_calls = self._settings.client_token, self._raw_calls
                    ChangeTracker(self._workspace, self._event_hub, self._known_schema, token, raw_calls)
                    introduce_plugins(self._event_hub, self, self._settings)
        return self._event_hub

    def on_change(
        self, what: type[Entity] | str, callback: ChangeCallback, *, attributes: Iterable[str] = (), where: Any = None
    ) -> ChangeSubscription:
        """Have `callback(entity, names)` called when an entity of a type, or of one below it, changes on the server.

        *names* are what changed, of *attributes* if any are named; *where* is a criterion that must hold afterwards. It
        is called on the hub's workers once the hub is connected, for own commits too and for deletions whatever the
        attributes, until `cancel()` of what is returned. Raises `UnknownAttribute` and `QueryError`.
        """
        from .change_tracking import hear_of_changes

        hub, query = self.event_hub, self.query(_type_name(what))
        select = (query if where is None else query.where(where)).node
        return hear_of_changes(self._workspace, hub, select, callback, attributes)

    # -- the end -------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the session was closed."""
        return self._workspace.closed

    def close(self) -> None:
        """Let go of the connections. Entities keep what they loaded; uncommitted changes are warned about and lost."""
        self._end(stacklevel=3)

    def _end(self, *, stacklevel: int) -> None:
        if self._workspace.closed:
            return
        if self._workspace.journal:
            lost = self._workspace.journal.described()
            # Not a ResourceWarning, which Python keeps to itself unless told otherwise: work is being lost.
            message = f"The session is closed with changes that were not committed: {lost}"
            warnings.warn(message, RuntimeWarning, stacklevel=stacklevel)
        if self._event_hub is not None:
            # While requests can still be made: callbacks that run now may need to finish their work.
            self._event_hub.close()
        self._workspace.closed = True
        self._channel.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(stacklevel=3)

    def __repr__(self) -> str:
        return f"<Session {self.api_user} at {self.server_url}{', closed' if self.closed else ''}>"

    # -- wiring --------------------------------------------------------------------------------------------------------

    def _own(self, entity: Entity) -> None:
        if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not self._workspace:
            raise UsageError(f"An entity of this session is needed, not {entity!r:.200}.")

    def _get_classes(self) -> Classes:
        if self._classes is None:
            schema = self._handshake.schema
            with self._workspace.lock:
                if self._classes is None:
                    self._classes = Classes(schema)
            # The server may have been met, and told a newer schema, while there were no classes yet to tell it to.
            self._schema_changed(self._handshake.schema)
        return self._classes

    def _known_schema(self) -> Schema | None:
        return None if self._classes is None else self._classes.schema

    def _schema_changed(self, schema: Schema) -> None:
        if self._classes is not None:
            self._classes.update(schema)


def _type_name(entity_type: type[Entity] | str) -> str:
    name = entity_type if isinstance(entity_type, str) else type_name(entity_type)
    if name is None:
        raise UsageError(f"An entity class or the name of a type is needed, not {entity_type!r}.")
    return name


def _several(entities: Entity | Iterable[Entity]) -> Iterable[Entity]:
    return (entities,) if isinstance(entities, Entity) else entities
