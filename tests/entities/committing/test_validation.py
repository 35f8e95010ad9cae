"""Validators of behaviours, which run before a commit sends anything."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session, SessionChanges, errors, validator
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def shot(session: Session, production: Production) -> Entity:
    return existing(session.get("Shot", production.shots[0]))


@pytest.fixture
def checked(session: Session) -> list[str]:
    """The names of the shots and tasks that were checked, once the behaviours of this test are joined."""
    checked: list[str] = []

    @session.types.behaviour("TypedContext")
    class Named:
        @validator
        def name_is_lower_case(self: Any) -> None:
            checked.append(self.name)
            if self.name != self.name.lower():
                raise ValueError(f"{self.name} is not written in lower case.")

    @session.types.behaviour("Shot")
    class Described:
        @validator("description", "status")
        def has_a_description(self: Any) -> None:
            checked.append(f"description of {self.name}")
            if not self.description:
                raise errors.InvalidValue(f"{self.name} has no description.")

    return checked


def test_all_failures_of_a_commit_are_told_together_and_nothing_is_sent(
    session: Session, other: Session, shot: Entity, checked: list[str]
) -> None:
    shot.name, shot.description = "SH", ""
    task = session.create("Task", name="Anim", parent=shot)
    with requests_made(session) as made, pytest.raises(errors.ValidationFailed) as caught:
        session.commit()
    assert made == 0
    assert str(caught.value).splitlines() == [
        "Nothing was committed: 3 validators failed.",
        f"<Shot 'SH' {shot.id} persistent>: SH has no description.",
        f"<Shot 'SH' {shot.id} persistent>: SH is not written in lower case.",
        f"<Task 'Anim' {task.id} pending>: Anim is not written in lower case.",
    ]
    assert [(reference.entity_type, reference.id) for reference, _ in caught.value.failures] == [
        ("Shot", shot.id),
        ("Shot", shot.id),
        ("Task", task.id),
    ]
    assert isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).failures == caught.value.failures
    # All changes stay recorded: correct them and commit again.
    shot.name, shot.description, task.name = "sh", "described", "anim"
    session.commit()
    assert existing(other.get("Task", task.id)).name == "anim"


def test_a_validator_of_attributes_runs_when_one_of_them_or_its_key_has_changed(
    session: Session, shot: Entity, checked: list[str]
) -> None:
    session.populate(shot, "name, description, status_id")
    shot.priority = session.query("Priority").first()
    session.commit()
    assert checked == ["sh0"]
    checked.clear()
    shot.status_id = session.query("Status where name is Omitted").one().id
    shot.description = "described"
    session.commit()
    assert sorted(checked) == ["description of sh0", "sh0"]


def test_a_validator_runs_for_all_changes_of_new_entities_and_not_for_deleted_ones(
    session: Session, shot: Entity, checked: list[str]
) -> None:
    shot.name = "UPPER"
    session.delete(shot)
    session.create("Shot", name="sh9", parent=shot.parent, description="new")
    session.commit()
    assert sorted(checked) == ["description of sh9", "sh9"]


def test_a_validator_may_read_values_and_complete_an_entity(session: Session, other: Session, shot: Entity) -> None:
    @session.types.behaviour("Shot")
    class Completed:
        @validator
        def has_a_description(self: Any) -> None:
            self.description = f"{self.parent.name} {self.name}"

    shot.name = "sh7"
    session.commit()
    assert existing(other.get("Shot", shot.id)).description == "sq0 sh7"
    assert session.modified == []


def test_other_errors_of_a_validator_are_raised_as_they_are(session: Session, shot: Entity) -> None:
    @session.types.behaviour("Shot")
    class Mistaken:
        @validator
        def divides(self: Any) -> None:
            1 / 0  # noqa: B018

    shot.name = "sh7"
    with pytest.raises(ZeroDivisionError):
        session.commit()
    assert session.modified == [shot]


def test_a_unit_of_work_of_its_own_is_rolled_back_when_its_validators_refuse(
    session: Session, shot: Entity, checked: list[str]
) -> None:
    name = shot.name
    with pytest.raises(errors.ValidationFailed), session.begin():
        shot.name = "UPPER"
    assert shot.name == name
    assert session.modified == []


def test_ensuring_changes_nothing_when_a_validator_refuses(session: Session, shot: Entity, checked: list[str]) -> None:
    with pytest.raises(errors.ValidationFailed, match="UPPER is not written in lower case"):
        session.ensure("Sequence", {"name": "UPPER", "parent": shot.parent.parent}, ["name", "parent"])
    assert session.created == []
    assert session.ensure("Sequence", {"name": "sq0", "parent": shot.parent.parent}) is shot.parent


def test_validators_run_for_each_commit_of_a_unit_and_not_for_a_savepoint(
    session: Session, shot: Entity, checked: list[str]
) -> None:
    with session.begin():
        with session.begin():
            shot.name = "UPPER"
        assert checked == []
        shot.name = "lower"
    assert checked == ["lower"]


# -- the rules of a session ------------------------------------------------------------------------------------------


def test_the_failures_of_all_rules_and_validators_are_reported_together(
    session: Session, shot: Entity, checked: list[str]
) -> None:
    @session.before_commit
    def names(changes: SessionChanges) -> Iterator[tuple[Entity, str]]:
        for entity in changes.created:
            yield entity, "the name is not a number."

    @session.before_commit
    def bids(changes: SessionChanges) -> None:
        if any(each["bid"].new < 0 for each in changes.values() if "bid" in each):
            raise ValueError("A bid is negative.")

    task = session.create("Task", name="Anim", parent=shot, bid=-1)
    with requests_made(session) as made, pytest.raises(errors.ValidationFailed) as caught:
        session.commit()
    assert made == 0
    assert str(caught.value).splitlines() == [
        "Nothing was committed: 2 rules and 1 validator failed.",
        f"<Task 'Anim' {task.id} pending>: the name is not a number.",
        "A bid is negative.",
        f"<Task 'Anim' {task.id} pending>: Anim is not written in lower case.",
    ]
    assert [reference and reference.id for reference, _ in caught.value.failures] == [task.id, None, task.id]
    session.stop_before_commit(names)
    session.stop_before_commit(names)
    task.name, task.bid = "anim", 1
    assert session.commit() == 1


def test_a_rule_may_change_what_is_committed_and_runs_for_every_commit(session: Session, shot: Entity) -> None:
    seen: list[str] = []

    @session.before_commit
    def described(changes: SessionChanges) -> list[str]:
        seen.extend(entity.__entity_type__ for entity in changes)
        for entity in changes:
            entity["description"] = "checked"
        return []

    with session.begin():
        shot.name = "sh"
    assert shot.description == "checked"
    session.ensure("Shot", {"name": "ensured", "parent_id": shot["parent_id"]})
    assert seen == ["Shot", "Shot"]
    assert session.commit() == 0
    assert seen == ["Shot", "Shot"]


def test_a_rule_may_return_one_sentence(session: Session, shot: Entity) -> None:
    session.before_commit(lambda _: "No commits on a Friday.")
    shot.name = "friday"
    with pytest.raises(errors.ValidationFailed, match=r"1 rule failed\.\nNo commits on a Friday."):
        session.commit()


def test_the_failures_before_an_exception_count(session: Session, shot: Entity) -> None:
    @session.before_commit
    def strict(changes: SessionChanges) -> Iterator[str]:
        yield "first"
        raise ValueError("second")

    shot.name = "strict"
    with pytest.raises(errors.ValidationFailed) as caught:
        session.commit()
    assert [reason for _, reason in caught.value.failures] == ["first", "second"]


@pytest.mark.parametrize("result", [True, [1], [("x", "y")]])
def test_a_rule_with_another_result_is_an_error(session: Session, shot: Entity, result: Any) -> None:
    session.before_commit(lambda _: result)
    shot.name = "wrong"
    with pytest.raises(errors.InvalidValue, match="before_commit"):
        session.commit()


def test_only_a_function_is_a_rule(session: Session) -> None:
    with pytest.raises(errors.UsageError, match="takes a function"):
        session.before_commit("naming")  # type: ignore[type-var]
