"""Commits and rollbacks interrupted at any line, or with an unusable answer: nothing is lost, nothing is doubled."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import attrs
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.custom_attributes import create_configuration
from tests.fakes.line_faults import Line, LineTracer
from tests.fakes.mutating_transport import MUTATIONS, MutatingTransport
from tests.production import Connect, create_production
from tests.property_settings import examples

ERRORS: tuple[type[BaseException], ...] = (RuntimeError, KeyboardInterrupt, MemoryError)

ENDINGS = ("commit", "rollback")

#: After an interrupt, all entities of a session are expired, which takes longer with those of each further case.
CASES_PER_SESSION = 40


#: All that the test compares of the entities of one scene, by the names of the entities.
State = dict[str, Any]


@attrs.frozen
class Scene:
    """The entities of one case, by their ids, and the key of a custom attribute of tasks."""

    shots: tuple[str, str]
    tasks: tuple[str, ...]
    dailies: str
    scope: str
    colour: str


class Scenes:
    """Creates the entities of a case on the server, many with one session and one project."""

    def __init__(self, session: Session) -> None:
        self._session = session
        production = create_production(session)
        self._sequence = existing(session.get("Sequence", production.sequences[0]))
        self._category = session.create("ListCategory", name=production.name)
        self._scope = session.create("Scope", name=production.name)
        self._colour = create_configuration(session, production, "colour", "text", default="none")
        self._numbers = itertools.count()

    def create(self) -> Scene:
        number = next(self._numbers)
        create = self._session.create
        shots = [create("Shot", name=f"case {number} shot {n}", parent=self._sequence) for n in range(2)]
        tasks = [create("Task", name=f"task {n}", parent=shots[0], bid=n) for n in range(5)]
        tasks[0].metadata.update({"kept": "1", "set": "1", "removed": "1"})
        items = [tasks[0], tasks[1]]
        dailies = create(
            "TypedContextList",
            name=f"case {number}",
            project_id=self._sequence.project_id,
            category=self._category,
            items=items,
        )
        self._session.commit()
        return Scene(
            (shots[0].id, shots[1].id), tuple(task.id for task in tasks), dailies.id, self._scope.id, self._colour
        )


class Client:
    """A session with the entities of a scene loaded; the edits of a case, and the values that it shows."""

    def __init__(self, session: Session, scene: Scene) -> None:
        self.session, self._scene = session, scene
        shots = session.query("Shot").where(session.types.Shot.id.in_(scene.shots)).select("children")
        self._shots = sorted(shots, key=lambda shot: scene.shots.index(shot.id))
        tasks = session.query("Task").where(session.types.Task.parent_id.in_(scene.shots))
        names = ("name", "bid", "description", "parent", "metadata", "custom_attributes", "scopes")
        self._tasks = tasks.select(*names).order_by("name").all()
        self._list = session.query("TypedContextList").where(id=scene.dailies).select("items").one()
        self._scope = session.query("Scope").where(id=scene.scope).one()

    def state(self) -> State:
        """Return the values that the session shows."""
        values = {
            task.name: (
                task.bid or 0,
                self._scene.shots.index(task.parent_id),
                self._scene.shots.index(existing(task.parent).id),
                task.description,
                dict(task.metadata),
                task.custom_attributes[self._scene.colour],
                [scope.id == self._scene.scope for scope in task.scopes],
            )
            for shot in self._shots
            for task in shot.children
        }
        children = [sorted(child.name for child in shot.children) for shot in self._shots]
        return {"children": children, "tasks": values, "items": sorted(item.name for item in self._list.items)}

    def edit(self) -> None:
        """Make edits of every kind."""
        first, second, third, fourth, _ = self._tasks
        first.metadata["set"] = "2"
        first.metadata["added"] = "2"
        del first.metadata["removed"]
        first.bid = 100
        second.parent = self._shots[1]
        second.custom_attributes[self._scene.colour] = "red"
        third.description = "changed"
        third.scopes.append(self._scope)
        self.session.delete(fourth)
        self._list.items.append(third)
        self._list.items.remove(first)
        new = self.session.create("Task", name="new", parent=self._shots[1], bid=7)
        new.metadata["a"] = "b"
        new.custom_attributes[self._scene.colour] = "blue"
        self._list.items.append(new)

    def edit_more(self) -> None:
        """Make an edit that has nothing to do with the others."""
        self._tasks[4].description = "more"


class Case:
    """One commit that is interrupted, in the common unit of work or at the end of a `begin()` block.

    *reader* is another session, which reads the state of the server as plain rows.
    """

    def __init__(self, session: Session, reader: Session, scene: Scene, *, in_block: bool) -> None:
        self._reader, self._scene, self._in_block = reader, scene, in_block
        self.client = Client(session, scene)

    def server_state(self) -> State:
        """Return the state of the server in the form of `Client.state`; rows that exist twice are listed twice."""
        types, scene = self._reader.types, self._scene
        names = ("name", "bid", "parent_id", "description", "metadata", "custom_attributes", "scopes")
        query = self._reader.query("Task").where(types.Task.parent_id.in_(scene.shots)).select(*names)
        tasks = list(query.dicts())
        links = self._reader.query("ListObject").where(list_id=scene.dailies).select("entity_id").dicts()
        names_by_id = {task["id"]: task["name"] for task in tasks}
        return {
            "children": [sorted(each["name"] for each in tasks if each["parent_id"] == shot) for shot in scene.shots],
            "tasks": {
                task["name"]: (
                    task["bid"] or 0,
                    scene.shots.index(task["parent_id"]),
                    scene.shots.index(task["parent_id"]),
                    task["description"],
                    dict(task["metadata"]),
                    task["custom_attributes"][scene.colour],
                    [each["id"] == scene.scope for each in task["scopes"]],
                )
                for task in tasks
            },
            "items": sorted(names_by_id[each["entity_id"]] for each in links),
        }

    def commit(self, tracer: LineTracer | None = None) -> BaseException | None:
        """Make the edits and commit them under *tracer*; return the exception that came out."""
        session = self.client.session
        try:
            with tracer.block() if tracer else nullcontext(lambda: None) as start:
                if not self._in_block:
                    self.client.edit()
                    start()
                    session.commit()
                else:
                    with session.begin():
                        self.client.edit()
                        start()
        except BaseException as error:
            return error
        return None

    def roll_back(self, tracer: LineTracer) -> BaseException | None:
        """Make the edits and roll them back under *tracer*; return the exception that came out."""
        try:
            with tracer.block() as start:
                self.client.edit()
                start()
                self.client.session.rollback()
        except BaseException as error:
            return error
        return None

    def check_session(self) -> None:
        """Assert that the session has no edits, holds no lock and is in no unit, and shows what the server has."""
        session = self.client.session
        assert (session.created, session.modified, session.deleted) == ([], [], [])
        workspace = session._workspace
        assert workspace.journals == [workspace.common_journal]
        assert workspace.journal is workspace.common_journal
        assert ask_other_thread(lambda: is_free(workspace.lock) and is_free(workspace.common_journal.commit_lock))
        assert self.client.state() == self.server_state()


def is_free(lock: Any) -> bool:
    """Whether this thread can acquire *lock* at once."""
    free = bool(lock.acquire(blocking=False))
    if free:
        lock.release()
    return free


def ask_other_thread(question: Callable[[], bool]) -> bool:
    """Return the answer that *question* gives in another thread."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(question()))
    thread.start()
    thread.join()
    return answers == [True]


def check_interrupted_rollback(case: Case, line: Line, error: type[BaseException]) -> None:
    """Raise *error* at *line* of the rollback of a case. All edits are recorded afterwards, or none is."""
    session, before = case.client.session, case.server_state()
    tracer = LineTracer(line, error)
    raised = case.roll_back(tracer)
    assert raised is None or tracer.has_raised, f"something else was raised: {raised!r}"
    if session.created or session.modified or session.deleted:
        assert (len(session.created), len(session.modified), len(session.deleted)) == (1, 4, 1)
        session.rollback()
    case.check_session()
    assert case.server_state() == before
    case.client.edit_more()
    session.commit()
    assert case.server_state() == with_more(before)
    case.check_session()


@attrs.frozen
class Oracle:
    """The states of the server before and after the edits of a case, each without and with the further edit."""

    before: State
    after: State


def check_interrupted(case: Case, oracle: Oracle, line: Line, error: type[BaseException], ending: str) -> None:
    """Raise *error* at *line* of the commit of a case. Afterwards commit again, or roll back and commit an edit."""
    tracer = LineTracer(line, error)
    raised = case.commit(tracer)
    assert raised is None or tracer.has_raised, f"something else was raised: {raised!r}"
    check_afterwards(case, oracle, ending)


def check_mutated(
    case: Case, oracle: Oracle, transport: MutatingTransport, place: int, mutation: str, ending: str
) -> None:
    """Let the answer to the commit of a case be a mutated one. Afterwards commit again, or roll back."""
    transport.next_mutation = place, MUTATIONS[mutation]
    raised = case.commit()
    assert transport.next_mutation is None
    assert raised is None or isinstance(raised, errors.ProtocolError), f"no library error: {raised!r}"
    # The answer came, so that the outcome is known.
    assert case.server_state() == oracle.after
    case.check_session()
    check_afterwards(case, oracle, ending)


def check_afterwards(case: Case, oracle: Oracle, ending: str) -> None:
    """Commit again with another edit, or roll back and then commit it; compare with the oracle each time."""
    client = case.client
    present = oracle.after
    if ending == "rollback":
        client.session.rollback()
        present = case.server_state()
        assert present in (oracle.before, oracle.after)
        case.check_session()
    client.edit_more()
    client.session.commit()
    assert case.server_state() == with_more(present)
    case.check_session()


def with_more(state: State) -> State:
    """Return *state* after `Client.edit_more`."""
    name = "task 4"
    values = state["tasks"][name]
    return {**state, "tasks": {**state["tasks"], name: (*values[:3], "more", *values[4:])}}


class Cases:
    """Makes cases on one server, all with the same session as long as that is as good as new."""

    def __init__(self, connect: Connect, **settings: Any) -> None:
        self._connect, self._settings = connect, settings
        self._numbers = itertools.count()
        self._session: Session | None = None

    def make(self, *, in_block: bool) -> Case:
        """Return the next case. The caches of its session are filled, which takes a hundred times as many steps."""
        if next(self._numbers) % CASES_PER_SESSION == 0:
            self._scenes, self._reader, self._session = Scenes(self._connect()), self._connect(), None
        if self._session is None:
            self._session = self._connect(**self._settings)
            self._warm_up(in_block=in_block)
        return Case(self._session, self._reader, self._scenes.create(), in_block=in_block)

    def _warm_up(self, *, in_block: bool) -> None:
        assert self.make(in_block=in_block).commit() is None

    def run(self, check: Callable[[Case], object], *, in_block: bool) -> str | None:
        """Return the failure of *check* as text, None without one; a session that has failed is used no more."""
        try:
            check(self.make(in_block=in_block))
        except BaseException as error:
            self._session = None
            return f"{error!r:.500}"
        return None

    def oracle(self, tracer: LineTracer | None, *, in_block: bool) -> Oracle:
        """Return the states before and after a commit that nothing interrupts, which is made under *tracer*."""
        case = self.make(in_block=in_block)
        before = case.server_state()
        assert case.client.state() == before
        assert case.commit(tracer) is None
        case.check_session()
        return Oracle(before, case.server_state())


@pytest.mark.no_cover
@pytest.mark.parametrize("in_block", [False, True], ids=["common unit", "block"])
def test_a_commit_that_is_interrupted_at_any_line_loses_nothing_and_does_nothing_twice(
    connect: Connect, *, in_block: bool
) -> None:
    cases, tracer = Cases(connect), LineTracer()
    oracle = cases.oracle(tracer, in_block=in_block)
    assert len(tracer.visits) > 1000
    # Each line in one of the two units, at its first visit, and some again at their last one.
    lines = [*tracer.first_visits[in_block::2], *tracer.last_visits[in_block::20]]
    failures = {}
    for number, line in enumerate(lines[:: examples(len(lines) // 5, 1)]):
        error, ending = ERRORS[number % 3], ENDINGS[number // 3 % 2]
        check = functools.partial(check_interrupted, oracle=oracle, line=line, error=error, ending=ending)
        if failure := cases.run(check, in_block=in_block):
            failures[f"{error.__name__} at {line}, then {ending}"] = failure
    assert failures == {}


@pytest.mark.no_cover
def test_a_rollback_that_is_interrupted_at_any_line_takes_back_all_or_nothing(connect: Connect) -> None:
    cases, tracer = Cases(connect), LineTracer()
    case = cases.make(in_block=False)
    assert case.roll_back(tracer) is None
    case.check_session()
    failures = {}
    for number, line in enumerate(tracer.first_visits[:: examples(60, 1)]):
        error = ERRORS[number % 3]
        check = functools.partial(check_interrupted_rollback, line=line, error=error)
        if failure := cases.run(check, in_block=False):
            failures[f"{error.__name__} at {line}"] = failure
    assert failures == {}


@pytest.mark.no_cover
@pytest.mark.parametrize("in_block", [False, True], ids=["common unit", "block"])
def test_a_commit_whose_answer_cannot_be_merged_loses_nothing_and_does_nothing_twice(
    box: Sandbox, connect: Connect, *, in_block: bool
) -> None:
    transport = MutatingTransport(box)
    cases = Cases(connect, transport=transport)
    oracle = cases.oracle(None, in_block=in_block)
    places = [(place, mutation) for place in range(transport.replies) for mutation in MUTATIONS]
    failures = {}
    for number, (place, mutation) in enumerate(places[in_block :: 2 * examples(24, 1)]):
        check = functools.partial(
            check_mutated,
            oracle=oracle,
            transport=transport,
            place=place,
            mutation=mutation,
            ending=ENDINGS[number % 2],
        )
        if failure := cases.run(check, in_block=in_block):
            failures[f"{mutation} in reply {place}, then {ENDINGS[number % 2]}"] = failure
    assert failures == {}
