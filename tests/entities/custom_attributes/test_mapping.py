"""The mapping of custom attributes: typed values, edits, and the values of new entities."""

from __future__ import annotations

import copy
import datetime
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.entities.custom_attributes.configs import ONE_OF, SOME_OF, WHOLE
from tests.entities.planned_operations import planned_operations
from tests.production import Connect, Production

UTC = datetime.timezone.utc


# -- types of values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "config", "given", "kept"),
    [
        ("text", {}, "abc", "abc"),
        ("url", {}, "https://example.com", "https://example.com"),
        ("boolean", {}, True, True),
        ("number", WHOLE, 24, 24),
        ("number", WHOLE, 24.0, 24),
        ("number", {"isdecimal": True}, 23.976, 23.976),
        ("date", {}, datetime.date(2026, 5, 1), datetime.datetime(2026, 5, 1, tzinfo=UTC)),
        (
            "date",
            {},
            datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            datetime.datetime(2026, 5, 1, 10, tzinfo=UTC),
        ),
        ("enumerator", SOME_OF, ["hard", "easy"], ["hard", "easy"]),
        ("enumerator", ONE_OF, ("hard",), ["hard"]),
        ("enumerator", ONE_OF, "hard", ["hard"]),
        ("enumerator", ONE_OF, [], []),
        ("dynamic enumerator", {"multiSelect": True}, ["linux", "windows"], ["linux", "windows"]),
        ("text", {}, None, None),
    ],
)
def test_a_value_of_each_type_is_set_committed_and_read_back(
    session: Session,
    other: Session,
    task: Entity,
    configure: Configure,
    kind: str,
    config: dict[str, Any],
    given: Any,
    kept: Any,
) -> None:
    key = configure("value", kind, config=config)
    task.custom_attributes[key] = given
    assert task.custom_attributes[key] == kept
    session.commit()
    read = existing(other.get("Task", task.id)).custom_attributes[key]
    assert read == kept
    assert type(read) is type(task.custom_attributes[key])


@pytest.mark.parametrize(
    ("kind", "config", "value", "message"),
    [
        ("text", {}, 3, "holds text, not 3 "),
        ("boolean", {}, "yes", "holds True or False"),
        ("number", {}, "12", "holds a finite number, not '12'"),
        ("number", WHOLE, 1.5, "whole numbers, not 1.5"),
        ("date", {}, datetime.datetime(2026, 5, 1), "with a timezone"),
        ("enumerator", SOME_OF, ["esay"], "no option 'esay'. Allowed: 'easy', 'hard'. Did you mean 'easy'"),
        ("enumerator", ONE_OF, ["easy", "hard"], "one option only"),
        ("enumerator", SOME_OF, [1], "holds a list of text"),
        ("enumerator", SOME_OF, 7, "of type enumerator"),
        ("dynamic enumerator", {}, {"linux": 1}, "of type dynamic enumerator and holds a list of text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_changes(
    session: Session,
    task: Entity,
    configure: Configure,
    kind: str,
    config: dict[str, Any],
    value: Any,
    message: str,
) -> None:
    key = configure("value", kind, config=config)
    with pytest.raises(errors.InvalidValue, match=message) as caught:
        task.custom_attributes[key] = value
    assert key in str(caught.value)
    assert caught.value.entity_type == "Task"
    assert session.modified == []


def test_an_expression_is_read_only(session: Session, task: Entity, configure: Configure) -> None:
    key = configure("sum", "expression", "{self.bid + 1}")
    with pytest.raises(errors.ReadOnlyAttribute, match="is an expression"):
        task.custom_attributes[key] = 3
    assert session.modified == []


def test_a_list_cannot_be_edited_in_place_but_copied(session: Session, task: Entity, configure: Configure) -> None:
    key = configure("work", "enumerator", ["easy"], SOME_OF)
    edits: list[Callable[[list[str]], object]] = [
        lambda chosen: chosen.append("hard"),
        lambda chosen: chosen.clear(),
        lambda chosen: chosen.__setitem__(0, "hard"),
        lambda chosen: chosen.__iadd__(["hard"]),
    ]
    for edit in edits:
        with pytest.raises(errors.InvalidValue, match="set the custom attribute to a new list"):
            edit(task.custom_attributes[key])
    chosen = task.custom_attributes[key]
    assert chosen == ["easy"]
    for duplicate in (copy.copy(chosen), pickle.loads(pickle.dumps(chosen)), [*chosen, "hard"]):
        assert type(duplicate) is list
    task.custom_attributes[key] = [*chosen, "hard"]
    session.commit()
    assert task.custom_attributes[key] == ["easy", "hard"]


def test_none_empties_a_value_and_setting_back_is_no_change(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    key = configure("frames", "number", 24, WHOLE)
    task.custom_attributes[key] = None
    assert inspect(task).changes["custom_attributes"].new[key] is None
    task.custom_attributes[key] = 24
    assert session.plan() == []
    task.custom_attributes[key] = 48
    session.rollback()
    assert task.custom_attributes[key] == 24


def test_assigning_a_mapping_sets_all_of_it_or_nothing(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    frames, code = configure("frames", "number", 24), configure("code", "text", "x")
    with pytest.raises(errors.InvalidValue):
        task.custom_attributes = {frames: 48, code: 5}
    assert session.modified == []
    task.custom_attributes = {frames: 48}
    session.commit()
    seen = existing(other.get("Task", task.id)).custom_attributes
    assert (seen[frames], seen[code]) == (48, "x")


def test_updating_sets_all_of_the_pairs_or_none(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    frames, code = configure("frames", "number", 24), configure("code", "text", "x")
    for wrong in ({frames: 48, code: 5}, {frames: 48, "no_such_key": "y"}):
        with pytest.raises((errors.InvalidValue, errors.UnknownAttribute)):
            task.custom_attributes.update(wrong)
    assert session.modified == []
    task.custom_attributes.update({frames: 48, code: "y"})
    session.commit()
    seen = existing(other.get("Task", task.id)).custom_attributes
    assert (seen[frames], seen[code]) == (48, "y")


def test_setting_the_default_is_no_change_and_a_row_of_its_own_keeps_the_value(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    task.custom_attributes[key] = 24
    new = session.create("Task", name="new", parent_id=task.parent_id, custom_attributes={key: 24})
    assert [operation.entity_type for operation in planned_operations(session)] == ["Task"]
    (configuration,) = [each for each in session.configurations if each.key == key]
    session.create("CustomAttributeValue", configuration_id=configuration.id, entity_id=task.id, value=24)
    session.commit()
    row = other.query("CustomAttributeConfiguration").where(key=key).one()
    row.default = 30
    other.commit()
    session.refresh([task, new], "custom_attributes")
    assert (task.custom_attributes[key], new.custom_attributes[key]) == (24, 30)


# -- new entities -------------------------------------------------------------------------------------------------


def test_a_new_entity_has_the_defaults_that_apply_to_it(
    session: Session, production: Production, configure: Configure, inheriting: str
) -> None:
    mine, shots = configure("mine", "number", 24), configure("shots", "number", 1, object_type="Shot")
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="new", parent=shot)
    assert task.custom_attributes[mine] == 24
    assert task.custom_attributes[inheriting] is None
    assert shots not in task.custom_attributes
    with pytest.raises(errors.InvalidValue, match=r"Keys of [A-Za-z]+\.custom_attributes are text"):
        task.custom_attributes[3] = 4
    with pytest.raises(errors.UnknownAttribute):
        del task.custom_attributes["no_such_key"]
    assert repr(task.custom_attributes) == repr(dict(task.custom_attributes))
    with pytest.raises(errors.UnknownAttribute, match="configured, but not for Task entities in this project"):
        task.custom_attributes[shots]
    assert shots in session.create("Shot", name="new", parent=shot.parent).custom_attributes
    assert "custom_attributes" not in inspect(task).changes


def test_values_of_a_new_entity_are_created_in_the_same_request(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    key, code = configure("frames", "number", 24), configure("code", "text", "")
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", custom_attributes={key: 48}, name="new", parent=shot)
    task.custom_attributes[code] = "abc"
    with requests_made(session) == 1:
        assert session.commit() == 3
    seen = existing(other.get("Task", task.id)).custom_attributes
    assert (seen[key], seen[code]) == (48, "abc")
    task.custom_attributes[key] = 50
    assert session.commit() == 1
    other.refresh(existing(other.get("Task", task.id)))
    assert existing(other.get("Task", task.id)).custom_attributes[key] == 50


def test_a_new_entity_keeps_its_values_when_it_is_taken_back_or_its_session_is_closed(
    connect: Connect, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    session = connect()
    shot = existing(session.get("Shot", production.shots[0]))
    forgotten, task = (session.create("Task", name=name, parent=shot) for name in ("forgotten", "new"))
    assert forgotten.custom_attributes[key] == 24
    session.delete(forgotten)
    assert forgotten.custom_attributes[key] == 24
    with pytest.raises(errors.UnknownAttribute):
        forgotten.custom_attributes["no_such_key"]
    assert task.custom_attributes[key] == 24
    with pytest.warns(RuntimeWarning):
        session.close()
    assert task.custom_attributes[key] == 24
    with pytest.raises(errors.SessionClosed):
        task.custom_attributes[key] = 25


def test_a_whole_new_branch_is_created_with_its_values(
    session: Session, other: Session, production: Production, inheriting: str
) -> None:
    sequence = session.create("Sequence", name="sq_new", parent=existing(session.get("Project", production.project)))
    shot = session.create("Shot", name="sh_new", parent=sequence, custom_attributes={inheriting: "aces"})
    assert session.commit() == 3
    assert existing(other.get("Shot", shot.id)).custom_attributes[inheriting] == "aces"


def test_a_creation_with_an_unknown_key_leaves_nothing(
    session: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    shot = existing(session.get("Shot", production.shots[0]))
    with pytest.raises(errors.UnknownAttribute, match=f"Did you mean '{key}'"):
        session.create("Task", name="new", parent=shot, custom_attributes={key + "x": 1})
    assert session.created == []


def test_a_new_version_has_the_attributes_of_versions(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    key = configure("quality", "number", 0, object_type=None, entity_type="assetversion")
    asset_type = existing(session.query("AssetType").first())
    asset = session.create(
        "Asset", name="model", parent=existing(session.get("Shot", production.shots[0])), type=asset_type
    )
    version = session.create("AssetVersion", asset=asset)
    version.custom_attributes[key] = 5
    session.commit()
    assert existing(other.get("AssetVersion", version.id)).custom_attributes[key] == 5


@pytest.mark.parametrize(
    ("kind", "value"),
    [("text", "\udce9"), ("url", "\udce9"), ("enumerator", ["\udce9"]), ("dynamic enumerator", "\udce9")],
)
def test_text_that_cannot_be_encoded_is_refused_as_value_and_as_key(
    session: Session, task: Entity, configure: Configure, kind: str, value: Any
) -> None:
    key = configure("value", kind)
    with pytest.raises(errors.InvalidValue, match=rf"Task\.custom_attributes\['{key}'\].*not UTF-8") as caught:
        task.custom_attributes[key] = value
    assert caught.value.entity_type == "Task"
    assert str(caught.value.attribute).startswith("custom_attributes")
    with pytest.raises(errors.InvalidValue, match=r"A key of Task\.custom_attributes"):
        task.custom_attributes["\udce9"] = "x"
    assert not session.modified
