"""Edge: session plugins: Python files whose `register` functions subscribe to events of a session.

They are found as in the official client: every `.py` file below each folder is loaded as a separate module, and its
`register(session)` is called, with those further arguments that it accepts.
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
    """Load the plugins in *folders* and register each with *session*; return the number of registered plugins.

    *arguments* are passed to the functions that have parameters of these names. A plugin that raises is logged and
    skipped, as is a file without `register` and a missing folder: the plugin of another department must not stop a
    tool.
    """
    count = 0
    for path in _plugin_files(folders):
        try:
            register = _load_register(path)
            if register is None:
                logger.warning("The plugin %s is skipped: it has no function register(session).", path)
                continue
            register(session, **_accepted_arguments(register, arguments))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Plugins also end with `SystemExit`, for example those that parse arguments.
            logger.exception("The plugin %s is skipped: it failed with %s.", path, type(error).__name__)
        else:
            count += 1
    return count


def _plugin_files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            logger.warning("There is no plugin folder %s (plugin_paths, FTRACK_EVENT_PLUGIN_PATH).", folder)
        for base, inner, names in os.walk(folder, followlinks=True):
            # The same order on every machine: plugins may rely on each other's subscriptions.
            inner.sort()
            yield from (Path(base, name) for name in sorted(names) if name.endswith(".py"))


def _load_register(path: Path) -> Callable[..., Any] | None:
    # A unique name, since several folders may have a `plugin.py`.
    name = f"ftrack_plugin_{path.stem}_{uuid.uuid4().hex}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} cannot be loaded as a module.")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses and pickle, among others, look modules up by name.
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    register = getattr(module, "register", None)
    return register if callable(register) else None


def _accepted_arguments(register: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *arguments* that the function has parameters for, after the first one, the session."""
    parameters = list(inspect.signature(register).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(arguments)
    named = {
        parameter.name
        for parameter in parameters[1:]
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    return {name: value for name, value in arguments.items() if name in named}
