"""Edge: session plugins: Python files whose `register` functions subscribe to events of a session.

They are found as in the official client: every `.py` file below each folder is loaded as a separate module, and its
`register(session)` is called, with those further arguments that it accepts.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import stat
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

logger = logging.getLogger("ftrack_orm.plugins")

#: Calls a function and returns whether it returned; the text names it in the log.
RunCallback = Callable[[Callable[[], object], str], bool]


def load_plugins(
    folders: Iterable[Path],
    session: Any,
    arguments: Mapping[str, Any],
    run: RunCallback,
) -> int:
    """Load the plugins in *folders* and register each with *session*; return the number of registered plugins.

    *arguments* are passed to the functions that have parameters of these names. A plugin that raises is skipped, as is
    a file without `register` and a missing folder: the plugin of another department must not stop a tool. *run* calls a
    function, and logs and counts an exception of it; plugins that parse arguments end with `SystemExit`, for example.
    """
    registered: list[Path] = []

    def load(path: Path) -> None:
        register = _load_register(path)
        if register is None:
            logger.warning("The plugin %s is skipped: it has no function register(session).", path)
            return
        register(session, **_accepted_arguments(register, arguments))
        registered.append(path)

    for path in _plugin_files(folders):
        run(partial(load, path), f"The plugin {path} is skipped. It")
    return len(registered)


def _plugin_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the regular `.py` files below *folders*, each once, however many symbolic links lead to it."""
    seen: set[tuple[int, int]] = set()
    for folder in folders:
        if not folder.is_dir():
            logger.warning("There is no plugin folder %s (plugin_paths, FTRACK_EVENT_PLUGIN_PATH).", folder)
        for base, inner, names in os.walk(folder, followlinks=True, onerror=_warn_of_unreadable_folder):
            # A folder that was visited before is one that a link leads back to.
            if _is_repeated(base, seen):
                inner.clear()
                continue
            # The same order on every machine: plugins may rely on each other's subscriptions.
            inner.sort()
            paths = [os.path.join(base, name) for name in sorted(names) if name.endswith(".py")]
            _warn_of_writable(base, paths)
            for path in paths:
                if not os.path.isfile(path):
                    # Opening a named pipe would wait for its writer forever.
                    logger.warning("The plugin %s is skipped: it is not a regular file.", path)
                elif not _is_repeated(path, seen):
                    yield Path(path)


def _is_repeated(path: str, seen: set[tuple[int, int]]) -> bool:
    """Return whether a file or folder was seen before, and remember it."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    identity = status.st_dev, status.st_ino
    is_repeated = identity in seen
    seen.add(identity)
    return is_repeated


def _warn_of_unreadable_folder(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        logger.warning("The plugin folder %s cannot be read: %s.", error.filename, error.strerror)


def _warn_of_writable(folder: str, paths: Iterable[str]) -> None:
    """Warn of a folder with plugins, and of plugins, that every user of the machine may replace."""
    if os.name == "nt":
        # Windows keeps permissions elsewhere.
        return
    for path in (folder, *paths):
        try:
            is_writable = os.stat(path).st_mode & stat.S_IWOTH
        except OSError:
            continue
        if is_writable:
            logger.warning(
                "Every user of this machine can write to %s, and so run code in this program as a session plugin. "
                "Take the permission away (chmod o-w), or remove the folder from plugin_paths or "
                "FTRACK_EVENT_PLUGIN_PATH.",
                path,
            )


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
