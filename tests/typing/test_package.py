"""A studio package at run time: its classes exist without a session and are those of all of its sessions."""

from __future__ import annotations

import functools
import json
import pickle
import subprocess
import sys
import threading
import typing
import warnings
from pathlib import Path
from typing import Any

import pytest

import ftrack_orm
from ftrack_orm import Entity, Session
from ftrack_orm.errors import ProtocolError, UnknownAttribute, UsageError
from ftrack_orm.testing import requests_made
from ftrack_orm.typing.content import SchemaContent
from ftrack_orm.typing.package import SCHEMA_FILE, StudioPackage, bind
from tests.production import Production
from tests.typing.studio_packages import Open, WritePackage

# -- classes without a session -----------------------------------------------------------------------------------------


def test_expressions_of_imported_classes_need_neither_session_nor_request(studio: Any, session: Session) -> None:
    with requests_made(session) as made:
        assert str(studio.Task.parent.name) == "parent.name"
        assert repr(studio.Task.parent.parent.name) == repr(session.types.Task.parent.parent.name)
        with pytest.raises(UnknownAttribute, match=r"'nmae'.*'name'"):
            studio.Task.parent.nmae  # noqa: B018
    assert made.count == 0


def test_importing_a_package_reads_nothing_and_the_first_name_reads_its_file(tmp_path: Path) -> None:
    get, names = bind("nowhere", str(tmp_path))
    for special in ("__path__", "__wrapped__", "_ipython_display_"):
        with pytest.raises(AttributeError):
            get(special)
    for use in (lambda: get("Task"), names, lambda: get("__all__")):
        with pytest.raises(UsageError, match=r"schema\.json cannot be read: No such file.*ftrack-orm stubs"):
            use()
    assert issubclass(get("Session"), ftrack_orm.Session)


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / SCHEMA_FILE
    for text, kind in (("{", UsageError), ("[" * 100_000, UsageError), ("[1]", ProtocolError), ("{}", ProtocolError)):
        file.write_text(text)
        with pytest.raises(kind, match=r"schema\.json") as caught:
            bind("damaged", str(tmp_path))[0]("Task")
        assert str(file) in str(caught.value)


def test_a_name_that_the_package_does_not_have_is_an_error_with_near_names(studio: Any) -> None:
    with pytest.raises(AttributeError, match=r"has no type 'Tusk'\. Did you mean 'Task'"):
        studio.Tusk  # noqa: B018
    with pytest.raises(ImportError, match="Tusk"):
        exec(f"from {studio.__name__} import Tusk")
    assert not hasattr(studio, "_private")
    assert {"Task", "Session", "types"} <= set(dir(studio))


def test_all_names_can_be_imported_at_once(studio: Any) -> None:
    namespace: dict[str, Any] = {}
    exec(f"from {studio.__name__} import *", namespace)
    assert namespace["Task"] is studio.Task
    assert namespace["Session"] is studio.Session


def test_threads_that_import_at_the_same_time_get_the_same_classes(studio: Any) -> None:
    package = StudioPackage(studio.__name__, Path(studio.__path__[0]))
    barrier, found = threading.Barrier(4), []

    def get() -> None:
        barrier.wait()
        found.append((package.get("Task"), package.get("Session")))

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_classes_are_named_after_the_package_and_inherit_as_the_types_do(studio: Any) -> None:
    assert (studio.Task.__module__, studio.Task.__qualname__) == (studio.__name__, "Task")
    assert issubclass(studio.Shot, studio.TypedContext)
    assert issubclass(studio.TypedContext, Entity)
    assert issubclass(studio.Session, ftrack_orm.Session)
    assert studio.Session.__module__ == studio.__name__
    assert "name" in studio.Task.__doc__


def test_classes_serve_as_annotations(studio: Any) -> None:
    program = """from __future__ import annotations
def approve(task: Task, shots: list[Shot], other: Task | None = None) -> None: ...
"""
    namespace = {"Task": studio.Task, "Shot": studio.Shot}
    exec(program, namespace)
    hints = typing.get_type_hints(namespace["approve"])
    assert hints["task"] is studio.Task
    assert typing.get_args(hints["shots"]) == (studio.Shot,)
    assert set(typing.get_args(hints["other"])) == {studio.Task, type(None)}


# -- classes that sessions share ---------------------------------------------------------------------------------------


def test_sessions_of_a_package_share_its_classes(
    studio: Any, open_session: Open, session: Session, production: Production
) -> None:
    first, second = open_session(studio), open_session(studio)
    for each in (first, second):
        shot = each.query(studio.Shot).where(studio.Shot.project.id == production.project).first()
        assert type(shot) is studio.Shot
        assert isinstance(shot, studio.TypedContext)
        assert not isinstance(shot, studio.Task)
        assert isinstance(shot.parent, studio.Context)
        assert each.types.Shot is studio.Shot
        assert type(each.create(studio.Task, name="anim", parent=shot)) is studio.Task
        assert each.get(studio.Shot, shot.id) is shot
    assert session.types.Shot is not studio.Shot
    assert not isinstance(session.get("Shot", shot.id), studio.Shot)
    assert session.get(studio.Shot, shot.id) is session.get("Shot", shot.id)


def test_a_package_costs_no_request_and_no_warning(
    studio: Any, open_session: Open, connect: Any, production: Production
) -> None:
    counts = []
    for session in (open_session(studio), connect()):
        with requests_made(session) as made, warnings.catch_warnings():
            warnings.simplefilter("error")
            session.query("Shot").where(id=production.shots[0]).one()
        counts.append(made.count)
    assert counts == [1, 1]


def test_functions_can_be_dispatched_on_the_classes(studio: Any, open_session: Open, production: Production) -> None:
    @functools.singledispatch
    def label(entity: Entity) -> str:
        return "entity"

    label.register(studio.TypedContext, lambda entity: "context")
    label.register(studio.Shot, lambda entity: "shot")
    session = open_session(studio)
    shot = session.get(studio.Shot, production.shots[0])
    assert [label(shot), label(shot.parent), label(shot.status)] == ["shot", "context", "entity"]


def test_behaviours_of_the_library_are_there(studio: Any, open_session: Open, production: Production) -> None:
    session = open_session(studio)
    shot = session.get(studio.Shot, production.shots[0])
    assert shot.create_note("A note", author=session.query("User").first()) in shot.notes


def test_a_behaviour_of_a_package_is_that_of_all_of_its_sessions(
    write_package: WritePackage,
    server_answer: list[dict[str, Any]],
    open_session: Open,
    session: Session,
    production: Production,
) -> None:
    studio = write_package(server_answer)
    before = open_session(studio).get(studio.Shot, production.shots[0])

    @studio.types.behaviour("Shot", studio.Task)
    class Named:
        def shout(self: Any) -> str:
            return str(self.name).upper()

    after = open_session(studio).get(studio.Shot, production.shots[0])
    assert before.shout() == after.shout() == before.name.upper()
    assert not hasattr(session.get("Shot", before.id), "shout")


# -- other processes ---------------------------------------------------------------------------------------------------


def test_classes_expressions_and_queries_are_pickled(studio: Any, open_session: Open, production: Production) -> None:
    assert pickle.loads(pickle.dumps(studio.Task)) is studio.Task
    assert str(pickle.loads(pickle.dumps(studio.Task.parent.name))) == "parent.name"
    session = open_session(studio)
    query = session.query(studio.Shot).where(id=production.shots[0])
    assert session.query(pickle.loads(pickle.dumps(query))).one() is query.one()


def test_another_process_gets_classes_and_snapshots(studio: Any, open_session: Open, production: Production) -> None:
    session = open_session(studio)
    snapshot = session.snapshot(session.get(studio.Shot, production.shots[0]), "name, parent.name")
    program = """if True:
        import pickle, sys
        kind, snapshot = pickle.load(sys.stdin.buffer)
        print(kind.__name__, kind.__module__, snapshot.name, kind.parent == snapshot.parent)
    """
    path = str(Path(studio.__path__[0]).parent)
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((studio.Shot, snapshot)),
        capture_output=True,
        env={"PYTHONPATH": f"{path}{':' if sys.platform != 'win32' else ';'}{Path(ftrack_orm.__file__).parents[1]}"},
    )
    assert run.stderr.decode() == ""
    printed = run.stdout.decode()
    assert printed.startswith(f"Shot {studio.__name__} {snapshot.name} ")
    assert snapshot.parent.__reference__().key[0][1] in printed


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_package_has_the_schema_of_its_file(studio: Any) -> None:
    document = json.loads((Path(studio.__path__[0]) / SCHEMA_FILE).read_text())
    assert document["hash"] == SchemaContent.from_json(document).hash
    assert {each["id"] for each in document["schemas"]} == set(studio.types)
