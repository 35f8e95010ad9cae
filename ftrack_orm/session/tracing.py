"""Edge: records requests as spans of OpenTelemetry, with the line of code that caused them and their projection.

The program decides about tracing: as long as it has not imported OpenTelemetry, this costs one look-up for a request.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ftrack_orm.entities.reading.call_sites import calling_site
from ftrack_orm.transport.channel import TRACING_MODULE
from ftrack_orm.wire.operations import (
    QuerySchemasOperation,
    QueryServerInformationOperation,
    RawOperation,
)

if TYPE_CHECKING:
    from ftrack_orm.transport.channel import BeginSpan, Exchange, RequestSpan
    from ftrack_orm.wire.operations import Operation

logger = logging.getLogger("ftrack_orm.session")

#: The name of the instrumentation in traces.
TRACER_NAME: Final = "ftrack_orm"
#: The projection and the entity type of an expression.
_SELECT: Final = re.compile(r"\s*(?:select\s+(?P<projection>.*?)\s+from\s+)?(?P<type>\w+)", re.DOTALL | re.IGNORECASE)
#: The largest number of values in an attribute of a span. A commit may have thousands of operations.
MAX_VALUES: Final = 20


class Span:
    """A span of OpenTelemetry for one request.

    A failure of a tracer is logged: it must not lose the reply of a request that the server has carried out.
    """

    def __init__(self, trace: Any, span: Any) -> None:
        self._trace = trace
        self._span = span

    def sending(self) -> AbstractContextManager[object]:
        """Return the block in which this span is the current one, so that spans of HTTP are its children."""
        try:
            return self._trace.use_span(  # type: ignore[no-any-return]
                self._span, end_on_exit=False, record_exception=False, set_status_on_exception=False
            )
        except Exception:
            logger.exception("The span of a request could not be made the current one")
            return nullcontext()

    def end(self, exchange: Exchange) -> None:
        """Add the sizes and the error, and end the span."""
        try:
            self._span.set_attribute("http.request.body.size", exchange.request_bytes)
            self._span.set_attribute("http.response.body.size", exchange.answer_bytes)
            if exchange.error is not None:
                # The text is free of keys. The exception itself is not recorded: its traceback may show values.
                self._span.set_attribute("error.type", type(exchange.error).__qualname__)
                self._span.set_status(self._trace.StatusCode.ERROR, str(exchange.error))
            self._span.end()
        except Exception:
            logger.exception("The span of a request could not be completed")


def span_maker(server_url: str) -> BeginSpan:
    """Return the function that begins the span of a request to *server_url*, or does nothing without a tracer."""
    address = urlsplit(server_url)
    server = {"server.address": address.hostname or "", "server.port": address.port or _PORTS.get(address.scheme, 0)}

    def begin(operations: Sequence[Operation]) -> RequestSpan | None:
        trace = sys.modules.get(TRACING_MODULE)
        return None if trace is None else _begin(trace, operations, server)

    return begin


_PORTS: Final = {"https": 443, "http": 80}


def _begin(trace: Any, operations: Sequence[Operation], server: dict[str, Any]) -> RequestSpan | None:
    try:
        span = trace.get_tracer(TRACER_NAME).start_span(
            span_name(operations), kind=trace.SpanKind.CLIENT, attributes=server
        )
        if span.is_recording():
            for name, value in attributes_of(operations).items():
                span.set_attribute(name, value)
    except Exception:
        logger.exception("The span of a request could not be begun")
        return None
    return Span(trace, span)


def span_name(operations: Sequence[Operation]) -> str:
    """Return the name of a request: its action and entity type, or the number of its operations."""
    operations = _without_handshake(operations)
    if len(operations) == 1:
        return " ".join(filter(None, ("ftrack", operations[0].action, _entity_type(operations[0]))))
    actions = {operation.action for operation in operations}
    return f"ftrack {actions.pop() if len(actions) == 1 else 'call'} ({len(operations)} operations)"


def attributes_of(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return what a span states about its operations: no criteria and no values, which may be confidential."""
    attributes: dict[str, Any] = {"ftrack.operations": len(operations)}
    operations = _without_handshake(operations)
    values: dict[str, Callable[[Operation], str | None]] = {
        "ftrack.actions": lambda operation: operation.action,
        "ftrack.entity_types": _entity_type,
        "ftrack.projections": _projection,
    }
    for name, read in values.items():
        texts = list(dict.fromkeys(filter(None, map(read, operations))))
        if texts:
            attributes[name] = texts[:MAX_VALUES]
    site = calling_site()
    if site is not None:
        attributes["code.file.path"] = site.file
        attributes["code.line.number"] = site.number
    return attributes


def _without_handshake(operations: Sequence[Operation]) -> Sequence[Operation]:
    """Return the operations of the caller, without those about the server that travel with the first request."""
    wanted = [
        operation
        for operation in operations
        if not isinstance(operation, (QueryServerInformationOperation, QuerySchemasOperation))
    ]
    return wanted or operations


def _text(operation: Operation, name: str) -> str:
    """Return a text that an operation states, or an empty one."""
    value = operation.body.get(name) if isinstance(operation, RawOperation) else getattr(operation, name, None)
    return value if isinstance(value, str) else ""


def _parts(operation: Operation) -> re.Match[str] | None:
    return _SELECT.match(_text(operation, "expression"))


def _entity_type(operation: Operation) -> str:
    parts = _parts(operation)
    return _text(operation, "entity_type") if parts is None else parts["type"]


def _projection(operation: Operation) -> str | None:
    parts = _parts(operation)
    return None if parts is None else parts["projection"]
