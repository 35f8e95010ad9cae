"""The data of jobs as a mapping, and their progress."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.behaviours import jobs
from ftrack_orm.behaviours.jobs import PROGRESS_INTERVAL_SECONDS, ProgressReports
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production


class Clock:
    """A clock that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "_reports", ProgressReports(clock))
    return clock


@pytest.fixture
def job(session: Session) -> Any:
    user = session.query("User").first()
    job = session.create("Job", user=user, status="running", data=json.dumps({"description": "Deliver"}))
    session.commit()
    return job


def data_of(other: Session, job: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(other.query("Job").select("data").where(id=job.id).populate_existing().one().data)
    return data


def test_the_data_is_a_mapping_whose_changes_are_committed(session: Session, other: Session, job: Any) -> None:
    assert dict(job.details) == {"description": "Deliver"}
    job.details["shots"] = ["sh010"]
    job.details.update({"count": 3}, done=False)
    del job.details["done"]
    assert len(job.details) == 3
    assert "details" in repr(job.details)
    session.commit()
    assert data_of(other, job) == {"description": "Deliver", "shots": ["sh010"], "count": 3}
    with pytest.raises(KeyError):
        job.details["missing"]
    with pytest.raises(errors.InvalidValue, match="holds JSON values"):
        job.details["wrong"] = object()
    assert session.modified == []


def test_data_of_another_form_is_an_error(session: Session, job: Any) -> None:
    job.data = None
    assert dict(job.details) == {}
    for text in ("no json", "[1, 2]"):
        job.data = text
        with pytest.raises(errors.InvalidValue, match="is no JSON"):
            dict(job.details)
    session.rollback()


def test_progress_is_committed_at_once_and_nothing_else_with_it(
    session: Session, other: Session, job: Any, clock: Clock, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.description = "pending"
    job.progress(3, of=10)
    assert data_of(other, job) == {"description": "Deliver: 3 of 10", "done": 3, "of": 10}
    assert session.modified == [task]


def test_progress_is_sent_once_a_second_and_when_it_is_complete(
    session: Session, other: Session, job: Any, clock: Clock
) -> None:
    job.details["title"] = "Deliver"
    session.commit()
    with requests_made(session) as made:
        for done in range(100):
            job.progress(done, of=100)
    assert made == 1
    clock.now += PROGRESS_INTERVAL_SECONDS
    job.progress(99.5, of=100, message="nearly there")
    assert data_of(other, job)["description"] == "Deliver: nearly there"
    with requests_made(session) as made:
        job.progress(100, of=100)
    assert made == 1
    assert data_of(other, job)["description"] == "Deliver: 100 of 100"


def test_progress_without_a_total_is_a_number(session: Session, other: Session, job: Any, clock: Clock) -> None:
    job.details["title"] = "Deliver"
    session.commit()
    job.progress(12)
    assert data_of(other, job) == {"title": "Deliver", "description": "Deliver: 12", "done": 12, "of": None}


def test_the_progress_of_each_job_has_an_interval_of_its_own(session: Session, job: Any, clock: Clock) -> None:
    second: Any = session.create("Job", user=job.user, status="running", data="{}")
    session.commit()
    with requests_made(session) as made:
        job.progress(1, of=2)
        second.progress(1, of=2)
    assert made == 2


def test_progress_that_cannot_be_sent_does_not_stop_the_work(
    box: Sandbox, connect: Connect, job: Any, other: Session, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport, retries=0)
    same: Any = existing(session.get("Job", job.id))
    session.populate(same, "data")
    transport.refuses_requests = True
    same.progress(1, of=3)
    assert "The progress of <Job" in caplog.text
    assert session.modified == []
    transport.refuses_requests = False
    same.progress(2, of=3)
    assert "done" not in data_of(other, job)
    clock.now += PROGRESS_INTERVAL_SECONDS
    same.progress(2, of=3)
    assert data_of(other, job)["done"] == 2
