from __future__ import annotations

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.wire import operations
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY", "FTRACK_API_SCHEMA_CACHE_PATH"):
        monkeypatch.delenv(name, raising=False)


# -- beginning --------------------------------------------------------------------------------------------------------


def test_creating_a_session_makes_no_request(tmp_path: Path) -> None:
    session = Session("http://127.0.0.1:1", "key", "jane", schema_cache_path=tmp_path, retries=0)
    assert (session.server_url, session.api_user, session.closed) == ("http://127.0.0.1:1", "jane", False)
    assert repr(session)
    assert (session.created, session.modified, session.deleted, dict(session.changes())) == ([], [], [], {})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(errors.TransportError) as caught:
        session.query("Task")
    assert caught.value.safe_to_retry is True
    session.close()


def test_missing_settings_are_named_with_their_variables(no_environment: None) -> None:
    with pytest.raises(errors.SettingsError) as caught:
        Session(api_user="jane")
    message = str(caught.value)
    assert "server_url" in message
    assert "FTRACK_SERVER" in message
    assert "api_key" in message
    assert "FTRACK_API_KEY" in message
    assert "FTRACK_API_USER" not in message


def test_an_unknown_setting_is_refused_with_a_suggestion(box: Sandbox) -> None:
    with pytest.raises(errors.SettingsError, match="'timeout'"):
        Session(box.url, box.api_key, box.api_user, timout=5)  # type: ignore[arg-type]


def test_the_environment_replaces_omitted_arguments(
    no_environment: None, monkeypatch: pytest.MonkeyPatch, box: Sandbox, tmp_path: Path
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", box.url)
    monkeypatch.setenv("FTRACK_API_USER", box.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", box.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    with Session() as session:
        assert session.query("User").where(username=box.api_user).one()
    assert len(list(tmp_path.iterdir())) == 1


def test_arguments_win_over_the_environment(
    no_environment: None, monkeypatch: pytest.MonkeyPatch, box: Sandbox
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("FTRACK_API_USER", "nobody")
    monkeypatch.setenv("FTRACK_API_KEY", "wrong")
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        assert session.api_user == box.api_user
        assert session.query("User").exists()


def test_the_key_appears_in_no_repr(box: Sandbox, connect: Connect) -> None:
    session = connect()
    assert box.api_key not in repr(session)
    assert box.api_user in repr(session)
    assert box.url in repr(session)
    with pytest.raises(errors.ServerError) as caught:
        session.call([{"action": "nonsense"}])
    assert box.api_key not in str(caught.value) + repr(caught.value.details)


@pytest.mark.parametrize("size", [-1, 2.5, "many", None])
def test_an_invalid_number_of_recent_entities_is_refused(box: Sandbox, size: Any) -> None:
    with pytest.raises(errors.SettingsError, match="recent_size"):
        Session(box.url, box.api_key, box.api_user, recent_size=size)


# -- what the server is -----------------------------------------------------------------------------------------------


def test_types_have_the_methods_of_a_mapping(session: Session) -> None:
    types = session.types
    assert list(types.keys()) == list(types) == [name for name, _ in types.items()]
    assert types.Task in types.values()
    assert dict(types.items())["Shot"] is types.get("Shot") is types.Shot
    assert types.get("Spaceship") is None
    assert types.get("Spaceship", 5) == 5


def test_the_data_of_a_new_entity_may_be_passed_by_name(session: Session) -> None:
    assert session.create("User", data={"username": "by.name"}, email="x@example.com").username == "by.name"
    assert session.create("Job", data='{"description": "text"}').data == '{"description": "text"}'
    session.rollback()


def test_types_are_available_by_attribute_and_item_and_can_be_listed(session: Session) -> None:
    types = session.types
    assert types.Task is types["Task"]
    assert "Task" in types
    assert "Tsak" not in types
    assert {"Task", "Shot", "Project", "User"} <= set(types)
    assert len(types) == len(list(types)) == len(session.schemas)
    assert "AssetVersion" in dir(types)


def test_schemas_are_the_json_of_the_server(session: Session) -> None:
    (reply,) = session.call([{"action": "query_schemas"}])
    assert session.schemas == reply
    assert session.schema.hash == session.server_information["schema_hash"]


def test_server_information_cannot_be_changed(session: Session) -> None:
    with pytest.raises(TypeError):
        session.server_information["version"] = "1"  # type: ignore[index]


# -- get --------------------------------------------------------------------------------------------------------------


def test_get_returns_a_loaded_entity_without_a_request(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[3]).one()
    with requests_made(session) == 0:
        results = [
            session.get("Task", task.id),
            session.get(session.types.Task, task.id),
            session.get("Context", task.id),
            session.get("Task", [task.id]),
        ]
    assert all(result is task for result in results)


def test_get_makes_one_request_for_an_entity_that_is_not_loaded(session: Session, production: Production) -> None:
    with requests_made(session) == 1:
        shot = existing(session.get("Shot", production.shots[2]))
    assert (shot.id, shot.name, type(shot)) == (production.shots[2], "sh2", session.types.Shot)


def test_get_returns_an_entity_of_its_own_type_for_a_base_type(session: Session, production: Production) -> None:
    found = session.get("Context", production.shots[0])
    assert type(found) is session.types.Shot
    assert isinstance(session.get("Context", production.project), session.types.Project)


def test_get_returns_none_for_an_unknown_key(session: Session) -> None:
    assert session.get("Task", "there is no such id") is None


def test_get_returns_no_entity_of_another_type(session: Session, production: Production) -> None:
    session.get("Task", production.tasks[0])
    assert session.get("Shot", production.tasks[0]) is None
    assert session.get("User", production.tasks[0]) is None


def test_get_takes_keys_of_several_attributes(session: Session, other: Session, production: Production) -> None:
    task = existing(other.get("Task", production.tasks[0]))
    task.metadata["reviewed"] = "yes"
    other.commit()
    found = existing(session.get("Metadata", (production.tasks[0], "reviewed")))
    assert found.value == "yes"
    with requests_made(session) == 0:
        assert session.get("Metadata", [production.tasks[0], "reviewed"]) is found


def test_get_takes_number_keys(session: Session) -> None:
    assert session.get("Event", 2_000_000_000) is None


@pytest.mark.parametrize("key", [None, "", (), ("a", "b"), [None], {"id": "x"}, object()])
def test_get_refuses_an_invalid_key_and_names_the_attributes_of_the_key(session: Session, key: Any) -> None:
    with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match="The key of Task is id"):
        session.get("Task", key)


def test_get_names_the_attributes_of_a_longer_key(session: Session, production: Production) -> None:
    with pytest.raises(errors.InvalidValue, match="parent_id, key"):
        session.get("Metadata", production.tasks[0])


def test_get_of_an_unknown_type_suggests_one(session: Session) -> None:
    with pytest.raises(errors.UnknownEntityType, match="'Task'"):
        session.get("Tsk", "x")


def test_get_finds_a_new_entity_before_it_is_committed(session: Session, production: Production) -> None:
    task = session.create("Task", name="new", parent_id=production.shots[0])
    with requests_made(session) == 0:
        assert session.get("Task", task.id) is task


# -- query ------------------------------------------------------------------------------------------------------------


def test_query_takes_a_class_a_name_and_a_whole_expression(session: Session, production: Production) -> None:
    Task = session.types.Task
    expected = [session.get("Task", key) for key in production.tasks[:2]]
    text = f'select name from Task where project_id is "{production.project}" order by name limit 2'
    assert session.query(text).all() == expected
    for what in (Task, "Task"):
        assert session.query(what).where(project_id=production.project).order_by("name")[:2] == expected


@pytest.mark.parametrize("what", [5, None, object(), int])
def test_query_refuses_a_value_that_is_not_a_type(session: Session, what: Any) -> None:
    with pytest.raises(errors.UsageError, match="entity class or the name of a type"):
        session.query(what)


@pytest.mark.parametrize("page_size", [0, -1, 1.5, "many"])
def test_query_refuses_an_invalid_page_size(session: Session, page_size: Any) -> None:
    with pytest.raises(errors.QueryError):
        session.query("Task", page_size=page_size)


def test_a_mistake_in_a_query_raises_before_any_request(session: Session) -> None:
    Task = session.types.Task
    with requests_made(session) == 0:
        with pytest.raises(errors.UnknownAttribute, match="'status'"):
            session.query(Task).where(Task.statsu.name == "Approved")
        with pytest.raises(errors.UnknownAttribute, match="'status'"):
            session.query("Task").where(statsu=None)
        with pytest.raises(errors.UnknownEntityType, match="'Task'"):
            session.query("Taks where name is x")
        with pytest.raises(errors.QueryError):
            session.query("Task where name is")


def test_fetching_never_forbids_requests_inside_its_block_only(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    with session.fetching("never"), requests_made(session) == 0:
        assert task.name == "task00"
        with pytest.raises(errors.NotFetched, match=r"\.select\(Task\.bid\)"):
            task.bid  # noqa: B018 - reading it is what fails
    assert task.bid == 0


def test_an_unknown_fetch_mode_is_refused(session: Session, box: Sandbox) -> None:
    with pytest.raises(errors.InvalidValue, match=r"'peers', 'one', 'never'.*'never'"):
        session.fetching("nevr")  # type: ignore[arg-type]  # which is tested
    with pytest.raises(errors.SettingsError, match="'never'"):
        Session(box.url, box.api_key, box.api_user, fetch="nevr")  # type: ignore[arg-type]


# -- changing ---------------------------------------------------------------------------------------------------------


def test_changes_are_shown_planned_and_sent_in_one_request(
    session: Session, other: Session, production: Production
) -> None:
    first, second, third = session.query("Task").where(project_id=production.project).order_by("name")[:3]
    first.name = "renamed"
    session.delete(second)
    new = session.create(session.types.Task, {"name": "new"}, parent=third.parent, bid=3)
    assert (session.created, session.modified, session.deleted) == ([new], [first], [second])
    assert session.changes()[first]["name"].old == "task00"
    assert session.changes()[first]["name"].new == "renamed"
    assert [operation["action"] for operation in session.plan().as_json()] == ["create", "update", "delete"]
    with requests_made(session) == 1:
        assert session.commit() == 3
    assert (session.created, session.modified, session.deleted, session.plan()) == ([], [], [], [])
    assert existing(other.get("Task", first.id)).name == "renamed"
    assert other.get("Task", second.id) is None
    assert existing(other.get("Task", new.id)).bid == 3


@pytest.mark.parametrize("wrong", [None, "an id", [], int])
def test_delete_takes_an_entity_only(session: Session, wrong: Any) -> None:
    with pytest.raises(errors.InvalidValue, match="takes one entity"):
        session.delete(wrong)


@pytest.mark.parametrize("wrong", ["name", [("name", "x")], 5])
def test_create_takes_attributes_as_a_mapping_only(session: Session, wrong: Any) -> None:
    with pytest.raises(errors.InvalidValue, match="mapping or by keyword"):
        session.create("Task", wrong)


def test_create_takes_an_attribute_called_data_like_any_other(session: Session) -> None:
    job = session.create("Job", data="{}", type="api_job")
    assert job.data == "{}"


def test_a_commit_without_changes_makes_no_request(session: Session) -> None:
    with requests_made(session) == 0:
        assert session.commit() == 0


def test_begin_commits_when_its_block_ends(session: Session, other: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with session.begin() as same:
        assert same is session
        task.name = "renamed"
    assert not session.modified
    assert existing(other.get("Task", task.id)).name == "renamed"


def test_begin_rolls_back_when_its_block_raises(session: Session, other: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with pytest.raises(ZeroDivisionError), session.begin():
        task.name = "renamed"
        new = session.create("Task", name="new", parent_id=production.shots[0])
        raise ZeroDivisionError
    assert task.name == "task00"
    assert inspect(new).state.value == "transient"
    assert not session.modified
    assert not session.created
    assert other.get("Task", new.id) is None


def test_a_refused_commit_keeps_the_changes_for_correction(
    session: Session, other: Session, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    other.delete(existing(other.get("Task", task.id)))
    other.commit()
    task.name = "renamed"
    with pytest.raises(errors.EntityNotFound):
        session.commit()
    assert session.modified == [task]
    session.rollback()
    assert task.name == "task00"


# -- the end ----------------------------------------------------------------------------------------------------------


def test_a_closed_session_keeps_loaded_values_and_raises_for_everything_else(
    connect: Connect, production: Production
) -> None:
    with connect() as session:
        task = session.query("Task").where(id=production.tasks[0]).select("name").one()
        query = session.query("Task")
    assert session.closed
    assert "closed" in repr(session)
    assert task.name == "task00"
    assert inspect(task).state.value == "detached"
    assert session.get("Task", task.id) == task
    for refused in (
        lambda: task.bid,
        query.all,
        query.count,
        lambda: session.get("Task", production.tasks[1]),
        lambda: session.create("Task", name="new"),
        lambda: session.delete(task),
        session.commit,
        lambda: session.call([operations.QueryServerInformationOperation()]),
    ):
        with pytest.raises(errors.SessionClosed):
            refused()
    with pytest.raises(errors.SessionClosed):
        task.name = "renamed"
    session.close()


def test_a_session_closed_before_its_handshake_raises(box: Sandbox) -> None:
    session = Session(box.url, box.api_key, box.api_user, schema_cache_path=False)
    session.close()
    with pytest.raises(errors.SessionClosed):
        session.types.Task  # noqa: B018 - reading it asks for the schema


def test_closing_with_changes_warns_at_the_closing_line(connect: Connect, production: Production) -> None:
    session = connect()
    existing(session.get("Task", production.tasks[0])).name = "renamed"
    session.create("Task", name="new", parent_id=production.shots[0])
    with pytest.warns(RuntimeWarning, match="1 created, 1 modified, 0 deleted") as caught:
        session.close()
    assert caught[0].filename == __file__

    again = connect()
    with pytest.warns(RuntimeWarning, match="0 created, 1 modified, 0 deleted") as caught, again:
        existing(again.get("Task", production.tasks[0])).name = "renamed"
    assert caught[0].filename == __file__


def test_closing_without_changes_is_silent(connect: Connect, production: Production) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with connect() as session:
            session.get("Task", production.tasks[0])


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_a_session_is_neither_copied_nor_pickled(duplicate: Any) -> None:
    session = Session("https://studio.test", "k3y-of-the-studio", "jane", schema_cache_path=False)
    with pytest.raises(errors.InvalidValue, match="cannot be copied or pickled") as caught:
        duplicate(session)
    assert "k3y" not in str(caught.value)
    assert not session.closed
