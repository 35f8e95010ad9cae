"""Changing and deleting everything a query finds."""

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport


@pytest.fixture
def query(session, production):
    return session.query("Task").where(project_id=production.project)


@pytest.fixture
def done(session):
    return session.query("Status").where(name="Approved").select("name").first()


def saved(other, production, name):
    return [
        task[name] for task in other.query("Task").where(project_id=production.project).order_by("name").select(name)
    ]


def test_everything_a_query_finds_gets_the_values(session, other, production, query, done):
    with requests_made(session) as made:
        assert query.where("bid >= 4").update({"bid": 100, "status": done}) == 8
    assert (made.count, made.operations) == (2, 9)
    assert saved(other, production, "bid") == [0, 1, 2, 3] + [100] * 8
    assert saved(other, production, "status_id").count(done.id) == 8


def test_batches_are_bounded_and_progress_is_told_after_each(session, query):
    told, sizes = [], []
    session.observe(lambda exchange: sizes.append(len(exchange.operations)))
    query.update({"bid": 1}, batch_size=5, on_progress=lambda done, total: told.append((done, total)))
    assert sizes == [1, 5, 5, 2]
    assert told == [(5, 12), (10, 12), (12, 12)]


def test_keys_are_read_before_anything_changes(session, other, production, query, monkeypatch):
    monkeypatch.setattr("ftrack_orm.entities.committing.bulk.KEYS_PER_PAGE", 5)
    assert query.where("bid < 100").update({"bid": 100}, batch_size=4) == 12
    assert saved(other, production, "bid") == [100] * 12


def test_an_order_a_limit_and_an_offset_count(session, other, production, query):
    assert query.order_by("name").offset(2).limit(3).update({"bid": 100}) == 3
    assert saved(other, production, "bid") == [0, 1, 100, 100, 100, *range(5, 12)]


def test_loaded_entities_show_the_new_values_and_keep_their_edits(session, query, done):
    tasks = query.select("name", "bid", "status.name").order_by("name").all()
    tasks[0].bid = 7
    query.update({"bid": 100, "status_id": done.id})
    with requests_made(session) == 0:
        assert [task.bid for task in tasks] == [7] + [100] * 11
        assert {task.status_id for task in tasks} == {done.id}
        assert {task.status.name for task in tasks} == {"Approved"}
    assert inspect(tasks[0]).changes["bid"].old == 100


def test_entities_that_are_not_loaded_are_not_made(session, query):
    before = len(session._workspace.identities)
    query.update({"bid": 100})
    assert len(session._workspace.identities) == before


def test_loaded_collections_show_what_has_come_and_gone(session, production, query):
    here, there = (session.get("Shot", key) for key in production.shots[:2])
    assert (len(here.children), len(there.children)) == (3, 3)
    assert query.where(name="task00").update({"parent": there}) == 1
    assert (len(here.children), len(there.children)) == (2, 4)


def test_a_reference_can_be_emptied(session, other, production, query):
    priority = session.query("Priority").first()
    query.update({"priority": priority})
    assert set(saved(other, production, "priority_id")) == {priority.id}
    query.where("bid < 11").update({"priority": None})
    assert saved(session, production, "priority_id") == [None] * 11 + [priority.id]


def test_a_key_may_have_several_parts(session, other, production):
    with session.begin():
        for key in production.tasks:
            session.get("Task", key).metadata["reviewed"] = "no"
    query = session.query("Metadata").where("parent_id in ({})".format(", ".join(map('"{}"'.format, production.tasks))))
    assert query.update({"value": "yes"}) == 12
    assert {other.get("Task", key).metadata["reviewed"] for key in production.tasks} == {"yes"}
    assert query.delete() == 12
    assert query.count() == 0


def test_what_is_not_on_the_server_yet_cannot_be_referred_to(session, production, query):
    new = session.create("Shot", name="new", parent=session.get("Sequence", production.sequences[0]))
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
        ({"metadata": {"a": "b"}}, errors.InvalidValue, "entity by entity"),
        ({"status": "Approved"}, errors.InvalidValue, "must be a Status"),
    ],
)
def test_values_are_checked_before_anything_is_sent(session, query, data, error, message):
    with requests_made(session) as made, pytest.raises(error, match=message):
        query.update({"description": "x", **data})
    assert made == 0
    assert session.plan() == []


def test_nothing_to_set_or_nothing_found_changes_nothing(session, query):
    with requests_made(session) as made:
        assert query.update({}) == 0
    assert made == 0
    assert query.where(name="nobody").update({"bid": 1}) == 0
    assert query.where(name="nobody").delete() == 0


def test_a_query_of_no_session_and_one_for_everything_are_refused(session, query):
    loose, everything = query.bind(None, None), session.query("Task")
    with requests_made(session) as made:
        for mistaken, said in ((loose, "belongs to no session"), (everything, "every Task there is")):
            with pytest.raises(errors.UsageError, match=said):
                mistaken.update({"bid": 1})
            with pytest.raises(errors.UsageError, match=said):
                mistaken.delete()
    assert made == 0


def test_batches_have_a_size_and_queries_no_groups(session, query):
    for size in (0, -1, True, "5"):
        with pytest.raises(errors.InvalidValue, match="batch_size"):
            query.delete(batch_size=size)
    with pytest.raises(errors.QueryError, match="groups"):
        query.group_by("status_id").delete()


def test_everything_a_query_finds_is_deleted(session, other, production, query):
    told = []
    assert query.where("bid >= 4").delete(batch_size=5, on_progress=lambda *two: told.append(two)) == 8
    assert told == [(5, 8), (8, 8)]
    assert saved(other, production, "bid") == [0, 1, 2, 3]


def test_what_is_below_goes_before_what_it_is_below_of(session, other, production):
    everything = session.query("TypedContext").where(project_id=production.project)
    assert everything.delete() == 2 + 4 + 12
    assert other.query("TypedContext").where(project_id=production.project).count() == 0


def test_what_is_far_below_goes_before_it_too(session, other, production):
    keys = [*production.sequences, *production.tasks]
    query = session.query("TypedContext").where(session.types.TypedContext.id.in_(keys)).order_by("name")
    assert query.delete(batch_size=3) == 2 + 12
    assert other.query("TypedContext").where(project_id=production.project).count() == 0


def test_loaded_entities_are_deleted_ones_and_gone_from_collections(session, production, query):
    shot = session.get("Shot", production.shots[0])
    children = list(shot.children)
    children[0].bid = 99
    query.where(parent_id=shot.id).delete()
    assert {inspect(task).state for task in children} == {Lifecycle.DELETED}
    assert list(shot.children) == []
    assert session.get("Task", children[0].id) is None
    assert session.modified == []


class Failing:
    """A real transport that raises *failure* for what changes something, after a number of times.

    The server never gets the request, unless *sends* is true: then its answer is lost.
    """

    def __init__(self, box, failure, after, *, sends=False):
        self._real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))
        self._failure, self._after, self._sends = failure, after, sends

    def send(self, request, cancellation=None):
        fails = False
        if not request.repeatable:
            self._after -= 1
            fails = self._after < 0
        answer = None if fails and not self._sends else self._real.send(request, cancellation)
        if fails:
            raise self._failure
        return answer

    def close(self):
        self._real.close()


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (errors.TransportError("Refused.", safe_to_retry=True), errors.TransportError),
        (errors.TransportError("Lost.", safe_to_retry=False), errors.CommitOutcomeUnknown),
        (errors.ProtocolError("Strange.", status=502), errors.CommitOutcomeUnknown),
        (errors.PermissionDenied("No.", exception="PermissionError"), errors.PermissionDenied),
    ],
)
def test_a_failure_tells_how_far_the_work_had_come(box, connect, other, production, failure, raised):
    session = connect(transport=Failing(box, failure, after=2))
    query = session.query("Task").where(project_id=production.project).order_by("name")
    with pytest.raises(raised, match="8 of 12") as caught:
        query.update({"bid": 100}, batch_size=4)
    assert type(caught.value) is raised
    assert (caught.value.done, caught.value.total) == (8, 12)
    assert saved(other, production, "bid") == [100] * 8 + [8, 9, 10, 11]


def test_values_are_read_again_when_it_is_not_known_whether_they_were_set(box, connect, production):
    lost = errors.TransportError("Lost.", safe_to_retry=False)
    session = connect(transport=Failing(box, lost, after=1, sends=True))
    query = session.query("Task").where(project_id=production.project).order_by("name").select("bid")
    tasks = query.all()
    with pytest.raises(errors.CommitOutcomeUnknown, match=r"4 of 12 .* not known whether the 4 after them"):
        query.update({"bid": 100}, batch_size=4)
    assert [task.bid for task in tasks] == [100] * 8 + [8, 9, 10, 11]
