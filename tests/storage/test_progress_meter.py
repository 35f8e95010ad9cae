"""Bytes and files are counted, and reported at intervals."""

from __future__ import annotations

import threading
from typing import Any

from ftrack_orm.storage.progress import Progress
from ftrack_orm.storage.progress_meter import REPORT_SECONDS, ProgressMeter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def meter_of(reports: list[Progress], clock: Clock, **options: Any) -> ProgressMeter:
    options = {"files_total": 1, "bytes_total": 100, **options}
    return ProgressMeter(reports.append, lambda error: None, clock=clock, **options)


def test_reports_have_an_interval_and_the_last_is_complete() -> None:
    reports: list[Progress] = []
    clock = Clock()
    meter = meter_of(reports, clock)
    for _ in range(10):
        meter.add("a", 10)
        clock.now += REPORT_SECONDS * 0.3
    meter.finish_file("a")
    assert [report.bytes_done for report in reports] == [10, 50, 90, 100]
    assert reports[-1] == Progress(100, 100, 1, 1, "a")


def test_bytes_that_are_sent_again_do_not_count_twice() -> None:
    reports: list[Progress] = []
    clock = Clock()
    meter = meter_of(reports, clock)
    for count in (60, -60, 60, 40):
        meter.add("a", count)
        clock.now += 1
    meter.finish_file("a")
    assert [report.bytes_done for report in reports] == [60, 60, 100, 100]


def test_the_total_of_downloads_is_known_with_the_last_size() -> None:
    reports: list[Progress] = []
    meter = meter_of(reports, Clock(), files_total=2, bytes_total=None)
    meter.expect(3)
    meter.finish_file("a")
    meter.expect(4)
    meter.finish_file("b")
    assert [report.bytes_total for report in reports] == [None, 7]


def test_a_callback_that_raises_is_not_called_again() -> None:
    errors: list[BaseException] = []

    def fail(progress: Progress) -> None:
        raise ZeroDivisionError

    meter = ProgressMeter(fail, errors.append, files_total=2, bytes_total=2, clock=Clock())
    meter.add("a", 1)
    meter.finish_file("a")
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_threads_count_together() -> None:
    reports: list[Progress] = []
    meter = meter_of(reports, Clock(), bytes_total=8_000, files_total=8)

    def work() -> None:
        for _ in range(1_000):
            meter.add("a", 1)
        meter.finish_file("a")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports[-1] == Progress(8_000, 8_000, 8, 8, "a")
