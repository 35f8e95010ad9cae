"""`on_change`: callbacks for the entities that other sessions change."""

from __future__ import annotations

import threading
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.session.change_subscription import ChangeFilter, change_callback
from ftrack_orm.values import ChangeNotice
from tests.assertions import existing
from tests.production import Production
from tests.session.received_updates import TIMEOUT, FollowingSession


class Changes:
    """A callback that collects its calls; tests wait for a number of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[Entity, frozenset[str]]] = []
        self.condition = threading.Condition()

    def __call__(self, entity: Entity, names: frozenset[str]) -> None:
        with self.condition:
            self.calls.append((entity, names))
            self.condition.notify_all()

    def wait_for(self, count: int) -> list[tuple[Entity, frozenset[str]]]:
        with self.condition:
            assert self.condition.wait_for(lambda: len(self.calls) >= count, TIMEOUT)
            return self.calls


@pytest.fixture
def changes() -> Changes:
    return Changes()


def commit(other: Session, follower: FollowingSession) -> None:
    other.commit()
    follower.updates.wait_for_all_of(other)


def describe(other: Session, production: Production) -> None:
    existing(other.get("Task", production.tasks[0])).description = "changed"


def test_a_callback_receives_the_entity_and_the_names_that_changed(
    follower: FollowingSession, other: Session, production: Production, changes: Changes
) -> None:
    mine = follower.get("Task", production.tasks[0])
    follower.on_change("Context", changes, attributes=["description"])
    existing(other.get("Shot", production.shots[0])).name = "renamed"
    describe(other, production)
    commit(other, follower)
    assert changes.wait_for(1) == [(mine, frozenset({"description"}))]


def test_a_callback_is_called_only_where_the_criterion_holds(
    follower: FollowingSession, other: Session, production: Production, changes: Changes
) -> None:
    Task = follower.types.Task
    follower.on_change(Task, changes, where=Task.parent.name == "sh1")
    for id_ in (production.tasks[0], production.tasks[3]):
        existing(other.get("Task", id_)).bid = 5
    commit(other, follower)
    ((entity, names),) = changes.wait_for(1)
    assert entity.id == production.tasks[3]
    assert names == {"bid"}


def test_a_deletion_is_reported_with_the_object_that_the_session_has(
    follower: FollowingSession, other: Session, production: Production, changes: Changes
) -> None:
    mine = follower.get("Task", production.tasks[0])
    follower.on_change("Task", changes)
    other.delete(existing(other.get("Task", production.tasks[0])))
    commit(other, follower)
    assert changes.wait_for(1)[0][0] is mine
    assert inspect(mine).state.value == "deleted"


def test_the_deletion_of_an_entity_that_was_never_loaded_is_reported(
    follower: FollowingSession, other: Session, production: Production, changes: Changes
) -> None:
    follower.on_change("Task", changes)
    other.delete(existing(other.get("Task", production.tasks[0])))
    commit(other, follower)
    ((entity, _),) = changes.wait_for(1)
    assert inspect(entity).identity.key == (production.tasks[0],)
    assert inspect(entity).state.value == "deleted"


def test_no_change_is_reported_after_cancelling(
    follower: FollowingSession, other: Session, production: Production, changes: Changes
) -> None:
    subscription = follower.on_change("Task", changes)
    subscription.cancel()
    subscription.cancel()
    called = threading.Event()
    follower.on_change("Task", lambda entity, names: called.set())
    describe(other, production)
    commit(other, follower)
    assert called.wait(TIMEOUT)
    assert changes.calls == []


def test_a_subscription_shows_its_type_and_attributes(follower: FollowingSession, changes: Changes) -> None:
    assert repr(follower.on_change("Task", changes)) == "<ChangeSubscription to Task>"
    with follower.on_change("Task", changes, attributes=["status", "name"]) as subscription:
        assert repr(subscription) == "<ChangeSubscription to Task (name, status)>"
    assert repr(subscription) == "<ChangeSubscription to Task (name, status) cancelled>"


def test_attributes_that_do_not_exist_are_refused(follower: FollowingSession, changes: Changes) -> None:
    with pytest.raises(errors.UnknownAttribute, match="status"):
        follower.on_change("Task", changes, attributes=["statsu"])


def test_one_text_in_place_of_a_list_of_attributes_is_refused(follower: FollowingSession, changes: Changes) -> None:
    with pytest.raises(errors.UsageError, match=r"attributes=\['status'\]"):
        follower.on_change("Task", changes, attributes="status")


@pytest.mark.parametrize(
    ("attributes", "notice", "names"),
    [
        ([], {"names": {"name"}}, {"name"}),
        ([], {"names": {"name"}, "derived": {"link"}}, {"name"}),
        ([], {"names": set(), "derived": {"link"}}, None),
        (["link"], {"names": {"name"}, "derived": {"link"}}, {"link"}),
        (["bid"], {"names": {"name"}, "derived": {"link"}}, None),
        ([], {"names": set(), "is_deleted": True}, set()),
        (["bid"], {"names": {"name"}, "is_deleted": True}, set()),
        ([], {"names": None}, set()),
        (["bid"], {"names": None}, {"bid"}),
    ],
)
def test_the_names_that_a_filter_reports(attributes: Any, notice: Any, names: Any) -> None:
    notice = {key: frozenset(value) if isinstance(value, set) else value for key, value in notice.items()}
    change_filter = ChangeFilter("Task", frozenset(attributes))
    assert change_filter.reported_names(ChangeNotice(family="Context", key=("t",), **notice)) == names


class Methods:
    """Callbacks that are methods, and calls of their own."""

    def change(self, change: object) -> object:
        return (change,)

    def pair(self, entity: object, names: object) -> object:
        return (entity, names)

    def __call__(self, change: object, /, *, log: bool = False) -> object:
        return (change,)


@pytest.mark.parametrize(
    ("callback", "count"),
    [
        (lambda change: (change,), 1),
        (lambda change, log=True: (change,), 1),
        (lambda change, **options: (change,), 1),
        (lambda entity, names: (entity, names), 2),
        (lambda entity, names, log=True: (entity, names), 2),
        (lambda *arguments: arguments, 2),
        (lambda entity, *names: (entity, *names), 2),
        (lambda entity=None, names=None: (entity, names), 2),
        (lambda change=None: (change,), 1),
        (Methods().change, 1),
        (Methods().pair, 2),
        (Methods(), 1),
        (partial(lambda log, change: (change,), True), 1),
        (partial(lambda log, entity, names: (entity, names), True), 2),
    ],
)
def test_the_parameters_of_a_callback_decide_about_its_arguments(callback: Any, count: int) -> None:
    change: Any = SimpleNamespace(entity="entity", names=frozenset({"name"}))
    expected = (change,) if count == 1 else ("entity", {"name"})
    assert change_callback(callback)(change) == expected


@pytest.mark.parametrize("callback", [lambda: None, lambda a, b, c: None, lambda *, change: None, "text", 5])
def test_a_callback_that_cannot_be_called_with_a_change_is_refused(follower: Session, callback: Any) -> None:
    with pytest.raises(errors.UsageError, match="on_change"):
        follower.on_change("Task", callback)
