"""Pure: the places of a script that would have to change, from its text."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ftrack_orm.errors import InvalidValue

from .visitor import Visitor

if TYPE_CHECKING:
    from .finding import Finding

#: Texts in a script that uses ftrack, also when it gets its session from elsewhere.
_SIGNS = ("ftrack_api", "event_hub", "ftrack.action", "ftrack.update", "ftrack_connect", "ftrack_action_handler")


def read_script(path: Path) -> str:
    """Return the text of a script, in the encoding that it declares. The path - stands for the standard input.

    Raises `InvalidValue` for text that is not in its encoding, and `OSError` for a file that cannot be read.
    """
    content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} is not a script of Python: {error}.") from error


def check_script(source: str, filename: str = "<script>") -> list[Finding]:
    """Return the places of a script that would have to change, in the order of its lines. The script does not run.

    Raises `InvalidValue` with the line for a script that Python 3 cannot read.
    """
    try:
        tree = ast.parse(source, filename)
    except (SyntaxError, ValueError) as error:
        position = f"{filename}:{error.lineno}" if isinstance(error, SyntaxError) else filename
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        message = (
            f"{position}: Python 3 cannot read the script: {text}. A script for Python 2 has to be converted first."
        )
        raise InvalidValue(message) from error
    visitor = Visitor(guessing=any(sign in source for sign in _SIGNS))
    visitor.visit(tree)
    # The second visit knows the results of functions and the attributes of `self` that stand below their use.
    visitor = visitor.again()
    visitor.visit(tree)
    return sorted(visitor.findings, key=lambda finding: (finding.line, finding.column))


def scripts_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the scripts that *paths* name: files as they are, and the files `*.py` in folders and below them."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.py"))
        else:
            yield path
