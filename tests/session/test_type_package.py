"""Sessions of a studio package whose server has another schema: they say so once, and go on working.

The server is the same in all tests. The packages were written for other schemas, before or after the server changed.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, attr, inspect, validator
from ftrack_orm.errors import SchemaDriftWarning, ServerError, UnknownAttribute, UnknownEntityType, ValidationFailed
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.schema.model import Schema, schema_hash
from ftrack_orm.testing import requests_made
from ftrack_orm.typing.content import SchemaContent
from ftrack_orm.typing.package import StudioPackage
from tests.production import Production
from tests.property_settings import examples
from tests.typing.conftest import open_session, server_answer, write_package
from tests.typing.studio_packages import Open, WritePackage, described

__all__ = ["open_session", "server_answer", "write_package"]

LOST = "The server has lost it since the package"


@pytest.fixture(scope="module")
def older(write_package: WritePackage, server_answer: list[dict[str, Any]]) -> Any:
    """A package with an attribute and a type that the server does not have, and without others that it has."""
    return write_package(older_answer(server_answer))


def older_answer(server_answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answer of a server before it lost `Task.bygone` and `Relic`, and got `Task.bid` and `Group`."""
    answer: list[dict[str, Any]] = pickle.loads(pickle.dumps(server_answer))
    properties = described(answer, "Task")["properties"]
    properties["bygone"] = {"type": "string"}
    del properties["bid"]
    relic = {"id": "Relic", "type": "object", "properties": {"id": {"type": "string"}}, "primary_key": ["id"]}
    return [relic, *(each for each in answer if each["id"] != "Setting")]


def test_a_session_warns_once_of_the_differences_at_the_first_request(older: Any, open_session: Open) -> None:
    session = open_session(older)
    with requests_made(session) as made:
        with pytest.warns(SchemaDriftWarning) as caught:
            session.query("Project").first()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            session.query("Project").count()
    assert made.count == 2
    (warning,) = caught
    assert warning.filename == __file__
    message = str(warning.message)
    assert session.server_url in message
    assert older.__name__ in message
    assert "ftrack-orm stubs" in message
    for difference in ("bygone", "bid", "Relic", "Setting"):
        assert difference in message
    assert warning.message.differences.breaking  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_entities_are_instances_of_the_classes_of_the_package(
    older: Any, open_session: Open, production: Production
) -> None:
    session = open_session(older)
    task = session.query(older.Task).where(older.Task.project.id == production.project).first()
    assert isinstance(task, older.Task)
    assert isinstance(task, older.TypedContext)
    assert isinstance(task.parent, older.Shot)
    assert not isinstance(task.parent, older.Task)
    assert issubclass(session.types.Task, older.Task)
    assert session.get(older.Task, task.id) is task
    created = session.create(older.Task, name="new", parent=task.parent)
    assert isinstance(created, older.Task)
    assert created.create_note("A note", author=session.query("User").first()) in created.notes
    session.commit()


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_attributes_that_the_server_has_lost_raise_errors_that_say_so(
    older: Any, open_session: Open, production: Production
) -> None:
    session = open_session(older)
    task = session.get(older.Task, production.tasks[0])
    lost = f"bygone.*{LOST} {older.__name__}"
    for use in (
        lambda: task.bygone,
        lambda: task["bygone"],
        lambda: setattr(task, "bygone", "x"),
        lambda: session.types.Task.bygone,
        lambda: session.query(older.Task).where(older.Task.bygone == "x"),
        lambda: session.query(older.Task).where(bygone="x"),
        lambda: session.query(older.Task).where(attr("bygone") == "x"),
        lambda: session.query(older.Task).select(older.Task.bygone),
        lambda: session.query(older.Task).order_by("bygone"),
        lambda: session.query("Task where bygone is x"),
        lambda: session.query("Task").where(older.Task.parent[older.Task].bygone == "x"),
        lambda: session.create(older.Task, name="x", bygone="x"),
        lambda: session.populate([task], "bygone"),
        lambda: session.refresh(task, "bygone"),
    ):
        with pytest.raises(UnknownAttribute, match=lost):
            use()
    with pytest.raises(UnknownAttribute) as caught:
        task.bygones  # noqa: B018
    assert LOST not in str(caught.value)


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_types_that_the_server_has_lost_raise_errors_that_say_so(older: Any, open_session: Open) -> None:
    session = open_session(older)
    session.server_information  # noqa: B018
    lost = f"Relic.*{LOST} {older.__name__}"
    uses: list[Callable[[], Any]] = [
        lambda: session.types.Relic,
        lambda: session.query(older.Relic),
        lambda: session.query("Relic"),
        lambda: session.get(older.Relic, "1"),
        lambda: session.create(older.Relic),
    ]
    for use in uses:
        with pytest.raises(UnknownEntityType, match=lost):
            use()


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_attributes_and_types_that_are_new_are_reached_by_name(
    older: Any, open_session: Open, production: Production
) -> None:
    session = open_session(older)
    task = session.get(older.Task, production.tasks[3])
    assert task.bid == task["bid"] == 3
    task.bid = 4
    session.commit()
    assert session.query(older.Task).where(session.types.Task.bid == 4, id=task.id).one() is task
    assert "Setting" in session.types
    assert session.query("Setting").count() >= 0
    with pytest.raises(UnknownAttribute):
        older.Task.bid  # noqa: B018


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_behaviours_of_a_session_are_those_of_the_package_too(
    write_package: WritePackage, server_answer: list[dict[str, Any]], open_session: Open, production: Production
) -> None:
    package = write_package(older_answer(server_answer))
    first, second = open_session(package), open_session(package)
    tasks = [session.get(package.Task, production.tasks[0]) for session in (first, second)]

    class Loud:
        def shout(self: Any) -> str:
            return str(self.name).upper()

    class Quiet:
        def whisper(self: Any) -> str:
            return "..."

    types: Any = first.types
    types.behaviour("Task")(Loud)
    types.behaviour("Setting")(Quiet)

    assert [task.shout() for task in tasks] == ["TASK00", "TASK00"]
    assert hasattr(first.types.Setting, "whisper")


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
def test_validators_of_a_package_are_run_by_commits_of_all_of_its_sessions(
    write_package: WritePackage, server_answer: list[dict[str, Any]], open_session: Open, production: Production
) -> None:
    older, current = write_package(older_answer(server_answer)), write_package(server_answer)

    class Checked:
        @validator
        def check_name(self: Any) -> None:
            if self.name == "bad":
                raise ValueError("This name is refused.")

    for package in (older, current):
        first = open_session(package)
        first.get(package.Task, production.tasks[0])
        package.types.behaviour("Task")(Checked)
        for session in (first, open_session(package)):
            session.get(package.Task, production.tasks[0]).name = "bad"
            with pytest.raises(ValidationFailed, match="This name is refused"):
                session.commit()
            session.rollback()


@pytest.mark.filterwarnings("ignore::ftrack_orm.errors.SchemaDriftWarning")
@given(data=st.data())
# Without shrinking, which would take minutes: the draws of a failure are few.
@settings(
    phases=[Phase.generate], max_examples=examples(3, 30), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_session_works_whatever_the_package_lacks_or_has_besides(
    data: st.DataObject, server_answer: list[dict[str, Any]], box: Sandbox, schema_cache: Path, production: Production
) -> None:
    """Attributes of tasks and their contexts are dropped or added at random, as are whole types."""
    answer: list[dict[str, Any]] = pickle.loads(pickle.dumps(server_answer))
    for name in ("Task", "TypedContext", "Context", "Shot", "Status"):
        properties = described(answer, name)["properties"]
        removable = sorted(set(properties) - {"id"})
        for removed in data.draw(st.lists(st.sampled_from(removable), max_size=8, unique=True), name):
            del properties[removed]
        for added in data.draw(st.sets(st.sampled_from(["old_a", "old_b", "old_c"])), name):
            properties[added] = {"type": "string"}
    dropped = data.draw(st.sets(st.sampled_from(["Setting", "Timer", "Milestone", "Event"])))
    answer = [each for each in answer if each["id"] not in dropped]
    package = StudioPackage("studio_drawn", Path())
    package.__dict__["_content"] = SchemaContent.of(answer)
    with package.session_class(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session:
        Task, Context = package.get("Task"), package.get("Context")
        task = session.query(Task).where(id=production.tasks[0]).one()
        assert isinstance(task, Task)
        assert isinstance(task.parent, Context)
        assert isinstance(task, Context)
        expected, present = (schema.type("Task").attributes for schema in (package.schema, session.schema))
        for name in present.keys() - expected.keys():
            if not present[name].restricted:
                task[name]
        for name in expected.keys() - present.keys():
            with pytest.raises(UnknownAttribute, match=LOST):
                task[name]
        task.description = data.draw(st.text("abc", min_size=1))
        session.commit()
        assert session.query("Task").where(description=task.description, id=task.id).one() is task


def test_a_package_that_is_newer_than_the_cached_schema_gets_its_own_classes_and_no_warning(
    write_package: WritePackage,
    server_answer: list[dict[str, Any]],
    open_session: Open,
    tmp_path: Path,
    box: Sandbox,
    production: Production,
) -> None:
    package = write_package(server_answer)
    outdated = older_answer(server_answer)
    SchemaCache(tmp_path).store(box.url, Schema.from_response(outdated), schema_hash(outdated))
    session = open_session(package, schema_cache_path=tmp_path)
    early = session.create(package.Task, name="early")
    reference = session.reference("Task", production.tasks[0])
    assert type(early) is not package.Task
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.server_information  # noqa: B018
    assert reference.name == "task00"
    assert type(early) is type(reference) is session.types.Task is package.Task
    assert inspect(early).changes == inspect(early).changes
    assert session.created == [early]


def test_a_package_that_is_older_than_the_server_takes_over_the_entities_of_the_time_before(
    write_package: WritePackage,
    server_answer: list[dict[str, Any]],
    open_session: Open,
    tmp_path: Path,
    box: Sandbox,
    production: Production,
) -> None:
    outdated = older_answer(server_answer)
    package = write_package(outdated)
    SchemaCache(tmp_path).store(box.url, Schema.from_response(outdated), schema_hash(outdated))
    session = open_session(package, schema_cache_path=tmp_path)
    reference = session.reference(package.Task, production.tasks[0])
    assert type(reference) is session.types.Task is package.Task
    with pytest.warns(SchemaDriftWarning):
        session.server_information  # noqa: B018
    assert reference.name == "task00"
    assert type(reference) is session.types.Task is not package.Task
    assert isinstance(reference, package.Task)
    assert reference.bid == 0
    with pytest.raises(UnknownAttribute, match=LOST):
        reference.bygone  # noqa: B018


def test_a_request_that_the_server_refuses_for_a_lost_attribute_warns_too(
    write_package: WritePackage,
    server_answer: list[dict[str, Any]],
    open_session: Open,
    tmp_path: Path,
    box: Sandbox,
    production: Production,
) -> None:
    outdated = older_answer(server_answer)
    described(outdated, "Task")["default_projections"].append("bygone")
    package = write_package(outdated)
    SchemaCache(tmp_path).store(box.url, Schema.from_response(outdated), schema_hash(outdated))
    query = open_session(package, schema_cache_path=tmp_path).query(package.Task).where(id=production.tasks[0])
    with pytest.warns(SchemaDriftWarning), pytest.raises(ServerError, match="bygone"):
        query.one()
    assert query.one().name == "task00"


def test_two_servers_with_different_schemas_do_not_disturb_each_other(
    older: Any, open_session: Open, connect: Any, production: Production
) -> None:
    """The classes of the package stay those of its schema, whatever the server of a session has."""
    with pytest.warns(SchemaDriftWarning):
        open_session(older).query("Project").first()
    assert str(older.Task.bygone) == "bygone"
    assert connect().get("Task", production.tasks[0]).bid == 0


def test_a_warning_that_is_an_error_loses_no_reply(older: Any, open_session: Open, production: Production) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session = open_session(older)
        with pytest.raises(SchemaDriftWarning):
            session.server_information  # noqa: B018
        assert session.get(older.Task, production.tasks[0]).name == "task00"
        later = open_session(older)
        later.schema  # noqa: B018  # from the cache
        assert later.query("Task").where(id=production.tasks[0]).one().name == "task00"


def test_schemas_that_differ_in_their_order_only_are_no_reason_for_a_warning(
    write_package: WritePackage, server_answer: list[dict[str, Any]], open_session: Open
) -> None:
    answer = [{**each, "required": each.get("required", [])[::-1]} for each in reversed(server_answer)]
    package = write_package(answer)
    session = open_session(package)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.server_information  # noqa: B018
    assert session.types.Task is package.Task
    assert isinstance(session, Session)
