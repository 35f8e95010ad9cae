"""After an own commit, every value that a session shows is the one that a new session reads."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ftrack_orm import Entity, Session, errors, inspect
from ftrack_orm.entities.inspection import Change
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import NOT_LOADED
from tests.property_settings import examples
from tests.session.received_updates import ReceivedUpdates
from tests.stateful.machines import OnOwnServer, run_machine
from tests.stateful.oracle import RandomProduction, differences

_NUMBERS = itertools.count()


def create_basis(session: Session) -> list[object]:
    """Create a small production to begin with, and return its entities and those of the configuration it uses."""
    number = next(_NUMBERS)
    schema = session.query("ProjectSchema").first()
    projects = [
        session.create("Project", name=f"oracle{number}{n}", full_name="Oracle", project_schema=schema) for n in "ab"
    ]
    shots = [session.create("Shot", name=f"sh{n}", parent=projects[n % 2]) for n in range(3)]
    tasks = [session.create("Task", name=f"t{n}", parent=shots[n % 3]) for n in range(4)]
    asset = session.create("Asset", name="a", parent=shots[0], type=session.query("AssetType").first())
    versions = [session.create("AssetVersion", asset=asset, task=tasks[0]) for _ in range(2)]
    text = session.query("CustomAttributeType").where(name="text").one()
    task_type = session.query("ObjectType").where(name="Task").one()
    configurations = [
        session.create("CustomAttributeConfiguration", {"label": key, "key": key, "type": text, "config": "{}", **data})
        for key, data in {
            f"own{number}": {"entity_type": "task", "object_type": task_type, "default": "x"},
            f"tree{number}": {"entity_type": "show", "is_hierarchical": True, "default": ""},
            f"version{number}": {"entity_type": "assetversion", "default": "y"},
        }.items()
    ]
    category = session.query("ListCategory").first() or session.create("ListCategory", name="c")
    lists = [
        session.create(kind, name="l", project=projects[0], category=category)
        for kind in ("TypedContextList", "AssetVersionList")
    ]
    user = session.query("User").first()
    labels = [session.create("NoteLabel", name=f"label{number}")]
    session.commit()
    configuration = [
        *session.query("Status").limit(4), *session.query("Type").limit(3), *session.query("Priority").limit(2),
        session.query("AssetType").first(), category, user, session.query("Location").first(),
    ]  # fmt: skip
    return [*projects, *shots, *tasks, asset, *versions, *configurations, *lists, *labels, *configuration]


@attrs.frozen
class Edit:
    """One unsaved edit: a value, an entry of a mapping, or a member of a collection that was added or removed."""

    entity: Entity
    name: str
    part: Any
    is_kept: Callable[[], bool]

    def refers_to_deleted(self) -> bool:
        """Whether the edit names an entity that others have deleted since."""
        return isinstance(self.part, Entity) and inspect(self.part).state is not Lifecycle.PERSISTENT


def edits_of(entity: Entity, name: str, change: Change) -> Iterator[Edit]:
    """Yield the edits of one attribute, by what a change of it says."""
    kind = entity.__schema__.attributes[name].kind
    old, new = change.old, change.new
    if kind is Kind.MAPPING and isinstance(old, Mapping):
        for key in {*old, *new}:
            if old.get(key) != new.get(key):
                yield Edit(entity, name, key, partial(has_value, entity, name, key, new.get(key)))
    elif kind is Kind.COLLECTION and old is not NOT_LOADED:
        for member in [*old, *new]:
            if (member in old) != (member in new):
                yield Edit(entity, name, member, partial(has_member, entity, name, member, member in new))
    elif kind in (Kind.SCALAR, Kind.REFERENCE):
        yield Edit(entity, name, new, lambda: bool(entity[name] == new))


def has_value(entity: Entity, name: str, key: str, value: object) -> bool:
    """Whether a mapping has a value for a key; None stands for no entry."""
    return bool(entity[name].get(key) == value)


def has_member(entity: Entity, name: str, member: Entity, is_expected: bool) -> bool:
    """Whether a collection has, or has not, a member."""
    return (member in entity[name]) == is_expected


def exists(session: Session, entity: Entity) -> bool:
    """Whether the server has an entity of another session."""
    return session.get(entity.__entity_type__, entity._ftrack_state.key) is not None


class OwnCommits(OnOwnServer):
    """Changes, commits and reads at random."""

    def __init__(self, schema_cache: Path) -> None:
        super().__init__(schema_cache)
        self.session = self.connect()
        self.production = RandomProduction(self.session, create_basis(self.session))  # type: ignore[arg-type]
        self.log: list[str] = []

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        draw = self.draw_for_step(seed)
        self.log += self.production.read(draw, 4)
        for _ in range(draw.choice((1, 1, 2, 3))):
            self.log.append(self.production.step(draw))
        try:
            self.session.commit()
            self.log.append("commit")
        except errors.FtrackError as error:
            self.log.append(f"commit refused: {error}")
            self.session.rollback()
        with self.connect() as fresh:
            wrong = list(differences(self.session, fresh, self.production.existing()))
        assert not wrong, "\n".join([*self.log[-40:], "", *wrong])

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()
        super().teardown()


class ChangesOfOthers(OwnCommits):
    """A second session follows by its event hub, reads at random, and has an unsaved edit."""

    #: Whether the listener has unsaved edits while it follows.
    has_edits = False

    def __init__(self, schema_cache: Path) -> None:
        super().__init__(schema_cache)
        self.listener = self.connect()
        # Not every commit causes an event. The one of the marker's commit follows those of all earlier commits.
        self.marker = self.connect()
        self.updates = ReceivedUpdates(self.listener)
        self.updates.count_writes_of(self.marker)
        self.listener.event_hub.connect()
        self.reader = RandomProduction(self.listener, ())
        self.seen: set[Entity] = set()

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        draw = self.draw_for_step(seed)
        self.follow()
        self.log += [f"listener reads {name}" for name in self.reader.read(draw, 8)]
        edits = self.edit(draw) if self.has_edits else []
        for _ in range(draw.choice((1, 1, 2, 3))):
            self.log.append(self.production.step(draw))
        try:
            self.session.commit()
            self.log.append("commit")
        except errors.FtrackError as error:
            self.log.append(f"commit refused: {error}")
            self.session.rollback()
        self.marker.create("Scope", name=f"marker{next(_NUMBERS)}")
        self.marker.commit()
        self.updates.wait_for_all_of(self.marker)
        with self.connect() as fresh:
            wrong = [
                f"{edit.entity!r}.{edit.name} lost {edit.part!r}"
                for edit in edits
                if not edit.refers_to_deleted() and exists(fresh, edit.entity) and not edit.is_kept()
            ]
            # Unsaved edits also show on the other sides of relations, so that all values are compared without them.
            self.listener.rollback()
            wrong += differences(self.listener, fresh, self.reader.existing())
        assert not wrong, "\n".join([*self.log[-40:], "", *wrong])

    def edit(self, draw: random.Random) -> list[Edit]:
        """Make unsaved edits of the listener: of attributes, keys and members that are drawn from the schema."""
        for _ in range(3):
            self.log.append(
                "listener " + self.reader.step(draw, draw.choice(("update", "update", "mapping", "collection")))
            )
        return [
            edit
            for entity, changes in self.listener.changes().items()
            for name, change in changes.items()
            for edit in edits_of(entity, name, change)
        ]

    def follow(self) -> None:
        """Let the listener know the entities that the other session has created."""
        by_type: dict[str, list[tuple[str, ...]]] = {}
        for entity in self.production.existing():
            if entity not in self.seen and inspect(entity).state is Lifecycle.PERSISTENT:
                self.seen.add(entity)
                by_type.setdefault(entity.__entity_type__, []).append(entity._ftrack_state.key)
        for name, keys in by_type.items():
            self.reader.entities += self.listener._workspace.loader.fetch(name, keys)

    def teardown(self) -> None:
        self.listener.rollback()
        self.listener.close()
        self.marker.close()
        super().teardown()


class ChangesBesideEdits(ChangesOfOthers):
    """The same, with unsaved edits of the listener, which are kept."""

    has_edits = True


def test_every_value_shown_after_an_own_commit_is_the_one_a_new_session_reads(schema_cache: Path) -> None:
    run_machine(lambda: OwnCommits(schema_cache), examples(1, 40))


def test_every_value_shown_after_the_changes_of_others_is_the_one_a_new_session_reads(schema_cache: Path) -> None:
    run_machine(lambda: ChangesOfOthers(schema_cache), examples(1, 10))


def test_unsaved_edits_are_kept_beside_the_changes_of_others(schema_cache: Path) -> None:
    run_machine(lambda: ChangesBesideEdits(schema_cache), examples(1, 40))
