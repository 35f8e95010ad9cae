"""Categories, recipients and threads of notes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.studio import Studio


@pytest.fixture
def studio_with_labels(production: Studio) -> Studio:
    """The production with the labels "one", "two" and "three", sorted in another order, and the note "N"."""
    for sort, label in ((3, "one"), (2, "two"), (1, "three")):
        production.create("NoteLabel", id=label, name=label, sort=sort)
    production.create("Note", id="N", content="look", parent_id="T1", parent_type="Task")
    return production


def linking(label: str, note: str = "N") -> dict[str, Any]:
    return Studio.creating("NoteLabelLink", note_id=note, label_id=label)


def category(studio: Studio) -> str | None:
    (note,) = studio.query('select category.id, category_id from Note where id is "N"')
    assert (note["category"] or {}).get("id") == note["category_id"]
    category_id: str | None = note["category_id"]
    return category_id


def test_a_linked_label_is_the_category(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.call(linking("one"))
    assert category(studio) == "one"
    studio.call(linking("two"))
    assert category(studio) == "one"


def test_the_link_may_be_created_with_the_note(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.call(
        studio.creating("Note", id="M", content="x", parent_id="T1", parent_type="Task"), linking("two", note="M")
    )
    (note,) = studio.query('select category.name from Note where id is "M"')
    assert note["category"]["name"] == "two"


def test_a_deleted_link_leaves_the_category_to_the_remaining_labels(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.call(*map(linking, ("one", "two", "three")))
    for deleted, expected in (("two", "one"), ("one", "three"), ("three", None)):
        studio.delete("NoteLabelLink", ["N", deleted])
        assert category(studio) == expected


def test_a_deleted_label_leaves_the_category_to_the_remaining_labels(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.call(*map(linking, ("one", "two")))
    studio.delete("NoteLabel", "one")
    assert category(studio) == "two"
    studio.call(studio.deleting("NoteLabel", "two"), studio.deleting("NoteLabel", "three"))
    assert category(studio) is None


def test_a_category_that_was_set_stays_with_other_links(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.update("Note", "N", category_id="three")
    studio.call(linking("one"))
    studio.delete("NoteLabelLink", ["N", "one"])
    assert category(studio) == "three"


def test_deleting_a_note_takes_its_links_along(studio_with_labels: Studio) -> None:
    studio = studio_with_labels
    studio.call(linking("one"))
    studio.delete("Note", "N")
    assert studio.rows("NoteLabelLink") == []


def recipients(studio: Studio, note: str) -> set[str]:
    return {row["resource_id"] for row in studio.query(f'select resource_id from Recipient where note_id is "{note}"')}


def test_the_calling_user_becomes_a_recipient_at_the_end_of_the_batch(production: Studio) -> None:
    joe = production.create("User", username="joe")["id"]
    creating, ref = production.creating, production.ref
    # As the official client commits `create_note`: the full list of recipients follows the note and its recipients.
    production.call(
        creating("Note", id="N", content="look", author=ref("User", joe), parent_id="T1", parent_type="Task"),
        creating("Recipient", note_id="N", resource_id=joe),
        production.updating(
            "Note", ["N"], recipients=[{"__entity_type__": "Recipient", "note_id": "N", "resource_id": joe}]
        ),
    )
    assert recipients(production, "N") == {joe, production.user_id}


def test_a_recipient_that_the_client_creates_itself_is_no_duplicate(production: Studio) -> None:
    production.call(
        production.creating("Note", id="N", content="look", parent_id="T1", parent_type="Task"),
        production.creating("Recipient", note_id="N", resource_id=production.user_id, text_mentioned="jane"),
    )
    (row,) = production.rows("Recipient")
    assert (row["resource_id"], row["text_mentioned"]) == (production.user_id, "jane")


def test_replies_and_changed_notes_get_no_recipient(production: Studio) -> None:
    production.create("Note", id="N", content="look", parent_id="T1", parent_type="Task")
    production.delete("Recipient", ["N", production.user_id])
    production.create("Note", id="R", content="seen", in_reply_to_id="N")
    production.update("Note", "N", content="look again")
    assert production.rows("Recipient") == []


def test_a_note_that_the_batch_deletes_again_gets_no_recipient(production: Studio) -> None:
    production.call(
        production.creating("Note", id="N", content="look", parent_id="T1", parent_type="Task"),
        production.deleting("Note", ["N"]),
    )
    assert production.rows("Recipient") == []
