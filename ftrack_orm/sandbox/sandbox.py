"""Edge: starts and stops an embedded ftrack server from Python."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from ftrack_orm.errors import SettingsError
from ftrack_orm.schema import relations
from ftrack_orm.schema.model import Schema

from . import credentials, datamodel, seeds
from .application import Application
from .events.controller import EventServerController
from .server import HOST, Server
from .tables import Tables

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
        schema: a file with the `query_schemas` reply of a studio's own server, whose entity types are served then.
        tasks: the number of tasks of the demo; everything else is in proportion.
        api_user: the username of the administrator that the seed creates.
        api_key: the administrator's API key, a random one by default.
        clock: returns the current time, aware; pass one for reproducible dates.
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
    ) -> None:
        self.api_user = api_user or DEFAULT_USER
        self.api_key = api_key or secrets.token_hex(32)
        #: Inspects the event server and its clients, and makes it fail in tests.
        self.events = EventServerController()
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
        engine = _create_engine(self._database)
        try:
            tables, schemas = _load_schema(self._schema)
            self._prepare(engine, tables)
            server = Server(Application(engine, tables, schemas, self._clock), self.events)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, sa.exc.OperationalError):
                message = f"The database {os.fspath(self._database)} cannot be opened or written: {error.orig}."
                raise SettingsError(message) from error
            raise
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(server, engine), name="ftrack-sandbox", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise self._failure

    def stop(self) -> None:
        """Finish the requests in progress and stop the server; release port, threads and database."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
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
            stored_version = connection.exec_driver_sql("PRAGMA user_version").scalar()
            if stored_version == 0:  # new, or seeding it failed
                tables.metadata.create_all(connection)
                credentials.create_table(connection)
                seeds.seed(connection, tables, self._seed, tasks=self._tasks, now=self._clock(), api_user=self.api_user)
                connection.exec_driver_sql(f"PRAGMA user_version = {version}")
            elif stored_version != version:
                raise SettingsError(
                    f"The database {os.fspath(self._database)} was made for another data model. "
                    "Start with the schema it was made for, or pass another file as database."
                )
            try:
                credentials.grant_api_key(connection, tables, self.api_user, self.api_key)
            except LookupError as error:
                raise SettingsError(f"{error} Pass a user of the database as api_user.") from None


def _schema_version(schema: Schema) -> int:
    """Return the number that marks a seeded database, which depends on the schema its tables were made for."""
    return 1 + int(schema.hash[:7], 16)


def _create_engine(database: str | os.PathLike[str]) -> sa.Engine:
    """Return an engine with one connection, which is opened here and used by the worker thread later."""
    url = sa.URL.create("sqlite", database=os.fspath(database))
    engine = sa.create_engine(url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        # The data is for development: speed matters more than surviving a power failure.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    return engine


def _load_schema(schema: str | os.PathLike[str] | None) -> tuple[Tables, Sequence[Mapping[str, Any]]]:
    """Return the tables and the `query_schemas` reply of the project's own data model, or of a studio's file."""
    model = datamodel.load()
    if schema is None:
        return Tables(Schema.from_answer(model.schemas), model.relations), model.schemas
    try:
        schemas = json.loads(Path(schema).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The schema file {os.fspath(schema)} cannot be read: {error}.") from error
    studio_schema = Schema.from_answer(schemas)
    return Tables(studio_schema, relations.infer(studio_schema, model.relations)), schemas
