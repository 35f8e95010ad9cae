"""State machines with a server of their own, and their settings."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import examples


class OnOwnServer(RuleBasedStateMachine):
    """A machine whose server ends with it: entities of other tests and runs would be read with each step."""

    def __init__(self, schema_cache: Path) -> None:
        super().__init__()
        self._schema_cache = schema_cache
        self._open = ExitStack()
        self._box = self._open.enter_context(Sandbox(seed="empty"))
        self._steps_drawn = 0

    def connect(self) -> Session:
        """Return a new session."""
        box = self._box
        return Session(box.url, box.api_key, box.api_user, schema_cache_path=self._schema_cache)

    def draw_for_step(self, seed: int) -> random.Random:
        """Return the random choices of the next step.

        They differ from step to step although the seed may not: hypothesis begins with a run that takes the simplest
        value, 0, for the seed of every step, and a single run is no other.
        """
        self._steps_drawn += 1
        return random.Random(f"{seed} {self._steps_drawn}")

    def teardown(self) -> None:
        self._open.close()


def run_machine(create: Callable[[], RuleBasedStateMachine], runs: int, steps: int = examples(12, 50)) -> None:
    """Run a machine a number of times, with *steps* each. Steps draw from a seed, which is not worth shrinking."""
    factory: Any = create  # any function that creates a machine will do
    run_state_machine_as_test(
        factory,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
