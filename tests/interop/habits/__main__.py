"""Run all habits with both clients and report each: `python -m tests.interop.habits`, or write the page: `--page`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import ftrack_orm
from ftrack_orm import compat
from tests.interop.habits.page import write_page
from tests.interop.habits.studio import all_habits, run_all, share_of


def main() -> int:
    """Report each habit; return 1 when one has neither the official client's result nor an error with advice."""
    if "--page" in sys.argv:
        write_page()
        return 0
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for client, outcome in run_all(Path(folder), all_habits()):
            habit = outcome.habit
            outcomes.append((client, outcome))
            state = "FAILS" if outcome.problem else "error" if outcome.error else "same "
            result = outcome.problem or outcome.error or repr(outcome.value)
            print(f"{state} {client.__name__}: {habit.subject}: {habit.title} ({habit.name}): {result}")
    problems = sum(outcome.problem is not None for _, outcome in outcomes)
    for client in (ftrack_orm, compat):
        same, others = share_of(client, outcomes)
        print(f"{client.__name__}: {same} of {same + others} habits run as they stand, {same / (same + others):.1%}")
    print(f"{problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
