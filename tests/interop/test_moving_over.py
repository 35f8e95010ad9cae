"""Ten scripts of studios, with equal results of both clients: as they stand with compat, and written for this library.

Each script has a server of its own for each of the three ways, with the same production. The scripts are run in one
order, so that each finds what the ones before it have changed.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import arrow
import attrs
import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.structure.standard
import pytest

import ftrack_orm
from ftrack_orm import compat
from ftrack_orm.porting.checking import check_script
from ftrack_orm.porting.imports import with_compat
from ftrack_orm.sandbox import Sandbox
from tests.interop.habits.studio import environment
from tests.interop.test_coverage import names_of_python_client

SCRIPTS = Path(__file__).parents[2] / "docs" / "howto" / "moving"
GUIDE = SCRIPTS.parent / "coming-from-ftrack_api.md"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
#: Seconds that the effect of an event may take.
PATIENCE = 30

CUT = {"sh0110": {"fstart": 1001, "fend": 1050, "no such key": 1}, "sh9999": {"fstart": 1}}
TABLE = """sequence,shot,tasks,days,first,last
sq010,sh0110,Animation,3,1001,1020
sq010,sh0900,Animation+Lighting,2,1001,1048
sq900,sh0910,Lighting,1.5,1001,1100
"""


@attrs.define
class Way:
    """A way to run the scripts: with the official client, with `ftrack_orm.compat`, or written for this library."""

    client: types.ModuleType
    session: Any
    box: Sandbox
    folder: Path
    reader: ftrack_orm.Session

    def load(self, name: str) -> dict[str, Any]:
        """Return the names of a script. Its text is that of the official client, but for the imports with compat."""
        path = SCRIPTS / f"{name}.py" if self.client is ftrack_orm else SCRIPTS / "official" / f"{name}.py"
        source = path.read_text(encoding="utf-8")
        module = types.ModuleType(f"{name}_{self.client.__name__}")
        exec(compile(with_compat(source) if self.client is compat else source, str(path), "exec"), module.__dict__)
        return module.__dict__

    def names_of(self, query: str, *paths: str) -> list[tuple[Any, ...]]:
        """Return values of the results of a query, sorted, read by another session."""
        self.reader.reset()
        entities = self.reader.query(query).select(*paths).all()
        return sorted(tuple(_value(entity, path.split(".")) for path in paths) for entity in entities)


def _value(entity: Any, path: list[str]) -> Any:
    for name in path:
        entity = entity[name] if entity is not None else None
    return entity


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Way]]:
    """The three ways, each with a server of its own that has the same production."""
    folder = tmp_path_factory.mktemp("moving")
    with contextlib.ExitStack() as stack:
        found = []
        for client in (ftrack_api, compat, ftrack_orm):
            box = stack.enter_context(Sandbox(seed="demo", tasks=40))
            own = folder / client.__name__
            own.mkdir()
            with environment(box, own):
                session = client.Session(plugin_paths=[], auto_connect_event_hub=False)
                reader = stack.enter_context(ftrack_orm.Session(schema_cache_path=own))
            stack.callback(session.close)
            found.append(Way(client, session, box, own, reader))
        yield found


def run(way: Way, name: str) -> Any:
    """Run a script, and return its result with what it has left on the server."""
    return RUNNERS[name](way, way.load(name))


def _ingest_shots(way: Way, script: dict[str, Any]) -> Any:
    first = script["ingest"](way.session, "demo", TABLE.splitlines())
    again = script["ingest"](way.session, "demo", TABLE.splitlines())
    with pytest.raises(SystemExit, match="no project"):
        script["ingest"](way.session, "no such project", [])
    tasks = way.names_of("Task where parent.name in ('sh0900', 'sh0910')", "name", "parent.name", "type.name", "bid")
    return first, again, tasks


def _time_report(way: Way, script: dict[str, Any]) -> Any:
    return script["report"](way.session, "demo", "2020-01-01")


def _overdue_tasks(way: Way, script: dict[str, Any]) -> Any:
    never = script["overdue"](way.session, "demo", arrow.get(1990, 1, 1))
    return script["overdue"](way.session, "demo", arrow.get(2100, 1, 1)), never


def _review_playlist(way: Way, script: dict[str, Any]) -> Any:
    result = script["make_playlist"](way.session, "demo", "Dailies")
    paths = ("name", "description", "version", "sort_order")
    return result, way.names_of('ReviewSessionObject where review_session.name is "Dailies"', *paths)


def _status_listener(way: Way, script: dict[str, Any]) -> Any:
    """Approve an animation while the plugin listens, and return the statuses of its shot after the effect."""
    script["register"](way.session)
    way.session.event_hub.connect()
    shot = 'parent.name is "sh0900" and name'
    with ftrack_orm.Session(way.box.url, way.box.api_key, way.box.api_user) as artist:
        artist.event_hub.connect()
        done = threading.Event()
        following = artist.query(f"Task where {shot} is Lighting").one()
        artist.on_change("Task", lambda *_: done.set(), attributes=["status"], where=f'id is "{following.id}"')
        artist.query(f"Task where {shot} is Animation").one().status = artist.query(
            "Status where name is Approved"
        ).one()
        artist.commit()
        for _ in range(PATIENCE * 10):
            way.session.event_hub.wait(duration=0.1)
            if done.is_set():
                break
    way.session.event_hub.disconnect()
    return way.names_of('Task where parent.name is "sh0900"', "name", "status.name")


def _publish_to_disk(way: Way, script: dict[str, Any]) -> Any:
    (way.folder / "render.exr").write_bytes(b"pixels")
    (way.folder / "disk").mkdir()
    location = script["configure_location"](way.session, str(way.folder / "disk"))
    shot = way.session.query('Shot where name is "sh0110"').one()
    results = [
        script["publish"](way.session, location, shot, str(way.folder / "render.exr"), comment)
        for comment in ("a", "b")
    ]
    return results, way.names_of('AssetVersion where asset.name is "render"', "version", "comment", "asset.parent.name")


def _export_notes(way: Way, script: dict[str, Any]) -> Any:
    return json.loads(script["export"](way.session, "demo"))


def _hand_over_tasks(way: Way, script: dict[str, Any]) -> Any:
    query = "Appointment where type is assignment and context.project.name is demo"
    counts = Counter(name for (name,) in way.names_of(query, "resource.username"))
    busy = max(counts, key=lambda name: (counts[name], name))
    other = "noor.haddad" if busy != "noor.haddad" else "kenji.mori"
    result = script["hand_over"](way.session, busy, other, "Please take over.")
    with pytest.raises(ValueError, match="no such user"):
        script["hand_over"](way.session, "no such user", other, "")
    left = way.names_of("Appointment where type is assignment", "context.name", "resource.username")
    return busy, result, left, way.names_of('Note where content is "Please take over."', "author.username")


def _frame_ranges(way: Way, script: dict[str, Any]) -> Any:
    shown = script["set_frames"](way.session, "demo", CUT, dry_run=True)
    results = [script["set_frames"](way.session, "demo", CUT) for _ in range(2)]
    way.reader.reset()
    shot = way.reader.query("Shot where name is sh0110").one()
    return shown, results, shot.custom_attributes["fend"], dict(shot.metadata)


def _rename_action(way: Way, script: dict[str, Any]) -> Any:
    task = way.session.query('Task where parent.name is "sh0910"').one()
    selection = [
        {"entityType": "task", "entityId": task["id"]},
        {"entityType": "user", "entityId": "no such id"},
        {"entityType": "nothing", "entityId": "1"},
    ]
    replies = script["run"](way.session, selection, {"prefix": "x_"})
    empty = script["run"](way.session, [], {})
    return replies, empty[0], way.names_of('Task where parent.name is "sh0910"', "name")


RUNNERS: dict[str, Callable[[Way, dict[str, Any]], Any]] = {
    "ingest_shots": _ingest_shots,
    "time_report": _time_report,
    "overdue_tasks": _overdue_tasks,
    "review_playlist": _review_playlist,
    "export_notes": _export_notes,
    "hand_over_tasks": _hand_over_tasks,
    "frame_ranges": _frame_ranges,
    "publish_to_disk": _publish_to_disk,
    "status_listener": _status_listener,
    "rename_action": _rename_action,
}


def test_ten_scripts_have_equal_results_with_both_clients_with_compat_and_written_anew(ways: list[Way]) -> None:
    different = {}
    for name in RUNNERS:
        official, with_only_the_import_changed, written_anew = (run(way, name) for way in ways)
        assert official, name
        if not official == with_only_the_import_changed == written_anew:
            different[name] = (official, with_only_the_import_changed, written_anew)
    assert different == {}


def test_there_are_ten_scripts_each_for_both_clients_and_the_page_shows_them() -> None:
    assert sorted(RUNNERS) == NAMES == sorted(path.stem for path in (SCRIPTS / "official").glob("*.py"))
    assert len(NAMES) == 10
    shown = (SCRIPTS.parent / "ten-scripts.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if shown.count(f"{name}.py") != 6] == []
    page = GUIDE.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(moving/{name}.py)" not in page] == []
    assert [name for name in NAMES if f"(moving/official/{name}.py)" not in page] == []


def test_the_scripts_for_this_library_need_no_change_and_those_of_the_official_client_do() -> None:
    for name in NAMES:
        assert check_script((SCRIPTS / f"{name}.py").read_text(encoding="utf-8")) == [], name
        official = check_script((SCRIPTS / "official" / f"{name}.py").read_text(encoding="utf-8"))
        # With compat, nothing but the imports.
        assert {finding.text.partition(" ")[0] for finding in official if finding.compat} == {"import"}, name


#: The variables that the page names the objects of a class by. The other classes stand with their own names.
VARIABLES = {
    "Session": "session",
    "SessionAuthentication": "session",
    "Entity": "entity",
    "AssetVersion": "version",
    "Component": "component",
    "CreateThumbnailMixin": "entity",
    "CreateNoteMixin": "entity",
    "Note": "note",
    "ProjectSchema": "schema",
    "User": "user",
    "Location": "location",
    "ServerLocationMixin": "location",
    "Factory": "factory",
    "StandardFactory": "factory",
    "QueryResult": "query",
    "Event": "event",
    "EventHub": "event_hub",
    "Accessor": "accessor",
    "DiskAccessor": "accessor",
    "Structure": "structure",
    "IdStructure": "structure",
    "EntityIdStructure": "structure",
    "OriginStructure": "structure",
    "StandardStructure": "structure",
    "ResourceIdentifierTransformer": "transformer",
}
#: Classes whose members stand in one cell with the class, without a variable.
WITH_PLAIN_MEMBERS = {"Data", "FileWrapper", "File", "String", "ServerFile"}


def test_every_public_name_of_the_official_client_has_a_row() -> None:
    rows = re.findall(r"^\| (.+?) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    missing = []
    for name in names_of_python_client():
        owner, _, member = name.partition(".")
        if owner == "exception":
            wanted = [rf"^`{member}`$"]
        elif owner in WITH_PLAIN_MEMBERS and member:
            wanted = [rf"\b{owner}\b", rf"[`.]{member}`"]
        elif member:
            wanted = [rf"\b(?:{VARIABLES.get(owner, owner)}|{owner})\.{member}\b"]
        else:
            wanted = [rf"\b{owner}\b"]
        if not any(all(re.search(pattern, row) for pattern in wanted) for row in rows):
            missing.append(name)
    assert sorted(missing) == []
