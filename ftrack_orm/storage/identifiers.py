"""Pure: the parts of resource identifiers: names that no file system refuses, and sequence expressions."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ftrack_orm.errors import ResourceInvalid, quoted

#: The bytes of a file name that common file systems accept.
MAX_NAME_BYTES: Final = 255
#: Names of devices, which Windows reserves in every folder and with every extension.
_RESERVED: Final = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
    ]
)
#: Characters that Windows refuses in names; `/` separates the parts of an identifier.
_ILLEGAL: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_EXPRESSION: Final = re.compile(r"%(?:0([0-9]{1,2}))?d")


def split(resource_identifier: str) -> list[str]:
    """Return the parts of an identifier, with `.` and `..` resolved.

    Raises `ResourceInvalid` for an absolute one, one that leads out of its place, and one with null characters.
    """
    check_text(resource_identifier)
    if resource_identifier.startswith("/"):
        raise _outside(resource_identifier, "it is absolute")
    parts: list[str] = []
    for part in resource_identifier.split("/"):
        if part == "..":
            if not parts:
                raise _outside(resource_identifier, "it leads out of the storage")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return parts


def check_text(resource_identifier: str) -> None:
    """Raise `ResourceInvalid` unless *resource_identifier* is a text that can be stored and sent."""
    if not isinstance(resource_identifier, str):
        raise ResourceInvalid(f"A resource identifier must be a str, not {quoted(resource_identifier)}.")
    if "\0" in resource_identifier:
        raise _outside(resource_identifier, "it has a null character")
    try:
        resource_identifier.encode("utf-8", "surrogateescape")  # Python's form of bytes that are not UTF-8
    except UnicodeEncodeError:
        raise _outside(resource_identifier, "it has an unpaired surrogate") from None


def _outside(resource_identifier: str, reason: str) -> ResourceInvalid:
    return ResourceInvalid(
        f"The resource identifier {quoted(resource_identifier)} cannot be used: {reason}.",
        resource_identifier=resource_identifier,
    )


def problem_of_name(name: str) -> str | None:
    """Return why some file system would refuse *name* as the name of a file, or None."""
    if name in ("", ".", ".."):
        return "it names no file"
    if character := _ILLEGAL.search(name):
        return f"it contains {character[0]!r}"
    if name[-1] in ". ":
        return "it ends with a dot or a space, which Windows removes"
    if name.partition(".")[0].rstrip(" ").lower() in _RESERVED:
        return "Windows reserves it for a device"
    if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        return f"it has more than {MAX_NAME_BYTES} bytes"
    return None


def check_names(resource_identifier: str) -> None:
    """Raise `ResourceInvalid` if some file system would refuse one of the names in the identifier."""
    for name in split(resource_identifier):
        if problem := problem_of_name(name):
            raise ResourceInvalid(
                f"The resource identifier {quoted(resource_identifier)} cannot be written, because not every system"
                f" accepts the name {quoted(name)}: {problem}. Rename it.",
                resource_identifier=resource_identifier,
            )


def legal_name(name: str, substitute: str = "_") -> str:
    """Return *name* in normal form C, with *substitute* for what some file system would refuse."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = _ILLEGAL.sub(substitute, name).strip()
    name = name.rstrip(". ") + substitute * (len(name) - len(name.rstrip(". ")))
    if name.partition(".")[0].rstrip(" ").lower() in _RESERVED:
        stem, dot, rest = name.partition(".")
        name = f"{stem.rstrip(' ')}{substitute}{dot}{rest}"
    return name or substitute


def split_expression(name: str) -> tuple[str, int, str] | None:
    """Return the text before the expression of a sequence, its padding (0: no leading zeros), and the text after it.

    Return None for a name without an expression as `%04d`. Of several, the last one counts, as clique has it.
    """
    matches = list(_EXPRESSION.finditer(name))
    if not matches:
        return None
    return name[: matches[-1].start()], int(matches[-1][1] or 0), name[matches[-1].end() :]


def frame_pattern(name: str) -> re.Pattern[str] | None:
    """Return the pattern of the file names in the sequence *name*, as `plate.%04d.exr`, or None if it is no sequence.

    The number is the group `index`.
    """
    parts = split_expression(name)
    if parts is None:
        return None
    head, padding, tail = parts
    # A number with more digits than the padding has no leading zeros.
    longer = rf"[1-9][0-9]{{{max(padding, 1)},}}"
    return re.compile(rf"{re.escape(head)}(?P<index>[0-9]{{{max(padding, 1)}}}|{longer}){re.escape(tail)}\Z")


def sequence_expression(padding: int | None) -> str:
    """Return the expression for the number of a frame: `%04d` for a padding of 4, `%d` for none."""
    return f"%0{padding}d" if padding else "%d"
