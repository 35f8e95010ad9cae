"""Edge: the commands of `ftrack-orm` and their options."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftrack_orm.errors import FtrackError

if TYPE_CHECKING:
    from ftrack_orm.sandbox import Sandbox

SEED = click.option("--seed", default="demo", show_default=True, help="What the server holds: empty or demo.")
TASKS = click.option("--tasks", type=click.IntRange(min=1), help="Scale the demo seed to this many tasks.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ftrack-orm")
def commands() -> None:
    """Run an embedded ftrack server, or the demo of ftrack_orm."""


@commands.command()
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--database", default=":memory:", show_default=True, help="A file to keep, or :memory:.")
@click.option("--schema", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A schema file of yours.")
@click.option("--api-user", help="The user that may connect.")
@click.option("--api-key", help="The key the user connects with; made up when left out.")
@SEED
@TASKS
def sandbox(
    port: int,
    database: str,
    schema: Path | None,
    api_user: str | None,
    api_key: str | None,
    seed: str,
    tasks: int | None,
) -> None:
    """Run the embedded server until it is interrupted.

    The first three lines on standard output are FTRACK_SERVER=..., FTRACK_API_USER=... and FTRACK_API_KEY=..., ready to
    be exported.
    """
    with _errors_for_people():
        box = _sandbox_class()(
            seed, port=port, database=database, schema=schema, tasks=tasks, api_user=api_user, api_key=api_key
        )
        stopped = threading.Event()
        for interruption in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interruption, lambda *_: stopped.set())
        with box:
            for name, value in (
                ("FTRACK_SERVER", box.url),
                ("FTRACK_API_USER", box.api_user),
                ("FTRACK_API_KEY", box.api_key),
            ):
                print(f"{name}={value}", flush=True)
            stopped.wait()


@commands.command()
@SEED
@TASKS
def demo(seed: str, tasks: int | None) -> None:
    """Show the main job against an embedded server: what was done, how many requests it took, how long."""
    with _errors_for_people():
        run = _demo()
        with _sandbox_class()(seed, tasks=tasks) as box:
            run(box.url, box.api_key, box.api_user)


def _demo() -> Callable[[str, str, str], None]:
    try:
        from .demo import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "rich":
            raise
        sys.exit("The demo needs the package rich: pip install 'ftrack-orm[cli,sandbox]'")
    return run


def _sandbox_class() -> type[Sandbox]:
    try:
        from ftrack_orm.sandbox import Sandbox
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("aiohttp", "sqlalchemy"):
            raise
        sys.exit(f"The embedded server needs the package {package}: pip install 'ftrack-orm[sandbox]'")
    return Sandbox


@contextmanager
def _errors_for_people() -> Iterator[None]:
    """Print what a person can mend as a sentence; a stack trace is for mistakes of the library itself."""
    try:
        yield
    except FtrackError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except OSError as error:  # a port that is taken, a folder that cannot be written
        sys.exit(f"The embedded server cannot run: {error}")
