"""Edge: writes the four files of a studio package, and compares those of an existing one with what would be written."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.errors import UsageError
from ftrack_orm.files import read_regular_file

from .package import MAX_BYTES, MODULE, SCHEMA_FILE, read_content

if TYPE_CHECKING:
    from .content import SchemaContent

#: A pattern in each file that has content, by which it is known to be one of these files.
_MARKS: Final = {
    "__init__.py": rb"ftrack_orm\.typing\.package",
    "__init__.pyi": rb"ftrack-orm stubs",
    SCHEMA_FILE: rb'\n "hash": "[0-9a-f]{64}"',
}


@attrs.frozen
class CheckedPackage:
    """The files of a package that differ from what would be written now, and the differences of the schemas as text.

    It is true if nothing differs.
    """

    different: tuple[str, ...]
    differences: str = ""

    def __bool__(self) -> bool:
        return not self.different


def package_files(name: str, content: SchemaContent) -> dict[str, str]:
    """Return the texts of the files of the package *name*, by their names. The same content gives the same texts."""
    from .annotations import annotations_of

    return {
        "__init__.py": MODULE.format(name=name),
        "__init__.pyi": annotations_of(content),
        SCHEMA_FILE: content.to_text(),
        "py.typed": "",
    }


def write_package(folder: Path, content: SchemaContent) -> list[str]:
    """Write the package in *folder*, which is created if needed, and return the names of the files that changed.

    Each file is replaced as a whole, the module last, so that a program that starts meanwhile finds a whole package or
    the one before. Raises `UsageError` for a folder that has another module, or whose name cannot be imported, and
    `OSError` when it cannot be written.
    """
    from ftrack_orm.schema.cache import replace_file

    check_folder(folder)
    files = package_files(folder.name, content)
    folder.mkdir(parents=True, exist_ok=True)
    changed = [name for name, text in files.items() if _read(folder / name) != text.encode("utf-8")]
    for name in sorted(changed, key=lambda each: each == "__init__.py"):
        replace_file(folder / name, files[name].encode("utf-8"))
    return changed


def check_package(folder: Path, content: SchemaContent) -> CheckedPackage:
    """Compare the package in *folder* with the one that *content* would give, without writing anything."""
    from ftrack_orm.schema.differences import schema_differences

    from .name_differences import name_differences

    check_folder(folder)
    files = package_files(folder.name, content)
    different = tuple(name for name, text in files.items() if _read(folder / name) != text.encode("utf-8"))
    if SCHEMA_FILE not in different or _read(folder / SCHEMA_FILE) is None:
        return CheckedPackage(different)
    written = read_content(folder / SCHEMA_FILE)
    differences = schema_differences(written.schema, content.schema)
    lines = [*([str(differences)] if differences else []), *name_differences(written, content)]
    return CheckedPackage(different, "\n".join(lines))


def check_folder(folder: Path) -> None:
    """Raise `UsageError` unless *folder* can be a package that this module may write."""
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name) or folder.name == "ftrack_orm":
        raise UsageError(
            f"{folder} cannot be imported: {folder.name!r} is not a free name in Python. Pass a folder such as studio."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; the package needs a folder.")
    for name, mark in _MARKS.items():
        present = _read(folder / name)
        if present and not re.search(mark, present):
            raise UsageError(f"{folder / name} is of another kind and would be overwritten. Pass another folder.")


def _read(path: Path) -> bytes | None:
    try:
        return read_regular_file(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
