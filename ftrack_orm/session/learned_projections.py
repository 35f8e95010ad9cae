"""Edge: the learned projections of a process by server, and the files that keep them for the next run.

A file lies beside the schema cache of its server. It has the lines of code with their paths, and the time at which each
source file was modified: what was learned of a file that has changed since is dropped, because its lines have moved.
Like the schema cache, these files never raise.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

from ftrack_orm.entities.reading.call_sites import CallSite
from ftrack_orm.entities.reading.learning import MAX_SITES, LearnedPaths
from ftrack_orm.files import read_regular_file
from ftrack_orm.schema.cache import SchemaCache, replace_file

logger = logging.getLogger("ftrack_orm.session")

_FORMAT = 1
#: The largest file that is read: `MAX_SITES` lines with dozens of paths have a few megabytes.
MAX_BYTES = 16 << 20

_lock = threading.Lock()
_by_server: dict[tuple[str, Path | None], LearnedPaths] = {}


def learned_paths(server_url: str, folder: Path | None) -> LearnedPaths:
    """Return the learned paths of a server, which all sessions of the process with that *folder* share.

    *folder* is that of the schema cache. Without one, they last as long as the process.
    """
    with _lock:
        key = (server_url, folder)
        learned = _by_server.get(key)
        if learned is None:
            learned = _by_server[key] = LearnedPaths()
            path = _path(server_url, folder)
            if path is not None:
                read(path, learned)
                atexit.register(save, server_url, folder)
        return learned


def save(server_url: str, folder: Path | None) -> None:
    """Write the learned paths of a server to its file, if there are new ones. Those of other processes are kept."""
    path = _path(server_url, folder)
    with _lock:
        learned = _by_server.get((server_url, folder))
        if learned is None or path is None or not learned.has_changed:
            return
        learned.has_changed = False
        merged = LearnedPaths()
        read(path, merged)
        own = learned.items()
        for key, paths in own:
            merged.drop(key, merged.of(key))
            merged.add(key, paths)
        lines = [
            {"file": site.file, "line": site.number, "type": kind, "modified": _modified(site.file), "paths": paths}
            for (site, kind), paths in merged.items()
            if os.path.isfile(site.file)
        ]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, json.dumps({"format": _FORMAT, "lines": lines}).encode("ascii"))
        except (OSError, ValueError) as error:
            logger.debug("The learned projections cannot be written to %s: %s", path, error)


def read(path: Path, learned: LearnedPaths) -> None:
    """Add the content of a file to *learned*. A file that is missing, damaged or of another format has none."""
    try:
        content = json.loads(read_regular_file(path, MAX_BYTES))
        if content["format"] == _FORMAT:
            for line in content["lines"][-MAX_SITES:]:
                _read_line(line, learned)
    except FileNotFoundError:
        pass
    except Exception as error:
        # The file may have been written by other means: its content is arbitrary, and so are the errors.
        logger.debug("The learned projections %s cannot be read: %r", path, error)
    learned.has_changed = False


def _read_line(line: Any, learned: LearnedPaths) -> None:
    file, number, kind, paths = line["file"], line["line"], line["type"], line["paths"]
    is_valid = isinstance(file, str) and type(number) is int and isinstance(kind, str) and isinstance(paths, list)
    if is_valid and line["modified"] is not None and line["modified"] == _modified(file):
        learned.add((CallSite(file, number), kind), [path for path in paths if isinstance(path, str)])


def _modified(file: str) -> int | None:
    """Return the time of the last change of a source file in nanoseconds, None for code without a file."""
    try:
        return os.stat(file).st_mtime_ns
    except (OSError, ValueError):
        return None


def _path(server_url: str, folder: Path | None) -> Path | None:
    schema_path = SchemaCache(folder).path(server_url)
    return None if schema_path is None else schema_path.with_name(schema_path.name.replace("schema-", "learned-", 1))
