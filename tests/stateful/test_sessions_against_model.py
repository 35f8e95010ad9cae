"""Two sessions and the embedded server against a model of dictionaries: what is shown, what is sent, what is kept.

Every step compares what a session shows with its model, every commit the server with its. The model is in `model.py`.
"""

import contextlib
import itertools

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ftrack_orm import Session, errors, inspect
from tests.stateful import model
from tests.stateful.model import DEFAULTS, REMOVED, SCALARS

EDITS = ("bid", "name", "move", "move by reference", "append", "remove", "set", "set", "unset", "set back")
EDITS = (*EDITS, "custom", "custom", "list", "list", "unlist")
OTHERS = ("commit", "careful", "careful", "batches", "create", "delete", "roll back")
OTHERS = (*OTHERS, "read", "refresh", "refresh", "refresh list")
FAULTS = (None, None, None, "lost on the way", "answer lost", "late")
SIDES = st.integers(0, 1)
SMALL = st.integers(0, 2)
_NUMBERS = itertools.count()


class Sessions(RuleBasedStateMachine):
    """Rules take numbers and choose among what there is with them, so that every draw means something."""

    def __init__(self, box, schema_cache):
        super().__init__()
        self.sides = [model.Side(box, schema_cache) for _ in range(2)]
        self.observer = Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache)
        maker, number = self.observer, next(_NUMBERS)
        schema = maker.query("ProjectSchema").first()
        project = maker.create("Project", name=f"p{number}", full_name="Model", project_schema=schema)
        self.project = project.id
        self.shots = [maker.create("Shot", name=f"sh{n}", parent=project).id for n in range(2)]
        self.scopes = [maker.create("Scope", name=f"scope{number}-{n}").id for n in range(2)]
        tasks = [maker.create("Task", name=f"t{n}", parent_id=self.shots[0], bid=0) for n in range(2)]
        category = maker.query("ListCategory").first() or maker.create("ListCategory", name="dailies")
        self.list = maker.create("TypedContextList", name="dailies", project=project, category=category).id
        self.custom = self._configure(maker)
        maker.commit()
        self.server = {task.id: {"name": task.name, "bid": 0, "parent_id": self.shots[0]} for task in tasks}
        for task in self.server.values():
            task |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
        self.server[self.list] = {"items": {}}
        self.names = itertools.count()
        for side in self.sides:
            side.shots = [side.session.get("Shot", key) for key in self.shots]
            side.scopes = {key: side.session.get("Scope", key) for key in self.scopes}
            side.list = side.session.query("TypedContextList").where(id=self.list).select("items").one()
            side.seen[self.list] = {"items": {}}
            self._read(side)

    def _configure(self, maker):
        """Make custom attributes for this run's project; return their keys by what the model calls them."""
        keys = {name: f"{name}_{self.project}" for name in DEFAULTS}
        task = maker.query("ObjectType").where(name="Task").one()
        number, text = (maker.query("CustomAttributeType").where(name=name).one() for name in ("number", "text"))
        frames = {"type": number, "default": 0, "entity_type": "task", "object_type": task}
        colour = {"type": text, "default": "red", "entity_type": "show", "is_hierarchical": True}
        for name, data in {"frames": frames, "colour": colour}.items():
            data |= {"key": keys[name], "label": name, "project_id": self.project, "config": "{}"}
            maker.create("CustomAttributeConfiguration", data)
        return keys

    def teardown(self):
        for side in self.sides:
            side.session.rollback()
            side.session.close()
        self.observer.close()

    # -- choosing ------------------------------------------------------------------------------------------------------

    def _read(self, side):
        query = side.session.query("Task").where(f'project_id is "{self.project}"')
        for task in query.select(*SCALARS, "scopes", "metadata", "custom_attributes"):
            if task.id not in side.created:
                side.entities[task.id] = task
                side.told(task.id, self.server[task.id])

    def _choose(self, number, which):
        """A side and one of its tasks that can be edited, whose collection, if one is to be edited, is loaded."""
        side = self.sides[which]
        keys = sorted(key for key in side.entities if key not in side.deleted)
        keys.sort(key=lambda key: side.seen[key]["name"])
        return side, keys[number % len(keys)] if keys else None

    def _touch(self, side, key, name):
        """Make sure that *name* is loaded; False when it cannot be, since somebody deleted the task."""
        task = side.entities[key]
        if name in task.__dict__:
            return True
        if key not in self.server:
            return False
        getattr(task, name)
        name = "custom" if name == "custom_attributes" else name
        side.told(key, {name: self.server[key][name]})
        return True

    # -- the step ------------------------------------------------------------------------------------------------------
    # One rule, since hypothesis switches whole rules off for a run, and little would be left to compare.

    @rule(
        which=SIDES,
        number=SMALL,
        how=st.sampled_from([*EDITS, *EDITS, *OTHERS]),
        value=SMALL,
        fault=st.sampled_from(FAULTS),
    )
    def step(self, which, number, how, value, fault):
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

    def roll_back(self, side):
        side.session.rollback()
        for key in side.created:
            del side.entities[key]
        side.forget_changes()

    # -- editing -------------------------------------------------------------------------------------------------------

    def edit(self, which, number, how, value):
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
        elif not self._touch(side, key, attribute):
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

    def _set_back(self, side, key):
        for name in SCALARS:
            if name in side.edits.get(key, {}) and key not in side.created:
                side.entities[key][name] = side.seen[key][name]
                side.edit(key, name, side.seen[key][name])

    def create(self, which, shot, bid):
        side = self.sides[which]
        task = side.session.create("Task", name=f"new{next(self.names)}", parent=side.shots[shot], bid=bid)
        side.entities[task.id] = task
        side.created.add(task.id)
        side.seen[task.id] = {"name": task.name, "bid": bid, "parent_id": self.shots[shot]}
        side.seen[task.id] |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}

    def delete(self, which, number):
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

    def refresh(self, which, number):
        side, key = self._choose(number, which)
        if not key or key in side.created:
            return
        try:
            side.session.refresh(side.entities[key])
        except errors.EntityDeleted:
            assert key not in self.server
        else:
            assert key in self.server
            side.told(key, self.server[key])

    def refresh_list(self, which):
        side = self.sides[which]
        side.session.refresh(side.list, "items")
        side.told(self.list, self.server[self.list])
        self._told_in_passing(side)

    def commit(self, which, fault, **how):
        side, after = self.sides[which], self._after(which)
        side.line.faults = [fault]
        planned = side.session.plan()
        try:
            side.session.commit(**how)
        except errors.ServerError:
            assert after is None
            assert fault != "late"
        except errors.TransportError:
            assert fault == "late" or after is None
            if fault == "late":
                self._finish_and_commit_again(side, after)
        else:
            # Not carried out and taken as done: only when somebody else has done the very same.
            if planned and (after is None or fault == "late"):
                assert fault is not None
                assert model.holds_already(side, self.server)
            self._finish(side)
            self._accepted(side, self.server if after is None else after)
        side.line.faults = []
        self._compare_server()

    def _after(self, which):
        """The server after a commit, None if it refuses that."""
        try:
            return model.carried_out(self.sides[which], self.server)
        except model.Refused:
            return None

    def _finish(self, side):
        """Let the server do what is late; it may refuse it, as any other commit."""
        with contextlib.suppress(errors.ServerError):
            side.line.finish()

    def _finish_and_commit_again(self, side, after):
        """The server carries out what was given up; committing again must neither lose it nor do it twice."""
        self._finish(side)
        self.server = self.server if after is None else after
        try:
            side.session.commit()
        except errors.ServerError:
            assert after is None
        except errors.TransportError:
            # What others changed makes it undecidable still. Then it is for the user to decide, who takes it back here.
            assert not side.created
            self.roll_back(side)
        else:
            assert after is not None
            self._accepted(side, after)

    def commit_in_batches(self, which, size, fault):
        """A commit in several requests, of which the second one may fail: what was not done is sent again."""
        side, after = self.sides[which], self._after(which)
        if after is None:
            return
        progress = []
        side.line.faults = [None, None if fault == "late" else fault]
        side.session.commit(batch_size=size, on_progress=lambda done, total: progress.append((done, total)))
        assert progress == sorted(progress)
        assert not progress or progress[-1][0] == progress[-1][1]
        side.line.faults = []
        self._accepted(side, after)
        self._compare_server()

    def commit_unless_there_is_a_conflict(self, which, fault):
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
            raise AssertionError("A conflict was not noticed.")
        assert side.session.plan() == planned
        self._compare_server()

    def _accepted(self, side, after):
        """Move the models to after a commit; what the session was told about the rest may be told or not."""
        self.server = after
        for key in side.deleted:
            del side.entities[key]
            side.edits.get(self.list, {}).get("items", {}).pop(key, None)
            side.seen[self.list]["items"].pop(key, None)
        for key, name, _ in side.real_edits():
            side.seen[key][name] = side.expected(key, name)
        side.forget_changes()
        self._told_in_passing(side)
        assert side.session.plan() == []

    def _told_in_passing(self, side):
        """Have the model know what an answer told of tasks that nobody asked for: it may, and need not, tell more."""
        for key, task in side.entities.items():
            edited = inspect(task).changes
            for name in (*SCALARS, "scopes"):
                if name in task.__dict__ and key in self.server:
                    known = edited[name].old if name in edited else task[name]
                    known = {scope.id: True for scope in known} if name == "scopes" else known
                    assert known in (side.seen[key][name], self.server[key][name])
                    side.told(key, {name: known})

    # -- comparing -----------------------------------------------------------------------------------------------------

    def _compare_server(self):
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
    def sessions_show_what_they_should(self):
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
            if "items" in side.list.__dict__:
                assert {task.id: True for task in side.list.items} == side.expected(self.list, "items")

    @invariant()
    def what_is_to_be_sent_is_known(self):
        for side in self.sides:
            assert {task.id for task in side.session.created} == side.created
            assert {task.id for task in side.session.deleted} == side.deleted
            if side.dirty():
                assert side.session.plan()
            elif not any(side.real_edits()):
                assert side.session.plan() == []


def test_two_sessions_and_the_server_agree_with_the_model(box, schema_cache):
    run_state_machine_as_test(
        lambda: Sessions(box, schema_cache),
        settings=settings(
            max_examples=30,
            stateful_step_count=100,
            deadline=None,
            derandomize=True,
            # Shrinking a failure of this size takes minutes; whoever needs it adds Phase.shrink.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
