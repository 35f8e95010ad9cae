"""The undo of a commit restores what a session without any memory read before the commit."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ftrack_orm import Entity, Receipt, Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import IN_FULL, examples
from tests.stateful.machines import OnOwnServer, run_machine
from tests.stateful.oracle import RandomProduction
from tests.stateful.server_content import Content, differences, read_content
from tests.stateful.test_values_after_commits import create_basis


class Undone(OnOwnServer):
    """Commits changes at random, and takes the commits back: the last one, or several in the opposite order."""

    #: The server sets the last activity of a thread when a note is answered, and keeps it when the answer is deleted.
    kept_by_server = frozenset({"thread_activity"})

    def __init__(self, schema_cache: Path) -> None:
        super().__init__(schema_cache)
        self.session = self.connect()
        self.production = RandomProduction(self.session, create_basis(self.session))  # type: ignore[arg-type]
        self.log: list[str] = []
        #: The receipts of the commits that are not taken back, with the content of the server before each.
        self.commits: list[tuple[Content, Receipt]] = []
        self.content = self.read()

    def read(self) -> Content:
        with self.connect() as fresh:
            return read_content(fresh)

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        draw = self.draw_for_step(seed)
        for _ in range(draw.choice((1, 1, 2, 3, 8))):
            self.log.append(self.production.step(draw))
        try:
            receipt = self.session.commit(undoable=True)
        except errors.FtrackError as error:
            self.log.append(f"commit refused: {error}")
            self.session.rollback()
            return
        self.log.append(f"commit {receipt}")
        self.commits.append((self.content, receipt))
        if draw.random() < 0.3:
            self.content = self.read()
            return
        for _ in range(draw.choice((1, 1, 2))):
            if self.commits:
                self.take_back(draw)

    def take_back(self, draw: random.Random) -> None:
        before, receipt = self.commits.pop()
        undo = receipt.undo()
        self.log.append(f"{undo!r}\n{undo}")
        assert not undo.conflicts, "\n".join([*self.log[-20:], *undo.conflicts])
        undone = undo.commit()
        self.content = self.read()
        wrong = differences(before, self.content, self.kept_by_server)
        assert not wrong, "\n".join([*self.log[-20:], "", *wrong])
        if draw.random() < 0.2:
            undone.undo().commit()
            self.content = self.read()
            receipt.undo().commit(overwrite=True)
            self.content = self.read()
            wrong = differences(before, self.content, self.kept_by_server)
            assert not wrong, "\n".join([*self.log[-20:], "done again", "", *wrong])

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()
        super().teardown()


class DeletedSequences(Undone):
    """Deletes a sequence with shots, tasks, versions and notes, and with what was added to them at random."""

    # No answer is deleted here: all values are restored.
    kept_by_server = frozenset()

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        draw = self.draw_for_step(seed)
        sequence = self.create_sequence(draw)
        for _ in range(10):
            self.log.append(self.production.step(draw, draw.choice(("create", "create", "update", "mapping"))))
        try:
            self.session.commit(undoable=False)
        except errors.FtrackError as error:
            self.log.append(f"commit refused: {error}")
            self.session.rollback()
            return
        before = self.read()
        self.session.delete(sequence)
        # By default the entities below a deleted context are searched for.
        self.commits.append((before, self.session.commit()))
        self.take_back(draw)
        self.production.entities = self.session.query("TypedContext").all()

    def create_sequence(self, draw: random.Random) -> Entity:
        """Create a sequence with its content in the first project; the next commit sends it."""
        create, user = self.session.create, self.session.query("User").first()
        project, asset_type = self.session.query("Project").first(), self.session.query("AssetType").first()
        sequence = create("Sequence", name=f"sq{draw.random()}", parent=project)
        shots = [create("Shot", name=f"sh{n}", parent=sequence) for n in range(2)]
        tasks = [create("Task", name=f"t{n}", parent=shots[n % 2], bid=n) for n in range(4)]
        assets = [create("Asset", name=f"a{n}", parent=shots[n], type=asset_type) for n in range(2)]
        versions = [create("AssetVersion", asset=assets[n % 2], task=tasks[n]) for n in range(4)]
        notes = [
            create("Note", content="x", parent_id=each.id, parent_type=each.__entity_type__)
            for each in (sequence, shots[0], tasks[1], versions[2])
        ]
        create("Note", content="reply", in_reply_to_id=notes[3].id)
        component = create("FileComponent", name="main", file_type=".exr", version=versions[0])
        versions[1].thumbnail_id = component.id
        create("Appointment", context=tasks[2], resource=user, type="assignment")
        create("Timelog", context=tasks[3], user=user, duration=60)
        create("TypedContextLink", {"from": shots[0], "to": shots[1]})
        shots[1].metadata["frames"] = "1001"
        self.production.entities += [sequence, *shots, *tasks, *assets, *versions, *notes, component]
        return sequence


def test_the_undo_of_a_deleted_sequence_restores_all_that_belongs_to_it(schema_cache: Path) -> None:
    run_machine(lambda: DeletedSequences(schema_cache), examples(1, 2), examples(2, 12))


def test_the_undo_of_random_commits_restores_the_content_of_the_server(schema_cache: Path) -> None:
    run_machine(lambda: Undone(schema_cache), examples(1, 2), examples(3, 50))


def test_the_undo_of_thousands_of_changes_restores_them(own_box: Sandbox, schema_cache: Path) -> None:
    number = 4_000 if IN_FULL else 500
    with Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache) as session:
        project = session.create(
            "Project", name="p", full_name="p", project_schema=session.query("ProjectSchema").first()
        )
        tasks = [session.create("Task", name=f"t{n}", parent=project, bid=n) for n in range(number)]
        session.commit()
        with Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache) as fresh:
            before = read_content(fresh)
        # Some values are loaded, others are not.
        with Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache) as editor:
            for n, task in enumerate(editor.query("Task").select("id", "name").all()):
                task.name, task.bid, task.description, task.sort = f"x{n}", n + 0.5, f"text {n}", n
            receipt = editor.commit()
            assert receipt == number
            undo = receipt.undo()
            assert (undo.conflicts, undo.not_restored) == ((), ())
            assert undo.commit() == number
        with Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache) as fresh:
            assert differences(before, read_content(fresh)) == []
        assert len(tasks) == number
