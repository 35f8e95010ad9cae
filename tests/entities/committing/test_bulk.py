"""Updating and deleting all entities of a query."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect, Production


@pytest.fixture
def query(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project)


@pytest.fixture
def approved(session: Session) -> Entity | None:
    return session.query("Status").where(name="Approved").select("name").first()


def saved(other: Session, production: Production, name: str) -> list[Any]:
    return [
        task[name] for task in other.query("Task").where(project_id=production.project).order_by("name").select(name)
    ]


def test_all_entities_of_a_query_get_the_values(
    session: Session, other: Session, production: Production, query: Query[Any], approved: Entity
) -> None:
    with requests_made(session) as made:
        assert query.where("bid >= 4").update({"bid": 100, "status": approved}) == 8
    assert (made.count, made.operations) == (2, 9)
    assert saved(other, production, "bid") == [0, 1, 2, 3] + [100] * 8
    assert saved(other, production, "status_id").count(approved.id) == 8


def test_batches_are_bounded_and_progress_is_reported_after_each(session: Session, query: Query[Any]) -> None:
    progress, sizes = [], []
    session.observe(lambda exchange: sizes.append(len(exchange.operations)))
    query.update({"bid": 1}, batch_size=5, on_progress=lambda done, total: progress.append((done, total)))
    assert sizes == [1, 5, 5, 2]
    assert progress == [(5, 12), (10, 12), (12, 12)]


def test_keys_are_read_before_anything_changes(
    session: Session, other: Session, production: Production, query: Query[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.entities.committing.bulk.KEYS_PER_PAGE", 5)
    assert query.where("bid < 100").update({"bid": 100}, batch_size=4) == 12
    assert saved(other, production, "bid") == [100] * 12


def test_order_limit_and_offset_apply(
    session: Session, other: Session, production: Production, query: Query[Any]
) -> None:
    assert query.order_by("name").offset(2).limit(3).update({"bid": 100}) == 3
    assert saved(other, production, "bid") == [0, 1, 100, 100, 100, *range(5, 12)]


def test_loaded_entities_have_the_new_values_and_keep_their_edits(
    session: Session, query: Query[Any], approved: Entity
) -> None:
    tasks = query.select("name", "bid", "status.name").order_by("name").all()
    tasks[0].bid = 7
    query.update({"bid": 100, "status_id": approved.id})
    with requests_made(session) == 0:
        assert [task.bid for task in tasks] == [7] + [100] * 11
        assert {task.status_id for task in tasks} == {approved.id}
        assert {task.status.name for task in tasks} == {"Approved"}
    assert inspect(tasks[0]).changes["bid"].old == 100


def test_no_objects_are_created_for_entities_that_are_not_loaded(session: Session, query: Query[Any]) -> None:
    before = len(session._workspace.identities)
    query.update({"bid": 100})
    assert len(session._workspace.identities) == before


def test_loaded_collections_show_moved_items(session: Session, production: Production, query: Query[Any]) -> None:
    source, destination = (existing(session.get("Shot", key)) for key in production.shots[:2])
    assert (len(source.children), len(destination.children)) == (3, 3)
    assert query.where(name="task00").update({"parent": destination}) == 1
    assert (len(source.children), len(destination.children)) == (2, 4)


def test_a_reference_can_be_cleared(
    session: Session, other: Session, production: Production, query: Query[Any]
) -> None:
    (priority,) = session.query("Priority").limit(1)
    query.update({"priority": priority})
    assert set(saved(other, production, "priority_id")) == {priority.id}
    query.where("bid < 11").update({"priority": None})
    assert saved(session, production, "priority_id") == [None] * 11 + [priority.id]


def test_entities_may_have_composite_keys(session: Session, other: Session, production: Production) -> None:
    with session.begin():
        for key in production.tasks:
            existing(session.get("Task", key)).metadata["reviewed"] = "no"
    query = session.query("Metadata").where("parent_id in ({})".format(", ".join(map('"{}"'.format, production.tasks))))
    assert query.update({"value": "yes"}) == 12
    assert {existing(other.get("Task", key)).metadata["reviewed"] for key in production.tasks} == {"yes"}
    assert query.delete() == 12
    assert query.count() == 0


def test_a_reference_to_an_uncommitted_entity_is_refused(
    session: Session, production: Production, query: Query[Any]
) -> None:
    new = session.create("Shot", name="new", parent=existing(session.get("Sequence", production.sequences[0])))
    with requests_made(session) as made, pytest.raises(errors.InvalidValue, match="commit it first"):
        query.update({"parent": new})
    assert made == 0


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ({"bid": "many"}, errors.InvalidValue, r"Task\.bid holds .*number, not 'many'"),
        ({"bdi": 1}, errors.UnknownAttribute, "Did you mean 'bid'"),
        ({"id": "x"}, errors.ReadOnlyAttribute, r"Task\.id"),
        ({"link": []}, errors.ReadOnlyAttribute, r"Task\.link"),
        ({"assignments": []}, errors.InvalidValue, "entity by entity"),
        ({"status": "Approved"}, errors.InvalidValue, "must be a Status"),
    ],
)
def test_values_are_checked_before_anything_is_sent(
    session: Session, query: Query[Any], data: dict[str, Any], error: type[Exception], message: str
) -> None:
    with requests_made(session) as made, pytest.raises(error, match=message):
        query.update({"description": "x", **data})
    assert made == 0
    assert session.plan() == []


def test_without_values_or_results_nothing_is_changed(session: Session, query: Query[Any]) -> None:
    with requests_made(session) as made:
        assert query.update({}) == 0
    assert made == 0
    assert query.where(name="missing").update({"bid": 1}) == 0
    assert query.where(name="missing").delete() == 0


def test_a_query_without_a_session_and_one_without_criteria_are_refused(session: Session, query: Query[Any]) -> None:
    unbound, unfiltered = query.bind(None, None), session.query("Task")
    with requests_made(session) as made:
        for refused, message in ((unbound, "belongs to no session"), (unfiltered, "every Task there is")):
            with pytest.raises(errors.UsageError, match=message):
                refused.update({"bid": 1})
            with pytest.raises(errors.UsageError, match=message):
                refused.delete()
    assert made == 0


def test_an_invalid_batch_size_and_grouped_queries_are_refused(session: Session, query: Query[Any]) -> None:
    for size in (0, -1, True, "5"):
        with pytest.raises(errors.InvalidValue, match="batch_size"):
            query.delete(batch_size=cast("int", size))
    with pytest.raises(errors.QueryError, match="groups"):
        query.group_by("status_id").delete()


def test_all_entities_of_a_query_are_deleted(
    session: Session, other: Session, production: Production, query: Query[Any]
) -> None:
    progress = []
    assert query.where("bid >= 4").delete(batch_size=5, on_progress=lambda *numbers: progress.append(numbers)) == 8
    assert progress == [(5, 8), (8, 8)]
    assert saved(other, production, "bid") == [0, 1, 2, 3]


def test_children_are_deleted_before_their_parents(session: Session, other: Session, production: Production) -> None:
    query = session.query("TypedContext").where(project_id=production.project)
    assert query.delete() == 2 + 4 + 12
    assert other.query("TypedContext").where(project_id=production.project).count() == 0


def test_remote_descendants_are_deleted_before_their_ancestors(
    session: Session, other: Session, production: Production
) -> None:
    keys = [*production.sequences, *production.tasks]
    query = session.query("TypedContext").where(session.types.TypedContext.id.in_(keys)).order_by("name")
    assert query.delete(batch_size=3) == 2 + 12
    assert other.query("TypedContext").where(project_id=production.project).count() == 0


def test_loaded_entities_become_deleted_and_leave_their_collections(
    session: Session, production: Production, query: Query[Any]
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    children = list(shot.children)
    children[0].bid = 99
    query.where(parent_id=shot.id).delete()
    assert {inspect(task).state for task in children} == {Lifecycle.DELETED}
    assert list(shot.children) == []
    assert session.get("Task", children[0].id) is None
    assert session.modified == []


class Failing(ForwardingTransport):
    """Raises *failure* for requests that change something, after the first *after* of them.

    The server gets these requests only if *sends* is true; their responses are lost.
    """

    def __init__(self, box: Sandbox, failure: errors.FtrackError, after: int, *, sends: bool = False) -> None:
        super().__init__(box)
        self._failure, self._remaining, self._sends = failure, after, sends

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if request.idempotent:
            return super().send(request, cancellation)
        self._remaining -= 1
        if self._remaining < 0 and not self._sends:
            raise self._failure
        response = super().send(request, cancellation)
        if self._remaining < 0:
            raise self._failure
        return response


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (errors.TransportError("Refused.", safe_to_retry=True), errors.TransportError),
        (errors.TransportError("Lost.", safe_to_retry=False), errors.CommitOutcomeUnknown),
        (errors.ProtocolError("Unexpected.", status=502), errors.CommitOutcomeUnknown),
        (errors.PermissionDenied("No.", exception="PermissionError"), errors.PermissionDenied),
    ],
)
def test_a_failure_reports_the_number_of_entities_done(
    box: Sandbox,
    connect: Connect,
    other: Session,
    production: Production,
    failure: errors.FtrackError,
    raised: type[errors.FtrackError],
) -> None:
    session = connect(transport=Failing(box, failure, after=2))
    query = session.query("Task").where(project_id=production.project).order_by("name")
    with pytest.raises(raised, match="8 of 12") as caught:
        query.update({"bid": 100}, batch_size=4)
    assert type(caught.value) is raised
    assert caught.value.details.items() >= {"done": 8, "total": 12}.items()
    assert saved(other, production, "bid") == [100] * 8 + [8, 9, 10, 11]


def test_values_are_expired_when_the_outcome_is_unknown(box: Sandbox, connect: Connect, production: Production) -> None:
    lost = errors.TransportError("Lost.", safe_to_retry=False)
    session = connect(transport=Failing(box, lost, after=1, sends=True))
    query = session.query("Task").where(project_id=production.project).order_by("name").select("bid")
    tasks = query.all()
    with pytest.raises(errors.CommitOutcomeUnknown, match=r"4 of 12 .* not known whether the 4 after them"):
        query.update({"bid": 100}, batch_size=4)
    assert [task.bid for task in tasks] == [100] * 8 + [8, 9, 10, 11]
