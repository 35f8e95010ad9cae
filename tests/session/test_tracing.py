"""Requests as spans of OpenTelemetry, recorded by its SDK, and no import of it by this library."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ftrack_orm import Session, errors
from ftrack_orm.session import tracing
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.wire.operations import QueryOperation, RawOperation, UpdateOperation
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans that the tracers of this test record. The provider of the process can be set only once."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


def attributes_of(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_a_query_is_a_span_with_its_projection_and_the_line_that_ran_it(
    session: Session, production: Production, exporter: InMemorySpanExporter
) -> None:
    session.query("Task").where(project_id=production.project).select("name, status.name").all()
    (span,) = exporter.get_finished_spans()
    attributes = attributes_of(span)
    assert span.name == "ftrack query Task"
    assert span.kind is trace.SpanKind.CLIENT
    assert attributes["ftrack.entity_types"] == ("Task",)
    (projection,) = attributes["ftrack.projections"]
    assert "status.name" in projection
    assert attributes["code.file.path"] == __file__
    assert "status.name" in Path(__file__).read_text(encoding="utf-8").splitlines()[attributes["code.line.number"] - 1]
    assert attributes["http.response.body.size"] > 100
    assert attributes["server.address"] == "127.0.0.1"
    assert production.project not in str(attributes)


def test_a_value_that_is_loaded_by_reading_it_and_a_commit_are_spans(
    session: Session, production: Production, exporter: InMemorySpanExporter
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.name = "renamed"
    session.create("Task", name="new", parent=task.parent)
    exporter.clear()
    session.commit()
    (span,) = exporter.get_finished_spans()
    assert span.name == "ftrack call (2 operations)"
    assert attributes_of(span)["ftrack.operations"] == 2
    assert set(attributes_of(span)["ftrack.actions"]) == {"create", "update"}
    assert attributes_of(span)["code.file.path"] == __file__


def test_pages_that_are_fetched_ahead_belong_to_the_span_and_the_line_that_iterates(
    session: Session, production: Production, exporter: InMemorySpanExporter
) -> None:
    tracer = trace.get_tracer("a studio's tool")
    with tracer.start_as_current_span("publish") as parent:
        list(session.query("Task", page_size=4).where(project_id=production.project))
    pages = [span for span in exporter.get_finished_spans() if span.name == "ftrack query Task"]
    assert len(pages) == 3
    assert {existing(span.parent).span_id for span in pages} == {parent.get_span_context().span_id}
    assert len({attributes_of(span)["code.line.number"] for span in pages}) == 1


def test_a_refused_request_is_a_span_with_an_error_and_without_keys(
    session: Session, exporter: InMemorySpanExporter
) -> None:
    with pytest.raises(errors.ServerError):
        session.call([{"action": "query", "expression": "select nothing from Nothing"}])
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert attributes_of(span)["error.type"] == "ServerError" or attributes_of(span)["error.type"]
    assert session.settings.api_key not in span.to_json()


def test_spans_of_the_connection_are_children_of_the_span_of_the_request(
    session: Session, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = HttpTransport.send

    def traced_send(self: HttpTransport, *arguments: Any) -> Any:
        with trace.get_tracer("http").start_as_current_span("POST"):
            return send(self, *arguments)

    monkeypatch.setattr(HttpTransport, "send", traced_send)
    session.query("User").first()
    inner, outer = exporter.get_finished_spans()
    assert (inner.name, outer.name) == ("POST", "ftrack query User")
    assert existing(inner.parent).span_id == existing(outer.context).span_id


def test_a_tracer_that_fails_loses_no_reply(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(name: str) -> Any:
        raise RuntimeError("the tracer is broken")

    monkeypatch.setattr(trace, "get_tracer", fail)
    session = connect()
    with requests_made(session) == 1:
        assert session.query("User").first() is not None
    assert "could not be begun" in caplog.text


def test_a_program_without_opentelemetry_does_not_import_it() -> None:
    program = """
import sys
from ftrack_orm.session.tracing import span_maker
assert span_maker("http://127.0.0.1")([]) is None
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("operations", "name"),
    [
        ([QueryOperation("select name from Task where id is 1")], "ftrack query Task"),
        ([QueryOperation("Task")], "ftrack query Task"),
        ([QueryOperation(" SELECT a,\n b  FROM  AssetVersion")], "ftrack query AssetVersion"),
        ([RawOperation({"action": "query", "expression": "User"})], "ftrack query User"),
        ([RawOperation({"action": "delete", "entity_type": 5})], "ftrack delete"),
        ([UpdateOperation("Task", ("1",), {})] * 3, "ftrack update (3 operations)"),
    ],
)
def test_a_span_is_named_after_its_operations(operations: Any, name: str) -> None:
    assert tracing.span_name(operations) == name


def test_a_commit_of_many_types_states_a_bounded_number_of_values() -> None:
    operations = [UpdateOperation(f"Type{number}", ("1",), {}) for number in range(1_000)]
    attributes = tracing.attributes_of(operations)
    assert len(attributes["ftrack.entity_types"]) == tracing.MAX_VALUES
