"""Who points at whom, and what deleting does: the table as it comes out for ftrack's own data model."""

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


def test_what_hangs_on_a_context_goes_with_it(references: References) -> None:
    assert columns_with(references, "Context", OnDelete.CASCADE) >= {
        "Context.parent_id", "Asset.context_id", "Appointment.context_id", "Timelog.context_id", "Manager.context_id",
        "Note.parent_id", "Metadata.parent_id", "StatusChange.parent_id", "CustomAttributeValue.entity_id",
        "CustomAttributeLink.from_id", "CustomAttributeLink.to_id", "ListObject.entity_id", "List.project_id",
        "TypedContextLink.from_id", "TypedContextLink.to_id", "ReviewSession.project_id",
    }  # fmt: skip
    assert columns_with(references, "Context", OnDelete.RESTRICT) == set()


def test_only_what_production_data_uses_forbids_the_deletion_of_configuration(references: References) -> None:
    assert columns_with(references, "Status", OnDelete.RESTRICT) == {
        "Context.status_id", "AssetVersion.status_id", "StatusChange.status_id", "StatusChange.from_status_id",
    }  # fmt: skip
    assert columns_with(references, "Status", OnDelete.CASCADE) == {
        "SchemaStatus.status_id",
        "WorkflowSchemaStatus.status_id",
    }
    assert columns_with(references, "ProjectSchema", OnDelete.RESTRICT) == {"Context.project_schema_id"}


def test_a_user_may_not_vanish_from_what_only_they_can_have_made(references: References) -> None:
    assert columns_with(references, "Resource", OnDelete.RESTRICT) == {
        "Note.user_id", "Message.created_by_id", "Conversation.created_by_id", "ReviewSession.created_by_id",
        "ReviewSessionInvitee.created_by_id",
    }  # fmt: skip
    assert "Context.created_by_id" in columns_with(references, "Resource", OnDelete.SET_NULL)


def test_a_column_read_only_by_collections_points_at_their_owners(references: References) -> None:
    (parent,) = [pointer for pointer in references.foreign_keys_of("Note") if pointer.column == "parent_id"]
    assert set(parent.targets) == {"Context", "AssetVersion", "ReviewSessionObject"}
    (entity,) = [pointer for pointer in references.foreign_keys_of("ListObject") if pointer.column == "entity_id"]
    assert set(entity.targets) >= {"AssetVersion"}


def test_every_pointer_is_a_column_of_its_table(references: References, ftrack_tables: Tables) -> None:
    for name in ftrack_tables.schema.types:
        for pointer in references.foreign_keys_of(name):
            assert pointer.column in ftrack_tables.table(name).c, pointer
            assert pointer.targets
