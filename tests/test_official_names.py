"""A name of the official client is an error that says what to write here, wherever it is looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import ftrack_orm
from ftrack_orm import Session, errors
from ftrack_orm.official_names import OFFICIAL_NAMES, advice, unknown_name
from ftrack_orm.settings import Settings


def holder_of(kind: str, session: Session) -> Any:
    """Return an object of a kind."""
    if kind == "entity":
        return session.create("User", username="official.names")
    holders: dict[str, Callable[[], Any]] = {
        "module": lambda: ftrack_orm,
        "session": lambda: session,
        "class": lambda: session.types.Metadata,
        "query": lambda: session.query("Task"),
        "collection": lambda: session.create("User", username="official.names").timelogs,
        "mapping": lambda: session.create("Task", name="official names").metadata,
        "event hub": lambda: session.event_hub,
    }
    return holders[kind]()


@pytest.mark.parametrize("kind", [kind for kind in OFFICIAL_NAMES if kind != "settings"])
def test_each_name_is_an_error_with_its_advice(kind: str, session: Session) -> None:
    holder = holder_of(kind, session)
    for name in OFFICIAL_NAMES[kind]:
        if name == "__class__" or (kind == "module" and hasattr(ftrack_orm, name)):
            continue  # is set, not read; or is a package of this library that was imported
        with pytest.raises(errors.UnknownAttribute) as caught:
            getattr(holder, name)
        assert advice(kind, name, caught.value.entity_type or "") in str(caught.value), name
        assert not hasattr(holder, name)
    session.rollback()


def test_each_setting_is_an_error_with_its_advice() -> None:
    for name in OFFICIAL_NAMES["settings"]:
        with pytest.raises(errors.SettingsError) as caught:
            Settings.resolve("https://studio.example", "key", "user", environ={}, **{name: None})
        assert advice("settings", name) in str(caught.value)


def test_advice_names_the_type_of_the_entity() -> None:
    assert 'session.schema.type("Shot").attributes' in advice("class", "attributes", "Shot")
    assert "{type}" not in "".join(
        advice(kind, name, "Shot") for kind in OFFICIAL_NAMES for name in OFFICIAL_NAMES[kind]
    )


def test_another_name_is_an_error_with_near_names() -> None:
    assert advice("entity", "statsu") == advice("entity", 5) == ""
    error = unknown_name("entity", "Task", "statsu", ["status", "name"], "Task")
    assert str(error) == "Task has no attribute 'statsu'. Did you mean 'status'?"
    assert (error.entity_type, error.attribute) == ("Task", "statsu")


@pytest.mark.parametrize("name", ["auto_populate", "record_operations", "recorded_operations", "cache"])
def test_a_switch_of_the_official_client_cannot_be_set(session: Session, name: str) -> None:
    with pytest.raises(errors.UnknownAttribute, match="Write"):
        setattr(session, name, False)


def test_a_session_of_a_studio_has_attributes_of_its_own(session: Session) -> None:
    session.department = "animation"  # type: ignore[attr-defined]
    assert session.department == "animation"  # type: ignore[attr-defined]
    with pytest.raises(errors.UnknownAttribute, match="Did you mean 'query'"):
        session.querry("Task")  # type: ignore[attr-defined]


def test_importing_a_module_of_the_official_client_says_what_to_import() -> None:
    for name in OFFICIAL_NAMES["module"]:
        if name in ("query", "session"):
            continue  # packages of this library
        for statement in (f"import ftrack_orm.{name}.base", f"from ftrack_orm import {name}"):
            with pytest.raises(ImportError) as caught:
                exec(statement)
            assert advice("module", name) in str(caught.value), statement
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'ftrack_orm\.nothing'"):
        exec("import ftrack_orm.nothing")
