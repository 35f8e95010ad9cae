"""State: the handshake with a server: its information and schema travel with the first request of a session."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ftrack_orm.errors import (
    AuthenticationError,
    FtrackError,
    ProtocolError,
    ServerCompatibilityError,
    ServerError,
    quoted,
)
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.operations import Operation, QuerySchemasOperation, QueryServerInformationOperation
from ftrack_orm.wire.replies import RawReply, Reply

#: Older servers use another protocol; the official client refuses them too (PROTOCOL 2.2).
OLDEST_SERVER = (3, 3, 11)


class SchemaStore(Protocol):
    """Keeps schemas between runs."""

    def load(self, server_url: str) -> tuple[Schema, str] | None:
        """Return the stored schema and the hash of its text, or None. Never raises."""

    def store(self, server_url: str, schema: Schema, stated_hash: str | None) -> None:
        """Store a schema if it has the hash that the server has stated, if any. Never raises."""


class Expectation(Protocol):
    """The schema that a program was written for; `type_package.ExpectedSchema` is the implementation."""

    def adopt(self, schema: Schema) -> Schema:
        """Return the schema to use for the *schema* that was received."""

    def compare(self, adopted: Schema, *, can_raise: bool) -> None:
        """Warn, once, if the schema is not the expected one. An error is raised only with *can_raise*."""


class _FirstRequest:
    """The first request of a session that only reads: *operations*, and those of the handshake once they are known."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self.operations = operations
        self.handshake: list[Operation] = []
        self.is_known = threading.Event()


class Handshake:
    """Sends operations, and together with the first of them the queries for server information and schema.

    With a cached schema, the first request carries one additional operation, and its reply shows whether the cached
    schema is current. If not, the schema is requested and *on_schema* is called with it. Without a cached schema, the
    first request asks for both. So starting costs no request of its own, unless the schema is needed before any
    operation is sent. *expected* is the schema that the types of the session were written for, if any.
    """

    def __init__(
        self,
        call: Callable[..., Sequence[Reply]],
        cache: SchemaStore,
        server_url: str,
        on_schema: Callable[[Schema], None],
        expected: Expectation | None = None,
    ) -> None:
        self._call = call
        self._cache = cache
        self._server_url = server_url
        self._on_schema = on_schema
        self._expected = expected
        self._lock = threading.RLock()
        self._information: Mapping[str, Any] | None = None
        # What was requested by names: names that the server does not have are missing among the values.
        self._named: Mapping[str, Any] = {}
        self._requested_names: frozenset[str] = frozenset()
        #: The schema as received, whose text has the hash, and the one in its place for all other parts.
        self._received: Schema | None = None
        self._schema: Schema | None = None
        # The hash of a cached schema's text, or the one that the server has stated for its schema.
        self._hash: str | None = None
        # The first request that reads, while it is in progress: threads that ask the same share it.
        self._first_request: _FirstRequest | None = None
        self._first_request_lock = threading.Lock()

    def call(self, operations: Sequence[Operation], **options: Any) -> list[Reply]:
        """Send *operations* and return their replies. *options* are those of `Channel.call`."""
        if self._information is not None:
            return list(self._call(operations, **options))
        if not options.get("shares"):
            return self._call_with_handshake(operations, None, **options)
        with self._first_request_lock:
            first = self._first_request
            if first is None:
                own = self._first_request = _FirstRequest(tuple(operations))
        if first is not None:
            return self._share(first, operations, **options)
        try:
            return self._call_with_handshake(operations, own, **options)
        finally:
            with self._first_request_lock:
                self._first_request = None
            own.is_known.set()

    def _share(self, first: _FirstRequest, operations: Sequence[Operation], **options: Any) -> list[Reply]:
        """Make the same request as the thread that makes the *first* one, whose response this thread then shares."""
        if first.operations == tuple(operations):
            first.is_known.wait()
            if first.handshake:
                replies = list(self._call([*first.handshake, *operations], **options))
                bodies = [reply.body for reply in replies[: len(first.handshake)] if isinstance(reply, RawReply)]
                with self._lock:
                    if self._information is None:
                        self._accept(bodies, **options)
                return replies[len(first.handshake) :]
        return self._call_with_handshake(operations, None, **options)

    def _call_with_handshake(
        self, operations: Sequence[Operation], own: _FirstRequest | None, **options: Any
    ) -> list[Reply]:
        """Send *operations* with those of the handshake, unless another thread has carried that out meanwhile."""
        with self._lock:
            if self._information is not None:
                return list(self._call(operations, **options))
            self._load_cached()
            handshake: list[Operation] = [QueryServerInformationOperation()]
            if self._schema is None:
                handshake.append(QuerySchemasOperation())
            if own is not None:
                own.handshake = handshake
                own.is_known.set()
            try:
                replies = list(self._call([*handshake, *operations], **options))
            except ServerError as error:
                if self._schema is not None and operations and not isinstance(error, AuthenticationError):
                    self._check_cached_schema(**options)
                raise
            bodies = [reply.body for reply in replies[: len(handshake)] if isinstance(reply, RawReply)]
            failure = self._accept(bodies, **options)
            self._compare(can_raise=not operations)
            # The operations are carried out, so their replies must be returned; the next request repeats the handshake.
            if failure is not None and not operations:
                raise failure
            return replies[len(handshake) :]

    def _compare(self, *, can_raise: bool) -> None:
        if self._expected is not None and self._schema is not None:
            self._expected.compare(self._schema, can_raise=can_raise)

    def request_information(self) -> None:
        """Request the server's information about itself, unless it is known."""
        if self._information is None:
            self.call([])

    @property
    def information(self) -> Mapping[str, Any]:
        """The server's information about itself."""
        self.request_information()
        assert self._information is not None
        return self._information

    @property
    def known_information(self) -> Mapping[str, Any]:
        """The server's information about itself, with what was requested by names."""
        return {**self._named, **self.information}

    def information_of(self, names: Sequence[str]) -> Mapping[str, Any]:
        """Return the known information, after a request for those of *names* that are not known.

        Names that the server does not have are missing in it, and are requested once only.
        """
        known = self.known_information
        missing = tuple(
            dict.fromkeys(name for name in names if name not in known and name not in self._requested_names)
        )
        if not missing:
            return known
        (reply,) = self._call([QueryServerInformationOperation(missing)])
        body = reply.body if isinstance(reply, RawReply) else None
        if not isinstance(body, Mapping):
            raise ProtocolError(f"The server information is not a JSON object: {quoted(body)}")
        with self._lock:
            self._named = {**self._named, **body}
            self._requested_names |= set(missing)
        return self.known_information

    def identity_of(self, entity_type: str) -> tuple[str, Sequence[str]] | None:
        """Return the family and the names of the primary key of a type, None for an unknown one. Makes no request."""
        known = None if self._schema is None else self._schema.types.get(entity_type)
        return None if known is None else (known.family, known.primary_key)

    @property
    def schema(self) -> Schema:
        """The server's schema: the cached one until the first request, and from then on the server's current one."""
        if self._schema is None:
            with self._lock:
                self._load_cached()
                if self._schema is None:
                    self.call([])
        assert self._schema is not None
        return self._schema

    def wrap_call(self, wrap: Callable[[Callable[..., Sequence[Reply]]], Callable[..., Sequence[Reply]]]) -> None:
        """Send all further requests by the function that *wrap* returns for the present one."""
        self._call = wrap(self._call)

    def known_schema(self) -> Schema | None:
        """Return the schema if it is in memory or in the cache. Makes no request."""
        if self._schema is None:
            with self._lock:
                self._load_cached()
        return self._schema

    @property
    def answer(self) -> list[dict[str, Any]]:
        """The schema as JSON, as the server sent it."""
        schema = self.schema
        return (self._received or schema).answer

    def renew(self) -> None:
        """Request the schema again, because a response named an entity type that the known schema does not have."""
        with self._lock:
            replies = self._call([QueryServerInformationOperation(), QuerySchemasOperation()])
            self._accept([reply.body for reply in replies if isinstance(reply, RawReply)])
            assert self._schema is not None
            self._on_schema(self._schema)
            self._compare(can_raise=False)

    def check_cached_schema(self) -> None:
        """Have an outdated cached schema replaced, if nothing was sent yet that would have shown it. Never raises.

        For a session that ends because of a name that the cached schema does not have: if every run fails before its
        first request, an outdated cache would stay outdated.
        """
        with self._lock:
            if self._information is None and self._schema is not None:
                self._check_cached_schema()

    def _load_cached(self) -> None:
        if self._schema is not None:
            return
        cached = self._cache.load(self._server_url)
        if cached is not None:
            self._use(*cached)

    def _use(self, schema: Schema, schema_hash: str | None) -> None:
        self._received, self._hash = schema, schema_hash
        self._schema = schema if self._expected is None else self._expected.adopt(schema)

    def _accept(self, bodies: Sequence[Any], **options: Any) -> FtrackError | None:
        """Take the bodies of the handshake replies. Return the error that prevented reading a newer schema, or None."""
        information = bodies[0]
        if not isinstance(information, Mapping):
            raise ProtocolError(f"The server information is not a JSON object: {quoted(information)}")
        version = information.get("version") or ""
        if not isinstance(version, str):
            raise ProtocolError(
                f"The server sent {quoted(version)} as version of its information, where text was expected.",
                attribute="version",
            )
        check_version(version)
        current = information.get("schema_hash")
        if current is not None and not isinstance(current, str):
            raise ProtocolError(
                f"The server sent {quoted(current)} as schema_hash of its information, where text was expected.",
                attribute="schema_hash",
            )
        if len(bodies) > 1:
            self._set_schema(bodies[1])
            self._store(current)
        elif self._schema is not None and current is not None and self._hash != current:
            cached = self._cache.load(self._server_url)
            if cached is not None and cached[1] == current:
                # Another session has stored it since.
                self._use(*cached)
            else:
                try:
                    (reply,) = self._call([QuerySchemasOperation()], **options)
                except FtrackError as error:
                    return error
                self._set_schema(reply.body if isinstance(reply, RawReply) else None)
                self._store(current)
            assert self._schema is not None
            self._on_schema(self._schema)
        self._information = information
        return None

    def _check_cached_schema(self, **options: Any) -> None:
        """Repeat the handshake alone, after the server refused operations that rest on a cached schema.

        Otherwise an outdated cache would never be noticed: a default projection that the server has removed would make
        the first request of every run fail. The caller receives the refusal; errors of this request are suppressed.
        """
        with contextlib.suppress(FtrackError):
            (reply,) = self._call([QueryServerInformationOperation()], **options)
            self._accept([reply.body if isinstance(reply, RawReply) else None], **options)
            self._compare(can_raise=False)

    def _set_schema(self, answer: Any) -> None:
        self._use(Schema.from_response(answer), self._hash)

    def _store(self, current: str | None) -> None:
        if self._received is not None:
            self._hash = current
            self._cache.store(self._server_url, self._received, current)


def check_version(version: str) -> None:
    """Raise `ServerCompatibilityError` for a server that is too old. Versions of development builds are accepted."""
    numbers = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version)
    # A server that sends numbers of thousands of digits, which Python refuses to parse, is not too old.
    if numbers and tuple(int(digits.lstrip("0")[:18] or 0) for digits in numbers.groups()) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise ServerCompatibilityError(f"The server has version {version:.40}; this library needs at least {oldest}.")
