"""Edge: `ftrack-orm demo` shows a typical session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ftrack_orm.cli.command import command
from ftrack_orm.cli.extras import needs_extra

from .sandbox import SEED, TASKS, clear_system_errors, load_sandbox

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output


@command("ftrack-orm demo", "ftrack-orm demo --tasks 1000")
@SEED
@TASKS
def demo(output: Output, seed: str, tasks: int | None) -> None:
    """Run a typical session against an embedded server.

    The requests and the time of each step are printed.
    """
    run = _load_demonstration()
    with clear_system_errors(), load_sandbox()(seed, tasks=tasks) as box:
        costs = run(box.url, box.api_key, box.api_user, quiet=output.json)
    if output.json:
        output.write_json(costs)


def _load_demonstration() -> Callable[..., list[dict[str, Any]]]:
    with needs_extra("The demo", {"rich"}, "cli,sandbox"):
        from ftrack_orm.cli.demonstration import run
    return run
