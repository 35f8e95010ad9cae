"""The small production that most tests of the client use, and the types of shared fixtures."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import attrs

from ftrack_orm import Session

#: Creates sessions on the embedded server. Keyword arguments are settings of the session.
Connect = Callable[..., Session]

#: Numbers that make the names of projects unique on the shared server.
_PROJECT_NUMBERS = itertools.count()


@attrs.frozen
class Production:
    """Ids of a project with 2 sequences, 4 shots and 12 tasks, and the *name* of the project.

    Tasks are ordered by name, `task00` to `task11`, with three tasks per shot and two shots per sequence.
    """

    project: str
    name: str
    sequences: list[str]
    shots: list[str]
    tasks: list[str]


def create_production(session: Session) -> Production:
    """Create a production with a unique name and commit it."""
    number = next(_PROJECT_NUMBERS)
    schema = session.query("ProjectSchema").first()
    project = session.create("Project", name=f"film{number}", full_name=f"Film {number}", project_schema=schema)
    sequences = [session.create("Sequence", name=f"sq{n}", parent=project) for n in range(2)]
    shots = [session.create("Shot", name=f"sh{n}", parent=sequences[n // 2]) for n in range(4)]
    tasks = [session.create("Task", name=f"task{n:02}", parent=shots[n // 3], bid=n) for n in range(12)]
    session.commit()
    return Production(
        project=project.id,
        name=project.name,
        sequences=[entity.id for entity in sequences],
        shots=[entity.id for entity in shots],
        tasks=[entity.id for entity in tasks],
    )
