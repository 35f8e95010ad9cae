"""Faults that are due."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox.storage.faults import Fault, StorageFaults


def test_a_fault_is_taken_as_often_as_it_was_added() -> None:
    faults = StorageFaults()
    fault = Fault("cut")
    faults.add(fault, 2)
    assert [faults.take("PUT", "c", 0) for _ in range(3)] == [fault, fault, None]


@pytest.mark.parametrize(
    ("fault", "applies"),
    [
        (Fault("cut"), True),
        (Fault("cut", method="GET"), False),
        (Fault("cut", component_id="d"), False),
        (Fault("cut", component_id="c", part=3), True),
        (Fault("cut", part=0), False),
    ],
)
def test_a_fault_is_taken_by_the_requests_it_applies_to(fault: Fault, applies: bool) -> None:
    faults = StorageFaults()
    faults.add(fault, 1)
    assert (faults.take("PUT", "c", 3) is fault) is applies


def test_a_wrong_tag_waits_for_an_upload() -> None:
    faults = StorageFaults()
    faults.add(Fault("wrong_etag"), 1)
    assert faults.take("GET", "c", 0) is None
    assert faults.take("PUT", "c", 0) is not None


def test_faults_can_be_dropped() -> None:
    faults = StorageFaults()
    faults.add(Fault("cut"), 3)
    assert faults.due == 3
    faults.clear()
    assert (faults.due, faults.take("PUT", "c", 0)) == (0, None)


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no fault 'burn'"):
        StorageFaults().add(Fault("burn"), 1)  # type: ignore[arg-type]
