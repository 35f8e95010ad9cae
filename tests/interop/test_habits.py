"""Common habits of the official client's users have the same result here, or an error that names what to write.

With `ftrack_orm.compat` they run with only the import changed, all but the few whose error names what to write.
"""

from __future__ import annotations

from types import ModuleType

import pytest

import ftrack_orm
from ftrack_orm import compat
from tests.interop.habits.habit import Habit, Outcome
from tests.interop.habits.page import HABITS_PAGE, MARKER, tables
from tests.interop.habits.studio import all_habits, run_all, share_of
from tests.property_settings import examples

#: The share of habits that has to run with `ftrack_orm.compat` as it stands.
SHARE_WITH_ONLY_THE_IMPORT_CHANGED = 0.95


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[ModuleType, Outcome]]:
    """All habits, or every sixth one, run once with the official client and with both modules of this library."""
    return list(run_all(tmp_path_factory.mktemp("habits"), chosen()))


def chosen() -> list[Habit]:
    """Return the habits to run: all in continuous integration, otherwise a sixth of them."""
    return all_habits()[:: examples(6, 1)]


def problems_of(client: ModuleType, outcomes: list[tuple[ModuleType, Outcome]]) -> list[str]:
    return [
        f"{outcome.habit.subject}: {outcome.habit.title} ({outcome.habit.name}): {outcome.problem}"
        for each, outcome in outcomes
        if each is client and outcome.problem
    ]


def test_habits_run_here_or_say_what_to_write_and_nineteen_of_twenty_run_with_only_the_import_changed(
    outcomes: list[tuple[ModuleType, Outcome]],
) -> None:
    problems = [*problems_of(ftrack_orm, outcomes), *problems_of(compat, outcomes)]
    assert not problems, "\n".join(problems)
    same, others = share_of(compat, outcomes)
    assert same + others == len(chosen())
    assert same / (same + others) >= SHARE_WITH_ONLY_THE_IMPORT_CHANGED


def test_the_habits_that_say_what_to_write_with_compat_are_few() -> None:
    """The test above proves each of them; this one counts them all, also where it runs a sixth of them."""
    same = sum(habit.compat_write is None for habit in all_habits())
    assert same / len(all_habits()) >= SHARE_WITH_ONLY_THE_IMPORT_CHANGED
    page = (HABITS_PAGE.parents[1] / "howto" / "coming-from-ftrack_api.md").read_text(encoding="utf-8")
    assert f"{same} of {len(all_habits())} things" in " ".join(page.split())


def test_there_are_two_hundred_habits_and_each_has_a_name_of_its_own() -> None:
    names = [habit.name for habit in all_habits()]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


def test_a_habit_that_is_an_error_says_how_it_is_written_here() -> None:
    assert [habit.name for habit in all_habits() if (habit.write is None) != (habit.translated is None)] == []


def test_the_page_lists_the_habits() -> None:
    assert HABITS_PAGE.read_text(encoding="utf-8").partition(MARKER)[2] == tables(), (
        "run python -m tests.interop.habits --page"
    )
