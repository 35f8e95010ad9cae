"""The server counts; rows are transferred only where it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Exchange, Session, errors
from ftrack_orm.entities.reading.counting import counted, counting_select
from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Connect, Production
from tests.property_settings import IN_FULL


def exchanges_of(session: Session) -> list[Exchange]:
    seen: list[Exchange] = []
    session.observe(seen.append)
    return seen


def test_a_count_transfers_the_sizes_of_groups_and_no_rows(session: Session, production: Production) -> None:
    tasks = session.query("Task").where(project_id=production.project)
    seen = exchanges_of(session)
    assert tasks.count() == 12
    assert tasks.where("bid > 5").count() == 6
    assert tasks.where("assignments any ()").count() == 0
    for exchange in seen:
        assert "count(id)" in exchange.description
        assert exchange.answer_bytes < 150
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("offset", "limit"), [(None, 100), (5, None), (5, 100), (20, None), (20, 100), (3, 4), (None, 1)]
)
def test_a_count_is_within_the_offset_and_limit(
    session: Session, production: Production, offset: int | None, limit: int | None
) -> None:
    tasks = session.query("Task").where(project_id=production.project).order_by("name").offset(offset).limit(limit)
    assert tasks.count() == len(tasks.all())


def test_a_query_for_few_rows_requests_these_instead_of_counting_all(session: Session, production: Production) -> None:
    seen = exchanges_of(session)
    assert session.query("Task").where(project_id=production.project).exists()
    assert "limit 1" in seen[-1].description


def test_the_count_of_any_type_is_the_number_of_its_rows(session: Session, production: Production) -> None:
    names = list(session.types)
    for name in names if IN_FULL else names[::8]:
        key = session.schema.type(name).primary_key[0]
        try:
            rows = [row[key] for row in session.query(name).select(key).dicts()]
        except errors.ServerError:
            continue  # types that the embedded server does not let anybody list
        assert session.query(name).count() == len(rows), name


def test_conditions_on_the_items_of_a_collection_are_counted_by_keys(session: Session) -> None:
    for text in ("Task where assignments.resource_id is x", "Task where children.children any (name is x)"):
        assert counting_select(parse(text), session.schema) is None
    inside_any = parse("Task where children any (children any (name is x)) and not (parent.name like x or bid > 1)")
    assert counting_select(inside_any, session.schema) is not None


def test_a_search_is_counted_by_keys(session: Session, production: Production) -> None:
    assert session.search("Task", "task01").where(project_id=production.project).count() == 1


class WithoutGroups(ForwardingTransport):
    """A server that cannot group."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if b"group by" in body_of(request):
            return Response(200, {}, b'{"exception": "ParseError", "content": "Failed to parse."}')
        return super().send(request, cancellation)


def test_a_server_that_refuses_to_group_is_asked_once_for_each_type(
    box: Sandbox, connect: Connect, production: Production
) -> None:
    session = connect(transport=WithoutGroups(box))
    tasks = session.query("Task").where(project_id=production.project)
    session.server_information  # noqa: B018 - the handshake
    with requests_made(session) == 2:
        assert tasks.count() == 12
    with requests_made(session) == 1:
        assert tasks.where("bid > 5").count() == 6


@pytest.mark.parametrize("row", [{}, {"count_id": "3"}, {"count_id": -1}, {"count_id": True}])
def test_a_group_without_a_size_is_an_error_that_names_the_type(session: Session, row: dict[str, Any]) -> None:
    select = parse("Task")
    counting = counting_select(select, session.schema)
    assert counting is not None
    with pytest.raises(errors.ProtocolError, match="number of Task"):
        counted(select, counting, [row])
