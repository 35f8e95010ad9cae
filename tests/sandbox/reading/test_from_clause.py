"""Aliases of entities: families of types, attributes of subtypes, views, references at any depth."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import UnknownAttribute
from ftrack_orm.sandbox.reading.from_clause import FromBuilder, find_attribute, outermost_alias
from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.criteria import any_, is_
from tests.sandbox.small_database import QueryRunner, RowInserter

pytestmark = pytest.mark.usefixtures("small_production")


def ids(entities: list[dict[str, str]]) -> list[str]:
    return [entity["id"] for entity in entities]


def test_a_base_type_finds_all_types_of_its_family_with_their_system_projections(ask: QueryRunner) -> None:
    entities = ask("Context", "name", where=is_("project_id", "project-a")).data
    assert [(entity["__entity_type__"], entity["id"]) for entity in entities] == [
        ("Project", "project-a"),
        ("Shot", "shot-1"),
        ("Task", "task-1"),
        ("Task", "task-2"),
        ("Task", "task-3"),
    ]
    assert "object_type_id" not in entities[0]
    assert entities[1]["object_type_id"] == "object-shot"


def test_a_type_in_the_middle_of_a_family_finds_those_below_it_only(ask: QueryRunner) -> None:
    entities = ask("TypedContext", "id").data
    assert [entity["id"] for entity in entities] == ["shot-1", "task-1", "task-2", "task-3", "task-4"]
    assert [entity["id"] for entity in ask("Shot", "id").data] == ["shot-1"]


def test_an_attribute_of_a_subtype_is_selected_of_the_entities_that_have_it(ask: QueryRunner) -> None:
    entities = ask("Context", "bid", where=is_("project_id", "project-a"), limit=2).data
    assert "bid" not in entities[0]
    assert entities[1]["bid"] == 10.0
    assert [entity["id"] for entity in ask("Context", "id", where=is_("status.name", "In progress")).data] == [
        "shot-1",
        "task-2",
    ]


def test_a_path_over_hidden_keys_leads_to_any_depth(ask: QueryRunner) -> None:
    entity = ask("Task", "status.state.short", "parent.parent.name", where=is_("id", "task-1")).data[0]
    assert entity["status"]["state"] == {"__entity_type__": "State", "id": "state-open", "short": "NOT_STARTED"}
    assert entity["parent"]["__entity_type__"] == "Shot"
    assert entity["parent"]["parent"]["name"] == "demo"


def test_missing_values_and_missing_references_are_null(ask: QueryRunner) -> None:
    entity = ask("Task", "status.name", "bid", "created_at", where=is_("id", "task-4")).data[0]
    assert (entity["status"], entity["bid"], entity["created_at"]) == (None, None, None)


def test_the_most_general_subtype_with_an_attribute_declares_it(tables: Tables) -> None:
    assert find_attribute(tables, "Context", "bid")[0] == "TypedContext"
    assert find_attribute(tables, "Task", "bid")[0] == "Task"
    with pytest.raises(UnknownAttribute, match=r"Context.*'bit'.*'bid'|'bit'"):
        find_attribute(tables, "Context", "bit")


def test_a_reference_is_joined_once(tables: Tables) -> None:
    from_builder = FromBuilder(tables, "2024-05-01T12:00:00")
    task = from_builder.start("Task")
    assert task.reference("status") is task.reference("status")
    assert task.reference("parent", "Shot") is not task.reference("parent")
    assert str(from_builder.from_clause).count("JOIN") == 3


# -- views --------------------------------------------------------------------------------------------------------


def test_labels_and_categories_of_notes_are_two_names_of_the_same_rows(ask: QueryRunner, insert: RowInserter) -> None:
    insert("NoteCategory", id="category-1", name="internal")
    insert("Note", id="note-1", category_id="category-1", parent_id="task-1")
    assert ask("NoteLabel", "name").data[0]["__entity_type__"] == "NoteLabel"
    assert ask("Note", "category.name").data[0]["category"]["__entity_type__"] == "NoteCategory"


def test_two_names_of_one_column_have_one_value(ask: QueryRunner, insert: RowInserter) -> None:
    insert("UserSecurityRole", id="role-1", is_all_projects=True)
    entity = ask("UserSecurityRole", "is_all_projects", "is_all_open_projects").data[0]
    assert (entity["is_all_projects"], entity["is_all_open_projects"]) == (True, True)


def test_the_items_of_a_view_are_those_of_its_type(ask: QueryRunner, insert: RowInserter) -> None:
    insert("CustomAttributeLinkConfiguration", id="configuration-1", key="x", entity_type="task")
    assert ids(ask("CustomAttributeConfiguration", "id").data) == []
    assert ids(ask("CustomConfigurationBase", "id").data) == ["configuration-1"]


def test_links_have_the_relations_of_all_their_types(ask: QueryRunner, insert: RowInserter) -> None:
    insert("CustomAttributeLinkConfiguration", id="configuration-1", key="supervisor", entity_type="task")
    insert("CustomAttributeLink", id="link-1", configuration_id="configuration-1", from_id="task-1", to_id="user-1")
    insert("CustomAttributeLink", id="link-2", configuration_id="configuration-1", from_id="task-1", to_id="shot-1")
    by_user = any_("custom_attribute_links", is_("configuration.key", "supervisor"), is_("user.username", "jane"))
    assert ids(ask("Task", where=by_user).data) == ["task-1"]
    first, second = ask("CustomAttributeLink", "user.username", "context").data
    assert (first["user"]["username"], second["context"]["id"]) == ("jane", "shot-1")
    assert ids(ask("UserCustomAttributeLink").data) == ["link-1"]


def test_statements_use_the_aliases_of_their_positions_again_and_the_positions_of_one_differ(tables: Tables) -> None:
    table = tables.table("Task")
    statements = [FromBuilder(tables, "").start("Task", outermost_alias(table)) for _ in range(2)]
    paths = [(), ("parent",), ("status",), ("parent", "parent"), ("parent", "status"), ("parent", "parent", "parent")]
    aliases = []
    for entity in statements:
        found = []
        for path in paths:
            reached = entity
            for name in path:
                reached = reached.reference(name)
            found.append(reached.table)
        aliases.append(found)
    first, second = aliases
    assert len(set(first)) == len(paths)
    assert [one is other for one, other in zip(first, second, strict=True)] == [True] * 5 + [False]


def test_references_of_one_name_to_different_tables_have_an_alias_each(tables: Tables) -> None:
    alias = outermost_alias(tables.table("Context"))
    tasks, statuses = tables.table("Task"), tables.table("Status")
    reached = [alias.reference("owner", None, table) for table in (tasks, statuses, tasks)]
    assert reached[0] is reached[2] is not reached[1]
    assert [each and set(each.table.c.keys()) for each in reached] == [
        set(table.c.keys()) for table in (tasks, statuses, tasks)
    ]
