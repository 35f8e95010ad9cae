"""Edge: session plugins: Python files in folders, whose `register` functions subscribe to what they care about.

The way of finding them is the official client's: every `.py` file below each folder is loaded as a module of its own,
and its `register(session)` is called, with those further arguments that it takes.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

logger = logging.getLogger("ftrack_orm.plugins")


def load_plugins(folders: Iterable[Path], session: Any, arguments: Mapping[str, Any]) -> int:
    """Load the plugins in *folders* and register each with *session*; return how many there are.

    *arguments* go to the functions that have parameters of these names. One that fails is logged and skipped, as is a
    file without `register` and a folder that does not exist: a plugin of another department must not stop a tool.
    """
    count = 0
    for path in _files(folders):
        try:
            register = _load(path)
            if register is None:
                logger.warning("The plugin %s has no function register(session), and is skipped.", path)
                continue
            register(session, **_accepted(register, arguments))
        except Exception:
            logger.exception("The plugin %s failed, and is skipped.", path)
        else:
            count += 1
    return count


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            logger.warning("There is no plugin folder %s (FTRACK_EVENT_PLUGIN_PATH).", folder)
        for base, inner, names in os.walk(folder, followlinks=True):
            # The same order everywhere: plugins may rely on each other's subscriptions.
            inner.sort()
            yield from (Path(base, name) for name in sorted(names) if name.endswith(".py"))


def _load(path: Path) -> Callable[..., Any] | None:
    # A name of its own, as several folders may have a `plugin.py`.
    name = f"ftrack_plugin_{path.stem}_{uuid.uuid4().hex}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} cannot be loaded as a module.")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses, pickling and others look a module up by its name.
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    register = getattr(module, "register", None)
    return register if callable(register) else None


def _accepted(register: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *arguments* that the function has parameters for, beside the first, which is the session."""
    parameters = list(inspect.signature(register).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(arguments)
    named = {
        parameter.name
        for parameter in parameters[1:]
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    return {name: value for name, value in arguments.items() if name in named}
