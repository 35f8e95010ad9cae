"""Finding entities by identifying attributes, and creating or updating them as needed."""

from __future__ import annotations

import datetime
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.wire.operations import CreateOperation, QueryOperation, UpdateOperation
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport, InterferingTransport
from tests.production import Connect, Production
from tests.property_settings import examples


@pytest.fixture
def shot(session: Session, production: Production) -> Entity | None:
    return existing(session.get("Shot", production.shots[0]))


def test_a_missing_entity_is_created_and_committed(session: Session, other: Session, shot: Entity) -> None:
    with requests_made(session) as made:
        task = session.ensure("Task", {"name": "new", "parent": shot, "bid": 5}, ["name", "parent"])
    assert made == 2
    assert (inspect(task).state, session.created) == (Lifecycle.PERSISTENT, [])
    assert existing(other.get("Task", task.id)).bid == 5


def test_an_existing_entity_is_found_and_needs_no_commit(
    session: Session, production: Production, shot: Entity
) -> None:
    with requests_made(session) as made:
        task = session.ensure("Task", {"name": "task01", "parent": shot, "bid": 1}, ["name", "parent"])
    assert made == 1
    assert task.id == production.tasks[1]


def test_an_existing_entity_gets_the_other_values_in_one_commit(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    sent: list[Any] = []
    session.observe(lambda exchange: sent.extend(exchange.operations))
    data = {"name": "task01", "parent": shot, "bid": 77, "metadata": {"reviewed": "yes"}}
    task = session.ensure("Task", data, ["name", "parent"])
    assert [type(operation) for operation in sent] == [QueryOperation, CreateOperation, UpdateOperation]
    assert sent[-1].data == {"bid": 77}
    theirs = existing(other.get("Task", production.tasks[1]))
    assert (task.id, theirs.bid, dict(theirs.metadata)) == (theirs.id, 77, {"reviewed": "yes"})


def test_all_data_identifies_by_default(session: Session, production: Production, shot: Entity) -> None:
    assert session.ensure("Task", {"name": "task01", "parent": shot}).id == production.tasks[1]
    # With another bid it is another task, which the server does not let have the same name.
    with pytest.raises(errors.DuplicateEntryError):
        session.ensure("Task", {"name": "task01", "parent": shot, "bid": 9})
    assert session.ensure("Task", {"name": "other", "parent": shot, "bid": 1}).id != production.tasks[1]


def test_the_type_may_be_a_class(session: Session, production: Production, shot: Entity) -> None:
    assert session.ensure(session.types.Task, {"name": "task01", "parent_id": shot.id}).id == production.tasks[1]


def test_several_matches_are_an_error(session: Session, production: Production) -> None:
    with pytest.raises(errors.MultipleResults, match="more than one Task"):
        session.ensure("Task", {"project_id": production.project, "bid": 4}, ["project_id"])
    assert session.plan() == []


@settings(max_examples=examples(10, 25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_any_text_identifies_only_itself(session: Session, shot: Entity, text: str) -> None:
    data = {"name": str(uuid.uuid4()), "parent": shot, "description": text}
    task = session.ensure("Task", data, ["parent", "description"])
    assert task.description.casefold() == text.casefold()  # ftrack compares without case
    with requests_made(session) as made:
        assert session.ensure("Task", {"parent": shot, "description": text}) is task
    assert made == 1


@pytest.mark.parametrize("text", ['a "quoted" one', "it's", "100%", "back\\slash", '" or name like "%', "%", '\\"'])
def test_special_characters_are_quoted(session: Session, shot: Entity, text: str) -> None:
    task = session.ensure("Task", {"name": text, "parent": shot})
    assert task.name == text
    assert session.ensure("Task", {"name": text, "parent": shot}) is task


def test_none_and_dates_identify(session: Session, shot: Entity) -> None:
    moment = datetime.datetime(2024, 5, 31, 12, 30, 15, 250_000, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    data = {"name": "dated", "parent": shot, "start_date": moment, "end_date": None}
    task = session.ensure("Task", data)
    with requests_made(session) as made:
        assert session.ensure("Task", data) is task
    # The server does not store fractions of a second, so the entity it found is not updated with them.
    assert made == 1


def test_other_changes_of_the_session_are_not_committed(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.bid = 99
    unrelated = session.create("Task", name="unrelated", parent=shot)
    deleted = existing(session.get("Task", production.tasks[2]))
    session.delete(deleted)
    new = session.ensure("Task", {"name": "new", "parent": shot})
    assert other.get("Task", new.id) is not None
    assert existing(other.get("Task", task.id)).bid == 0
    assert other.get("Task", unrelated.id) is None
    assert other.get("Task", deleted.id) is not None
    assert (session.created, session.modified, session.deleted) == ([unrelated], [task], [deleted])


def test_other_changes_of_the_same_entity_are_not_committed(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    task = existing(session.get("Task", production.tasks[1]))
    task.description = "not yet"
    assert session.ensure("Task", {"name": "task01", "parent": shot, "bid": 77}, ["name", "parent"]) is task
    saved = existing(other.get("Task", task.id))
    assert (saved.bid, saved.description) == (77, None)
    assert set(inspect(task).changes) == {"description"}
    session.commit()
    other.refresh(saved)
    assert (saved.bid, saved.description) == (77, "not yet")


def test_edits_by_another_thread_during_the_commit_stay_pending(
    box: Sandbox, connect: Connect, other: Session, production: Production
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    shot, task = existing(session.get("Shot", production.shots[0])), existing(session.get("Task", production.tasks[0]))

    def edit() -> None:
        thread = threading.Thread(target=lambda: setattr(task, "bid", 99))
        thread.start()
        thread.join()

    transport.before_write = edit
    session.ensure("Task", {"name": "new", "parent": shot})
    assert session.modified == [task]
    assert existing(other.get("Task", task.id)).bid == 0


def test_many_threads_that_ensure_the_same_entity_create_it_once(session: Session, shot: Entity) -> None:
    barrier = threading.Barrier(8)

    def ensure(number: int) -> Entity:
        barrier.wait(60)
        return session.ensure("Task", {"name": "the same", "parent": shot, "bid": number}, ["name", "parent"])

    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(ensure, range(8)))
    assert set(tasks) == {tasks[0]}
    assert session.query("Task").where(name="the same", parent_id=shot.id).count() == 1
    assert (session.created, session.modified) == ([], [])


def test_uncommitted_entities_and_references_to_them_are_refused(session: Session, production: Production) -> None:
    shot = session.create("Shot", name="new", parent_id=production.sequences[0])
    with requests_made(session) as made, pytest.raises(errors.UsageError, match=r"Task\.parent is to be .*'new'"):
        session.ensure("Task", {"name": "new", "parent": shot})
    assert made == 0
    session.create("Task", name="Mine", parent_id=production.shots[0])
    with pytest.raises(errors.UsageError, match="it is new and not committed"):
        session.ensure("Task", {"name": "mine", "parent_id": production.shots[0]})
    assert len(session.created) == 2


def test_without_commit_changes_are_recorded_and_the_new_entity_is_found_again(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    shot.description = "mine"
    first = session.ensure("Task", {"name": "new", "parent": shot, "bid": 1}, ["name", "parent"], commit=False)
    again = session.ensure("Task", {"name": "new", "parent": shot, "bid": 2}, ["name", "parent"], commit=False)
    assert again is first
    assert inspect(first).state is Lifecycle.PENDING
    assert session.commit() == 2
    assert (existing(other.get("Task", first.id)).bid, existing(other.get("Shot", shot.id)).description) == (2, "mine")


def test_many_entities_take_one_request_to_find_and_one_to_commit(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    data = [{"name": f"task{n:02}", "parent": shot, "bid": 50 + n} for n in range(2, 40)]
    with requests_made(session) as made:
        tasks = session.ensure_many("Task", data, ["name", "parent"])
    assert made == 2
    assert [task.name for task in tasks] == [each["name"] for each in data]
    assert tasks[0].id == production.tasks[2]
    saved = other.query("Task").where(parent_id=shot.id).order_by("name").all()
    assert [task.bid for task in saved] == [0, 1, *(50 + n for n in range(2, 40))]


def test_data_with_the_same_identity_is_one_entity(session: Session, shot: Entity) -> None:
    data = [{"name": "twin", "parent": shot, "bid": n} for n in (1, 2)]
    first, second = session.ensure_many("Task", data, ["name", "parent"])
    assert first is second
    assert first.bid == 2
    assert session.query("Task").where(name="twin", parent_id=shot.id).count() == 1


def test_new_data_that_differs_in_case_only_is_one_entity_as_the_server_compares(
    session: Session, shot: Entity
) -> None:
    data = [{"name": name, "parent": shot, "bid": n} for n, name in enumerate(["Twin", "twin", "TWIN"], 1)]
    tasks = session.ensure_many("Task", data, ["name", "parent"])
    assert set(tasks) == {tasks[0]}
    assert (tasks[0].name, tasks[0].bid) == ("Twin", 3)
    assert session.query("Task").where(name="twin", parent_id=shot.id).count() == 1


def test_new_data_is_one_entity_by_a_reference_or_its_key(session: Session, shot: Entity) -> None:
    first = session.ensure("Task", {"name": "new", "parent": shot}, commit=False)
    assert session.ensure("Task", {"name": "NEW", "parent_id": shot.id}, commit=False) is first


def test_without_data_there_is_no_request(session: Session) -> None:
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
def test_invalid_arguments_are_refused_without_a_request(
    session: Session, data: Any, keys: Any, error: type[Exception], message: str
) -> None:
    with requests_made(session) as made, pytest.raises(error, match=message):
        session.ensure("Task", data, keys)
    assert made == 0


def test_an_invalid_value_in_one_of_many_changes_nothing(
    session: Session, production: Production, shot: Entity
) -> None:
    data: list[dict[str, Any]] = [
        {"name": "new", "parent": shot},
        {"name": "task01", "parent": shot, "bid": 50},
        {"name": "task02", "parent": shot, "bid": "many"},
    ]
    with pytest.raises(errors.InvalidValue, match=r"Task\.bid"):
        session.ensure_many("Task", data, ["name", "parent"])
    assert (session.plan(), session.created) == ([], [])
    assert existing(session.get("Task", production.tasks[1])).bid == 1


def test_an_invalid_value_keeps_earlier_changes(session: Session, production: Production, shot: Entity) -> None:
    task = existing(session.get("Task", production.tasks[1]))
    task.description = "mine"
    with pytest.raises(errors.InvalidValue):
        session.ensure(
            "Task", {"name": "task01", "parent": shot, "bid": 50, "type_id": 7}, ["name", "parent"], commit=False
        )
    assert set(inspect(task).changes) == {"description"}


def test_the_changes_of_a_refused_commit_are_reverted(session: Session, shot: Entity) -> None:
    data: list[dict[str, Any]] = [
        {"name": "task01", "parent": shot, "bid": 50},
        {"name": "odd", "parent": shot, "status_id": "nonsense"},
    ]
    with pytest.raises(errors.ServerError):
        session.ensure_many("Task", data, ["name", "parent"])
    assert session.plan() == []


def test_a_read_only_attribute_may_have_its_present_value(
    session: Session, production: Production, shot: Entity
) -> None:
    data = {"name": "task01", "parent": shot, "id": production.tasks[1]}
    assert session.ensure("Task", data, ["name", "parent"]).id == production.tasks[1]
    with pytest.raises(errors.ReadOnlyAttribute, match=r"Task\.id"):
        session.ensure("Task", {**data, "id": production.tasks[2]}, ["name", "parent"])


def test_an_entity_that_is_about_to_be_deleted_is_refused(
    session: Session, production: Production, shot: Entity
) -> None:
    session.delete(existing(session.get("Task", production.tasks[1])))
    with pytest.raises(errors.EntityDeleted, match="about to be deleted"):
        session.ensure("Task", {"name": "task01", "parent": shot}, commit=False)


def test_an_unsaved_edit_of_an_identifying_attribute_is_replaced(
    session: Session, production: Production, shot: Entity
) -> None:
    task = existing(session.get("Task", production.tasks[1]))
    task.name = "renamed"
    assert session.ensure("Task", {"name": "task01", "parent": shot}, commit=False) is task
    assert task.name == "task01"
    assert session.plan() == []


class FailingOnce(ForwardingTransport):
    """Loses the response to the first request that changes something, or does not send the request at all."""

    def __init__(self, box: Sandbox, *, sends: bool) -> None:
        super().__init__(box)
        self._sends = sends
        self._fails = True

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if request.idempotent or not self._fails:
            return super().send(request, cancellation)
        self._fails = False
        if self._sends:
            super().send(request, cancellation)
        raise errors.TransportError("The connection failed.", safe_to_retry=not self._sends)


def test_a_lost_response_creates_nothing_twice(
    box: Sandbox, connect: Connect, other: Session, production: Production
) -> None:
    session = connect(transport=FailingOnce(box, sends=True))
    data = {"name": "new", "parent": existing(session.get("Shot", production.shots[0]))}
    task = session.ensure("Task", data)
    assert session.ensure("Task", data) is task
    assert other.query("Task").where(name="new", parent_id=production.shots[0]).one().id == task.id


def test_changes_that_could_not_be_sent_stay_recorded(
    box: Sandbox, connect: Connect, other: Session, production: Production
) -> None:
    session = connect(transport=FailingOnce(box, sends=False))
    with pytest.raises(errors.TransportError):
        session.ensure("Task", {"name": "new", "parent": existing(session.get("Shot", production.shots[0]))})
    assert len(session.created) == 1
    session.commit()
    assert other.query("Task").where(name="new", parent_id=production.shots[0]).count() == 1
