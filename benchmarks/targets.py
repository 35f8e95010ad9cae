"""What the project wants of each question, and how the results are held against it.

The wishes are those of the issue that asked for the benchmarks; the figures of the official client "then" are what it
was measured at before this library existed. Where a wish does not hold, the floor says what of it cannot be had, and is
a measurement of the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from . import attribute_reads, building, identity_floor, reading, starting, writing
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON
from .frame import Result

MS, US, NS = 1e3, 1e6, 1e9


class Book:
    """The results of a run, to look figures up in."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = {(each.measurement, each.client, each.size): each for each in results}

    def __call__(self, measurement: str, client: str, size: int, figure: str = "seconds") -> float:
        """Return the best run's figure; raises `KeyError` when it was not measured."""
        return self._results[measurement, client, size].best(figure)


@attrs.frozen
class Judgement:
    """What was measured of a target: texts for both clients, whether it holds, and the floor where it does not."""

    ours: str
    official: str
    holds: bool
    note: str = ""


@attrs.frozen
class Target:
    """A row of the table."""

    question: str
    then: str
    wanted: str
    judge: Callable[[Book], Judgement]


def _read_tasks(figure: str, most: float, faster: float | None) -> Callable[[Book], Judgement]:
    def judge(book: Book) -> Judgement:
        bare = book("read tasks", reading.BARE, 10_000, figure)
        ours = book("read tasks", OURS, 10_000, figure)
        with_orjson = book("read tasks", OURS_WITH_ORJSON, 10_000, figure)
        floor = book("read tasks", identity_floor.FLOOR, 10_000, figure)
        official = book("read tasks", OFFICIAL, 10_000, figure)
        return Judgement(
            f"{ours * MS:.0f} ms = {ours / bare:.2f} × `requests.post().json()` ({bare * MS:.0f} ms)",
            f"{official:.1f} s",
            ours <= most * bare and (faster is None or official >= faster * ours),
            f"{official / ours:.0f} × faster than the official client; with orjson {with_orjson * MS:.0f} ms; "
            f"floor: {floor * MS:.0f} ms for plain objects that are found by their id",
        )

    return judge


def _attribute(book: Book) -> Judgement:
    def ns(client: str, figure: str) -> float:
        return book("read loaded values", client, 100, figure)

    plain, floor, ours = (ns(client, "attribute ns") for client in (attribute_reads.PLAIN, attribute_reads.FLOOR, OURS))
    item = ns(OURS, "item ns")
    return Judgement(
        f"attribute {ours:.0f} ns, item {item:.0f} ns (plain object {plain:.0f} ns)",
        f"item {ns(OFFICIAL, 'item ns'):.0f} ns",
        ours <= 2 * plain and item <= 150,
        f"floor: {floor:.0f} ns for the barest class that can load what is missing and name a mistyped attribute",
    )


def _three_values(book: Book) -> Judgement:
    ours, official = (book("read loaded values", client, 100, "three values ns") / 1e3 for client in (OURS, OFFICIAL))
    return Judgement(f"{ours:.2f} µs", f"{official:.1f} µs", ours <= 1)


def _memory(book: Book) -> Judgement:
    ours, official, bare, floor = (
        book("hold tasks", client, 10_000, "MB") for client in (OURS, OFFICIAL, reading.BARE, identity_floor.FLOOR)
    )
    note = f"floor: {floor:.0f} MB for plain objects that are found by their id, {bare:.0f} MB for the parsed answers"
    return Judgement(f"{ours:.0f} MB", f"{official:.0f} MB", ours <= 90, note)


def _round_trips(book: Book) -> Judgement:
    def requests(client: str) -> tuple[float, float]:
        name = "walk without projections"
        return book(name, client, 100, "requests"), book(name, client, 1_000, "requests")

    (ours, ours_more), (official, official_more) = requests(OURS), requests(OFFICIAL)
    return Judgement(
        f"{ours:.0f}; {ours_more:.0f} for 1,000", f"{official:.0f}; {official_more:.0f}", ours <= 5 and ours_more <= 7
    )


def _streaming(book: Book) -> Judgement:
    rate, grown = book("stream", OURS, 100_000, "entities/s"), book("stream", OURS, 100_000, "MB grown")
    bare = book("stream", reading.BARE, 100_000, "entities/s")
    official, official_grown = (book("stream", OFFICIAL, 10_000, name) for name in ("entities/s", "MB grown"))
    ahead, official_ahead = (book("overlap", client, 20_000, "asked ahead") for client in (OURS, OFFICIAL))
    return Judgement(
        f"{rate:,.0f} entities/s, {grown:.1f} MB grown over the last 80,000, {ahead:.0%} of pages asked for ahead",
        f"{official:,.0f} entities/s, {official_grown / 8_000 * 1e3:.0f} kB a task, {official_ahead:.0%} ahead",
        rate >= 30_000 and grown < 10 and ahead == 1,
        f"`requests.post().json()` of the same pages: {bare:,.0f}/s",
    )


def _writing(measurement: str, size: int, most: float, *, plus_request: bool) -> Callable[[Book], Judgement]:
    def judge(book: Book) -> Judgement:
        bare, ours, with_orjson, official = (
            book(measurement, client, size) for client in (writing.BARE, OURS, OURS_WITH_ORJSON, OFFICIAL)
        )
        return Judgement(
            f"{ours * MS:.0f} ms, of which the bare request is {bare * MS:.0f}",
            f"{official * MS:,.0f} ms",
            ours <= most + (bare if plus_request else 0),
            f"{official / ours:.0f} × faster; with orjson {with_orjson * MS:.0f} ms",
        )

    return judge


def _one_change(book: Book) -> Judgement:
    ours, ours_more = book("one change", OURS, 10_000), book("one change", OURS, 50_000)
    bare, official = book("one change", writing.BARE, 10_000), book("one change", OFFICIAL, 10_000)
    return Judgement(
        f"{ours * MS:.1f} ms; {ours_more * MS:.1f} with 50,000 (bare request {bare * MS:.1f})",
        f"{official * MS:,.0f} ms",
        max(ours, ours_more) <= 0.002 + bare,
    )


def _importing(book: Book) -> Judgement:
    package, session, attrs_alone, foundation, requests_alone, official = (
        book("import", client, starting.INTERPRETERS) * MS
        for client in (
            starting.PACKAGE,
            starting.SESSION,
            starting.ATTRS,
            starting.FOUNDATION,
            starting.REQUESTS,
            OFFICIAL,
        )
    )
    return Judgement(
        f"{package:.0f} ms; with `Session` {session:.0f} ms",
        f"{official:.0f} ms",
        max(package, session) <= 60,
        f"floor for `Session`: {foundation:.0f} ms for the libraries it stands on and Python's own, of which `attrs` "
        f"is {attrs_alone:.0f}; `requests`, which is imported with the first request: {requests_alone:.0f} ms",
    )


def _first_answer(book: Book) -> Judgement:
    ours, official = (book("first answer", client, 500, "requests") for client in (OURS, OFFICIAL))
    return Judgement(f"{ours:.0f}", f"{official:.0f}", ours <= 1)


def _building(book: Book) -> Judgement:
    both, floor = (book("build a query", client, 1) * US for client in (OURS, building.NODES))
    return Judgement(
        f"{both:.0f} µs",
        "-",
        both <= 50,
        f"floor: {floor:.0f} µs for the bare nodes, unchecked, and their text",
    )


TARGETS = [
    Target(
        "10,000 tasks, 12 attributes over 6 relations, cold",
        "12.6 s",
        "at most 2.0 × `requests.post().json()`, 50 × faster than the official client",
        _read_tasks("seconds", 2.0, 50),
    ),
    Target("the same again, warm", "10.7 s", "at most 1.7 × that", _read_tasks("warm seconds", 1.7, None)),
    Target("a loaded scalar", "570 ns (item)", "2 × a plain attribute, item 150 ns", _attribute),
    Target("`name`, `status.name`, `parent.parent.name`", "102 µs", "at most 1 µs", _three_values),
    Target("memory for that result", "584 MB", "at most 90 MB", _memory),
    Target("requests for 100 tasks, nothing projected", "331", "at most 5; 7 for 1,000", _round_trips),
    Target(
        "walk 100,000 tasks",
        "830/s, 57 kB a task",
        "flat, at least 30,000 entities/s, next page overlapped",
        _streaming,
    ),
    Target(
        "1,000 creates and their commit",
        "0.76 s",
        "at most 100 ms",
        _writing("creates", 1_000, 0.10, plus_request=False),
    ),
    Target("one change with 10,000 cached", "1.44 s", "2 ms and the request; the same with 50,000", _one_change),
    Target(
        "10,000 changed attributes",
        "4.5 s",
        "at most 150 ms and the request",
        _writing("changed attributes", 10_000, 0.15, plus_request=True),
    ),
    Target("import", "0.13 to 0.17 s", "at most 60 ms", _importing),
    Target("requests to the first answer, schema cached", "2", "1", _first_answer),
    Target("building a query and compiling it", "-", "at most 50 µs", _building),
]
