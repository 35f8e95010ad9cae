"""Collections and mappings of entities behave as those of the official client."""

from __future__ import annotations

import copy
from typing import Any

from tests.compat.conftest import Both, Studio, raised


def test_collections_are_sequences_that_can_be_edited(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task = studio.session, studio.get("Task")
        scopes = session.query("Scope order by name").all()[:3]
        mine = task["scopes"]
        steps: list[Any] = [len(mine), mine[:], list(mine), mine.mutable, mine.attribute.name, mine.entity is task]
        mine.append(scopes[0])
        mine.insert(0, scopes[1])
        mine.extend([scopes[2]])
        session.commit()
        mine = task["scopes"]
        steps += [len(mine), scopes[1] in mine, studio.get("Task", 1) in mine, sorted(each["name"] for each in mine)]
        steps += [mine == scopes or sorted(map(str, mine)) == sorted(map(str, scopes)), mine != [scopes[0]]]
        steps += [raised(studio.client, lambda: mine.append(scopes[0]))]
        steps += [raised(studio.client, lambda: mine.remove(studio.get("Task")), ValueError)]
        steps += [raised(studio.client, lambda: mine[7], IndexError), type(mine[0]).__name__, len(mine[1:])]
        mine.remove(scopes[1])
        del mine[mine.index(scopes[0])]
        session.commit()
        steps += [
            [each["name"] for each in task["scopes"]],
            isinstance(task["scopes"], studio.client.collection.Collection),
        ]
        task["scopes"] = []
        session.commit()
        return [*steps, len(task["scopes"]), bool(task["scopes"])]

    both(run)


def test_children_follow_their_parents(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, shot = studio.session, studio.get("Shot")
        names = [sorted(each["name"] for each in shot["children"])]
        new = session.create("Task", {"name": "appended"})
        shot["children"].append(new)
        session.commit()
        names.append(sorted(each["name"] for each in shot["children"]))
        names.append([new["parent"]["name"]])
        moved = shot["children"][:]
        return names, type(moved).__name__, len(moved), type(copy.copy(moved)).__name__

    both(run)


def test_immutable_collections_are_refused(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        return task["ancestors"].mutable, raised(studio.client, lambda: task["ancestors"].append(studio.get("Shot")))

    both(run)


def test_metadata_are_mappings(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task = studio.session, studio.get("Task")
        metadata = task["metadata"]
        steps: list[Any] = [metadata.keys(), len(metadata), dict(metadata), bool(metadata), "a" in metadata]
        metadata["a"] = "1"
        metadata.update({"b": "2", "c": "3"})
        steps += [sorted(metadata.keys()), metadata.get("d"), metadata.setdefault("a", "9"), metadata.pop("c")]
        session.commit()
        metadata = task["metadata"]
        steps += [sorted(metadata.items()), sorted(metadata.values()), sorted(metadata), "a" in metadata]
        steps += [raised(studio.client, lambda: metadata["no"], KeyError)]
        steps += [raised(studio.client, lambda: metadata.__delitem__("no"), KeyError), metadata.mutable]
        del metadata["a"]
        session.commit()
        steps += [dict(task["metadata"]), type(metadata).__name__]
        task["metadata"] = {"only": "this"}
        session.commit()
        return [*steps, dict(task["metadata"])]

    both(run)


def test_new_entities_have_metadata(both: Both) -> None:
    def run(studio: Studio) -> Any:
        new = studio.session.create("Shot", {"name": "new", "parent": studio.get("Sequence"), "metadata": {"a": "1"}})
        new["metadata"]["b"] = "2"
        studio.session.commit()
        found = studio.session.query(f'select key, value from Metadata where parent_id is "{new["id"]}"')
        return sorted((each["key"], each["value"]) for each in found), sorted(new["metadata"].items())

    both(run)
