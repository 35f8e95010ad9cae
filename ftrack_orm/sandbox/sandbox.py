"""Edge: starts and stops an embedded ftrack server from Python."""

from __future__ import annotations

import asyncio
import datetime
import functools
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ProtocolError, SettingsError, UnknownEntityType
from ftrack_orm.files import read_regular_file
from ftrack_orm.schema import relations
from ftrack_orm.schema.model import Schema

from . import credentials, datamodel, seeds
from .application import Application
from .database import check_content, create_engine, database_errors, end_opening, protect
from .events.controller import EventServerController
from .server import HOST, Server
from .storage.controller import StorageController
from .storage.folder import FolderSegments
from .storage.storage import Storage
from .tables import Tables

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .invitations import Invitation

#: The largest schema file that is read. Those of large studios have a few megabytes.
MAX_SCHEMA_BYTES = 64 << 20

#: The number of invitations that are kept.
MAX_INVITATIONS = 10_000

#: The username of the sandbox's administrator by default.
DEFAULT_USER = "sandbox"


def utc_now() -> datetime.datetime:
    """Return the current time, aware and in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


class Sandbox:
    """An ftrack server in this process, on 127.0.0.1.

        with Sandbox(seed="demo") as box:
            session = Session(box.url, api_user=box.api_user, api_key=box.api_key)

    Arguments:
        seed: the initial data: "empty" for that of a fresh ftrack, "demo" for a production.
        port: the port to listen on; 0 chooses a free one.
        database: the file to keep the data in, which is created and seeded once and reopened later, or ":memory:".
            Only its owner may read and write it.
        schema: a file with the `query_schemas` reply of a studio's own server, whose entity types are served then.
        tasks: the number of tasks of the demo; everything else is in proportion.
        api_user: the username of the administrator that the seed creates.
        api_key: the administrator's API key, a random one by default.
        clock: returns the current time, aware; pass one for reproducible dates.
        storage: the folder to keep the files of components in, which is created if it is missing; None keeps them in
            memory. One sandbox at a time may use a folder.
    """

    def __init__(
        self,
        seed: str = "empty",
        *,
        port: int = 0,
        database: str | os.PathLike[str] = ":memory:",
        schema: str | os.PathLike[str] | None = None,
        tasks: int | None = None,
        api_user: str | None = None,
        api_key: str | None = None,
        clock: Callable[[], datetime.datetime] = utc_now,
        storage: str | os.PathLike[str] | None = None,
    ) -> None:
        self.api_user = api_user or DEFAULT_USER
        self.api_key = api_key or secrets.token_hex(32)
        #: Inspects the event server and its clients, and makes it fail in tests.
        self.events = EventServerController()
        #: The files of components; makes uploads and downloads fail in tests.
        self.storage = StorageController(Storage(clock, None if storage is None else FolderSegments(storage)))
        #: The invitations that requests have sent, the oldest first. A real server would send emails.
        self.invitations: deque[Invitation] = deque(maxlen=MAX_INVITATIONS)
        self._seed = seed
        self._port = port
        self._database = database
        self._schema = schema
        self._tasks = tasks
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._url: str | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._url or 'not started'} seed={self._seed!r}>"

    @property
    def url(self) -> str:
        """The server's URL, for a session."""
        if self._url is None:
            raise SettingsError("The sandbox is not started: use `with Sandbox() as box:`, or call start() first.")
        return self._url

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open or create the database and start the server; return when it accepts requests.

        Raises `SettingsError` for an unusable database, schema or seed, and `OSError` for a port in use. Starting a
        started sandbox does nothing.
        """
        if self._thread is not None:
            return
        engine = create_engine(self._database)
        try:
            with _schema_errors(self._schema):
                tables, schemas = _load_schema(self._schema)
                with database_errors(self._database):
                    self._prepare(engine, tables)
            application = Application(engine, tables, schemas, self._clock, self.storage.storage)
            application.on_invitation(self.invitations.append)
            server = Server(application, self.events, self.storage)
        except BaseException:
            engine.dispose()
            raise
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(server, engine), name="ftrack-sandbox", daemon=True)
        try:
            self._thread.start()
            self._ready.wait()
        except BaseException:
            # Ctrl-C, perhaps before `start` has returned: the caller has no running sandbox to stop.
            if self._thread.ident is None:
                engine.dispose()
                self._thread = None
            else:
                self._ready.wait()
                self.stop()
            raise
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise self._failure

    def stop(self) -> None:
        """Finish the requests in progress and stop the server; release port, threads and database."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # the loop is closed: it failed, or an earlier call was interrupted
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = self._stop = self._url = None

    def _run(self, server: Server, engine: sa.Engine) -> None:
        try:
            asyncio.run(self._serve(server))
        except BaseException as error:
            self._failure = error
        finally:
            engine.dispose()
            # aiohttp caches the handlers of the latest servers, from which the engine is reached: about 10 MB each.
            engine.clear_compiled_cache()
            self._ready.set()

    async def _serve(self, server: Server) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            port = await server.start(self._port)
            self._url = f"http://{HOST}:{port}"
            self._ready.set()
            await self._stop.wait()
        finally:
            await server.stop()

    def _prepare(self, engine: sa.Engine, tables: Tables) -> None:
        """Create and seed the tables of a new database, or check an existing one, and grant the user's API key."""
        version = _schema_version(tables.schema)
        with engine.begin() as connection:
            own_tables = {*tables.metadata.tables, *credentials.TABLES}
            stored_version = check_content(connection, self._database, own_tables)
            if stored_version not in (0, version):
                raise SettingsError(
                    f"The database {os.fspath(self._database)} was made for another data model. "
                    "Start with the schema it was made for, or pass another file as database."
                )
            # Not before: the permissions of another program's file are left as they are.
            protect(self._database)
            credentials.create_tables(connection)  # an older database has no personal keys
            if stored_version == 0:  # new, or seeding it failed
                tables.metadata.create_all(connection)
                seeds.seed(connection, tables, self._seed, tasks=self._tasks, now=self._clock(), api_user=self.api_user)
                connection.exec_driver_sql(f"PRAGMA user_version = {version}")
            try:
                credentials.grant_api_key(connection, tables, self.api_user, self.api_key)
            except UnknownEntityType:  # a LookupError too, for a schema without users
                raise
            except LookupError as error:
                origin = "" if self._schema is None else f" The schema is that of {os.fspath(self._schema)}."
                raise SettingsError(f"{error} Pass a user of the database as api_user.{origin}") from None
            end_opening(connection)


def _schema_version(schema: Schema) -> int:
    """Return the number that marks a seeded database, which depends on the schema its tables were made for."""
    return 1 + int(schema.hash[:7], 16)


def _load_schema(schema: str | os.PathLike[str] | None) -> tuple[Tables, Sequence[Mapping[str, Any]]]:
    """Return the tables and the `query_schemas` reply of the project's own data model, or of a studio's file."""
    model = datamodel.load()
    if schema is None:
        return _own_tables(), model.schemas
    try:
        schemas = json.loads(read_regular_file(schema, MAX_SCHEMA_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SettingsError(f"The schema file {os.fspath(schema)} cannot be read: {problem}.") from error
    if not isinstance(schemas, list):
        raise ProtocolError(f"A list of entity types was expected, not {schemas!r:.80}.")
    studio_schema = Schema.from_response(schemas)
    return Tables(studio_schema, relations.infer(studio_schema, model.relations)), schemas


@functools.cache
def _own_tables() -> Tables:
    """Return the tables of the project's own data model, which never change and are shared by all embedded servers."""
    model = datamodel.load()
    return Tables(Schema.from_response(model.schemas), model.relations)


@contextmanager
def _schema_errors(schema: str | os.PathLike[str] | None) -> Iterator[None]:
    """Raise `SettingsError`, which names the file, if the block fails because a studio's schema has unusable content.

    A file may describe anything, so that any error is possible while tables are made and seeded for it.
    """
    try:
        yield
    except Exception as error:
        if schema is None or isinstance(error, SettingsError):
            raise
        message = f"The schema file {os.fspath(schema)} cannot be served: {type(error).__name__}: {error!s:.500}"
        raise SettingsError(message) from error
