"""Edge: plugins: Python files whose function `register` gets the compatible session."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ftrack_orm.errors import UsageError
from ftrack_orm.session.plugins import load_plugins

logger = logging.getLogger(__name__)


def discover(
    paths: Iterable[str],
    positional_arguments: Sequence[Any] | None = None,
    keyword_arguments: Mapping[str, Any] | None = None,
) -> None:
    """Load each `.py` file below *paths* and call its `register` with the arguments, of those it accepts.

    There is one positional argument, the session. A plugin that raises is logged and skipped.
    """
    folders = [Path(path.strip()) for path in paths if path.strip()]
    if not folders:
        return
    if not positional_arguments or len(positional_arguments) != 1:
        raise UsageError("Plugins are registered with one positional argument, the session.")
    load_plugins(folders, positional_arguments[0], dict(keyword_arguments or {}), _run)


def load_source(modname: str, filename: str) -> ModuleType:
    """Run the Python file *filename* as a new module *modname*, and return it."""
    spec = importlib.util.spec_from_file_location(modname, filename)
    if spec is None or spec.loader is None:
        raise ImportError(f"{filename} is not a file that Python can load.", name=modname, path=filename)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(call: Callable[[], object], description: str) -> bool:
    try:
        call()
    except (Exception, SystemExit) as error:
        logger.warning("%s raised %s: %s", description, type(error).__name__, error, exc_info=True)
        return False
    return True
