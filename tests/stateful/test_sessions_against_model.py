"""Two sessions and the embedded server behave like a model of dictionaries.

Each step compares the values that the sessions show with their models, and each commit compares the server with its
model. The models are in `model.py`.
"""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import examples
from tests.stateful import model
from tests.stateful.model import DEFAULTS, REMOVED, SCALARS

EDITS = (
    "bid", "name", "move", "move by reference", "append", "remove", "set", "set", "unset", "set back",
    "custom", "custom", "list", "list", "unlist",
)  # fmt: skip
OTHERS = (
    "commit", "check", "check", "batches", "create", "delete", "roll back", "read",
    "refresh", "refresh", "refresh list",
)  # fmt: skip
FAULTS = (None, None, None, "request lost", "response lost", "timeout")
SIDES = st.integers(0, 1)
PLURAL = ("scopes", "metadata", "custom_attributes")
SMALL = st.integers(0, 2)
_NUMBERS = itertools.count()


class Observer:
    """A session that creates the projects of all runs, with the entities that it needs for that."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project_schema = session.query("ProjectSchema").first()
        self.list_category = session.query("ListCategory").first() or session.create("ListCategory", name="dailies")
        self.object_type = session.query("ObjectType").where(name="Task").one()
        self.number, self.text = (
            session.query("CustomAttributeType").where(name=name).one() for name in ("number", "text")
        )


class Sessions(RuleBasedStateMachine):
    """Changes, commits and reads tasks in two sessions.

    Rules draw numbers and choose from the existing tasks by them, so that every draw has an effect. *observer* is a
    third session, which creates the project of a run and reads the state of the server.
    """

    def __init__(self, box: Sandbox, schema_cache: Path, observer: Observer) -> None:
        super().__init__()
        self.sides = [model.Side(box, schema_cache) for _ in range(2)]
        self.observer = observer.session
        creator, number = self.observer, next(_NUMBERS)
        project = creator.create(
            "Project", name=f"model{number}", full_name="Model", project_schema=observer.project_schema
        )
        self.project = project.id
        self.shots = [creator.create("Shot", name=f"sh{n}", parent=project).id for n in range(2)]
        self.scopes = [creator.create("Scope", name=f"scope{number}-{n}").id for n in range(2)]
        tasks = [creator.create("Task", name=f"t{n}", parent_id=self.shots[0], bid=0) for n in range(2)]
        list_data = {"name": "dailies", "project": project, "category": observer.list_category}
        self.list = creator.create("TypedContextList", list_data).id
        self.custom = self._configure(observer)
        creator.commit()
        self.server = {task.id: {"name": task.name, "bid": 0, "parent_id": self.shots[0]} for task in tasks}
        for task in self.server.values():
            task |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
        self.server[self.list] = {"items": {}}
        self.names = itertools.count()
        for side in self.sides:
            shots = side.session.query("Shot").where(side.session.types.Shot.id.in_(self.shots))
            side.shots = sorted(shots.select("name"), key=lambda shot: shot.name)
            scopes = side.session.query("Scope").where(side.session.types.Scope.id.in_(self.scopes))
            side.scopes = {scope.id: scope for scope in scopes}
            side.list = side.session.query("TypedContextList").where(id=self.list).select("items").one()
            side.seen[self.list] = {"items": {}}
            self._read(side)

    def _configure(self, observer: Observer) -> dict[str, str]:
        """Create custom attributes for the project of this run; return their keys by their names in the model."""
        keys = {name: f"{name}_{self.project}" for name in DEFAULTS}
        frames = {"type": observer.number, "default": 0, "entity_type": "task", "object_type": observer.object_type}
        colour = {"type": observer.text, "default": "red", "entity_type": "show", "is_hierarchical": True}
        for name, data in {"frames": frames, "colour": colour}.items():
            data |= {"key": keys[name], "label": name, "project_id": self.project, "config": "{}"}
            observer.session.create("CustomAttributeConfiguration", data)
        return keys

    def teardown(self) -> None:
        for side in self.sides:
            side.session.rollback()
            side.session.close()

    # -- choosing ------------------------------------------------------------------------------------------------------

    def _read(self, side: model.Side) -> None:
        query = side.session.query("Task").where(f'project_id is "{self.project}"')
        for task in query.select(*SCALARS, "scopes", "metadata", "custom_attributes"):
            if task.id not in side.created:
                side.entities[task.id] = task
                side.update_seen(task.id, self.server[task.id])

    def _choose(self, number: int, which: int) -> tuple[model.Side, str | None]:
        """Return a side, and the key of one of its tasks that can be edited, or None."""
        side = self.sides[which]
        self._forget_deleted(side)
        keys = sorted(key for key in side.entities if key not in side.deleted)
        keys.sort(key=lambda key: side.seen[key]["name"])
        return side, keys[number % len(keys)] if keys else None

    def _load(self, side: model.Side, key: str, name: str) -> bool:
        """Load *name* unless it is loaded; return False if the other side has deleted the task."""
        task = side.entities[key]
        if name in task.__dict__:
            return self._is_readable(task, name)
        if key not in self.server:
            return False
        getattr(task, name)
        name = "custom" if name == "custom_attributes" else name
        side.update_seen(key, {name: self.server[key][name]})
        return True

    def _is_readable(self, task: Entity, name: str) -> bool:
        """Whether a collection or mapping can be read: not if it expired when the session found the task deleted."""
        try:
            if name not in SCALARS:
                len(task[name])
        except errors.EntityDeleted:
            assert task.id not in self.server
            return False
        return True

    def _forget_deleted(self, side: model.Side) -> None:
        """Drop the tasks from the model that the session has found deleted by the other side."""
        for key, task in list(side.entities.items()):
            if inspect(task).state is Lifecycle.DELETED:
                assert key not in self.server
                del side.entities[key]
                side.deleted.discard(key)
                side.edits.pop(key, None)
                side.edits.get(self.list, {}).get("items", {}).pop(key, None)
                side.seen[self.list]["items"].pop(key, None)

    # -- the step ------------------------------------------------------------------------------------------------------
    # A single rule, since hypothesis disables some of several rules for a whole run, which would compare little.

    @rule(
        which=SIDES,
        number=SMALL,
        how=st.sampled_from([*EDITS, *EDITS, *OTHERS]),
        value=SMALL,
        fault=st.sampled_from(FAULTS),
    )
    def step(self, which: int, number: int, how: str, value: int, fault: str | None) -> None:
        if how in EDITS:
            self.edit(which, number, how, value)
        elif how == "commit":
            self.commit(which, fault)
        elif how == "batches":
            self.commit_in_batches(which, value + 1, fault)
        elif how == "check":
            self.commit_with_check(which, fault)
        elif how == "create":
            self.create(which, value % 2, value)
        elif how == "delete":
            self.delete(which, number)
        elif how == "read":
            self._read(self.sides[which])
        elif how == "refresh list":
            self.refresh_list(which)
        elif how == "roll back":
            self.roll_back(self.sides[which])
        else:
            self.refresh(which, number)

    def roll_back(self, side: model.Side) -> None:
        side.session.rollback()
        for key in side.created:
            del side.entities[key]
        side.clear_changes()

    # -- editing -------------------------------------------------------------------------------------------------------

    def edit(self, which: int, number: int, how: str, value: int) -> None:
        side, key = self._choose(number, which)
        if key is None:
            return
        task, item = side.entities[key], self.scopes[value % 2]
        attribute = {"bid": "bid", "name": "name", "append": "scopes", "remove": "scopes"}.get(how, "parent_id")
        if how in ("set", "unset"):
            attribute = "metadata"
        if how == "custom":
            attribute = "custom_attributes"
        if how == "set back":
            self._set_back(side, key)
        elif not self._load(side, key, attribute):
            return
        elif how == "bid":
            task.bid = value
            side.edit(key, "bid", value)
        elif how == "name":
            task.name = f"renamed{next(self.names)}"
            side.edit(key, "name", task.name)
        elif how == "move by reference":
            task.parent = side.shots[value % 2]
            side.edit(key, "parent_id", self.shots[value % 2])
        elif how == "move":
            task.parent_id = self.shots[value % 2]
            side.edit(key, "parent_id", self.shots[value % 2])
        elif how == "append":
            task.scopes.append(side.scopes[item])
            side.edit(key, "scopes", True, item)
        elif how == "remove" and side.scopes[item] in task.scopes:
            task.scopes.remove(side.scopes[item])
            side.edit(key, "scopes", REMOVED, item)
        elif how == "set":
            task.metadata["ab"[number % 2]] = str(value)
            side.edit(key, "metadata", str(value), "ab"[number % 2])
        elif how == "unset" and "ab"[value % 2] in task.metadata:
            del task.metadata["ab"[value % 2]]
            side.edit(key, "metadata", REMOVED, "ab"[value % 2])
        elif how == "custom":
            name = ("frames", "colour")[number % 2]
            new = value if name == "frames" else (None, "green", "blue")[value]
            task.custom_attributes[self.custom[name]] = new
            side.edit(key, "custom", new, name)
        elif how == "list":
            side.list.items.append(task)
            side.edit(self.list, "items", True, key)
        elif how == "unlist" and task in side.list.items:
            side.list.items.remove(task)
            side.edit(self.list, "items", REMOVED, key)

    def _set_back(self, side: model.Side, key: str) -> None:
        for name in SCALARS:
            if name in side.edits.get(key, {}) and key not in side.created:
                side.entities[key][name] = side.seen[key][name]
                side.edit(key, name, side.seen[key][name])

    def create(self, which: int, shot: int, bid: int) -> None:
        side = self.sides[which]
        task = side.session.create("Task", name=f"new{next(self.names)}", parent=side.shots[shot], bid=bid)
        side.entities[task.id] = task
        side.created.add(task.id)
        side.seen[task.id] = {"name": task.name, "bid": bid, "parent_id": self.shots[shot]}
        side.seen[task.id] |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}

    def delete(self, which: int, number: int) -> None:
        side, key = self._choose(number, which)
        if key:
            side.session.delete(side.entities[key])
            if key in side.created:
                side.created.discard(key)
                side.edits.pop(key, None)
                side.edits.get(self.list, {}).get("items", {}).pop(key, None)
                del side.entities[key]
            else:
                side.deleted.add(key)

    # -- between session and server ------------------------------------------------------------------------------------

    def refresh(self, which: int, number: int) -> None:
        side, key = self._choose(number, which)
        if not key or key in side.created:
            return
        try:
            side.session.refresh(side.entities[key])
        except errors.EntityDeleted:
            assert key not in self.server
        else:
            assert key in self.server
            side.update_seen(key, self.server[key])

    def refresh_list(self, which: int) -> None:
        side = self.sides[which]
        side.session.refresh(side.list, "items")
        side.update_seen(self.list, self.server[self.list])
        self._update_related(side)

    def commit(self, which: int, fault: str | None, **options: Any) -> None:
        side, after = self.sides[which], self._after(which)
        side.transport.faults = [fault]
        planned = side.session.plan()
        try:
            side.session.commit(**options)
        except errors.ServerError:
            assert after is None
            assert fault != "timeout"
        except errors.TransportError:
            assert fault == "timeout" or after is None
            if fault == "timeout":
                self._deliver_and_commit_again(side, after)
        else:
            # A commit that was not carried out is reported as done only if the server has the same values anyway.
            if planned and (after is None or fault == "timeout"):
                assert fault is not None
                assert model.has_all_changes(side, self.server)
            self._deliver_late_request(side)
            self._accept(side, self.server if after is None else after)
        side.transport.faults = []
        self._compare_server()

    def _after(self, which: int) -> model.State | None:
        """Return the model of the server after a commit, or None if it refuses the commit."""
        try:
            return model.server_after_commit(self.sides[which], self.server)
        except model.Refused:
            return None

    def _deliver_late_request(self, side: model.Side) -> None:
        """Let the server handle a late request, which it may refuse like any other commit."""
        with contextlib.suppress(errors.ServerError):
            side.transport.deliver_late_request()

    def _deliver_and_commit_again(self, side: model.Side, after: model.State | None) -> None:
        """Let the server handle the late commit; committing again must neither lose changes nor make them twice."""
        self._deliver_late_request(side)
        self.server = self.server if after is None else after
        try:
            side.session.commit()
        except errors.ServerError:
            assert after is None
        except errors.TransportError:
            # Changes by the other side make the outcome undecidable. The user decides then, in this test by rollback.
            assert not side.created
            self.roll_back(side)
        else:
            assert after is not None
            self._accept(side, after)

    def commit_in_batches(self, which: int, size: int, fault: str | None) -> None:
        """Commit in several requests, of which the second one may be lost: it is sent again."""
        side, after = self.sides[which], self._after(which)
        if after is None:
            return
        progress = []
        side.transport.faults = [None, None if fault == "timeout" else fault]
        side.session.commit(batch_size=size, on_progress=lambda done, total: progress.append((done, total)))
        assert progress == sorted(progress)
        assert not progress or progress[-1][0] == progress[-1][1]
        side.transport.faults = []
        self._accept(side, after)
        self._compare_server()

    def commit_with_check(self, which: int, fault: str | None) -> None:
        side = self.sides[which]
        if not model.has_conflict(side, self.server):
            self.commit(which, fault, on_conflict="raise")
            return
        planned = side.session.plan()
        try:
            side.session.commit(on_conflict="raise")
        except errors.CommitConflict as conflict:
            assert conflict.conflicts
        else:
            raise AssertionError("The conflict was not detected.")
        assert side.session.plan() == planned
        self._compare_server()

    def _accept(self, side: model.Side, after: model.State) -> None:
        """Update the models after a successful commit, whose response may have included values of other tasks."""
        self.server = after
        for key in side.deleted:
            del side.entities[key]
            side.edits.get(self.list, {}).get("items", {}).pop(key, None)
            side.seen[self.list]["items"].pop(key, None)
        for key, name, _ in side.effective_edits():
            side.seen[key][name] = side.expected(key, name)
        side.clear_changes()
        self._update_related(side)
        assert side.session.plan() == []

    def _update_related(self, side: model.Side) -> None:
        """Update the model of a session with values of related tasks, which a response may or may not include."""
        for key, task in side.entities.items():
            edited = inspect(task).changes
            for name in (*SCALARS, "scopes"):
                if name in task.__dict__ and key in self.server:
                    known = edited[name].old if name in edited else task[name]
                    known = {scope.id: True for scope in known} if name == "scopes" else known
                    assert known in (side.seen[key][name], self.server[key][name])
                    side.update_seen(key, {name: known})

    # -- comparing -----------------------------------------------------------------------------------------------------

    def _compare_server(self) -> None:
        query = self.observer.query("Task").where(f'project_id is "{self.project}"')
        rows = query.select(*SCALARS, "scopes.id", "metadata", "custom_attributes").dicts()
        (lists,) = self.observer.query("TypedContextList").where(id=self.list).select("items.id").dicts()
        assert self.server == {
            self.list: {"items": {item["id"]: True for item in lists["items"]}},
            **{
                row["id"]: {
                    **{name: row[name] for name in SCALARS},
                    "scopes": {scope["id"]: True for scope in row["scopes"]},
                    "metadata": row["metadata"],
                    "custom": {name: row["custom_attributes"][key] for name, key in self.custom.items()},
                }
                for row in rows
            },
        }

    @invariant()
    def sessions_show_the_expected_values(self) -> None:
        for side in self.sides:
            for key, task in side.entities.items():
                shown = task.__dict__
                for name in SCALARS:
                    if name in shown:
                        assert shown[name] == side.expected(key, name), name
                readable = {name for name in PLURAL if name in shown and self._is_readable(task, name)}
                if "scopes" in readable:
                    assert {scope.id: True for scope in shown["scopes"]} == side.expected(key, "scopes")
                if "metadata" in readable:
                    assert dict(shown["metadata"]) == side.expected(key, "metadata")
                if "custom_attributes" in readable and key not in side.created:
                    custom = {name: shown["custom_attributes"][key_] for name, key_ in self.custom.items()}
                    assert custom == side.expected(key, "custom")
                if "parent" in shown and "parent_id" in shown:
                    assert shown["parent"].id == shown["parent_id"]
            if "items" in side.list.__dict__:
                items = {task.id: True for task in side.list.items}
                self._forget_deleted(side)
                assert items == side.expected(self.list, "items")

    @invariant()
    def journals_hold_the_expected_changes(self) -> None:
        for side in self.sides:
            self._forget_deleted(side)
            assert {task.id for task in side.session.created} == side.created
            assert {task.id for task in side.session.deleted} == side.deleted
            if side.is_dirty():
                assert side.session.plan()
            elif not any(side.effective_edits()):
                assert side.session.plan() == []


def test_two_sessions_and_the_server_agree_with_the_model(box: Sandbox, schema_cache: Path) -> None:
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session:
        observer = Observer(session)
        run_state_machine_as_test(
            lambda: Sessions(box, schema_cache, observer),  # type: ignore[arg-type]  # any factory is accepted
            settings=settings(
                max_examples=examples(4, 30),
                stateful_step_count=100,
                derandomize=True,
                # Shrinking a failure of this size takes minutes; add Phase.shrink to debug one.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
