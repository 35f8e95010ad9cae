"""Two sessions and the embedded server behave like a model of dictionaries, through random edits, commits and faults.

Every step compares the values that the sessions show with the model, and every commit compares the server with it.
"""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ftrack_orm import Session, errors, inspect
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.stateful import model
from tests.stateful.model import DEFAULTS, REMOVED, SCALARS, Side, Values

EDITS = [
    *("bid", "name", "move", "move by reference", "append", "remove", "set", "set", "unset", "set back"),
    *("custom", "custom", "list", "list", "unlist"),
]
OTHERS = [
    *("commit", "careful", "careful", "batches", "create", "delete", "roll back"),
    *("read", "refresh", "refresh", "refresh list"),
]
FAULTS = (None, None, None, "request lost", "response lost", "late")
SIDES = st.integers(0, 1)
SMALL = st.integers(0, 2)
_NUMBERS = itertools.count()


class Sessions(RuleBasedStateMachine):
    """Runs random steps. Steps take numbers and select entities with them, so that every draw has an effect."""

    def __init__(self, box: Sandbox, schema_cache: Path) -> None:
        super().__init__()
        self.sides = [model.Side(box, schema_cache) for _ in range(2)]
        self.observer = Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache)
        creator, number = self.observer, next(_NUMBERS)
        schema = creator.query("ProjectSchema").first()
        project = creator.create("Project", name=f"p{number}", full_name="Model", project_schema=schema)
        self.project = project.id
        self.shots = [creator.create("Shot", name=f"sh{n}", parent=project).id for n in range(2)]
        self.scopes = [creator.create("Scope", name=f"scope{number}-{n}").id for n in range(2)]
        tasks = [creator.create("Task", name=f"t{n}", parent_id=self.shots[0], bid=0) for n in range(2)]
        category = creator.query("ListCategory").first() or creator.create("ListCategory", name="dailies")
        self.list = creator.create("TypedContextList", name="dailies", project=project, category=category).id
        self.custom = self._configure(creator)
        creator.commit()
        self.server: Values = {task.id: {"name": task.name, "bid": 0, "parent_id": self.shots[0]} for task in tasks}
        for task in self.server.values():
            task |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
        self.server[self.list] = {"items": {}}
        self.names = itertools.count()
        for side in self.sides:
            side.shots = [existing(side.session.get("Shot", key)) for key in self.shots]
            side.scopes = {key: existing(side.session.get("Scope", key)) for key in self.scopes}
            side.entity_list = side.session.query("TypedContextList").where(id=self.list).select("items").one()
            side.seen[self.list] = {"items": {}}
            self._read(side)

    def _configure(self, creator: Session) -> dict[str, str]:
        """Create custom attributes for the project of this run; return their keys by their names in the model."""
        keys = {name: f"{name}_{self.project}" for name in DEFAULTS}
        task = creator.query("ObjectType").where(name="Task").one()
        number, text = (creator.query("CustomAttributeType").where(name=name).one() for name in ("number", "text"))
        frames = {"type": number, "default": 0, "entity_type": "task", "object_type": task}
        colour = {"type": text, "default": "red", "entity_type": "show", "is_hierarchical": True}
        for name, data in {"frames": frames, "colour": colour}.items():
            data |= {"key": keys[name], "label": name, "project_id": self.project, "config": "{}"}
            creator.create("CustomAttributeConfiguration", data)
        return keys

    def teardown(self) -> None:
        for side in self.sides:
            side.session.rollback()
            side.session.close()
        self.observer.close()

    # -- selecting -----------------------------------------------------------------------------------------------------

    def _read(self, side: Side) -> None:
        query = side.session.query("Task").where(f'project_id is "{self.project}"')
        for task in query.select(*SCALARS, "scopes", "metadata", "custom_attributes"):
            if task.id not in side.created:
                side.entities[task.id] = task
                side.update(task.id, self.server[task.id])

    def _select(self, number: int, which: int) -> tuple[Side, str | None]:
        """Return a side and the id of one of its tasks that can be edited, if there is one."""
        side = self.sides[which]
        keys = sorted(key for key in side.entities if key not in side.deleted)
        keys.sort(key=lambda key: side.seen[key]["name"])
        return side, keys[number % len(keys)] if keys else None

    def _load(self, side: Side, key: str, name: str) -> bool:
        """Load *name*; return False when that is impossible, because the other session deleted the task."""
        task = side.entities[key]
        if name in task.__dict__:
            return True
        if key not in self.server:
            return False
        getattr(task, name)
        name = "custom" if name == "custom_attributes" else name
        side.update(key, {name: self.server[key][name]})
        return True

    # -- the step ------------------------------------------------------------------------------------------------------
    # One rule: hypothesis disables random rules for a run, which would leave too little to compare.

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
        elif how == "careful":
            self.commit_unless_there_is_a_conflict(which, fault)
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

    def roll_back(self, side: Side) -> None:
        side.session.rollback()
        for key in side.created:
            del side.entities[key]
        side.forget_changes()

    # -- editing -------------------------------------------------------------------------------------------------------

    def edit(self, which: int, number: int, how: str, value: int) -> None:
        side, key = self._select(number, which)
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
            side.entity_list.items.append(task)
            side.edit(self.list, "items", True, key)
        elif how == "unlist" and task in side.entity_list.items:
            side.entity_list.items.remove(task)
            side.edit(self.list, "items", REMOVED, key)

    def _set_back(self, side: Side, key: str) -> None:
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
        side, key = self._select(number, which)
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
        side, key = self._select(number, which)
        if not key or key in side.created:
            return
        try:
            side.session.refresh(side.entities[key])
        except errors.EntityDeleted:
            assert key not in self.server
        else:
            assert key in self.server
            side.update(key, self.server[key])

    def refresh_list(self, which: int) -> None:
        side = self.sides[which]
        side.session.refresh(side.entity_list, "items")
        side.update(self.list, self.server[self.list])
        self._take_over_merged_values(side)

    def commit(self, which: int, fault: str | None, on_conflict: str | None = None) -> None:
        side, after = self.sides[which], self._after(which)
        side.transport.faults = [fault]
        planned = side.session.plan()
        try:
            side.session.commit(on_conflict=on_conflict)
        except errors.ServerError:
            assert after is None
            assert fault is None
        except errors.TransportError:
            assert fault in ("request lost", "late") or after is None
            if fault == "late":
                self._finish_and_commit_again(side, after)
        else:
            # A commit that was not carried out counts as done only when the other session made the same changes.
            if planned and (after is None or fault in ("request lost", "late")):
                assert fault is not None
                assert model.is_up_to_date(side, self.server)
            self._finish(side)
            self._apply_commit(side, self.server if after is None else after)
        side.transport.faults = []
        self._compare_server()

    def _after(self, which: int) -> Values | None:
        """Return the model of the server after a commit, or None if the server refuses the commit."""
        try:
            return model.after_commit(self.sides[which], self.server)
        except model.Refused:
            return None

    def _finish(self, side: Side) -> None:
        """Send the late request; the server may refuse it like any other."""
        with contextlib.suppress(errors.ServerError):
            side.transport.finish()

    def _finish_and_commit_again(self, side: Side, after: Values | None) -> None:
        """Send the late request and commit again, which must neither lose the changes nor make them twice."""
        self._finish(side)
        self.server = self.server if after is None else after
        try:
            side.session.commit()
        except errors.ServerError:
            assert after is None
        except errors.TransportError:
            # Changes of the other session can make the outcome undecidable. The user decides: here, to roll back.
            assert not side.created
            self.roll_back(side)
        else:
            assert after is not None
            self._apply_commit(side, after)

    def commit_in_batches(self, which: int, size: int, fault: str | None) -> None:
        """Commit in several requests. When the second one fails, committing again sends the rest."""
        side, after = self.sides[which], self._after(which)
        if after is None:
            return
        progress: list[tuple[int, int]] = []
        side.transport.faults = [None, None if fault == "late" else fault]
        try:
            side.session.commit(batch_size=size, on_progress=lambda done, total: progress.append((done, total)))
        except errors.TransportError:
            assert fault == "request lost"
            side.transport.faults = []
            side.session.commit()
        else:
            assert progress == sorted(progress)
            assert not progress or progress[-1][0] == progress[-1][1]
        side.transport.faults = []
        self._apply_commit(side, after)
        self._compare_server()

    def commit_unless_there_is_a_conflict(self, which: int, fault: str | None) -> None:
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
            raise AssertionError("A conflict was not reported.")
        assert side.session.plan() == planned
        self._compare_server()

    def _apply_commit(self, side: Side, after: Values) -> None:
        """Bring the models to the state after a commit."""
        self.server = after
        for key in side.deleted:
            del side.entities[key]
            side.edits.get(self.list, {}).get("items", {}).pop(key, None)
            side.seen[self.list]["items"].pop(key, None)
        for key, name, _ in side.real_edits():
            side.seen[key][name] = side.expected(key, name)
        side.forget_changes()
        self._take_over_merged_values(side)
        assert side.session.plan() == []

    def _take_over_merged_values(self, side: Side) -> None:
        """Bring the model up to date with values that a response contained in addition to the requested ones."""
        for key, task in side.entities.items():
            edited = inspect(task).changes
            for name in (*SCALARS, "scopes"):
                if name in task.__dict__ and key in self.server:
                    known = edited[name].old if name in edited else task[name]
                    known = {scope.id: True for scope in known} if name == "scopes" else known
                    assert known in (side.seen[key][name], self.server[key][name])
                    side.update(key, {name: known})

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
    def sessions_show_the_values_of_the_model(self) -> None:
        for side in self.sides:
            for key, task in side.entities.items():
                shown = task.__dict__
                for name in SCALARS:
                    if name in shown:
                        assert shown[name] == side.expected(key, name), name
                if "scopes" in shown:
                    assert {scope.id: True for scope in shown["scopes"]} == side.expected(key, "scopes")
                if "metadata" in shown:
                    assert dict(shown["metadata"]) == side.expected(key, "metadata")
                if "custom_attributes" in shown and key not in side.created:
                    custom = {name: shown["custom_attributes"][key_] for name, key_ in self.custom.items()}
                    assert custom == side.expected(key, "custom")
                if "parent" in shown and "parent_id" in shown:
                    assert shown["parent"].id == shown["parent_id"]
            if "items" in side.entity_list.__dict__:
                assert {task.id: True for task in side.entity_list.items} == side.expected(self.list, "items")

    @invariant()
    def sessions_list_the_changes_of_the_model(self) -> None:
        for side in self.sides:
            assert {task.id for task in side.session.created} == side.created
            assert {task.id for task in side.session.deleted} == side.deleted
            if side.dirty():
                assert side.session.plan()
            elif not any(side.real_edits()):
                assert side.session.plan() == []


def test_two_sessions_and_the_server_agree_with_the_model(box: Sandbox, schema_cache: Path) -> None:
    run_state_machine_as_test(
        lambda: Sessions(box, schema_cache),  # type: ignore[arg-type]  # any function that creates a machine will do
        settings=settings(
            max_examples=30,
            stateful_step_count=100,
            deadline=None,
            derandomize=True,
            # Shrinking takes minutes. Add Phase.shrink to investigate a failure.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
