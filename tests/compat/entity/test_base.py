"""Entities are the mappings of the official client: names, values, changes, attributes, identities."""

from __future__ import annotations

import collections.abc
import copy
from typing import Any

import arrow

from tests.compat.conftest import Both, Studio, raised


def test_an_entity_is_a_mapping(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        base = studio.client.entity.base.Entity
        return (
            (sorted(task.keys()), len(task), sorted(task), "name" in task, "nam" in task),
            (isinstance(task, base), isinstance(task, collections.abc.MutableMapping), bool(task)),
            (task.get("name"), task.get("nam", 5), task.setdefault("name", "x")),
            [type(each).__name__ for each in (task.items(), task.values())],
            sorted(name for name, value in task.items() if value is None),
            (str(task) == f"<Task({task['id']})>", repr(task).split()[:-1], repr(type(task))),
        )

    both(run)


def test_every_type_has_the_attributes_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        def described(attribute: Any) -> Any:
            default = attribute.default_value
            return (
                attribute.name,
                type(attribute).__name__,
                (attribute.mutable, attribute.computed),
                getattr(attribute, "data_type", None) or getattr(attribute, "entity_type", None),
                "generated" if callable(default) else str(default),
            )

        return {
            name: (
                sorted(map(described, cls.attributes)),
                list(cls.primary_key_attributes),
                sorted(cls.default_projections),
                cls.entity_type,
                [each.__name__ for each in cls.__mro__ if "ftrack" in each.__module__ and each.__name__[0] != "_"],
            )
            for name, cls in studio.session.types.items()
        }

    assert len(both(run)) > 100


def test_changes_are_local_values_until_they_are_committed(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task, symbol = studio.get("Task"), studio.client.symbol
        name, bid = task.attributes.get("description"), task.attributes.get("bid")
        task["description"] = "before"
        studio.session.commit()
        steps = []

        def note() -> None:
            steps.append(
                (
                    task["description"],
                    name.get_local_value(task) is symbol.NOT_SET or name.get_local_value(task),
                    name.get_remote_value(task),
                    (name.is_modified(task), name.is_set(task), bid.is_modified(task)),
                    studio.client.inspection.state(task).name,
                    len(studio.session.recorded_operations),
                )
            )

        note()
        task["description"] = "changed"
        note()
        del task["description"]
        steps.append(task["description"])
        studio.session.rollback()
        task["description"] = "changed again"
        studio.session.rollback()
        note()
        task["description"] = "committed"
        studio.session.commit()
        note()
        return steps

    both(run)


def test_values_of_new_entities_are_not_set(both: Both) -> None:
    def run(studio: Studio) -> Any:
        shot, symbol = studio.get("Shot"), studio.client.symbol
        new = studio.session.create("Task", {"name": "new", "parent": shot, "no such attribute": 1})
        # Here a reference and its key are one value, and the official client sets one of them.
        synchronized = ("object_type", "parent_id", "priority")
        unset = sorted(name for name in new if new[name] is symbol.NOT_SET and name not in synchronized)
        state = studio.client.inspection.state(new).name
        key = list(studio.client.inspection.primary_key(new).items()) == [("id", new["id"])]
        studio.session.commit()
        return unset, state, key, new["bid"], new["project"]["name"] == studio.production.name

    both(run)


def test_errors_of_entities_are_those_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        new = studio.session.create("Task", {"name": "x"})
        return [
            raised(studio.client, lambda: task["nam"], KeyError),
            raised(studio.client, lambda: task.__setitem__("nam", 1), KeyError),
            raised(studio.client, lambda: task.__setitem__("id", "x"))[:1] != [],
            raised(studio.client, lambda: task.__setitem__("project_id", "x"))[:1] != [],
            raised(studio.client, lambda: new.__setitem__("nam", 1), KeyError),
            "ServerError" in raised(studio.client, lambda: studio.session.create("Spaceship"))
            or raised(studio.client, lambda: studio.session.create("Spaceship"))[:2],
        ]

    both(run)


def test_entities_compare_by_identity_across_sessions(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        other = studio.connect(studio.client).get("Task", task["id"])
        return (
            task == other,
            task is other,
            len({task, other}),
            task != studio.get("Shot"),
            task == None,  # noqa: E711 - as people write it
            task in [other],
            studio.client.inspection.identity(task) == studio.client.inspection.identity(other),
        )

    both(run)


def test_values_that_are_not_loaded_are_not_set(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, symbol = studio.connect(studio.client), studio.client.symbol
        task = session.query(f'select name from Task where id is "{studio.production.tasks[5]}"').one()
        with session.auto_populating(False):
            names = ("name", "id", "description", "parent", "bid", "status_id", "start_date")
            found = {name: task[name] is symbol.NOT_SET for name in names}
            unset = sorted(name for name, value in task.items() if value is symbol.NOT_SET and name in names)
            collections = len(task["notes"]), list(task["scopes"]), dict(task["metadata"])
            is_empty = task["parent"] is symbol.NOT_SET or len(task["parent"]["children"])
        return found, unset, collections, is_empty, task.get("description"), task["parent"]["name"]

    both(run)


def test_state_of_a_script_stays_with_the_entity(both: Both) -> None:
    def run(studio: Studio) -> Any:
        studio.get("Task", 8).note_of_the_script = 5
        copied = copy.deepcopy({"tasks": [1, 2]})
        return studio.get("Task", 8).note_of_the_script, copied

    both(run)


def test_dates_are_those_of_arrow(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        task["start_date"] = arrow.get(2031, 5, 6, 7, 8, 9)
        task["end_date"] = arrow.get(2031, 5, 7).datetime
        local = type(task["start_date"]).__name__
        studio.session.commit()
        studio.get("Task", 1)["end_date"] = "2031-05-06"
        studio.session.commit()
        dates = task["start_date"], task["end_date"]
        shifted = dates[0].shift(days=1).isoformat(), (dates[1] - dates[0]).days, str(dates[0].tzinfo)
        task["end_date"] = None
        studio.session.commit()
        return local, [type(each).__name__ for each in dates], dates, shifted, task["end_date"]

    both(run)


def test_values_of_an_entity_of_another_session_are_merged(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        with studio.connect(studio.client) as other:
            theirs = other.query(f'select name, description, bid from Task where id is "{task["id"]}"').one()
            theirs["description"] = "changed there"
            merged = studio.session.merge(theirs)
            return merged is task, merged["name"], merged["description"], len(studio.session.recorded_operations)

    both(run)
