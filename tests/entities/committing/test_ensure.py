"""Finding entities by what identifies them, and creating or updating them as needed."""

import datetime
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import errors, inspect
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.wire.operations import CreateOperation, QueryOperation, UpdateOperation


@pytest.fixture
def shot(session, production):
    return session.get("Shot", production.shots[0])


def test_what_is_missing_is_created_and_committed(session, other, shot):
    with requests_made(session) as made:
        task = session.ensure("Task", {"name": "new", "parent": shot, "bid": 5}, ["name", "parent"])
    assert made == 2
    assert (inspect(task).state, session.created) == (Lifecycle.PERSISTENT, [])
    assert other.get("Task", task.id).bid == 5


def test_what_is_there_is_found_and_needs_no_commit(session, production, shot):
    with requests_made(session) as made:
        task = session.ensure("Task", {"name": "task01", "parent": shot, "bid": 1}, ["name", "parent"])
    assert (made, task.id) == (1, production.tasks[1])


def test_what_is_there_gets_the_other_values_in_one_commit(session, other, production, shot):
    asked = []
    session.observe(lambda exchange: asked.extend(exchange.operations))
    data = {"name": "task01", "parent": shot, "bid": 77, "metadata": {"reviewed": "yes"}}
    task = session.ensure("Task", data, ["name", "parent"])
    assert [type(operation) for operation in asked] == [QueryOperation, CreateOperation, UpdateOperation]
    assert asked[-1].data == {"bid": 77}
    theirs = other.get("Task", production.tasks[1])
    assert (task.id, theirs.bid, dict(theirs.metadata)) == (theirs.id, 77, {"reviewed": "yes"})


def test_all_of_the_data_identifies_when_nothing_is_named(session, production, shot):
    assert session.ensure("Task", {"name": "task01", "parent": shot}).id == production.tasks[1]
    # With another bid it is another task, which the server does not let have the same name.
    with pytest.raises(errors.DuplicateEntryError):
        session.ensure("Task", {"name": "task01", "parent": shot, "bid": 9})
    assert session.ensure("Task", {"name": "other", "parent": shot, "bid": 1}).id != production.tasks[1]


def test_a_class_will_do_for_the_type(session, production, shot):
    assert session.ensure(session.types.Task, {"name": "task01", "parent_id": shot.id}).id == production.tasks[1]


def test_only_one_may_be_meant(session, production):
    with pytest.raises(errors.MultipleResults, match="more than one Task"):
        session.ensure("Task", {"project_id": production.project, "bid": 4}, ["project_id"])
    assert session.plan() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_any_text_identifies_just_itself(session, shot, text):
    data = {"name": str(uuid.uuid4()), "parent": shot, "description": text}
    task = session.ensure("Task", data, ["parent", "description"])
    assert task.description.casefold() == text.casefold()  # ftrack compares without case
    with requests_made(session) as made:
        assert session.ensure("Task", {"parent": shot, "description": text}) is task
    assert made == 1


@pytest.mark.parametrize("text", ['a "quoted" one', "it's", "100%", "back\\slash", '" or name like "%', "%", '\\"'])
def test_special_characters_are_values_and_no_query_text(session, shot, text):
    task = session.ensure("Task", {"name": text, "parent": shot})
    assert task.name == text
    assert session.ensure("Task", {"name": text, "parent": shot}) is task


def test_none_and_dates_identify(session, shot):
    moment = datetime.datetime(2024, 5, 31, 12, 30, 15, 250_000, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    data = {"name": "dated", "parent": shot, "start_date": moment, "end_date": None}
    task = session.ensure("Task", data)
    with requests_made(session) as made:
        assert session.ensure("Task", data) is task
    # The server keeps no fractions of a second: what it found is not changed to have them.
    assert made == 1


def test_other_changes_of_the_session_are_not_committed_along(session, other, production, shot):
    task = session.get("Task", production.tasks[0])
    task.bid = 99
    unrelated = session.create("Task", name="unrelated", parent=shot)
    leaving = session.get("Task", production.tasks[2])
    session.delete(leaving)
    new = session.ensure("Task", {"name": "new", "parent": shot})
    assert other.get("Task", new.id) is not None
    assert other.get("Task", task.id).bid == 0
    assert other.get("Task", unrelated.id) is None
    assert other.get("Task", leaving.id) is not None
    assert (session.created, session.modified, session.deleted) == ([unrelated], [task], [leaving])


def test_other_changes_of_the_very_entity_are_not_committed_along(session, other, production, shot):
    task = session.get("Task", production.tasks[1])
    task.description = "not yet"
    assert session.ensure("Task", {"name": "task01", "parent": shot, "bid": 77}, ["name", "parent"]) is task
    seen = other.get("Task", task.id)
    assert (seen.bid, seen.description) == (77, None)
    assert set(inspect(task).changes) == {"description"}
    session.commit()
    other.refresh(seen)
    assert (seen.bid, seen.description) == (77, "not yet")


def test_what_another_thread_edits_meanwhile_stays_pending(box, connect, other, production):
    line = Meanwhile(box)
    session = connect(transport=line)
    shot, task = session.get("Shot", production.shots[0]), session.get("Task", production.tasks[0])

    def edit():
        thread = threading.Thread(target=lambda: setattr(task, "bid", 99))
        thread.start()
        thread.join()

    line.meanwhile = edit
    session.ensure("Task", {"name": "new", "parent": shot})
    assert session.modified == [task]
    assert other.get("Task", task.id).bid == 0


def test_many_threads_that_ensure_the_same_make_it_once(session, shot):
    barrier = threading.Barrier(8)

    def ensure(number):
        barrier.wait(60)
        return session.ensure("Task", {"name": "the same", "parent": shot, "bid": number}, ["name", "parent"])

    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(ensure, range(8)))
    assert set(tasks) == {tasks[0]}
    assert session.query("Task").where(name="the same", parent_id=shot.id).count() == 1
    assert (session.created, session.modified) == ([], [])


def test_what_leads_to_an_uncommitted_entity_or_is_one_is_refused(session, production):
    shot = session.create("Shot", name="new", parent_id=production.sequences[0])
    with requests_made(session) as made, pytest.raises(errors.UsageError, match=r"Task\.parent is to be .*'new'"):
        session.ensure("Task", {"name": "new", "parent": shot})
    assert made == 0
    session.create("Task", name="Mine", parent_id=production.shots[0])
    with pytest.raises(errors.UsageError, match="it is new and not committed"):
        session.ensure("Task", {"name": "mine", "parent_id": production.shots[0]})
    assert len(session.created) == 2


def test_without_commit_it_joins_the_changes_and_finds_its_own_new_entity(session, other, production, shot):
    shot.description = "mine"
    first = session.ensure("Task", {"name": "new", "parent": shot, "bid": 1}, ["name", "parent"], commit=False)
    again = session.ensure("Task", {"name": "new", "parent": shot, "bid": 2}, ["name", "parent"], commit=False)
    assert again is first
    assert inspect(first).state is Lifecycle.PENDING
    assert session.commit() == 2
    assert (other.get("Task", first.id).bid, other.get("Shot", shot.id).description) == (2, "mine")


def test_many_are_looked_for_in_one_request_and_committed_in_another(session, other, production, shot):
    wanted = [{"name": f"task{n:02}", "parent": shot, "bid": 50 + n} for n in range(2, 40)]
    with requests_made(session) as made:
        tasks = session.ensure_many("Task", wanted, ["name", "parent"])
    assert made == 2
    assert [task.name for task in tasks] == [data["name"] for data in wanted]
    assert tasks[0].id == production.tasks[2]
    saved = other.query("Task").where(parent_id=shot.id).order_by("name").all()
    assert [task.bid for task in saved] == [0, 1, *(50 + n for n in range(2, 40))]


def test_data_with_the_same_identity_is_one_entity(session, shot):
    wanted = [{"name": "twin", "parent": shot, "bid": n} for n in (1, 2)]
    first, second = session.ensure_many("Task", wanted, ["name", "parent"])
    assert first is second
    assert first.bid == 2
    assert session.query("Task").where(name="twin", parent_id=shot.id).count() == 1


def test_new_data_that_differs_in_case_only_is_one_entity_as_the_server_compares(session, shot):
    wanted = [{"name": name, "parent": shot, "bid": n} for n, name in enumerate(["Twin", "twin", "TWIN"], 1)]
    tasks = session.ensure_many("Task", wanted, ["name", "parent"])
    assert set(tasks) == {tasks[0]}
    assert (tasks[0].name, tasks[0].bid) == ("Twin", 3)
    assert session.query("Task").where(name="twin", parent_id=shot.id).count() == 1


def test_new_data_is_one_entity_by_a_reference_or_its_key(session, shot):
    first = session.ensure("Task", {"name": "new", "parent": shot}, commit=False)
    assert session.ensure("Task", {"name": "NEW", "parent_id": shot.id}, commit=False) is first


def test_nothing_at_all_asks_nothing(session):
    with requests_made(session) as made:
        assert session.ensure_many("Task", [], ["name"]) == []
    assert made == 0


@pytest.mark.parametrize(
    ("data", "keys", "error", "message"),
    [
        ({"name": "x"}, ["parent"], errors.InvalidValue, "identified by 'parent', which is not among its data"),
        ({"nmae": "x"}, None, errors.UnknownAttribute, "Did you mean 'name'"),
        ({"name": "x"}, ["nmae"], errors.UnknownAttribute, "Did you mean 'name'"),
        ({"name": "x"}, "name", errors.UsageError, r"such as \['name'\]"),
        ({"name": "x", "metadata": {}}, None, errors.UsageError, "Task.metadata holds any number"),
        ({}, None, errors.UsageError, "No attributes were given"),
        ("name", None, errors.InvalidValue, "a mapping of its attributes"),
    ],
)
def test_mistakes_are_refused_before_anything_is_asked(session, data, keys, error, message):
    with requests_made(session) as made, pytest.raises(error, match=message):
        session.ensure("Task", data, keys)
    assert made == 0


def test_a_mistake_in_one_of_many_changes_nothing(session, production, shot):
    wanted = [
        {"name": "new", "parent": shot},
        {"name": "task01", "parent": shot, "bid": 50},
        {"name": "task02", "parent": shot, "bid": "many"},
    ]
    with pytest.raises(errors.InvalidValue, match=r"Task\.bid"):
        session.ensure_many("Task", wanted, ["name", "parent"])
    assert (session.plan(), session.created) == ([], [])
    assert session.get("Task", production.tasks[1]).bid == 1


def test_a_mistake_leaves_changes_that_were_there_before(session, production, shot):
    task = session.get("Task", production.tasks[1])
    task.description = "mine"
    with pytest.raises(errors.InvalidValue):
        session.ensure(
            "Task", {"name": "task01", "parent": shot, "bid": 50, "type_id": 7}, ["name", "parent"], commit=False
        )
    assert set(inspect(task).changes) == {"description"}


def test_a_refused_commit_is_taken_back(session, shot):
    wanted = [{"name": "task01", "parent": shot, "bid": 50}, {"name": "odd", "parent": shot, "status_id": "nonsense"}]
    with pytest.raises(errors.ServerError):
        session.ensure_many("Task", wanted, ["name", "parent"])
    assert session.plan() == []


def test_what_cannot_be_changed_may_be_given_as_it_is(session, production, shot):
    data = {"name": "task01", "parent": shot, "id": production.tasks[1]}
    assert session.ensure("Task", data, ["name", "parent"]).id == production.tasks[1]
    with pytest.raises(errors.ReadOnlyAttribute, match=r"Task\.id"):
        session.ensure("Task", {**data, "id": production.tasks[2]}, ["name", "parent"])


def test_what_is_about_to_be_deleted_is_not_taken_for_existing(session, production, shot):
    session.delete(session.get("Task", production.tasks[1]))
    with pytest.raises(errors.EntityDeleted, match="about to be deleted"):
        session.ensure("Task", {"name": "task01", "parent": shot}, commit=False)


def test_an_unsaved_edit_of_what_identifies_gives_way(session, production, shot):
    task = session.get("Task", production.tasks[1])
    task.name = "renamed"
    assert session.ensure("Task", {"name": "task01", "parent": shot}, commit=False) is task
    assert task.name == "task01"
    assert session.plan() == []


class Meanwhile:
    """A real transport that calls *meanwhile* before it sends anything that changes something."""

    def __init__(self, box):
        self._real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))
        self.meanwhile = lambda: None

    def send(self, request, cancellation=None):
        if not request.repeatable:
            self.meanwhile()
        return self._real.send(request, cancellation)

    def close(self):
        self._real.close()


class Failing:
    """A real transport that loses the answer to what changes something once, or does not even send it."""

    def __init__(self, box, *, sends):
        self._real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))
        self._sends = sends
        self._fails = True

    def send(self, request, cancellation=None):
        if request.repeatable or not self._fails:
            return self._real.send(request, cancellation)
        self._fails = False
        if self._sends:
            self._real.send(request, cancellation)
        raise errors.TransportError("The connection failed.", safe_to_retry=not self._sends)

    def close(self):
        self._real.close()


def test_a_lost_answer_creates_nothing_twice(box, connect, other, production):
    session = connect(transport=Failing(box, sends=True))
    data = {"name": "new", "parent": session.get("Shot", production.shots[0])}
    task = session.ensure("Task", data)
    assert session.ensure("Task", data) is task
    assert other.query("Task").where(name="new", parent_id=production.shots[0]).one().id == task.id


def test_what_could_not_be_sent_stays_recorded(box, connect, other, production):
    session = connect(transport=Failing(box, sends=False))
    with pytest.raises(errors.TransportError):
        session.ensure("Task", {"name": "new", "parent": session.get("Shot", production.shots[0])})
    assert len(session.created) == 1
    session.commit()
    assert other.query("Task").where(name="new", parent_id=production.shots[0]).count() == 1
