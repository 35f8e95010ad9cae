"""Create, update and delete operations: the entities they find, and those they do not."""

from __future__ import annotations

from tests.sandbox.studio import Studio


def test_a_key_may_be_plain_text(production: Studio) -> None:
    assert production.update("Task", "T1", description="x")["description"] == "x"


def test_a_missing_entity_cannot_be_updated(production: Studio) -> None:
    expected = "Could not find entity Shot with entity_key [u'nowhere']."
    assert production.refused(production.updating("Shot", ["nowhere"], name="x")) == ("ValueError", expected)


def test_an_entity_of_another_type_is_missing(production: Studio) -> None:
    name, text = production.refused(production.updating("Shot", ["T1"], name="x"))
    assert (name, "Could not find entity Shot" in text) == ("ValueError", True)


def test_an_unknown_entity_type_is_refused_with_the_nearest_name(production: Studio) -> None:
    name, text = production.refused(production.updating("Shto", ["H"], name="x"))
    assert (name, "'Shot'" in text) == ("KeyError", True)


def test_a_missing_entity_cannot_be_deleted(production: Studio) -> None:
    name, text = production.refused(production.deleting("Metadata", ["T1", "k"]))
    assert (name, text) == ("ValueError", "Could not find entity Metadata with entity_key [u'T1', u'k'].")


def test_parent_and_child_may_be_deleted_in_one_batch_in_any_order(production: Studio) -> None:
    for first, second in ((("Shot", "H"), ("Task", "T1")), (("Task", "t"), ("Sequence", "Q"))):
        if second[1] == "Q":
            production.create("Task", id="t", name="t", parent_id="Q")
        replies = production.call(production.deleting(*first), production.deleting(*second))
        assert [reply["data"] for reply in replies] == [True, True]
    assert {row["id"] for row in production.rows("Context")} == {"P"}
