"""Plans are as short as possible, ordered and deterministic, and have the effect of the changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.entities.committing.planning import Changes, Creation, Deletion, plan
from ftrack_orm.values import Reference
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation


def ref(key: str, entity_type: str = "Task") -> Reference:
    return Reference(entity_type, (("id", key),))


def keys(operations: Sequence[Operation]) -> list[tuple[str, str]]:
    return [(operation.action.capitalize(), _key(operation)) for operation in operations]


def _key(operation: Operation) -> str:
    if isinstance(operation, CreateOperation):
        return str(operation.data["id"])
    assert isinstance(operation, (UpdateOperation, DeleteOperation))
    return operation.key[0]


def test_without_changes_there_are_no_operations() -> None:
    assert plan(Changes()) == []


def test_a_create_comes_after_the_creates_it_refers_to_by_key_by_reference_or_in_a_list() -> None:
    child = Creation(ref("child"), {"id": "child", "parent_id": "shot"})
    note = Creation(ref("note"), {"id": "note", "items": [ref("child")], "author": ref("user")})
    shot = Creation(ref("shot"), {"id": "shot"})
    user = Creation(ref("user"), {"id": "user"})
    order = [key for _, key in keys(plan(Changes((child, note, shot, user))))]
    assert order.index("shot") < order.index("child") < order.index("note")
    assert order.index("user") < order.index("note")


def test_creates_without_references_keep_their_order() -> None:
    creations = tuple(Creation(ref(str(n)), {"id": str(n)}) for n in range(20))
    assert [key for _, key in keys(plan(Changes(creations)))] == [str(n) for n in range(20)]


def test_a_valid_order_is_kept() -> None:
    creations = []
    for n in range(4):
        creations.append(Creation(ref(f"shot{n}"), {"id": f"shot{n}"}))
        creations.extend(Creation(ref(f"task{n}{m}"), {"id": f"task{n}{m}", "parent_id": f"shot{n}"}) for m in range(2))
    assert [key for _, key in keys(plan(Changes(tuple(creations))))] == [c.reference.id for c in creations]


def test_a_referenced_create_is_moved_forward_and_the_others_keep_their_order() -> None:
    late = {"id": "late"}
    creations = [
        Creation(ref("first"), {"id": "first"}),
        Creation(ref("second"), {"id": "second", "items": [ref("late"), ref("first")]}),
        Creation(ref("third"), {"id": "third"}),
        Creation(ref("late"), late),
    ]
    assert [key for _, key in keys(plan(Changes(tuple(creations))))] == ["first", "late", "second", "third"]


def test_each_of_many_cycles_is_cut_once() -> None:
    creations = []
    for n in range(300):
        creations.append(Creation(ref(f"asset{n}"), {"id": f"asset{n}", "latest_id": f"version{n}"}))
        creations.append(Creation(ref(f"version{n}"), {"id": f"version{n}", "asset_id": f"asset{n}"}))
    operations = plan(Changes(tuple(creations)))
    assert len(operations) == 900
    assert {_key(operation) for operation in operations[600:]} == {f"version{n}" for n in range(300)}


def test_a_cycle_in_a_long_chain_is_cut_at_its_last_creation() -> None:
    chain = [Creation(ref(str(n)), {"id": str(n), "parent_id": str(n + 1)}) for n in range(1000)]
    operations = plan(Changes((*chain, Creation(ref("1000"), {"id": "1000", "parent_id": "500"}))))
    assert [op.key for op in operations if isinstance(op, UpdateOperation)] == [("1000",)]
    assert [key for _, key in keys(operations[:3])] == ["1000", "999", "998"]


def test_a_cycle_is_cut_by_creating_without_the_reference_and_updating() -> None:
    a = Creation(ref("a"), {"id": "a", "other_id": "b", "name": "A"})
    b = Creation(ref("b"), {"id": "b", "other_id": "a", "name": "B"})
    operations = plan(Changes((a, b)))
    assert len(operations) == 3
    assert isinstance(operations[2], UpdateOperation)
    created = {op.data["id"]: op.data for op in operations[:2] if isinstance(op, CreateOperation)}
    (cut,) = [key for key, data in created.items() if "other_id" not in data]
    assert operations[2].key == (cut,)
    assert operations[2].data == {"other_id": {"a": "b", "b": "a"}[cut]}


def test_a_reference_to_itself_is_not_a_cycle() -> None:
    itself = Creation(ref("a"), {"id": "a", "root_id": "a"})
    assert keys(plan(Changes((itself,)))) == [("Create", "a")]


def test_the_update_for_a_cycle_is_merged_with_the_update_of_the_entity() -> None:
    a = Creation(ref("a"), {"id": "a", "other_id": "b"})
    b = Creation(ref("b"), {"id": "b", "other_id": "a"})
    more = (UpdateOperation("Task", ("a",), {"x": 1}), UpdateOperation("Task", ("b",), {"x": 1}))
    operations = plan(Changes((a, b), more))
    assert len(operations) == 4


def test_a_chain_longer_than_pythons_stack_is_ordered() -> None:
    chain = tuple(Creation(ref(str(n)), {"id": str(n), "parent_id": str(n + 1)}) for n in range(5000))
    order = [key for _, key in keys(plan(Changes(chain)))]
    assert order == [str(n) for n in reversed(range(5000))]


def test_deletes_come_last_and_referring_entities_first() -> None:
    parent = Deletion(ref("parent"))
    child = Deletion(ref("child"), frozenset({"parent", "elsewhere"}))
    update = UpdateOperation("Task", ("x",), {"name": "X"})
    assert keys(plan(Changes((), (update,), (parent, child)))) == [
        ("Update", "x"),
        ("Delete", "child"),
        ("Delete", "parent"),
    ]


def test_deletes_that_refer_to_each_other_are_all_planned() -> None:
    a, b = Deletion(ref("a"), frozenset({"b"})), Deletion(ref("b"), frozenset({"a"}))
    assert sorted(keys(plan(Changes((), (), (a, b))))) == [("Delete", "a"), ("Delete", "b")]


NAMES = st.sampled_from("abcdefgh")


@st.composite
def change_sets(draw: st.DrawFn) -> tuple[list[str], Changes]:
    """Draw changes of entities a to h: some exist, others are created; references lead to entities that will exist."""
    names = list("abcdefgh")
    created = draw(st.permutations(names).map(lambda p: p[: draw(st.integers(0, 6))]))
    existing = [n for n in names if n not in created]
    deleted = draw(st.lists(st.sampled_from(existing), unique=True)) if existing else []
    alive = [n for n in names if n not in deleted]
    target = st.one_of(st.none(), st.sampled_from(alive)) if alive else st.none()
    creations = tuple(
        Creation(ref(n), {"id": n, "parent_id": draw(target), "items": [ref(i) for i in draw(st.lists(target)) if i]})
        for n in created
    )
    modifications = tuple(
        UpdateOperation("Task", (n,), {"parent_id": draw(target)})
        for n in existing
        if n not in deleted and draw(st.booleans())
    )
    deletions = tuple(Deletion(ref(n), frozenset(draw(st.lists(st.sampled_from(names))))) for n in deleted)
    return existing, Changes(creations, modifications, deletions)


def apply_plan(existing: list[str], operations: Sequence[Operation]) -> dict[str, Any]:
    """Carry out operations one by one like a strict server, on which references lead to existing entities only."""
    model = {name: {"id": name} for name in existing}

    def check(value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            key = item.id if isinstance(item, Reference) else item
            assert key is None or key in model, f"refers to {key}, which does not exist"

    for op in operations:
        if isinstance(op, CreateOperation):
            assert op.data["id"] not in model
            model[op.data["id"]] = dict(op.data)
            for value in op.data.values():
                check(value)
        elif isinstance(op, UpdateOperation):
            for value in op.data.values():
                check(value)
            model[op.key[0]].update(op.data)
        else:
            assert isinstance(op, DeleteOperation)
            del model[op.key[0]]
    return model


@given(change_sets())
def test_the_plan_can_be_carried_out_and_has_the_effect_of_the_changes(case: tuple[list[str], Changes]) -> None:
    existing, changes = case
    expected = {name: {"id": name} for name in existing}
    for creation in changes.creations:
        expected[creation.reference.id] = dict(creation.data)
    for modification in changes.modifications:
        expected[modification.key[0]].update(modification.data)
    for deletion in changes.deletions:
        del expected[deletion.reference.id]
    assert apply_plan(existing, plan(changes)) == expected


@given(change_sets())
def test_the_plan_is_deterministic_and_updates_each_entity_once(case: tuple[list[str], Changes]) -> None:
    _, changes = case
    operations = plan(changes)
    assert operations == plan(changes)
    least = len(changes.creations) + len(changes.modifications) + len(changes.deletions)
    updates = [op for op in operations if isinstance(op, UpdateOperation)]
    assert len({op.key for op in updates}) == len(updates)
    assert len(operations) >= least


def test_a_plan_is_shown_as_text_and_as_json() -> None:
    changes = Changes(
        (Creation(ref("a"), {"id": "a", "name": "A"}),),
        (UpdateOperation("Task", ("b",), {"status_id": None}),),
        (Deletion(Reference("Metadata", (("parent_id", "p"), ("key", "k")))),),
    )
    operations = plan(changes)
    assert str(operations) == "create Task a: name = 'A'\nupdate Task b: status_id = None\ndelete Metadata p/k"
    assert [body["action"] for body in operations.as_json()] == ["create", "update", "delete"]
    assert str(plan(Changes())) == "nothing to do"
