"""Foreign keys and the effects of deletion, for ftrack's own data model."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.sandbox.writing.references import OnDelete, References


@pytest.fixture(scope="module")
def references(ftrack_tables: Tables) -> References:
    return References(ftrack_tables)


def columns_with(references: References, root: str, on_delete: OnDelete) -> set[str]:
    return {
        f"{dependent.table}.{dependent.column}"
        for dependent in references.dependents_of(root)
        if dependent.on_delete is on_delete
    }


def test_rows_that_belong_to_a_context_are_deleted_with_it(references: References) -> None:
    assert columns_with(references, "Context", OnDelete.CASCADE) >= {
        "Context.parent_id", "Asset.context_id", "Appointment.context_id", "Timelog.context_id", "Manager.context_id",
        "Note.parent_id", "Metadata.parent_id", "StatusChange.parent_id", "CustomAttributeValue.entity_id",
        "CustomAttributeLink.from_id", "CustomAttributeLink.to_id", "ListObject.entity_id", "List.project_id",
        "TypedContextLink.from_id", "TypedContextLink.to_id", "ReviewSession.project_id",
    }  # fmt: skip
    assert columns_with(references, "Context", OnDelete.RESTRICT) == set()


def test_production_data_restricts_the_deletion_of_configuration(references: References) -> None:
    assert columns_with(references, "Status", OnDelete.RESTRICT) == {
        "Context.status_id", "AssetVersion.status_id", "StatusChange.status_id", "StatusChange.from_status_id",
    }  # fmt: skip
    assert columns_with(references, "Status", OnDelete.CASCADE) == {
        "SchemaStatus.status_id",
        "WorkflowSchemaStatus.status_id",
    }
    assert columns_with(references, "ProjectSchema", OnDelete.RESTRICT) == {"Context.project_schema_id"}


def test_rows_that_require_their_creator_restrict_the_deletion_of_users(references: References) -> None:
    assert columns_with(references, "Resource", OnDelete.RESTRICT) == {
        "Note.user_id", "Message.created_by_id", "Conversation.created_by_id", "ReviewSession.created_by_id",
        "ReviewSessionInvitee.created_by_id",
    }  # fmt: skip
    assert "Context.created_by_id" in columns_with(references, "Resource", OnDelete.SET_NULL)


def test_a_column_used_only_by_collections_refers_to_their_owners(references: References) -> None:
    (parent,) = [foreign_key for foreign_key in references.foreign_keys_of("Note") if foreign_key.column == "parent_id"]
    assert set(parent.targets) == {"Context", "AssetVersion", "ReviewSessionObject"}
    (entity,) = [
        foreign_key for foreign_key in references.foreign_keys_of("ListObject") if foreign_key.column == "entity_id"
    ]
    assert set(entity.targets) >= {"AssetVersion"}


def test_every_foreign_key_is_a_column_of_its_table(references: References, ftrack_tables: Tables) -> None:
    for name in ftrack_tables.schema.types:
        for foreign_key in references.foreign_keys_of(name):
            assert foreign_key.column in ftrack_tables.table(name).c, foreign_key
            assert foreign_key.targets
