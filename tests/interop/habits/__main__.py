"""Run all habits with both clients and report each: `python -m tests.interop.habits`, or write the page: `--page`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.interop.habits.page import write_page
from tests.interop.habits.studio import all_habits, run_all


def main() -> int:
    """Report each habit; return 1 when one has neither the official client's result nor an error with advice."""
    if "--page" in sys.argv:
        write_page()
        return 0
    problems = 0
    with tempfile.TemporaryDirectory() as folder:
        for outcome in run_all(Path(folder), all_habits()):
            habit = outcome.habit
            problems += outcome.problem is not None
            state = "FAILS" if outcome.problem else "error" if outcome.error else "same "
            print(f"{state} {habit.subject}: {habit.title}: {outcome.problem or outcome.error or outcome.value!r}")
    print(f"{len(all_habits())} habits, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
