"""The targets of the project, and the comparison of the results with them.

The figures of the official client "then" were measured before this library existed. Where a target is missed, the floor
shows the part of the cost that cannot be avoided. It is measured in the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from . import attribute_reads, building, identity_floor, reading, starting, writing
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON
from .tables import TRANSFER_PREFIX

if TYPE_CHECKING:
    from .harness import Result

MS, US, NS = 1e3, 1e6, 1e9


class ResultIndex:
    """The results of a run by measurement, client and size."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = {(each.measurement, each.client, each.size): each for each in results}

    def best(self, measurement: str, client: str, size: int, figure: str = "seconds") -> float:
        """Return the best value of a figure. Raises `KeyError` if it was not measured."""
        return self._results[measurement, client, size].best(figure)


@attrs.frozen
class Assessment:
    """The measured values of a target for both clients, whether it is met, and a note such as the floor."""

    ours: str
    official: str
    is_met: bool
    note: str = ""


@attrs.frozen
class Target:
    """A target: its subject, the earlier figure of the official client, the goal, and the function that assesses it."""

    subject: str
    official_then: str
    goal: str
    assess: Callable[[ResultIndex], Assessment]


def _read_tasks(
    figure: str, most_times_bare: float, least_times_faster: float | None
) -> Callable[[ResultIndex], Assessment]:
    def assess(index: ResultIndex) -> Assessment:
        bare = index.best("read tasks", reading.BARE, 10_000, figure)
        ours = index.best("read tasks", OURS, 10_000, figure)
        with_orjson = index.best("read tasks", OURS_WITH_ORJSON, 10_000, figure)
        floor = index.best("read tasks", identity_floor.FLOOR, 10_000, figure)
        official = index.best("read tasks", OFFICIAL, 10_000, figure)
        return Assessment(
            f"{ours * MS:.0f} ms = {ours / bare:.2f} × `requests.post().json()` ({bare * MS:.0f} ms)",
            f"{official:.1f} s",
            ours <= most_times_bare * bare and (least_times_faster is None or official >= least_times_faster * ours),
            f"{official / ours:.0f} × faster than the official client; with orjson {with_orjson * MS:.0f} ms; "
            f"floor: {floor * MS:.0f} ms for plain objects with identity",
        )

    return assess


def _attribute(index: ResultIndex) -> Assessment:
    def ns(client: str, figure: str) -> float:
        return index.best("read loaded values", client, 100, figure)

    plain, floor, ours = (ns(client, "attribute ns") for client in (attribute_reads.PLAIN, attribute_reads.FLOOR, OURS))
    item = ns(OURS, "item ns")
    return Assessment(
        f"attribute {ours:.0f} ns, item {item:.0f} ns (plain object {plain:.0f} ns)",
        f"item {ns(OFFICIAL, 'item ns'):.0f} ns",
        ours <= 2 * plain and item <= 150,
        f"floor: {floor:.0f} ns for the barest class that can load missing values and report mistyped attributes",
    )


def _three_values(index: ResultIndex) -> Assessment:
    ours, official = (
        index.best("read loaded values", client, 100, "three values ns") / 1e3 for client in (OURS, OFFICIAL)
    )
    return Assessment(f"{ours:.2f} µs", f"{official:.1f} µs", ours <= 1)


def _memory(index: ResultIndex) -> Assessment:
    ours, official, bare, floor = (
        index.best("hold tasks", client, 10_000, "MB")
        for client in (OURS, OFFICIAL, reading.BARE, identity_floor.FLOOR)
    )
    note = f"floor: {floor:.0f} MB for plain objects with identity, {bare:.0f} MB for the parsed responses"
    return Assessment(f"{ours:.0f} MB", f"{official:.0f} MB", ours <= 90, note)


def _round_trips(index: ResultIndex) -> Assessment:
    def requests(client: str) -> tuple[float, float]:
        name = "walk without projections"
        return index.best(name, client, 100, "requests"), index.best(name, client, 1_000, "requests")

    (ours, ours_more), (official, official_more) = requests(OURS), requests(OFFICIAL)
    return Assessment(
        f"{ours:.0f}; {ours_more:.0f} for 1,000", f"{official:.0f}; {official_more:.0f}", ours <= 5 and ours_more <= 7
    )


def _streaming(index: ResultIndex) -> Assessment:
    rate, grown = index.best("stream", OURS, 100_000, "entities/s"), index.best("stream", OURS, 100_000, "MB grown")
    bare = index.best("stream", reading.BARE, 100_000, "entities/s")
    official, official_grown = (index.best("stream", OFFICIAL, 10_000, name) for name in ("entities/s", "MB grown"))
    ahead, official_ahead = (index.best("overlap", client, 20_000, "asked ahead") for client in (OURS, OFFICIAL))
    return Assessment(
        f"{rate:,.0f} entities/s, {grown:.1f} MB grown over the last 80,000, {ahead:.0%} of pages requested ahead",
        f"{official:,.0f} entities/s, {official_grown / 8_000 * 1e3:.0f} kB a task, {official_ahead:.0%} ahead",
        rate >= 30_000 and grown < 10 and ahead == 1,
        f"`requests.post().json()` of the same pages: {bare:,.0f}/s",
    )


def _writing(
    measurement: str, size: int, most_seconds: float, *, plus_request: bool
) -> Callable[[ResultIndex], Assessment]:
    def assess(index: ResultIndex) -> Assessment:
        bare, ours, with_orjson, official = (
            index.best(measurement, client, size) for client in (writing.BARE, OURS, OURS_WITH_ORJSON, OFFICIAL)
        )
        return Assessment(
            f"{ours * MS:.0f} ms, of which the bare request is {bare * MS:.0f}",
            f"{official * MS:,.0f} ms",
            ours <= most_seconds + (bare if plus_request else 0),
            f"{official / ours:.0f} × faster; with orjson {with_orjson * MS:.0f} ms",
        )

    return assess


def _one_change(index: ResultIndex) -> Assessment:
    ours, ours_more = index.best("one change", OURS, 10_000), index.best("one change", OURS, 50_000)
    bare, official = index.best("one change", writing.BARE, 10_000), index.best("one change", OFFICIAL, 10_000)
    return Assessment(
        f"{ours * MS:.1f} ms; {ours_more * MS:.1f} with 50,000 (bare request {bare * MS:.1f})",
        f"{official * MS:,.0f} ms",
        max(ours, ours_more) <= 0.002 + bare,
    )


def _importing(index: ResultIndex) -> Assessment:
    package, session, attrs_alone, foundation, requests_alone, official = (
        index.best("import", client, starting.INTERPRETERS) * MS
        for client in (
            starting.PACKAGE,
            starting.SESSION,
            starting.ATTRS,
            starting.FOUNDATION,
            starting.REQUESTS,
            OFFICIAL,
        )
    )
    return Assessment(
        f"{package:.0f} ms; with `Session` {session:.0f} ms",
        f"{official:.0f} ms",
        max(package, session) <= 60,
        f"floor for `Session`: {foundation:.0f} ms for its dependencies and standard modules, of which `attrs` "
        f"is {attrs_alone:.0f}; `requests`, which is imported with the first request: {requests_alone:.0f} ms",
    )


def _first_answer(index: ResultIndex) -> Assessment:
    ours, official = (index.best("first answer", client, 500, "requests") for client in (OURS, OFFICIAL))
    return Assessment(f"{ours:.0f}", f"{official:.0f}", ours <= 1)


def _small_uploads(index: ResultIndex) -> Assessment:
    ours, official = (index.best(f"{TRANSFER_PREFIX}upload 200 small files", client, 50) for client in (OURS, OFFICIAL))
    return Assessment(f"{ours:.2f} s", f"{official:.1f} s", official >= 4 * ours, f"{official / ours:.0f} × faster")


def _building(index: ResultIndex) -> Assessment:
    both, floor = (index.best("build a query", client, 1) * US for client in (OURS, building.NODES))
    return Assessment(
        f"{both:.0f} µs",
        "-",
        both <= 50,
        f"floor: {floor:.0f} µs for the bare nodes, unchecked, and their expression",
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
        "iterating over 100,000 tasks",
        "830/s, 57 kB a task",
        "constant memory, at least 30,000 entities/s, next page requested ahead",
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
    Target("requests to the first result, schema cached", "2", "1", _first_answer),
    Target("200 small files uploaded at 50 ms", "-", "at least 4 × as fast as the official client", _small_uploads),
    Target("building a query and compiling it", "-", "at most 50 µs", _building),
]


def target_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of targets, without those that were not measured."""
    index = ResultIndex(results)
    lines = ["| target | official client then | goal | official now | ftrack_orm | |", "|---|---|---|---|---|---|"]
    for target in TARGETS:
        try:
            assessment = target.assess(index)
        except KeyError:
            continue
        outcome = "met" if assessment.is_met else "**missed**"
        note = f"{outcome}; {assessment.note}" if assessment.note else outcome
        cells = (target.subject, target.official_then, target.goal, assessment.official, assessment.ours, note)
        lines.append(f"| {' | '.join(cells)} |")
    return lines
