"""Edge: starting and stopping an embedded ftrack server from Python."""

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
from ftrack_orm.schema.model import Schema

from . import credentials, datamodel, relations, seeds
from .application import Application
from .events.controller import EventServerController
from .server import HOST, Server
from .tables import Tables

#: The user a sandbox has when none is named.
DEFAULT_USER = "sandbox"


def utc_now() -> datetime.datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


class Sandbox:
    """An ftrack server of your own, in this process, on 127.0.0.1.

        with Sandbox(seed="demo") as box:
            session = Session(box.url, api_user=box.api_user, api_key=box.api_key)

    *seed* is what it holds at first: "empty" for what a fresh ftrack has, "demo" for a production (*tasks* scales it).
    *port* 0 takes a free one. *database* is a file to keep it in, created and seeded once and reopened later, or
    ":memory:". *schema* is a file with the `query_schemas` answer of a studio's own server, to be that kind of server.
    *api_user* is the user the seed makes for you and *api_key* the key you get in with, a random one when left out.
    *clock* tells the time, aware, for whoever needs the same dates every time.
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
        #: The event server: what it sees of its clients, and what a test can make go wrong.
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
        """The server's address, to give to a session."""
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
        """Open or make the database and begin to answer; returns when the first request can be sent.

        Raises what went wrong, such as `OSError` for a port that is taken. Starting twice does nothing.
        """
        if self._thread is not None:
            return
        engine = _open(self._database)
        try:
            tables, answer = _layout(self._schema)
            self._prepare(engine, tables)
            server = Server(Application(engine, tables, answer, self._clock), self.events)
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
        """Stop answering, after what is being answered, and give back port, threads and database."""
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
        """Make and seed the tables of a new database, or see that an old one fits, and let the user in."""
        mark = _mark(tables.schema)
        with engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar()
            if found == 0:  # new, or its seeding failed
                tables.metadata.create_all(connection)
                credentials.create_table(connection)
                seeds.seed(connection, tables, self._seed, tasks=self._tasks, now=self._clock(), api_user=self.api_user)
                connection.exec_driver_sql(f"PRAGMA user_version = {mark}")
            elif found != mark:
                raise SettingsError(
                    f"The database {os.fspath(self._database)} was made for another data model. "
                    "Start with the schema it was made for, or give another file as database."
                )
            try:
                credentials.grant_api_key(connection, tables, self.api_user, self.api_key)
            except LookupError as error:
                raise SettingsError(f"{error} Give a user that the database has as api_user.") from None


def _mark(schema: Schema) -> int:
    """Return the number a database is marked with when it is ready: which data model its tables were made for."""
    return 1 + int(schema.hash[:7], 16)


def _open(database: str | os.PathLike[str]) -> sa.Engine:
    """Return an engine with one connection, which the worker thread takes over from the one that starts it."""
    url = sa.URL.create("sqlite", database=os.fspath(database))
    engine = sa.create_engine(url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def tune(connection: Any, record: Any) -> None:
        # The data is for development: fast is worth more than surviving a power cut.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    return engine


def _layout(schema: str | os.PathLike[str] | None) -> tuple[Tables, Sequence[Mapping[str, Any]]]:
    """Return the tables and the schema answer of the project's own data model, or of a studio's file."""
    model = datamodel.load()
    if schema is None:
        return Tables(Schema.from_answer(model.schemas), model.relations), model.schemas
    try:
        answer = json.loads(Path(schema).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The schema file {os.fspath(schema)} cannot be read: {error}.") from error
    described = Schema.from_answer(answer)
    return Tables(described, relations.infer(described, model.relations)), answer
