"""A studio for each client: a server of its own with the same production, and the objects that habits ask for."""

from __future__ import annotations

import contextlib
import importlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.formatter
import ftrack_api.inspection
import ftrack_api.resource_identifier_transformer.base
import ftrack_api.structure.entity_id
import ftrack_api.structure.id
import ftrack_api.structure.origin
import ftrack_api.structure.standard

import ftrack_orm
import ftrack_orm.compat
import ftrack_orm.compat.accessor.disk
import ftrack_orm.compat.formatter
import ftrack_orm.compat.inspection
import ftrack_orm.compat.resource_identifier_transformer.base
import ftrack_orm.compat.structure.entity_id
import ftrack_orm.compat.structure.id
import ftrack_orm.compat.structure.origin
import ftrack_orm.compat.structure.standard
from ftrack_orm import compat
from ftrack_orm.sandbox import Sandbox
from tests.interop.habits.habit import HABITS, Habit, Outcome, call, compare, compare_compat

#: The modules with habits, in the order of the report.
SUBJECTS = (
    "sessions",
    "entities",
    "queries",
    "changes",
    "people",
    "files",
    "events",
    "mappings",
    "dates",
    "recording",
    "modules",
    "storing",
)

_NAMESPACE = uuid.UUID("7d5c9a58-9d3f-4d1c-9a57-0d6f1f0b7a55")


def all_habits() -> list[Habit]:
    """Return the habits of all modules."""
    for subject in SUBJECTS:
        importlib.import_module(f"tests.interop.habits.{subject}")
    return HABITS


class Studio:
    """A client, as the module *client*, with a server that has a sequence, a shot and two tasks for each habit."""

    def __init__(self, client: ModuleType, box: Sandbox, folder: Path) -> None:
        self.client = client
        self.box = box
        self.folder = folder
        self._sessions: list[Any] = []
        self.session = self.connect()
        self._listening: Any = None

    def connect(self) -> Any:
        """Return a new session of the client, which is closed with the studio."""
        options: dict[str, Any] = {"plugin_paths": [], "auto_connect_event_hub": False}
        session = self.client.Session(self.box.url, self.box.api_key, self.box.api_user, **options)
        self._sessions.append(session)
        return session

    def listening(self) -> Any:
        """Return a session whose event hub is connected."""
        if self._listening is None:
            self._listening = self.connect()
            self._listening.event_hub.connect()
        return self._listening

    def close(self) -> None:
        """Close the sessions."""
        for session in self._sessions:
            session.rollback()
            session.close()

    def objects(self, habit: Habit) -> dict[str, Callable[[], Any]]:
        """Return the objects that a habit may ask for, by the names of its parameters."""

        def own_folder() -> Path:
            folder = self.folder / habit.name
            folder.mkdir(exist_ok=True)
            return folder

        def own(entity_type: str, name: str) -> Callable[[], Any]:
            return lambda: self.session.get(entity_type, id_of(name))

        def make_event(**values: Any) -> Any:
            module = self.client if self.client is ftrack_orm else self.client.event.base
            return module.Event(**values)

        return {
            "ftrack_api": lambda: self.client,
            # With compat, nothing of the process imports the official client any more.
            "official": lambda: ftrack_api if self.client is ftrack_orm else self.client,
            "session": lambda: self.session,
            "listening": self.listening,
            "connect": lambda: self.connect,
            "box": lambda: self.box,
            "folder": own_folder,
            "make_event": lambda: make_event,
            "project": own("Project", "habits"),
            "shot": own("Shot", f"{habit.name}/shot"),
            "task": own("Task", f"{habit.name}/animation"),
            "user": lambda: self.session.query(f'User where username is "{self.box.api_user}"').one(),
        }


def id_of(name: str) -> str:
    """Return the id of a prepared entity, which is the same on both servers."""
    return str(uuid.uuid5(_NAMESPACE, name))


def prepare(box: Sandbox, habits: Iterable[Habit], folder: Path) -> None:
    """Create the production on a server: a project, and a sequence, a shot and two tasks for each habit."""
    with ftrack_orm.Session(box.url, box.api_key, box.api_user, schema_cache_path=folder) as session:
        schema = session.query("ProjectSchema").order_by("name").all()[0]
        kinds = session.query("Type where name in ('Animation', 'Lighting')").order_by("name").all()
        role = session.query("SecurityRole where name is 'Administrator'").one()
        project = {"id": id_of("habits"), "name": "habits", "full_name": "Habits", "project_schema_id": schema.id}
        rows = [("Project", project)]
        for habit in habits:
            ids = {name: id_of(f"{habit.name}/{name}") for name in ("sequence", "shot", "animation", "lighting")}
            rows += [
                ("Sequence", {"id": ids["sequence"], "name": f"sq_{habit.name}", "parent_id": project["id"]}),
                ("Shot", {"id": ids["shot"], "name": habit.name, "parent_id": ids["sequence"]}),
            ]
            for name, kind in zip(("animation", "lighting"), kinds, strict=True):
                data = {"id": ids[name], "name": name, "parent_id": ids["shot"], "type_id": kind.id, "description": ""}
                rows.append(("Task", data))
        session.call(
            {"action": "create", "entity_type": entity_type, "entity_data": data} for entity_type, data in rows
        )
        session.create(
            "CustomAttributeConfiguration",
            key="first_frame",
            label="Habits",
            entity_type="task",
            object_type=session.query("ObjectType where name is Shot").one(),
            type=session.query("CustomAttributeType where name is number").one(),
            default=1,
            config='{"isdecimal": false}',
            read_security_roles=[role],
            write_security_roles=[role],
        )
        session.commit()


@contextlib.contextmanager
def environment(box: Sandbox, folder: Path) -> Iterator[None]:
    """Set the variables that both clients read, for the time of a `with` block."""
    variables = {
        "FTRACK_SERVER": box.url,
        "FTRACK_API_USER": box.api_user,
        "FTRACK_API_KEY": box.api_key,
        "FTRACK_API_SCHEMA_CACHE_PATH": str(folder),
        "FTRACK_EVENT_PLUGIN_PATH": "",
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def run_all(
    folder: Path, habits: Iterable[Habit], clients: Iterable[ModuleType] = (ftrack_orm, compat)
) -> Iterator[tuple[ModuleType, Outcome]]:
    """Run *habits* with the official client and with *clients*, and yield the outcome of each with each of these.

    A habit that `ftrack_orm.compat` exists for is not run with `ftrack_orm`.
    """
    habits = list(habits)
    with contextlib.ExitStack() as stack:
        official, *studios = [_open_studio(stack, client, habits, folder) for client in (ftrack_api, *clients)]
        for habit in habits:
            value, error = _official_value(official, habit)
            for studio in studios:
                if habit.only_compat and studio.client is ftrack_orm:
                    continue
                if error is not None:
                    yield studio.client, Outcome(habit, None, None, f"the official client raised {error}")
                    continue
                function = compare if studio.client is ftrack_orm else compare_compat
                with environment(studio.box, studio.folder):
                    yield studio.client, function(habit, value, studio.objects(habit))
                    studio.session.rollback()


def _open_studio(stack: contextlib.ExitStack, client: ModuleType, habits: list[Habit], folder: Path) -> Studio:
    box = stack.enter_context(Sandbox(seed="empty", api_key="habits"))
    place = folder / client.__name__
    place.mkdir()
    prepare(box, habits, folder)
    with environment(box, place):
        studio = Studio(client, box, place)
    stack.callback(studio.close)
    return studio


def _official_value(official: Studio, habit: Habit) -> tuple[Any, str | None]:
    """Return the value of a habit with the official client, and an error if it raises one."""
    with environment(official.box, official.folder):
        try:
            return call(habit.run, official.objects(habit)), None
        except Exception as error:
            return None, f"{type(error).__name__}: {error}"
        finally:
            official.session.rollback()
            # Its commits go through everything in the cache.
            official.session.reset()


def share_of(client: ModuleType, outcomes: Iterable[tuple[ModuleType, Outcome]]) -> tuple[int, int]:
    """Return the number of *outcomes* of *client* with the official client's value, and the number of the others."""
    own = [outcome for each, outcome in outcomes if each is client]
    same = sum(outcome.error is None and outcome.problem is None for outcome in own)
    return same, len(own) - same
