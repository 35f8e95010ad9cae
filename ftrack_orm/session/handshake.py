"""State: getting to know a server: its information and schema, asked together with the first thing anybody needs."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ftrack_orm.errors import AuthenticationError, FtrackError, ProtocolError, ServerCompatibilityError, ServerError
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.operations import Operation, QuerySchemasOperation, QueryServerInformationOperation
from ftrack_orm.wire.replies import RawReply, Reply

#: Servers before this one speak another protocol; the official client refuses them too (PROTOCOL 2.2).
OLDEST_SERVER = (3, 3, 11)


class Cache(Protocol):
    """Where a schema is kept between runs."""

    def load(self, server_url: str) -> tuple[Any, str] | None:
        """Return the kept answer and its hash, or None."""

    def store(self, server_url: str, answer: Any, schema_hash: str) -> None:
        """Keep an answer; never an error."""


class Handshake:
    """Sends operations, and with the very first of them the questions who the server is and what its schema is.

    With a schema in the cache, the first request carries one more operation, and the server's answer tells whether the
    cached schema is still its own; if not, it is asked for and *on_schema* is told. Without one, it comes in the first
    request. So starting costs no request of its own, unless the schema is needed before anything is asked.
    """

    def __init__(
        self,
        call: Callable[..., Sequence[Reply]],
        cache: Cache,
        server_url: str,
        on_schema: Callable[[Schema], None],
    ) -> None:
        self._call = call
        self._cache = cache
        self._server_url = server_url
        self._on_schema = on_schema
        self._lock = threading.RLock()
        self._information: Mapping[str, Any] | None = None
        self._schema: Schema | None = None
        # The hash the server gave the schema, which need not be the one this library would compute.
        self._hash: str | None = None

    def call(self, operations: Sequence[Operation], **options: Any) -> list[Reply]:
        """Return the replies to *operations*; *options* are those of the channel."""
        if self._information is not None:
            return list(self._call(operations, **options))
        with self._lock:
            if self._information is not None:
                return list(self._call(operations, **options))
            self._take_cached()
            questions: list[Operation] = [QueryServerInformationOperation()]
            if self._schema is None:
                questions.append(QuerySchemasOperation())
            try:
                replies = list(self._call([*questions, *operations], **options))
            except ServerError as error:
                if self._schema is not None and operations and not isinstance(error, AuthenticationError):
                    self._suspect_schema(**options)
                raise
            answers = [reply.body for reply in replies[: len(questions)] if isinstance(reply, RawReply)]
            failure = self._meet(answers, **options)
            # What was asked is done, so its answer must not be lost; the next request meets the server again.
            if failure is not None and not operations:
                raise failure
            return replies[len(questions) :]

    @property
    def information(self) -> Mapping[str, Any]:
        """What the server says about itself."""
        if self._information is None:
            self.call([])
        assert self._information is not None
        return self._information

    @property
    def schema(self) -> Schema:
        """The server's schema: the cached one until the server has been asked anything, then certainly its own."""
        if self._schema is None:
            with self._lock:
                self._take_cached()
                if self._schema is None:
                    self.call([])
        assert self._schema is not None
        return self._schema

    @property
    def answer(self) -> list[dict[str, Any]]:
        """The schema as the server describes it, in JSON."""
        return self.schema.answer

    def renew(self) -> None:
        """Ask the server for its schema again: it has told of an entity type that came after the session began."""
        with self._lock:
            replies = self._call([QueryServerInformationOperation(), QuerySchemasOperation()])
            self._meet([reply.body for reply in replies if isinstance(reply, RawReply)])
            assert self._schema is not None
            self._on_schema(self._schema)

    def _take_cached(self) -> None:
        if self._schema is not None:
            return
        cached = self._cache.load(self._server_url)
        if cached is None:
            return
        answer, self._hash = cached
        try:
            self._take(answer)
        except ProtocolError:
            # A damaged cache is a miss. What was kept is replaced by what the server says.
            self._schema = None

    def _meet(self, answers: Sequence[Any], **options: Any) -> FtrackError | None:
        """Take the answers to the questions; return why a schema newer than the cached one could not be had, if so."""
        information = answers[0]
        if not isinstance(information, Mapping):
            raise ProtocolError(f"The server's information about itself is not an object: {information!r:.200}")
        check_version(str(information.get("version", "")))
        current = information.get("schema_hash")
        if len(answers) > 1:
            self._take(answers[1])
            self._store(current)
        elif self._schema is not None and current is not None and self._hash != current:
            try:
                (reply,) = self._call([QuerySchemasOperation()], **options)
            except FtrackError as error:
                return error
            self._take(reply.body if isinstance(reply, RawReply) else None)
            self._store(current)
            self._on_schema(self._schema)
        self._information = information
        return None

    def _suspect_schema(self, **options: Any) -> None:
        """Meet the server alone after it refused what was asked first, in terms of a schema it may not have any more.

        Without this, a default projection that the server has dropped would be asked for in every run, and the cached
        schema never be found out. The caller hears of the refusal, not of what goes wrong here.
        """
        with contextlib.suppress(FtrackError):
            (reply,) = self._call([QueryServerInformationOperation()], **options)
            self._meet([reply.body if isinstance(reply, RawReply) else None], **options)

    def _take(self, answer: Any) -> None:
        if not isinstance(answer, list):
            raise ProtocolError(f"The server's schema is not an array of types: {answer!r:.200}")
        self._schema = Schema.from_answer(answer)

    def _store(self, current: str | None) -> None:
        if self._schema is not None:
            self._hash = current or self._schema.hash
            self._cache.store(self._server_url, self._schema.answer, self._hash)


def check_version(version: str) -> None:
    """Raise `ServerCompatibilityError` for a server too old for this library; development builds are let through."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers and tuple(map(int, numbers.groups())) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise ServerCompatibilityError(f"The server is of version {version}; at least {oldest} is needed.")
