"""Values of custom attributes in changes: events carry them as text, changes in the type that entities have."""

from __future__ import annotations

import datetime
import queue
from typing import Any

import pytest

from ftrack_orm import ServerChange, Session
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Production
from tests.session.received_updates import TIMEOUT

_OPTIONS = {"multiSelect": True, "data": '[{"menu": "A", "value": "a"}, {"menu": "B", "value": "b"}]'}
_DATE = datetime.datetime(2031, 2, 3, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("kind", "config", "values"),
    [
        ("text", {}, ["x", "", "1"]),
        ("boolean", {}, [True, False]),
        ("number", {"isdecimal": True}, [2.5, 3.0, None]),
        ("number", {"isdecimal": False}, [7, 1001, None]),
        ("date", {}, [_DATE, None]),
        ("enumerator", _OPTIONS, [["a"], ["a", "b"], ["b", "a"], []]),
        ("dynamic enumerator", {}, [["z"]]),
    ],
)
def test_values_of_custom_attributes_have_the_configured_type(
    follower: Session,
    other: Session,
    production: Production,
    configure: Configure,
    kind: str,
    config: dict[str, Any],
    values: list[Any],
) -> None:
    key = configure("attribute", kind, config=config)
    changes: queue.Queue[ServerChange] = queue.Queue()
    follower.on_change("Task", changes.put, attributes=["custom_attributes"])
    task = existing(other.get("Task", production.tasks[0]))
    previous = None
    for value in values:
        task.custom_attributes[key] = value
        other.commit()
        change = changes.get(timeout=TIMEOUT)
        assert change.names == {"custom_attributes"}
        assert (change.new[key], type(change.new[key])) == (value, type(task.custom_attributes[key]))
        if previous is not None:
            assert change.old[key] == previous
        previous = value
        assert change.entity.custom_attributes[key] == value


def test_a_list_of_options_is_kept_as_text_where_the_options_are_not_certain(
    follower: Session,
    other: Session,
    production: Production,
    configure: Configure,
) -> None:
    key = configure("attribute", "dynamic enumerator")
    changes: queue.Queue[ServerChange] = queue.Queue()
    follower.on_change("Task", changes.put)
    existing(other.get("Task", production.tasks[0])).custom_attributes[key] = ["y", "z"]
    other.commit()
    assert changes.get(timeout=TIMEOUT).new[key] == "y, z"
