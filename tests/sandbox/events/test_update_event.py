"""The content of `ftrack.update` events for every kind of change."""

from __future__ import annotations

from typing import Any

import pytest

NOW = "2024-05-01T12:00:00"
#: The parents of an entity in the shot of the production, in the notation of `parents_of`.
SHOT_PARENTS = ["task:Shot", "task:Sequence", "show:Project"]


def parents_of(entity: dict[str, Any]) -> list[str]:
    return [f"{parent['entityType']}:{parent['entity_type']}" for parent in entity["parents"]]


def case(
    name: str,
    entity_type: str,
    data: dict[str, Any],
    update: dict[str, Any],
    changes: dict[str, tuple[Any, Any]],
    parents: list[str],
    needs: tuple[tuple[str, dict[str, Any]], ...] = (),
    key: list[str] | None = None,
    shown: str = "",
) -> Any:
    """Return a test case: creating, changing and announcing an entity of one type; *needs* are created before."""
    return pytest.param(entity_type, data, update, changes, parents, needs, key or ["new"], shown, id=name)


NOTE = ("Note", {"id": "N", "content": "x", "parent_id": "T1", "parent_type": "Task", "user_id": "user-jane"})
LIST = (
    "TypedContextList",
    {"id": "L", "name": "dailies", "project_id": "P", "category_id": "category", "user_id": "user-jane"},
)
REVIEW = (
    "ReviewSession",
    {"id": "R", "name": "review", "project_id": "P", "start_date": NOW, "end_date": NOW},
)
GROUP = ("Group", {"id": "G", "name": "artists"})
COMPONENT = ("FileComponent", {"id": "C", "name": "main", "version_id": "V"})

#: Entity type, data to create one, data to update it, the changes by internal name with old and new value, and parents.
MATRIX = [
    case(
        "show", "Project", {"id": "new", "name": "a", "project_schema_id": "schema"},
        {"full_name": "Long", "start_date": "2024-06-01T00:00:00"},
        {"fullname": ("a", "Long"), "startdate": (None, "2024-06-01T00:00:00")},
        ["show:Project"],
    ),
    case(
        "task", "Task", {"id": "new", "name": "a", "parent_id": "H", "project_id": "P", "type_id": "type-anim"},
        {"name": "b", "priority_id": "high"},
        {"name": ("a", "b"), "priorityid": ("9661b320-3a0c-11e2-81c1-0800200c9a66", "high")},
        ["task:Task", *SHOT_PARENTS],
    ),
    case(
        "shot", "Shot", {"id": "new", "name": "a", "parent_id": "Q", "project_id": "P"},
        {"description": "x"}, {"description": (None, "x")}, SHOT_PARENTS,
    ),
    case(
        "asset", "Asset", {"id": "new", "name": "a", "context_id": "H", "type_id": "asset-type"},
        {"name": "b"}, {"name": ("a", "b")}, ["asset:Asset", *SHOT_PARENTS],
    ),
    case(
        "assetversion", "AssetVersion", {"id": "new", "asset_id": "A", "comment": ""},
        {"comment": "x", "status_id": "status-late"},
        {"comment": ("", "x"), "statusid": ("status-version", "status-late")},
        ["assetversion:AssetVersion", "asset:Asset", *SHOT_PARENTS],
    ),
    case(
        "component", "FileComponent", {"id": "new", "name": "main", "version_id": "V"},
        {"file_type": ".exr"}, {"filetype": (None, ".exr")},
        ["component:FileComponent", "assetversion:AssetVersion", "asset:Asset", *SHOT_PARENTS],
    ),
    case(
        "componentlocation", "ComponentLocation",
        {"id": "new", "component_id": "C", "location_id": "3a372bde-05bc-11e4-8908-20c9d081909b"},
        {"resource_identifier": "/a"}, {"resourceIdentifier": ("C", "/a")},
        ["componentlocation:ComponentLocation", "component:FileComponent", "assetversion:AssetVersion", "asset:Asset",
         *SHOT_PARENTS],
        needs=(COMPONENT,),
    ),
    case(
        "note", "Note",
        {"id": "new", "content": "a", "parent_id": "T1", "parent_type": "Task", "user_id": "user-jane"},
        {"content": "b", "is_todo": True}, {"text": ("a", "b"), "is_todo": (False, True)},
        ["note:Note", "task:Task", *SHOT_PARENTS],
    ),
    case(
        "list", "TypedContextList",
        {"id": "new", "name": "a", "project_id": "P", "category_id": "category", "user_id": "user-jane"},
        {"name": "b", "is_open": False}, {"name": ("a", "b"), "isopen": (True, False)},
        ["list:TypedContextList", "show:Project"],
    ),
    case(
        "listobject", "ListObject", {"id": "new", "list_id": "L", "entity_id": "T1"},
        {"entity_id": "T2"}, {"entityid": ("T1", "T2")},
        ["listobject:ListObject", "list:TypedContextList", "show:Project"],
        needs=(LIST,),
    ),
    case(
        "appointment", "Appointment",
        {"id": "new", "context_id": "T1", "resource_id": "user-jane", "type": "assignment"},
        {"type": "allocation"}, {"type": ("assignment", "allocation")},
        ["appointment:Appointment", "task:Task", *SHOT_PARENTS],
    ),
    case(
        "dependency", "TypedContextLink", {"id": "new", "from_id": "T1", "to_id": "T2"},
        {"from_id": "H"}, {"from_id": ("T1", "H")},
        ["dependency:TypedContextLink", "task:Task", *SHOT_PARENTS],
    ),
    case(
        "metadata", "Metadata", {"parent_id": "T1", "parent_type": "Task", "key": "k", "value": "a"},
        {"value": "b"}, {"value": ("a", "b")},
        ["meta:Metadata", "task:Task", *SHOT_PARENTS], key=["T1", "k"], shown="T1,k",
    ),
    case(
        "timelog", "Timelog",
        {"id": "new", "context_id": "T1", "user_id": "user-jane", "start": NOW, "duration": 60, "comment": ""},
        {"duration": 120}, {"duration": (60, 120)}, ["timelog:Timelog", "task:Task", *SHOT_PARENTS],
    ),
    case(
        "timer", "Timer", {"id": "new", "context_id": "T1", "user_id": "user-jane", "start": NOW},
        {"comment": "x"}, {"comment": ("", "x")}, ["timer:Timer", "task:Task", *SHOT_PARENTS],
    ),
    case(
        "user", "User", {"id": "new", "username": "bob"},
        {"first_name": "Bob"}, {"firstname": (None, "Bob")}, ["user:User"],
    ),
    case(
        "membership", "Membership", {"id": "new", "group_id": "G", "user_id": "user-jane"},
        {}, {}, ["membership:Membership", "group:Group"], needs=(GROUP,),
    ),
    case(
        "reviewsession", "ReviewSession",
        {"id": "new", "name": "a", "project_id": "P", "start_date": NOW, "end_date": NOW},
        {"name": "b"}, {"name": ("a", "b")}, ["reviewsession:ReviewSession", "show:Project"],
    ),
    case(
        "reviewsessionobject", "ReviewSessionObject",
        {"id": "new", "name": "a", "review_session_id": "R", "version_id": "V"},
        {"name": "b"}, {"name": ("a", "b")},
        ["reviewsessionobject:ReviewSessionObject", "reviewsession:ReviewSession", "show:Project"],
        needs=(REVIEW,),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entity_type", "data", "update", "changes", "parents", "needs", "key", "shown"), MATRIX)
def test_creation_change_and_deletion_are_announced(
    production: Any,
    announced: Any,
    entity_type: str,
    data: dict[str, Any],
    update: dict[str, Any],
    changes: dict[str, tuple[Any, Any]],
    parents: list[str],
    needs: tuple[tuple[str, dict[str, Any]], ...],
    key: list[str],
    shown: str,
) -> None:
    for needed, values in needs:
        production.create(needed, **values)
    announced.events.clear()
    kind, identifier = parents[0].split(":")[0], shown or "new"

    production.create(entity_type, **data)
    entity = announced.entities()[0]  # a new note is followed by its recipient
    assert (entity["action"], entity["entityType"], entity["entity_type"]) == ("add", kind, entity_type)
    assert (entity["entityId"], parents_of(entity)) == (identifier, parents)
    assert entity["parents"][0] == {
        "entityId": identifier,
        "entityType": kind,
        "entity_type": entity_type,
        "parentId": entity["parentId"],
    }
    following = [parent["entityId"] for parent in entity["parents"][1:]] + [None]
    assert [parent["parentId"] for parent in entity["parents"]] == following
    assert all(change["old"] is None and change["new"] is not None for change in entity["changes"].values())
    assert set(data.values()) <= {change["new"] for change in entity["changes"].values()}
    assert entity["keys"] == list(entity["changes"])

    if update:
        production.update(entity_type, key, **update)
        entity = announced.entity()
        assert (entity["action"], entity["entityId"]) == ("update", identifier)
        assert entity["changes"] == {name: {"old": old, "new": new} for name, (old, new) in changes.items()}
        assert (sorted(entity["keys"]), parents_of(entity)) == (sorted(changes), parents)

    production.delete(entity_type, key)
    removed = [each for each in announced.entities() if each["entityId"] == identifier]
    assert [(each["action"], parents_of(each)) for each in removed] == [("remove", parents)]
    assert all(change["new"] is None and change["old"] is not None for change in removed[0]["changes"].values())


def test_the_recipient_that_the_server_adds_is_announced_with_the_note(production: Any, announced: Any) -> None:
    production.create("Note", id="N", content="x", parent_id="T1", parent_type="Task")
    note, recipient = announced.entities()
    assert (note["entity_type"], note["action"]) == ("Note", "add")
    assert (recipient["entity_type"], recipient["action"]) == ("Recipient", "add")
    assert recipient["entityId"] == f"N,{production.user_id}"


def test_the_object_type_of_a_context_is_its_own_and_otherwise_the_entity_type(production: Any, announced: Any) -> None:
    production.update("Task", ["T1"], name="x")
    assert announced.entity()["objectTypeId"] == "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
    production.update("Asset", ["A"], name="x")
    assert announced.entity()["objectTypeId"] == "asset"


# -- one event per request ------------------------------------------------------------------------------------------


def test_the_event_names_the_user_and_repeats_the_tokens_of_the_client(production: Any, announced: Any) -> None:
    operation = production.updating("Task", ["T1"], name="x")
    production.call(operation, ftrack_clienttoken="token-1", ftrack_pushtoken="push-1")
    (event,) = announced.events
    assert event["topic"] == "ftrack.update"
    assert (event["data"]["clientToken"], event["data"]["pushToken"]) == ("token-1", "push-1")
    assert event["data"]["user"]["userid"] == production.user_id
    assert event["source"] == {
        "id": "token-1",
        "clientToken": "token-1",
        "user": {"username": production.user, "id": production.user_id},
    }


def test_without_a_push_token_every_event_gets_a_new_one(production: Any, announced: Any) -> None:
    production.update("Task", ["T1"], name="x")
    production.update("Task", ["T1"], name="y")
    tokens = {event["data"]["pushToken"] for event in announced.events}
    assert len(tokens) == 2
    assert all(len(token) == 32 for token in tokens)


def test_a_request_is_one_event_with_all_parents(production: Any, announced: Any) -> None:
    production.call(production.updating("Task", ["T1"], name="x"), production.updating("Task", ["T2"], name="y"))
    (event,) = announced.events
    assert [entity["entityId"] for entity in event["data"]["entities"]] == ["T1", "T2"]
    assert sorted(event["data"]["parents"]) == ["H", "P", "Q", "T1", "T2"]


def test_changes_of_one_entity_are_merged(production: Any, announced: Any) -> None:
    production.call(
        production.updating("Task", ["T1"], name="x"),
        production.updating("Task", ["T1"], name="y", bid=60),
    )
    entity = announced.entity()
    assert entity["changes"]["name"] == {"old": "animation", "new": "y"}
    assert entity["changes"]["bid"]["new"] == 60


def test_changes_that_cancel_out_within_a_request_are_not_announced(production: Any, announced: Any) -> None:
    production.call(
        production.creating("Scope", id="s", name="s"),
        production.deleting("Scope", ["s"]),
        production.updating("Task", ["T1"], name="x"),
        production.updating("Task", ["T1"], name="animation"),
    )
    assert announced.events == []


def test_queries_and_updates_to_the_current_value_announce_nothing(production: Any, announced: Any) -> None:
    production.query("select name from Task")
    production.update("Task", ["T1"], name="animation")
    assert announced.events == []


def test_a_refused_request_announces_nothing(production: Any, announced: Any) -> None:
    production.refused(production.updating("Task", ["T1"], name="x"), production.updating("Task", ["none"], name="y"))
    assert announced.events == []


# -- consequences of a change -----------------------------------------------------------------------------------


def test_a_new_parent_is_announced_as_a_move(production: Any, announced: Any) -> None:
    production.update("Task", ["T1"], parent_id="Q", name="x")
    entity = announced.entity()
    assert entity["action"] == "move"
    assert entity["changes"] == {"parent_id": {"old": "H", "new": "Q"}, "name": {"old": "animation", "new": "x"}}
    assert parents_of(entity) == ["task:Task", "task:Sequence", "show:Project"]


def test_a_move_to_another_project_announces_all_descendants(production: Any, announced: Any) -> None:
    production.create("Project", id="P2", name="other", project_schema_id="schema")
    announced.events.clear()
    production.update("Sequence", ["Q"], parent_id="P2")
    entities = {entity["entityId"]: entity for entity in announced.entities()}
    assert {id_: entity["action"] for id_, entity in entities.items()} == {
        "Q": "move", "H": "update", "T1": "update", "T2": "update",
    }  # fmt: skip
    assert entities["T1"]["changes"] == {"showid": {"old": "P", "new": "P2"}}
    assert entities["T1"]["parents"][-1]["entityId"] == "P2"


def test_a_status_change_is_announced_as_one_entity(production: Any, announced: Any) -> None:
    production.update("Task", ["T1"], status_id="status-late")
    assert announced.entity()["changes"] == {"statusid": {"old": "status-first", "new": "status-late"}}


def test_a_deletion_announces_every_entity_it_cascades_to(production: Any, announced: Any) -> None:
    production.create("Metadata", parent_id="T1", parent_type="Task", key="k", value="v")
    announced.events.clear()
    production.delete("Shot", ["H"])
    removed = {(entity["action"], entity["entityType"], entity["entityId"]) for entity in announced.entities()}
    assert removed == {
        ("remove", "task", "H"), ("remove", "task", "T1"), ("remove", "task", "T2"), ("remove", "asset", "A"),
        ("remove", "assetversion", "V"), ("remove", "meta", "T1,k"),
    }  # fmt: skip


def test_an_entity_whose_reference_a_deletion_clears_is_announced_as_updated(production: Any, announced: Any) -> None:
    production.create("Task", id="T3", name="x", parent_id="Q", project_id="P", type_id="type-anim")
    production.update("AssetVersion", ["V"], task_id="T3")
    announced.events.clear()
    production.delete("Task", ["T3"])
    version = next(entity for entity in announced.entities() if entity["entityId"] == "V")
    assert (version["action"], version["changes"]) == ("update", {"taskid": {"old": "T3", "new": None}})


def test_new_members_of_a_collection_are_announced_as_their_link_entities(production: Any, announced: Any) -> None:
    production.create(LIST[0], **LIST[1])
    announced.events.clear()
    production.update("TypedContextList", ["L"], items=[production.ref("Task", "T1"), production.ref("Task", "T2")])
    entities = announced.entities()
    assert {(entity["action"], entity["entityType"]) for entity in entities} == {("add", "listobject")}
    assert {entity["changes"]["entityid"]["new"] for entity in entities} == {"T1", "T2"}


def test_members_of_a_link_table_without_an_entity_type_are_announced_as_lists_of_ids(
    production: Any, announced: Any
) -> None:
    production.update("Shot", ["H"], scopes=[production.ref("Scope", "scope-2"), production.ref("Scope", "scope-1")])
    entity = announced.entity()
    assert entity["changes"] == {"scopes": {"old": [], "new": ["scope-1", "scope-2"]}}
    production.update("Shot", ["H"], scopes=[production.ref("Scope", "scope-1"), production.ref("Scope", "scope-2")])
    assert announced.events == []


def test_a_reply_announces_the_activity_of_its_thread(production: Any, announced: Any) -> None:
    production.create(NOTE[0], **NOTE[1], thread_activity="2020-01-01T00:00:00")
    announced.events.clear()
    production.create("Note", id="reply", content="y", parent_id="T1", parent_type="Task", user_id="user-jane",
                      in_reply_to_id="N")  # fmt: skip
    entities = {entity["entityId"]: entity for entity in announced.entities()}
    assert entities["reply"]["changes"]["noteparentid"] == {"old": None, "new": "N"}
    assert entities["N"]["changes"]["triggerdate"]["new"] == NOW


# -- custom attributes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "config", "default", "value", "old", "new"),
    [
        ("text", "{}", "", "yul", "", "yul"),
        ("boolean", "{}", False, True, "0", "1"),
        ("number", '{"isdecimal": false}', 0, 1001, "0.0", "1001.0"),
        ("dynamic enumerator", "{}", [], ["a", "b"], "", "a, b"),
        ("date", "{}", "", "2024-06-01T00:00:00", "", "2024-06-01T00:00:00"),
    ],
)
def test_a_custom_attribute_is_announced_as_text_under_its_key_on_its_entity(
    production: Any, announced: Any, kind: str, config: str, default: Any, value: Any, old: Any, new: Any
) -> None:
    configure(production, kind, config=config, default=default)
    announced.events.clear()
    production.update("ContextCustomAttributeValue", ["C", "T1"], value=value)
    entity = announced.entity()
    assert (entity["action"], entity["entityType"], entity["entityId"]) == ("update", "task", "T1")
    assert (entity["keys"], entity["changes"]) == (["custom"], {"custom": {"old": old, "new": new}})
    assert parents_of(entity) == ["task:Task", *SHOT_PARENTS]
    production.delete("CustomAttributeValue", ["C", "T1"])
    assert announced.entity()["changes"] == {"custom": {"old": new, "new": old}}


def test_custom_attributes_are_merged_with_other_changes_of_the_entity(production: Any, announced: Any) -> None:
    configure(production, "text")
    announced.events.clear()
    production.call(
        production.creating("Task", id="T3", name="x", parent_id="H", project_id="P", type_id="type-anim"),
        production.updating("ContextCustomAttributeValue", ["C", "T3"], value="yul"),
    )
    entity = announced.entity()
    assert (entity["action"], entity["changes"]["custom"]["new"]) == ("add", "yul")


def test_values_deleted_with_their_entity_are_not_announced(production: Any, announced: Any) -> None:
    configure(production, "text")
    production.update("ContextCustomAttributeValue", ["C", "T1"], value="yul")
    announced.events.clear()
    production.delete("Task", ["T1"])
    entity = next(entity for entity in announced.entities() if entity["entityId"] == "T1")
    assert entity["action"] == "remove"
    assert "custom" not in entity["changes"]


def configure(production: Any, kind: str, config: str = "{}", default: Any = "") -> None:
    production.create(
        "CustomAttributeConfiguration",
        id="C", key="custom", label="Custom", entity_type="task", type_id=f"type-{kind}", config=config,
        object_type_id="11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", default=default,
    )  # fmt: skip


# -- cost ---------------------------------------------------------------------------------------------------------


def test_announcing_many_changes_takes_no_more_statements_than_announcing_few(production: Any, announced: Any) -> None:
    ids = [f"many-{number}" for number in range(60)]
    production.call(
        *(production.creating("Task", id=id_, name=id_, parent_id="H", project_id="P", type_id="type-anim")
          for id_ in ids)
    )  # fmt: skip

    def reads(changed: list[str], bid: int) -> int:
        production.statements.clear()
        production.call(*(production.updating("Task", [id_], bid=bid) for id_ in changed))
        return sum(not statement.startswith("UPDATE") for statement in production.statements)

    assert reads(ids, 60) == reads(ids[:2], 120)
