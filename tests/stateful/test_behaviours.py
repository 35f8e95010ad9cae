"""After any behaviours and commits, every value that the session shows is the one that a new session reads."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.attribute import Kind
from tests.assertions import existing
from tests.production import Production, create_production
from tests.property_settings import examples
from tests.stateful.oracle import differences


class Studio:
    """A session with a few entities, on which steps call behaviours. The numbers of a step choose the entities."""

    def __init__(self, session: Session, production: Production) -> None:
        self.session = session
        self.tasks: list[Any] = [existing(session.get("Task", key)) for key in production.tasks[:3]]
        self.project: Any = existing(session.get("Project", production.project))
        asset: Any = session.create("Asset", name="plate", parent=self.tasks[0].parent)
        self.people: list[Any] = [
            session.create("User", username=f"{name} of {production.name}") for name in ("jane", "jack")
        ]
        self.roles = [session.create("SecurityRole", name=f"{name} of {production.name}") for name in ("a", "b")]
        self.labels = [session.create("NoteLabel", name=f"{name} of {production.name}") for name in ("a", "b")]
        session.commit()
        self.asset = asset
        self.notes: list[Any] = []

    def note(self, first: int, second: int) -> None:
        note = self.tasks[first].create_note(
            f"note {first}", recipients=self.people[: second % 3], labels=self.labels[: first % 3]
        )
        self.notes.append(note)

    def reply(self, first: int, second: int) -> None:
        notes = [note for note in self.notes if inspect(note).state in (Lifecycle.PENDING, Lifecycle.PERSISTENT)]
        if notes:
            self.notes.append(notes[first % len(notes)].create_reply(f"reply {second}", self.people[second % 2]))

    def assign(self, first: int, second: int) -> None:
        self.tasks[first].assign(*self.people[second % 2 :])

    def unassign(self, first: int, second: int) -> None:
        self.tasks[first].unassign(self.people[second % 2])

    def version(self, first: int, second: int) -> None:
        version = self.asset.next_version(task=self.tasks[first], comment=str(second))
        if second == 1:
            self.notes.append(version.create_note("on a version"))

    def timer(self, first: int, second: int) -> None:
        self.people[second % 2].start_timer(self.tasks[first], force=True)

    def stop(self, first: int, second: int) -> None:
        with contextlib.suppress(errors.NoResult):
            self.people[second % 2].stop_timer()

    def role(self, first: int, second: int) -> None:
        person, role = self.people[second % 2], self.roles[first % 2]
        held = [each.security_role_id for each in person.user_security_roles]
        if role.id not in held:
            person.add_security_role(role, [self.project] if first else [])
        elif first == 2:
            person.revoke_security_role(role, self.project)
        else:
            person.remove_security_role(role)

    def job(self, first: int, second: int) -> None:
        with self.session.job(f"job {first}", self.people[second % 2]) as job:
            job.progress(first, of=second + 1)

    def read(self, first: int, second: int) -> None:
        """Load everything of some entities, so that more values are shown."""
        known = sorted(self.entities(), key=lambda each: each.__entity_type__)
        for entity in known[first :: second + 2][:12]:
            for name, attribute in entity.__schema__.attributes.items():
                if attribute.kind is not Kind.MAPPING and not attribute.restricted:
                    value = entity[name]
                    if attribute.kind is Kind.COLLECTION:
                        list(value)

    def commit(self, first: int, second: int) -> None:
        self.session.commit()

    def rollback(self, first: int, second: int) -> None:
        self.session.rollback()

    def entities(self) -> list[Entity]:
        return [each for each in self.session._workspace.identities if inspect(each).state is Lifecycle.PERSISTENT]


STEPS: dict[str, Callable[[Studio, int, int], None]] = {
    name: value for name, value in vars(Studio).items() if not name.startswith("_") and name != "entities"
}
NUMBERS = st.integers(0, 2)


@given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), NUMBERS, NUMBERS), max_size=15))
@settings(max_examples=examples(4, 25))
def test_every_value_after_behaviours_is_the_one_that_a_new_session_reads(
    box: Sandbox, schema_cache: Path, steps: list[tuple[str, int, int]]
) -> None:
    connect = functools.partial(Session, box.url, box.api_key, box.api_user, schema_cache_path=schema_cache)
    with connect() as session, connect() as fresh:
        studio = Studio(session, create_production(session))
        for name, first, second in [*steps, ("commit", 0, 0)]:
            STEPS[name](studio, first, second)
        assert session.modified == session.created == session.deleted == []
        wrong = list(differences(session, fresh, studio.entities()))
        assert not wrong, "\n".join(wrong)
