"""Edge: the JSON files that hold recorded changes."""

from __future__ import annotations

import contextlib
import json
import math
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ftrack_orm.errors import InvalidValue, StorageError
from ftrack_orm.files import read_regular_file

FORMAT = "ftrack_orm changes"
VERSION = 1

#: The lists of a document. Each of their items is the object that describes one entity.
SECTIONS = ("created", "updated", "deleted")
#: Under this name, a document has the checksums of the items of each list.
CHECKSUMS = "checksums"

#: The largest file that is read, for hundreds of thousands of changes.
MAX_BYTES = 64 << 20
#: The largest number of objects and lists inside each other. Values of ftrack have a few.
MAX_DEPTH = 100
#: The largest number of digits of a whole number. Those of ftrack have 64 bits.
MAX_DIGITS = 19


@attrs.frozen
class Form:
    """A kind of document: its *name* and *version* in the file, its lists, and the words for it in errors.

    *subject* is the content of such a file, and *written_by* the call that writes it.
    """

    name: str
    version: int
    sections: tuple[str, ...]
    subject: str
    written_by: str


CHANGES = Form(FORMAT, VERSION, SECTIONS, "changes", "session.changes().save(path)")


def write_changes(path: Path, content: Mapping[str, Any], form: Form = CHANGES) -> None:
    """Write *content* to *path* atomically, with the name and version of the *form*, and checksums of its lists.

    The file is written beside its place and then moved, so that nothing ever reads a part of it. Raises `StorageError`
    when it cannot be written.
    """
    checksums = {name: [checksum(item) for item in content[name]] for name in form.sections}
    document = {"format": form.name, "version": form.version, **content, CHECKSUMS: checksums}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    temporary = None
    try:
        # Imported here because it takes longer to import than everything else that sessions without files need.
        import tempfile

        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(text + "\n")
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise StorageError(f"The {form.subject} could not be written to {path}: {error.strerror or error}.") from error


def read_changes(path: Path, form: Form = CHANGES) -> dict[str, Any]:
    """Return the document in *path*, without its checksums.

    Its lists are there and consist of objects, its numbers are finite, and no name occurs twice in an object. Raises
    `StorageError` if it cannot be read, and `InvalidValue`, which states the position, if it is damaged or of another
    format.
    """
    try:
        content = read_regular_file(path, MAX_BYTES)
    except OSError as error:
        raise StorageError(f"The {form.subject} could not be read from {path}: {error.strerror or error}.") from error
    try:
        document = json.loads(content.decode("utf-8"), parse_int=_parse_int, object_pairs_hook=_to_object)
    except ValueError as error:
        raise InvalidValue(f"{path} is not a file of {form.subject}: it is not JSON ({error}).") from None
    except (RecursionError, MemoryError):
        raise InvalidValue(f"{path} is not a file of {form.subject}: it is nested too deeply.") from None
    _check_json(path, document)
    if not isinstance(document, dict) or document.get("format") != form.name:
        raise InvalidValue(f"{path} is not a file of {form.subject}; {form.written_by} writes such files.")
    version = document.get("version")
    if version != form.version or isinstance(version, bool):
        raise InvalidValue(f"{path} is of version {version!r:.50}; this library reads version {form.version}.")
    _check_sections(path, document, form.sections)
    return {name: value for name, value in document.items() if name != CHECKSUMS}


def checksum(item: Any) -> str:
    """Return the checksum of one item of a list. It finds damage by chance, not manipulation."""
    return f"{zlib.crc32(json.dumps(item, sort_keys=True).encode('ascii')):08x}"


def position_of(*parts: str | int) -> str:
    """Return the text that states a position in a document, such as `created[3].values.name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part:.80}" for part in parts)
    return text.removeprefix(".") or "the document"


def _check_sections(path: Path, document: Mapping[str, Any], sections: Sequence[str]) -> None:
    checksums = document.get(CHECKSUMS)
    for name in sections:
        items = document.get(name)
        if not isinstance(items, list):
            problem = "is missing" if items is None else f"must be a list, not {items!r:.80}"
            raise InvalidValue(f"{path} is damaged: {name} {problem}.")
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise InvalidValue(
                    f"{path} is damaged: {position_of(name, index)} must be an object, not {item!r:.80}."
                )
    if checksums is None:  # a file of a version that did not write them, or one that was edited
        return
    for name in sections:
        stated = checksums.get(name) if isinstance(checksums, dict) else None
        if not isinstance(stated, list) or len(stated) != len(document[name]):
            raise InvalidValue(f"{path} is damaged: {name} does not have one checksum for each item. {_ADVICE}")
        for index, item in enumerate(document[name]):
            if stated[index] != checksum(item):
                position = position_of(name, index)
                raise InvalidValue(f"{path} is damaged: {position} differs from what was saved there. {_ADVICE}")


_ADVICE = f"If the file was edited on purpose, delete {CHECKSUMS!r} from it."


class _RepeatedNames(dict[str, Any]):
    """An object in which a name occurs twice."""


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    return values if len(values) == len(pairs) else _RepeatedNames(values)


def _parse_int(digits: str) -> int | float:
    # Python refuses to parse very long numbers, and needs seconds for long ones.
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else math.inf


def _check_json(path: Path, document: Any) -> None:
    """Raise `InvalidValue` for a value in a JSON document that no file of changes can have; it may be nested deeply."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while pending:
        position, value = pending.pop()
        problem = None
        if isinstance(value, (dict, list)):
            if isinstance(value, _RepeatedNames):
                problem = "has the same name twice"
            elif len(position) >= MAX_DEPTH:
                problem = "is nested too deeply"
            items = value.items() if isinstance(value, dict) else enumerate(value)
            pending += [((*position, key), item) for key, item in items]
        elif isinstance(value, float) and not math.isfinite(value):
            problem = "is not a number that ftrack has"
        if problem is not None:
            raise InvalidValue(f"{path} is damaged: {position_of(*position[:6])} {problem}.")
