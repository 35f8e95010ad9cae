"""Custom attributes: typed by their configurations, on new entities too, and inherited down the hierarchy."""

import copy
import datetime
import json
import pickle
import uuid

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.entities.custom_attributes.inheritance import ValueSource
from ftrack_orm.testing import requests_made

UTC = datetime.timezone.utc
WHOLE = {"isdecimal": False}
ONE_OF = {
    "multiSelect": False,
    "data": json.dumps([{"menu": "Easy", "value": "easy"}, {"menu": "Hard", "value": "hard"}]),
}
SOME_OF = {**ONE_OF, "multiSelect": True}


@pytest.fixture
def configure(connect, production):
    """Make a configuration for this test's project by another session and return its key, which no other test uses."""
    maker = connect()

    def make(key, kind, default=None, config=None, object_type="Task", **rest):
        type_ = maker.query("CustomAttributeType").where(f'name is "{kind}"').one()
        entity_type = rest.pop("entity_type", "task" if object_type else "show")
        found = maker.query("ObjectType").where(f'name is "{object_type}"').one() if object_type else None
        configuration = maker.create(
            "CustomAttributeConfiguration",
            {
                "key": f"{key}_{production.name}",
                "label": key,
                "entity_type": entity_type,
                "object_type_id": found and found.id,
                "project_id": production.project,
                "type": type_,
                "default": default,
                "config": json.dumps(config or {}),
                **rest,
            },
        )
        maker.commit()
        return configuration.key

    return make


@pytest.fixture
def inheriting(configure):
    """The key of a hierarchical text attribute whose default is "rec709"."""
    return configure("colorspace", "text", "rec709", object_type=None, is_hierarchical=True)


@pytest.fixture
def task(session, production):
    return session.get("Task", production.tasks[0])


@pytest.fixture
def set_by_somebody(connect):
    """Set a custom attribute in another session."""

    def change(entity_type, id_, key, value):
        with connect() as somebody:
            somebody.get(entity_type, id_).custom_attributes[key] = value
            somebody.commit()

    return change


# -- values are typed ---------------------------------------------------------------------------------------------


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
    session, other, task, configure, kind, config, given, kept
):
    key = configure("value", kind, config=config)
    task.custom_attributes[key] = given
    assert task.custom_attributes[key] == kept
    session.commit()
    read = other.get("Task", task.id).custom_attributes[key]
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
        ("dynamic enumerator", {}, {"linux"}, "of type dynamic enumerator and holds a list of text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_changes(
    session, task, configure, kind, config, value, message
):
    key = configure("value", kind, config=config)
    with pytest.raises(errors.InvalidValue, match=message) as caught:
        task.custom_attributes[key] = value
    assert key in str(caught.value)
    assert caught.value.entity_type == "Task"
    assert session.modified == []


def test_an_expression_is_read_only(session, task, configure):
    key = configure("sum", "expression", "{self.bid + 1}")
    with pytest.raises(errors.ReadOnlyAttribute, match="is an expression"):
        task.custom_attributes[key] = 3
    assert session.modified == []


def test_a_list_cannot_be_edited_in_place_but_copied(session, task, configure):
    key = configure("work", "enumerator", ["easy"], SOME_OF)
    for edit in (
        lambda chosen: chosen.append("hard"),
        lambda chosen: chosen.clear(),
        lambda chosen: chosen.__setitem__(0, "hard"),
        lambda chosen: chosen.__iadd__(["hard"]),
    ):
        with pytest.raises(errors.InvalidValue, match="set the custom attribute to a new list"):
            edit(task.custom_attributes[key])
    chosen = task.custom_attributes[key]
    assert chosen == ["easy"]
    for duplicate in (copy.copy(chosen), pickle.loads(pickle.dumps(chosen)), [*chosen, "hard"]):
        assert type(duplicate) is list
    task.custom_attributes[key] = [*chosen, "hard"]
    session.commit()
    assert task.custom_attributes[key] == ["easy", "hard"]


def test_none_empties_a_value_and_setting_back_is_no_change(session, other, task, configure):
    key = configure("frames", "number", 24, WHOLE)
    task.custom_attributes[key] = None
    assert inspect(task).changes["custom_attributes"].new[key] is None
    task.custom_attributes[key] = 24
    assert session.plan() == []
    task.custom_attributes[key] = 48
    session.rollback()
    assert task.custom_attributes[key] == 24


def test_assigning_a_mapping_sets_all_of_it_or_nothing(session, other, task, configure):
    frames, code = configure("frames", "number", 24), configure("code", "text", "x")
    with pytest.raises(errors.InvalidValue):
        task.custom_attributes = {frames: 48, code: 5}
    assert session.modified == []
    task.custom_attributes = {frames: 48}
    session.commit()
    seen = other.get("Task", task.id).custom_attributes
    assert (seen[frames], seen[code]) == (48, "x")


def test_updating_sets_all_of_the_pairs_or_none(session, other, task, configure):
    frames, code = configure("frames", "number", 24), configure("code", "text", "x")
    for wrong in ({frames: 48, code: 5}, {frames: 48, "no_such_key": "y"}):
        with pytest.raises((errors.InvalidValue, errors.UnknownAttribute)):
            task.custom_attributes.update(wrong)
    assert session.modified == []
    task.custom_attributes.update({frames: 48, code: "y"})
    session.commit()
    seen = other.get("Task", task.id).custom_attributes
    assert (seen[frames], seen[code]) == (48, "y")


def test_setting_the_default_that_is_shown_is_no_change_and_a_row_of_its_own_pins_it(session, other, task, configure):
    key = configure("frames", "number", 24)
    task.custom_attributes[key] = 24
    new = session.create("Task", name="new", parent_id=task.parent_id, custom_attributes={key: 24})
    assert [operation.entity_type for operation in session.plan()] == ["Task"]
    (configuration,) = [each for each in session.configurations if each.key == key]
    session.create("CustomAttributeValue", configuration_id=configuration.id, entity_id=task.id, value=24)
    session.commit()
    row = other.query("CustomAttributeConfiguration").where(key=key).one()
    row.default = 30
    other.commit()
    session.refresh([task, new], "custom_attributes")
    assert (task.custom_attributes[key], new.custom_attributes[key]) == (24, 30)


# -- configurations -----------------------------------------------------------------------------------------------


def test_configurations_are_read_once_and_in_one_request(session, production, configure):
    first, second = configure("one", "number", 1), configure("two", "text", "x")
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    with requests_made(session) == 2:  # the values, and the configurations
        for task in tasks:
            task.custom_attributes[first] = 2
            task.custom_attributes[second] = "y"
    assert session.commit() == 24


def test_a_key_configured_meanwhile_is_found_for_all_peers(session, production, configure):
    configure("old", "number", 1)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    for task in tasks:
        task.custom_attributes.get("old")
    key = configure("new", "number", 7)
    with requests_made(session) == 2:  # the configurations and the values
        assert [task.custom_attributes[key] for task in tasks] == [7] * 12


def test_a_key_configured_meanwhile_is_found_on_an_edited_entity(session, other, task, configure):
    old = configure("old", "number", 1)
    task.custom_attributes[old] = 2
    new = configure("new", "number", 7)
    task.custom_attributes[new] = 8
    assert session.commit() == 2
    seen = other.get("Task", task.id).custom_attributes
    assert (seen[old], seen[new]) == (2, 8)


def test_asking_a_whole_result_for_a_key_nobody_configured_looks_once(session, production, configure):
    configure("frames", "number", 24)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    assert "no_such_key" not in tasks[0].custom_attributes
    with requests_made(session) == 1:
        for task in tasks:
            with pytest.raises(errors.UnknownAttribute, match="no_such_key"):
                task.custom_attributes["no_such_key"]


def test_a_value_whose_configuration_cannot_be_seen_takes_anything_and_is_looked_up_once(
    session, connect, production, configure
):
    key = configure("frames", "number", 24)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    assert tasks[0].custom_attributes[key] == 24
    with connect() as somebody:
        somebody.delete(somebody.query("CustomAttributeConfiguration").where(f'key is "{key}"').one())
        somebody.commit()
    with requests_made(session) == 2:  # the configurations, and again
        for task in tasks:
            task.custom_attributes[key] = "anything"
    session.rollback()


def test_an_option_added_meanwhile_is_accepted(session, connect, task, configure):
    key = configure("difficulty", "enumerator", [], ONE_OF)
    task.custom_attributes[key] = "easy"
    with connect() as somebody:
        configuration = somebody.query("CustomAttributeConfiguration").where(f'key is "{key}"').one()
        configuration.config = json.dumps({"multiSelect": False, "data": json.dumps([{"menu": "New", "value": "new"}])})
        somebody.commit()
    task.custom_attributes[key] = "new"
    session.commit()


def test_configurations_can_be_looked_at_and_refreshed(session, configure):
    assert "not read yet" in repr(session.configurations)
    session.configurations.refresh()
    key = configure("difficulty", "enumerator", ["easy"], ONE_OF)
    assert f"{len(session.configurations)} known" in repr(session.configurations)
    assert key not in [configuration.key for configuration in session.configurations]
    session.configurations.refresh()
    (found,) = [configuration for configuration in session.configurations if configuration.key == key]
    assert (found.kind, found.options, found.is_multiple, found.default) == (
        "enumerator",
        ("easy", "hard"),
        False,
        ["easy"],
    )


def test_the_default_of_a_date_is_a_datetime(session, production, configure):
    key = configure("due", "date", "2024-06-22T00:00:00.000Z")
    shot = session.get("Shot", production.shots[0])
    task = session.create("Task", name="dated", parent=shot)
    assert task.custom_attributes[key] == datetime.datetime(2024, 6, 22, tzinfo=UTC)


def test_what_must_be_asked_is_refused_in_the_mode_never(session, task, configure):
    key = configure("frames", "number", 24)
    assert task.custom_attributes[key] == 24
    with session.fetching("never"):
        assert task.custom_attributes[key] == 24
        with pytest.raises(errors.NotFetched, match=r"session\.configurations\.refresh"):
            task.custom_attributes[key] = 25
        session.configurations.refresh()
        task.custom_attributes[key] = 25
        with pytest.raises(errors.UnknownAttribute):
            task.custom_attributes["no_such_key"]


# -- new entities -------------------------------------------------------------------------------------------------


def test_a_new_entity_shows_the_defaults_that_apply_to_it(session, production, configure, inheriting):
    mine, shots = configure("mine", "number", 24), configure("shots", "number", 1, object_type="Shot")
    shot = session.get("Shot", production.shots[0])
    task = session.create("Task", name="new", parent=shot)
    assert task.custom_attributes[mine] == 24
    assert task.custom_attributes[inheriting] is None
    assert shots not in task.custom_attributes
    with pytest.raises(errors.InvalidValue, match="Keys of custom_attributes are text"):
        task.custom_attributes[3] = 4
    with pytest.raises(errors.UnknownAttribute):
        del task.custom_attributes["no_such_key"]
    assert repr(task.custom_attributes) == repr(dict(task.custom_attributes))
    with pytest.raises(errors.UnknownAttribute, match="configured, but not for Task entities in this project"):
        task.custom_attributes[shots]
    assert shots in session.create("Shot", name="new", parent=shot.parent).custom_attributes
    assert "custom_attributes" not in inspect(task).changes


def test_values_of_a_new_entity_go_with_its_creation_in_one_request(session, other, production, configure):
    key, code = configure("frames", "number", 24), configure("code", "text", "")
    shot = session.get("Shot", production.shots[0])
    task = session.create("Task", custom_attributes={key: 48}, name="new", parent=shot)
    task.custom_attributes[code] = "abc"
    with requests_made(session) == 1:
        assert session.commit() == 3
    seen = other.get("Task", task.id).custom_attributes
    assert (seen[key], seen[code]) == (48, "abc")
    task.custom_attributes[key] = 50
    assert session.commit() == 1
    assert other.refresh(other.get("Task", task.id)) is None
    assert other.get("Task", task.id).custom_attributes[key] == 50


def test_defaults_follow_where_a_new_entity_is_put(session, production, configure):
    key = configure("frames", "number", 24)
    task = session.create("Task", name="nowhere yet")
    assert key not in task.custom_attributes
    task.parent = session.get("Shot", production.shots[0])
    assert task.custom_attributes[key] == 24
    task.custom_attributes[key] = 48
    assert [operation.entity_type for operation in session.plan()] == ["Task", "ContextCustomAttributeValue"]


def test_an_edit_goes_to_the_configuration_that_applies_where_a_new_entity_is_put_at_last(
    session, other, connect, production, configure
):
    key = configure("frames", "number", 24)
    with connect() as maker:
        (own,) = maker.query("CustomAttributeConfiguration").where(f'key is "{key}"').all()
        shared = maker.create(
            "CustomAttributeConfiguration",
            key=key,
            label="Frames",
            entity_type="task",
            object_type_id=own.object_type_id,
            type_id=own.type_id,
            default=1,
            config="{}",
        )
        maker.commit()
    task = session.create("Task", name="nowhere yet")
    assert task.custom_attributes[key] == 1
    task.custom_attributes[key] = 48
    assert session.plan()[-1].key[0] == shared.id
    task.parent = session.get("Shot", production.shots[0])
    session.commit()
    assert other.get("Task", task.id).custom_attributes[key] == 48


def test_an_edit_goes_to_the_configuration_that_applies_where_a_new_entity_is_put_by_an_id_the_session_does_not_know(
    session, connect, other, production, configure
):
    key = configure("frames", "number", 24)
    with connect() as maker:
        (own,) = maker.query("CustomAttributeConfiguration").where(key=key)
        shared = maker.create(
            "CustomAttributeConfiguration",
            key=key,
            label="Frames",
            entity_type="task",
            object_type_id=own.object_type_id,
            type_id=own.type_id,
            default=1,
            config="{}",
        )
        maker.commit()
    tasks = [session.create("Task", name=f"nowhere yet {n}") for n in range(2)]
    for task, shot in zip(tasks, production.shots, strict=False):
        task.custom_attributes[key] = 48
        assert session.plan()[-1].key[0] == shared.id
        task.parent_id = shot
    with requests_made(session) == 2:  # what both are in, and the commit
        session.commit()
    for task in tasks:
        assert other.get("Task", task.id).custom_attributes[key] == 48


def test_a_new_entity_given_only_the_key_of_what_it_is_in_has_what_applies_there(session, other, production, configure):
    key = configure("frames", "number", 24)
    task = session.create("Task", name="new", parent_id=production.shots[0], custom_attributes={key: 48})
    assert session.plan()[-1].data == {"value": 48}
    session.commit()
    assert other.get("Task", task.id).custom_attributes[key] == 48
    lost = session.create("Task", name="lost", parent_id=str(uuid.uuid4()))
    assert key not in lost.custom_attributes


def test_a_new_entity_that_was_taken_back_or_closed_keeps_what_it_shows(connect, production, configure):
    key = configure("frames", "number", 24)
    session = connect()
    shot = session.get("Shot", production.shots[0])
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


def test_a_whole_new_branch_is_created_with_its_values(session, other, production, inheriting):
    sequence = session.create("Sequence", name="sq_new", parent=session.get("Project", production.project))
    shot = session.create("Shot", name="sh_new", parent=sequence, custom_attributes={inheriting: "aces"})
    assert session.commit() == 3
    assert other.get("Shot", shot.id).custom_attributes[inheriting] == "aces"


def test_a_creation_with_an_unknown_key_leaves_nothing(session, production, configure):
    key = configure("frames", "number", 24)
    shot = session.get("Shot", production.shots[0])
    with pytest.raises(errors.UnknownAttribute, match=f"Did you mean '{key}'"):
        session.create("Task", name="new", parent=shot, custom_attributes={key + "x": 1})
    assert session.created == []


def test_a_new_version_has_the_attributes_of_versions(session, other, production, configure):
    key = configure("quality", "number", 0, object_type=None, entity_type="assetversion")
    asset_type = session.query("AssetType").first()
    asset = session.create("Asset", name="model", parent=session.get("Shot", production.shots[0]), type=asset_type)
    version = session.create("AssetVersion", asset=asset)
    version.custom_attributes[key] = 5
    session.commit()
    assert other.get("AssetVersion", version.id).custom_attributes[key] == 5


# -- inherited ----------------------------------------------------------------------------------------------------


def test_an_inherited_value_tells_where_it_comes_from(session, production, inheriting, set_by_somebody, task):
    def now():
        session.expire(task, "custom_attributes")
        found = task.custom_attributes.get(inheriting, inherited=True)
        return found.value, found.source, found.entity and found.entity.id

    assert now() == ("rec709", ValueSource.DEFAULT, None)
    set_by_somebody("Project", production.project, inheriting, "log")
    assert now() == ("log", ValueSource.INHERITED, production.project)
    set_by_somebody("Sequence", production.sequences[0], inheriting, "aces")
    assert now() == ("aces", ValueSource.INHERITED, production.sequences[0])
    set_by_somebody("Task", production.tasks[0], inheriting, "raw")
    assert now() == ("raw", ValueSource.EXPLICIT, task.id)
    set_by_somebody("Task", production.tasks[0], inheriting, None)
    assert now() == ("aces", ValueSource.INHERITED, production.sequences[0])


def test_the_entity_inherited_from_is_the_sessions_own_object(session, production, inheriting, set_by_somebody, task):
    set_by_somebody("Sequence", production.sequences[0], inheriting, "aces")
    found = task.custom_attributes.get(inheriting, inherited=True)
    assert found.entity is session.get("Sequence", production.sequences[0])
    assert found.entity.name == "sq0"


def test_inherited_values_of_a_whole_result_take_a_fixed_number_of_requests(
    session, production, configure, inheriting, set_by_somebody
):
    lens = configure("lens", "number", 35, object_type=None, is_hierarchical=True)
    set_by_somebody("Sequence", production.sequences[1], inheriting, "aces")
    set_by_somebody("Shot", production.shots[0], lens, 50)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()
    with requests_made(session) == 4:  # values, configurations, paths, rows set
        found = [task.custom_attributes.get(inheriting, inherited=True) for task in tasks]
        lenses = [task.custom_attributes.get(lens, inherited=True) for task in tasks]
    assert [value.value for value in found] == ["rec709"] * 6 + ["aces"] * 6
    with requests_made(session) == 1:
        assert [each.entity and each.entity.name for each in lenses[::3]] == ["sh0", None, None, None]
        assert found[6].entity.name == "sq1"
    assert [(each.value, each.source) for each in lenses] == [(50, ValueSource.INHERITED)] * 3 + [
        (35, ValueSource.DEFAULT)
    ] * 9


def test_unsaved_edits_are_inherited_and_so_are_committed_ones(session, production, inheriting, task):
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    sequence = session.get("Sequence", production.sequences[0])
    sequence.custom_attributes[inheriting] = "aces"
    found = task.custom_attributes.get(inheriting, inherited=True)
    assert (found.value, found.entity) == ("aces", sequence)
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True) == found
    sequence.custom_attributes[inheriting] = None
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).source is ValueSource.DEFAULT
    sequence.custom_attributes[inheriting] = "aces"
    session.rollback()
    assert task.custom_attributes.get(inheriting, inherited=True).source is ValueSource.DEFAULT


def test_news_of_an_entity_above_is_inherited(session, production, inheriting, task, set_by_somebody):
    sequence = session.get("Sequence", production.sequences[0])
    assert sequence.custom_attributes[inheriting] is None
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    set_by_somebody("Sequence", sequence.id, inheriting, "aces")
    session.refresh(sequence, "custom_attributes")
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"


def test_new_and_moved_entities_inherit_from_where_they_are_put(session, production, inheriting, set_by_somebody, task):
    set_by_somebody("Sequence", production.sequences[1], inheriting, "aces")
    shot = session.get("Shot", production.shots[3])
    new = session.create("Task", name="new", parent=session.create("Shot", name="new", parent=shot.parent))
    found = new.custom_attributes.get(inheriting, inherited=True)
    assert (found.value, found.source, found.entity) == ("aces", ValueSource.INHERITED, shot.parent)
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    task.parent.parent = shot.parent
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"


def test_a_committed_move_is_followed_although_the_old_path_is_loaded(
    session, production, inheriting, set_by_somebody, task
):
    set_by_somebody("Sequence", production.sequences[1], inheriting, "aces")
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
    task.parent.parent = session.get("Sequence", production.sequences[1])
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).value == "aces"
    task.parent = session.get("Shot", production.shots[1])
    session.commit()
    assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"


def test_in_the_mode_one_only_the_entity_asked_for_is_read(session, production, inheriting):
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()
    with session.fetching("one"):
        for task in tasks[:2]:
            with requests_made(session) as made:
                assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"
        assert made == 3  # its values, its path, the rows set


def test_versions_inherit_through_their_asset(session, connect, production, inheriting, set_by_somebody):
    with connect() as maker:
        asset = maker.create(
            "Asset",
            name="model",
            parent=maker.get("Shot", production.shots[0]),
            type=maker.query("AssetType").first(),
        )
        for _ in range(3):
            maker.create("AssetVersion", asset=asset)
        maker.commit()
        asset_id = asset.id
    set_by_somebody("Sequence", production.sequences[0], inheriting, "aces")
    versions = session.query("AssetVersion").where(f'asset_id is "{asset_id}"').all()
    with requests_made(session) as made:
        found = versions[0].custom_attributes.get(inheriting, inherited=True)
    assert (found.value, found.entity.id) == ("aces", production.sequences[0])
    with requests_made(session) == 0:
        assert [each.custom_attributes.get(inheriting, inherited=True) for each in versions] == [found] * 3
    assert made == 6  # values, configurations, the asset, its shot, the path to that, rows set
    set_by_somebody("Asset", asset_id, inheriting, "raw")
    session.expire([*versions, session.get("Asset", asset_id)], "custom_attributes")
    found = versions[0].custom_attributes.get(inheriting, inherited=True)
    assert (found.value, found.entity.id) == ("raw", asset_id)


def test_an_attribute_that_is_not_hierarchical_is_explicit_or_default(session, connect, task, configure):
    key = configure("frames", "number", 24)
    found = task.custom_attributes.get(key, inherited=True)
    assert (found.value, found.source, found.entity) == (24, ValueSource.DEFAULT, None)
    with connect() as somebody:  # setting what is shown already is no change, so the row is made by itself
        (configured,) = [each for each in somebody.configurations if each.key == key]
        somebody.create("CustomAttributeValue", configuration_id=configured.id, entity_id=task.id, value=24)
        somebody.commit()
    session.expire(task, "custom_attributes")
    found = task.custom_attributes.get(key, inherited=True)
    assert (found.value, found.source, found.entity) == (24, ValueSource.EXPLICIT, task)
    task.custom_attributes[key] = 48
    assert task.custom_attributes.get(key, inherited=True).value == 48
    assert task.custom_attributes.get("no_such_key", "nothing", inherited=True) == "nothing"


def test_what_is_inherited_is_not_asked_for_in_the_mode_never(session, task, inheriting):
    assert task.custom_attributes[inheriting] is None
    session.configurations.refresh()
    with session.fetching("never"), pytest.raises(errors.NotFetched):
        task.custom_attributes.get(inheriting, inherited=True)
    task.custom_attributes.get(inheriting, inherited=True)
    with session.fetching("never"):
        assert task.custom_attributes.get(inheriting, inherited=True).value == "rec709"


# -- links --------------------------------------------------------------------------------------------------------


def test_custom_attribute_links_are_created_read_queried_and_deleted(session, connect, production):
    with connect() as maker:
        object_type = maker.query("ObjectType").where('name is "Shot"').one()
        configuration = maker.create(
            "CustomAttributeLinkConfiguration",
            key=f"supervisor_{uuid.uuid4().hex}",
            label="Supervisor",
            entity_type="task",
            object_type_id=object_type.id,
            entity_type_to="user",
            one_to_one=True,
            config="{}",
        )
        maker.commit()
        key, configuration_id = configuration.key, configuration.id
    user = session.query("User").first()
    link = session.create(
        "CustomAttributeLink", configuration_id=configuration_id, from_id=production.shots[0], to_id=user.id
    )
    session.commit()
    with connect() as reader:
        seen = reader.get("CustomAttributeLink", link.id)
        assert (seen.from_id, seen.to_id, seen.configuration.key) == (production.shots[0], user.id, key)
        (typed,) = reader.query("UserCustomAttributeLink").where(f'configuration.key is "{key}"').all()
        assert typed.user.username == user.username
        shots = reader.query("Shot").where(
            f'custom_attribute_links any (configuration.key is "{key}" and user.username is "{user.username}")'
        )
        assert [shot.id for shot in shots] == [production.shots[0]]
    session.delete(link)
    session.commit()
    with connect() as reader:
        assert reader.get("CustomAttributeLink", link.id) is None
