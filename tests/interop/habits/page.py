"""The page about the habits: a table for each subject, made from the habits themselves."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.interop.habits.habit import Habit
from tests.interop.habits.studio import all_habits

HABITS_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "habits.md"
#: The line of the page below which the tables begin.
MARKER = "<!-- tables: python -m tests.interop.habits --page -->\n"


def tables() -> str:
    """Return the tables of the page."""
    parts = []
    for subject, habits in itertools.groupby(all_habits(), lambda habit: habit.subject):
        rows = [
            f"| {habit.title} | `{_cell(habit.code)}` | {_own(habit)} | {_here(habit.compat_write)} |"
            for habit in habits
        ]
        head = [f"\n## {subject.capitalize()}\n", "| habit | official client | here | compat |", "|---|---|---|---|"]
        parts.append("\n".join([*head, *rows]) + "\n")
    return "".join(parts)


def write_page() -> None:
    """Write the tables into the page."""
    introduction = HABITS_PAGE.read_text(encoding="utf-8").partition(MARKER)[0]
    HABITS_PAGE.write_text(introduction + MARKER + tables(), encoding="utf-8")


def _own(habit: Habit) -> str:
    return "another module" if habit.only_compat else _here(habit.write)


def _here(write: str | None) -> str:
    return "the same" if write is None else f"an error that names `{_cell(write)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
