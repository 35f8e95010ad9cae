"""The undo of a commit restores what a session without any memory read before the commit."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ftrack_orm import Receipt, Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import IN_FULL, examples
from tests.stateful.machines import OnOwnServer, run_machine
from tests.stateful.oracle import RandomProduction
from tests.stateful.server_content import Content, differences, read_content
from tests.stateful.test_values_after_commits import create_basis


class Undone(OnOwnServer):
    """Commits changes at random, and takes the commits back: the last one, or several in the opposite order."""

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
        draw = random.Random(seed)
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
        wrong = differences(before, self.content)
        assert not wrong, "\n".join([*self.log[-20:], "", *wrong])
        if draw.random() < 0.2:
            undone.undo().commit()
            self.content = self.read()
            receipt.undo().commit(overwrite=True)
            self.content = self.read()
            wrong = differences(before, self.content)
            assert not wrong, "\n".join([*self.log[-20:], "done again", "", *wrong])

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()
        super().teardown()


def test_the_undo_of_random_commits_restores_the_content_of_the_server(schema_cache: Path) -> None:
    run_machine(lambda: Undone(schema_cache), examples(1, 2), examples(12, 50))


def test_the_undo_of_thousands_of_changes_restores_them(own_box: Sandbox, schema_cache: Path) -> None:
    number = 4_000 if IN_FULL else 1_000
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
