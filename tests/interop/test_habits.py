"""Common habits of the official client's users have the same result here, or an error that names what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.habits.page import HABITS_PAGE, MARKER, tables
from tests.interop.habits.studio import all_habits, run_all


def test_each_habit_has_the_result_of_the_official_client_or_an_error_that_names_what_to_write(tmp_path: Path) -> None:
    problems = [
        f"{outcome.habit.subject}: {outcome.habit.title}: {outcome.problem}"
        for outcome in run_all(tmp_path, all_habits())
        if outcome.problem
    ]
    assert not problems, "\n".join(problems)


def test_there_are_ninety_habits_and_each_has_a_name_of_its_own() -> None:
    names = [habit.name for habit in all_habits()]
    assert len(names) >= 90
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("habit", all_habits(), ids=lambda habit: habit.name)
def test_a_habit_that_is_an_error_says_how_it_is_written_here(habit: object) -> None:
    assert (habit.write is None) == (habit.translated is None)  # type: ignore[attr-defined]


def test_the_page_lists_the_habits() -> None:
    assert HABITS_PAGE.read_text(encoding="utf-8").partition(MARKER)[2] == tables(), (
        "run python -m tests.interop.habits --page"
    )
