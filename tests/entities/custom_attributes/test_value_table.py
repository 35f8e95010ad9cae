"""One table of many entities' custom attributes: the values that apply, as the mapping of each entity resolves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.entities.custom_attributes.inheritance import ValueSource
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production
from tests.property_settings import examples

SetElsewhere = Callable[[str, str, str, Any], None]


def tasks_of(session: Session, production: Production) -> list[Entity]:
    return session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()


def test_the_table_has_own_inherited_and_default_values(
    session: Session, production: Production, configure: Configure, inheriting: str, set_elsewhere: SetElsewhere
) -> None:
    own = configure("own", "number", 8)
    set_elsewhere("Sequence", production.sequences[1], inheriting, "aces")
    set_elsewhere("Task", production.tasks[0], inheriting, "raw")
    set_elsewhere("Task", production.tasks[1], own, 12)
    tasks = tasks_of(session, production)
    table = session.custom_values(tasks, [inheriting, own])
    assert list(table) == tasks
    assert table.columns == (inheriting, own)
    assert [table[task][inheriting] for task in tasks] == ["raw"] + ["rec709"] * 5 + ["aces"] * 6
    assert [table[task][own] for task in tasks[:3]] == [8, 12, 8]
    with requests_made(session) == 0:
        inherited = table.source(tasks[11], inheriting)
        assert (inherited.source, existing(inherited.entity).id) == (ValueSource.INHERITED, production.sequences[1])
        assert table.source(tasks[0], inheriting).entity is tasks[0]
        assert table.source(tasks[2], own).source is ValueSource.DEFAULT
    assert table.rows()[0] == {"id": tasks[0].id, inheriting: "raw", own: 8}
    assert str(len(tasks)) in repr(table)


def test_entities_of_several_types_have_the_keys_that_apply_to_them(
    connect: Connect,
    session: Session,
    production: Production,
    configure: Configure,
    inheriting: str,
    set_elsewhere: SetElsewhere,
) -> None:
    own = configure("own", "text", "x")
    set_elsewhere("Shot", production.shots[0], inheriting, "log")
    shot = existing(session.get("Shot", production.shots[0]))
    asset = session.create("Asset", name="plate", parent=shot, type=session.query("AssetType").first())
    version = session.create("AssetVersion", asset=asset)
    session.commit()
    project, task, user = (
        existing(session.get(kind, id_))
        for kind, id_ in (
            ("Project", production.project),
            ("Task", production.tasks[0]),
            ("User", existing(session.query("User").first()).id),
        )
    )
    kinds = ((each.__entity_type__, each.id) for each in (project, shot, task, asset, version, user))
    fresh = connect()
    project, shot, task, asset, version, user = (existing(fresh.get(kind, id_)) for kind, id_ in kinds)
    with requests_made(fresh) == 3:  # paths, configurations, values
        table = fresh.custom_values([project, shot, task, asset, version, user], [own, inheriting])
    assert [list(table[each]) for each in (project, shot, task, asset, version, user)] == [
        [inheriting],
        [inheriting],
        [own, inheriting],
        [inheriting],
        [inheriting],
        [],
    ]
    assert [table[each][inheriting] for each in (project, shot, task, asset, version)] == ["rec709"] + ["log"] * 4
    assert table.rows()[0][own] is None


def test_all_keys_without_a_choice(session: Session, production: Production, configure: Configure) -> None:
    own = configure("own", "text", "x")
    (task, *_) = tasks_of(session, production)
    table = session.custom_values(task)
    assert set(table[task]) == set(task.custom_attributes)
    assert table[task][own] == "x"


def test_a_thousand_entities_take_three_requests(
    session: Session, other: Session, production: Production, inheriting: str, configure: Configure
) -> None:
    own = configure("own", "number", 8)
    for number in range(1_000):
        other.create("Task", name=f"many{number}", parent_id=production.shots[number % 4])
    other.commit()
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    with requests_made(session) == 3:  # paths, configurations, values
        table = session.custom_values(tasks, [inheriting, own])
    assert len(table) == 1_012
    with requests_made(session) == 1:
        session.custom_values(tasks, inheriting)


def test_unsaved_edits_and_moves_count(
    session: Session, production: Production, configure: Configure, inheriting: str, set_elsewhere: SetElsewhere
) -> None:
    own = configure("own", "number", 8)
    set_elsewhere("Sequence", production.sequences[1], inheriting, "aces")
    tasks = tasks_of(session, production)
    shot = existing(session.get("Shot", production.shots[0]))
    tasks[0].custom_attributes[own] = 3
    shot.custom_attributes[inheriting] = "log"
    tasks[1].parent = existing(session.get("Shot", production.shots[3]))
    new = session.create("Task", name="new", parent=shot, custom_attributes={own: 5})
    table = session.custom_values([*tasks[:3], new], [own, inheriting])
    assert [table[each][own] for each in (*tasks[:3], new)] == [3, 8, 8, 5]
    assert [table[each][inheriting] for each in (*tasks[:3], new)] == ["log", "aces", "log", "log"]
    assert table.source(new, inheriting).entity is shot
    session.rollback()


def test_unknown_keys_and_other_values_are_refused(
    connect: Connect, session: Session, production: Production, inheriting: str, configure: Configure
) -> None:
    (task, *_) = tasks_of(session, production)
    session.custom_values(task)
    later = configure("later", "text", "x")
    assert session.custom_values(task, later)[task] == {later: "x"}
    with pytest.raises(errors.UnknownAttribute, match=rf"'{inheriting}x' is configured for Task.*Did you mean"):
        session.custom_values(task, f"{inheriting}x")
    with pytest.raises(errors.InvalidValue, match="belongs to another session"):
        connect().custom_values(task)
    with pytest.raises(errors.InvalidValue, match="takes entities, not 'task'"):
        session.custom_values(["task"])  # type: ignore[list-item]  # which is tested
    session.delete(task)
    session.commit()
    with pytest.raises(errors.EntityDeleted):
        session.custom_values(task)
    assert dict(session.custom_values([], inheriting)) == {}


@settings(max_examples=examples(5, 40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_value_is_that_of_the_mapping_of_the_entity(
    connect: Connect, production: Production, inheriting: str, data: st.DataObject
) -> None:
    """After any edits, the table has the values that `get(key, inherited=True)` returns for each entity."""
    session = connect()
    kinds = [("Project", [production.project]), ("Sequence", production.sequences), ("Shot", production.shots)]
    contexts = [existing(session.get(kind, id_)) for kind, ids in kinds for id_ in ids]
    tasks = tasks_of(session, production)
    for _ in range(data.draw(st.integers(0, 6))):
        entity = data.draw(st.sampled_from([*contexts, *tasks]))
        match data.draw(st.sampled_from(("set", "empty", "move", "commit"))):
            case "set":
                entity.custom_attributes[inheriting] = data.draw(st.sampled_from(("a", "b", "c")))
            case "empty":
                entity.custom_attributes[inheriting] = None
            case "move" if entity in tasks:
                entity.parent = data.draw(st.sampled_from(contexts[3:]))
            case "commit":
                session.commit()
    table = session.custom_values([*contexts, *tasks], inheriting)
    for entity in table:
        resolved = entity.custom_attributes.get(inheriting, inherited=True)
        assert table[entity][inheriting] == resolved.value
        assert table.source(entity, inheriting) == resolved
    session.rollback()
