"""Edge: shows the progress of a transfer in the terminal, with rich."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from .progress import Progress, ProgressCallback, ProgressOption

logger = logging.getLogger("ftrack_orm.storage")


@contextmanager
def shown_progress(
    option: ProgressOption, title: str, console: Console | None = None
) -> Iterator[ProgressCallback | None]:
    """Yield the callback for a progress argument: the one that was given, one that shows a bar for True, or None.

    The bar is shown on the standard error output, while it is a terminal and rich is installed; *console* replaces it.
    """
    if option is not True:
        yield option or None
        return
    if console is None and not _is_terminal():
        yield None
        return
    try:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Bars
    except ImportError:
        has_rich = False
    else:
        has_rich = True
    if not has_rich:
        logger.info("The progress is not shown, because rich is not installed: pip install rich")
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    bars = Bars(*columns, console=console or Console(stderr=True))
    is_free = True
    try:
        bars.start()
    except LiveError:
        is_free = False
    if not is_free:
        logger.info("The progress is not shown, because another display of rich uses the terminal")
        yield None
        return
    try:
        task = bars.add_task(title, total=None)

        def show(progress: Progress) -> None:
            files = f" {progress.files_done} of {progress.files_total} files" if progress.files_total > 1 else ""
            bars.update(
                task,
                description=f"{title}{files}",
                completed=progress.bytes_done,
                total=progress.bytes_total,
            )

        yield show
    finally:
        bars.stop()


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # a program without a console, or a closed one
        return False
