"""Wherever a value comes in, values of other libraries mean one value or are refused before a request."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import math
import pathlib
import uuid
from typing import Any

import arrow
import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, attr, errors, expression
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Production
from tests.property_settings import examples

UTC = datetime.timezone.utc
HERE = datetime.timezone(datetime.timedelta(hours=-5))


class Name(str, enum.Enum):
    ANIM = "anim"


class Key(str, enum.Enum):
    NOTE = "note"


class Frames(enum.IntEnum):
    LAST = 1100


class Status(enum.Enum):
    DONE = "done"


MOMENT = datetime.datetime(2024, 5, 31, 12, tzinfo=UTC)
DAY = datetime.datetime(2024, 5, 31, tzinfo=UTC)

#: Attribute of a task, a value of another library, and the value that the server has afterwards.
TAKEN = [
    ("name", Name.ANIM, "anim"),
    ("name", numpy.str_("comp"), "comp"),
    ("description", pathlib.PurePosixPath("/jobs/film"), "/jobs/film"),
    ("description", uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ("bid", numpy.float32(1.5), 1.5),
    ("bid", numpy.float64(2.25), 2.25),
    ("bid", numpy.int64(7200), 7200),
    ("bid", decimal.Decimal("3600.5"), 3600.5),
    ("bid", fractions.Fraction(3, 4), 0.75),
    ("bid", Frames.LAST, 1100),
    ("sort", numpy.uint16(3), 3),
    ("sort", decimal.Decimal(4), 4),
    ("end_date", arrow.get(MOMENT).to("America/New_York"), MOMENT),
    ("end_date", numpy.datetime64("2024-05-31"), DAY),
    ("end_date", MOMENT.astimezone(HERE), MOMENT),
]


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.mark.parametrize(("name", "value", "saved"), TAKEN, ids=repr)
def test_a_value_means_the_same_in_an_assignment_and_in_a_criterion(
    session: Session, other: Session, task: Entity, name: str, value: Any, saved: Any
) -> None:
    task[name] = value
    assert task[name] == saved
    assert type(task[name]) in (str, int, float, datetime.datetime)
    session.commit()
    assert existing(other.get("Task", task.id))[name] == saved
    Task = session.types.Task
    own = session.query(Task).where(id=task.id)
    for query in (
        own.where(Task[name] == value),
        own.where(attr(name) == value),
        own.where(Task[name].in_([value])),
        own.where(Task[name].in_({value})),
        own.where(**{name: value}),
        own.where(expression(f"{name} is {{}}", value)),
        own.where(expression(f"{name} in ({{}})", [value])),
    ):
        assert query.count() == 1, query
    assert own.where(Task[name] != value).count() == 0


def test_values_are_taken_by_every_call_that_makes_or_changes_entities(
    session: Session, other: Session, task: Entity
) -> None:
    parent = task.parent
    created = session.create("Task", {"name": Name.ANIM, "bid": decimal.Decimal(5)}, parent=parent, sort=numpy.int8(2))
    session.commit()
    data = {"name": Name.ANIM, "parent": parent, "bid": numpy.int64(5)}
    assert session.ensure("Task", data, ["name", "parent"]) is created
    assert session.ensure("Task", {**data, "name": numpy.str_("ANIM")}) is created
    assert (
        session.query("Task").where(id=created.id).update({"bid": numpy.float32(6.5)}, batch_size=numpy.int64(1)) == 1
    )
    (reply,) = session.call(
        [
            {
                "action": "update",
                "entity_type": "Task",
                "entity_key": [uuid.UUID(created.id)],
                "entity_data": {"sort": numpy.int64(9), "description": pathlib.PurePosixPath("/a")},
            }
        ]
    )
    assert reply["data"]["id"] == created.id
    read = existing(other.get("Task", created.id))
    assert (read.name, read.bid, read.sort, read.description) == ("anim", 6.5, 9, "/a")


def test_keys_and_counts_of_other_libraries_are_taken(session: Session, task: Entity) -> None:
    for key in (uuid.UUID(task.id), numpy.str_(task.id), [uuid.UUID(task.id)]):
        assert session.get("Task", key) is task
    task.metadata["1"] = "x"
    session.commit()
    assert session.get("Metadata", (uuid.UUID(task.id), numpy.int64(1))) is not None
    query = session.query("Task").where(project_id=task.project_id).order_by("name")
    one, two = numpy.int64(1), numpy.int32(2)
    assert query.limit(two).all() == query[:two] == query.with_page_size(one)[:2]
    assert query.offset(one).first() is query[one]
    assert query[one : numpy.int64(3)] == query.all()[1:3]
    assert query[numpy.int64(-1)] is query.all()[-1]
    wrong: Any
    for wrong in (1.5, True, "1", numpy.float64(1), numpy.bool_(True)):
        with pytest.raises(errors.QueryError):
            query.limit(wrong)
        with pytest.raises(errors.QueryError):
            query[wrong]
        with pytest.raises(errors.QueryError):
            query[:wrong]


def test_metadata_takes_text_of_other_libraries_as_key_and_as_value(
    session: Session, other: Session, task: Entity
) -> None:
    task.metadata[Key.NOTE] = Name.ANIM
    task.metadata.update({numpy.str_("path"): pathlib.PurePosixPath("/a"), uuid.UUID(int=1): uuid.UUID(int=2)})
    session.commit()
    saved = dict(existing(other.get("Task", task.id)).metadata)
    assert saved == {"note": "anim", "path": "/a", str(uuid.UUID(int=1)): str(uuid.UUID(int=2))}
    assert [type(key) for key in task.metadata] == [str, str, str]
    Task = session.types.Task
    own = session.query(Task).where(id=task.id)
    assert own.where(Task.metadata[Key.NOTE] == Name.ANIM).count() == 1
    for key, value, advice in [("n", 3, r"str\(value\)"), ("n", Status.DONE, r"value\.value"), (b"n", "x", "decode")]:
        with pytest.raises(errors.InvalidValue, match=advice):
            task.metadata[key] = value


def test_custom_attributes_take_values_of_other_libraries(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    text, number = configure("text", "text"), configure("number", "number", config={"isdecimal": True})
    whole = configure("whole", "number", config={"isdecimal": False})
    date, flag = configure("date", "date"), configure("flag", "boolean")
    options = {"data": '[{"menu": "A", "value": "anim"}, {"menu": "C", "value": "comp"}]', "multiSelect": True}
    choice = configure("choice", "enumerator", config=options)
    values = {
        text: Name.ANIM,
        number: decimal.Decimal("0.25"),
        whole: numpy.float64(3),
        date: arrow.get(MOMENT),
        flag: numpy.bool_(True),
        choice: numpy.array(["comp", "anim"]),
    }
    session.configurations.refresh()
    task.custom_attributes.update(values)
    session.commit()
    read = existing(other.get("Task", task.id)).custom_attributes
    saved = {text: "anim", number: 0.25, whole: 3, date: MOMENT, flag: True, choice: ["comp", "anim"]}
    assert {key: read[key] for key in saved} == saved
    task.custom_attributes[choice] = {"comp", Name.ANIM}
    assert task.custom_attributes[choice] == ["anim", "comp"]
    Task = session.types.Task
    own = session.query(Task).where(id=task.id)
    for key in (text, number, whole, date):
        assert own.where(Task.custom_attributes[key] == values[key]).count() == 1
    for key, value, advice in [
        (whole, 2.5, "whole numbers"),
        (number, "2.5", r"float\(value\)"),
        (flag, 1, r"bool\(value\)"),
        (date, MOMENT.replace(tzinfo=None), r"value\.astimezone\(\)"),
        (choice, Status.DONE, r"value\.value"),
        (choice, iter(["anim"]), r"list\(value\)"),
    ]:
        with pytest.raises(errors.InvalidValue, match=advice):
            task.custom_attributes[key] = value


def test_numbers_of_numpy_are_compared_from_either_side(session: Session) -> None:
    Task = session.types.Task
    assert str(numpy.float64(2) < Task.bid) == "bid > 2.0"
    assert str(numpy.int64(2) == Task.bid) == "bid is 2"
    assert str(decimal.Decimal("2.5") >= Task.bid) == "bid <= 2.5"
    assert str(Task.bid.in_(numpy.array([1, 2]))) == "bid in (1, 2)"
    assert str(arrow.get(MOMENT) > Task.end_date) == 'end_date < "2024-05-31T12:00:00"'
    assert str(Task.name.like(Name.ANIM)) == 'name like "anim"'
    for value in (numpy.array(1), numpy.int64(1), "x", b"x", 1):
        with pytest.raises(errors.QueryError, match="several values"):
            Task.bid.in_(value)


REFUSED = [
    ("name", Status.DONE, r"Write value\.value\."),
    ("bid", datetime.timedelta(hours=1), r"value\.total_seconds\(\)"),
    ("bid", math.nan, "Write None|finite"),
    ("bid", decimal.Decimal("NaN"), "Write None|is_"),
    ("end_date", datetime.datetime(2024, 5, 31), r"value\.astimezone\(\)"),
    ("end_date", numpy.datetime64("2024-05-31T12:00"), r"\.replace\(tzinfo=datetime\.timezone\.utc\)"),
    ("end_date", datetime.datetime.max.replace(tzinfo=HERE), "outside of the years 1 to 9999 in UTC"),
    (
        "end_date",
        datetime.datetime.min.replace(tzinfo=datetime.timezone(-HERE.utcoffset(None))),
        "outside of the years",
    ),
]


@pytest.mark.parametrize(("name", "value", "advice"), REFUSED, ids=repr)
def test_a_value_without_a_meaning_is_refused_before_a_request(
    session: Session, task: Entity, name: str, value: Any, advice: str
) -> None:
    Task = session.types.Task
    parent = task.parent
    with requests_made(session) as made:
        with pytest.raises(errors.InvalidValue, match=advice):
            task[name] = value
        with pytest.raises(errors.InvalidValue, match=advice):
            session.create("Task", {name: value}, parent=parent)
        with pytest.raises(errors.InvalidValue, match=advice):
            session.query(Task).where(id=task.id).update({name: value})
        with pytest.raises(errors.QueryError, match=advice):
            session.query(Task).where(Task[name] == value)
        with pytest.raises(errors.QueryError, match=advice):
            expression("x is {}", value)
    assert made == 0
    assert not session.modified
    assert not session.created


class BrokenZone(datetime.tzinfo):
    """A timezone of another library with a bug."""

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        raise KeyError("offsets")

    def dst(self, moment: datetime.datetime | None) -> None:
        """Return nothing: the standard library does not ask for it here."""

    def tzname(self, moment: datetime.datetime | None) -> str:
        return "broken"


EDGES = [datetime.datetime.min, datetime.datetime.max, datetime.datetime(1, 1, 1, 1), datetime.datetime(9999, 12, 31)]
ZONES = [UTC, HERE, datetime.timezone(datetime.timedelta(hours=14)), datetime.timezone.min, BrokenZone()]


# The examples share one task: each sets the same attribute.
@settings(max_examples=examples(15, 300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=st.one_of(st.sampled_from(EDGES), st.datetimes()),
    zone=st.one_of(st.sampled_from([None, *ZONES]), st.timezones()),
)
def test_moments_at_the_ends_of_the_calendar_are_values_or_errors_of_the_library(
    task: Entity, moment: datetime.datetime, zone: datetime.tzinfo | None
) -> None:
    value = moment.replace(tzinfo=zone)
    Task = type(task)
    try:
        expected = value.astimezone(UTC).replace(microsecond=0) if zone is not None else None
    except (OverflowError, KeyError):
        expected = None
    for use in (
        lambda: setattr(task, "end_date", value),
        lambda: Task.end_date == value,  # type: ignore[attr-defined]  # an attribute of the schema
        lambda: expression("x is {}", value),
    ):
        if expected is None:
            with pytest.raises(errors.UsageError, match=r"which (is outside of|has)"):
                use()
        else:
            use()
    if expected is not None:
        assert task.end_date == expected


@pytest.mark.parametrize(
    "day", [datetime.date.min, datetime.date.max, datetime.datetime.max.replace(tzinfo=UTC, microsecond=0)]
)
def test_the_first_and_the_last_day_are_saved_and_found(
    session: Session, other: Session, task: Entity, day: datetime.date
) -> None:
    task.end_date = day
    session.commit()
    Task = other.types.Task
    read = other.query(Task).where(Task.id == task.id, Task.end_date == day).one()
    assert read.end_date == task.end_date
    assert read.end_date.year == day.year
    with pytest.raises(errors.FtrackError):
        other.query("Task").where(f'id is "{task.id}" and end_date > "9999-12-31T23:59:59-05:00"').all()


def test_events_and_jobs_carry_values_of_other_libraries(session: Session) -> None:
    user = session.query("User").first()
    job = session.create("Job", user=user, status="queued")
    job.details["frames"] = numpy.array([1, 2])
    job.details["bid"] = decimal.Decimal("0.5")
    assert dict(job.details) == {"frames": [1, 2], "bid": 0.5}
    with pytest.raises(errors.InvalidValue, match="JSON values"):
        job.details["x"] = object()
