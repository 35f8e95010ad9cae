"""The table of the life of an entity is that of its code, and the documentation draws it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ftrack_orm import Lifecycle, Session, inspect
from ftrack_orm.entities import lifecycle
from ftrack_orm.entities.lifecycle import EXPLANATIONS, TRANSITIONS, Transition
from ftrack_orm.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EXPLANATION = ROOT / "docs" / "explanation"


@pytest.fixture
def session(box: Sandbox) -> Session:
    return Session(box.url, box.api_key, box.api_user)


def test_a_committed_entity_passes_the_states_of_the_table(session: Session) -> None:
    states = []
    with session:
        user = session.create("User", username="lifecycle-committed")
        states.append(inspect(user).state)
        session.commit()
        states.append(inspect(user).state)
        session.delete(user)
        states.append(inspect(user).state)
        session.commit()
        states.append(inspect(user).state)
    passed = [lifecycle.CREATED, lifecycle.COMMITTED, lifecycle.COMMITTED, lifecycle.DELETED]
    assert states == [transition.after for transition in passed]
    assert inspect(user).state is Lifecycle.DELETED, "a deleted entity is not detached"


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_new_entity_that_is_taken_back_is_transient(session: Session, is_deleted: bool) -> None:
    with session:
        user = session.create("User", username="lifecycle-taken-back")
        if is_deleted:
            session.delete(user)
        else:
            session.rollback()
        assert inspect(user).state is lifecycle.TAKEN_BACK.after is Lifecycle.TRANSIENT
    assert inspect(user).state is lifecycle.CLOSED.after


def test_entities_of_a_closed_session_are_detached(session: Session) -> None:
    loaded = session.query("User").first()
    assert loaded is not None
    assert inspect(loaded).state is lifecycle.LOADED.after
    pending = session.create("User", username="lifecycle-pending")
    with pytest.warns(RuntimeWarning, match="1 created"):
        session.close()
    assert [inspect(user).state for user in (loaded, pending)] == [lifecycle.CLOSED.after] * 2


def test_each_state_is_explained_and_is_reached_by_a_transition() -> None:
    assert set(EXPLANATIONS) == {transition.after for transition in TRANSITIONS} == set(Lifecycle)
    named = [value for value in vars(lifecycle).values() if isinstance(value, Transition)]
    assert named == list(TRANSITIONS)


def test_the_picture_in_the_documentation_is_that_of_the_table() -> None:
    path = EXPLANATION / "life_of_an_entity.py"
    specification = importlib.util.spec_from_file_location("life_of_an_entity", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    picture = (EXPLANATION / "life-of-an-entity.svg").read_text(encoding="utf-8")
    assert module.picture() == picture, f"run: python {path.relative_to(ROOT)}"


def test_the_page_has_the_rows_of_the_table() -> None:
    page = (EXPLANATION / "life-of-an-entity.md").read_text(encoding="utf-8")
    for transition in TRANSITIONS:
        before = ", ".join(f"`{state.name}`" for state in transition.before)
        assert f"| {before} | `{transition.after.name}` |".replace("|  |", "| |") in page
    for state, explanation in EXPLANATIONS.items():
        assert f"| `{state.name}` | {explanation} |" in page
