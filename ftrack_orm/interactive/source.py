"""Pure: the code before a cursor: the expression whose attribute or key is being typed, and earlier assignments."""

from __future__ import annotations

import ast
import contextlib
import enum
import io
import keyword
import re
import tokenize
import warnings
from typing import Final

import attrs

_ATTRIBUTE: Final = re.compile(r"\.\s*(\w*)\Z")
_KEY: Final = re.compile(r"""\[\s*(["']?)([^"'\[\]\n]*)\Z""")
_ARGUMENT: Final = re.compile(r"""\.\s*(\w+)\s*\(\s*(["'])(\w*)\Z""")
#: The head of a loop whose body is on the same line.
_LOOP: Final = re.compile(r"\s*for\s.*?:(?=\s)")
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}
_LAYOUT: Final = frozenset(
    {
        tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER
    }
)  # fmt: skip


class PointKind(enum.Enum):
    """The kind of name that is being typed."""

    ATTRIBUTE = "attribute"  # after a dot
    KEY = "key"  # in brackets
    ARGUMENT = "argument"  # the text that is the first argument of a method


@attrs.frozen
class CompletionPoint:
    """The name that is being typed: its *kind*, its beginning, and the *expression* before it.

    *quote* is the quotation mark that opens a key or an argument, empty without one. *method* is the method that gets
    an argument.
    """

    kind: PointKind
    expression: ast.expr
    prefix: str
    quote: str = ""
    method: str = ""


def completion_point(code: str) -> CompletionPoint | None:
    """Return the name that is being typed at the end of *code*, or None where it is not a part of an expression."""
    match = _ARGUMENT.search(code)
    if match is not None:
        expression = trailing_expression(code[: match.start()])
        if expression is not None:
            return CompletionPoint(PointKind.ARGUMENT, expression, match[3], match[2], match[1])
    for kind, pattern in ((PointKind.ATTRIBUTE, _ATTRIBUTE), (PointKind.KEY, _KEY)):
        match = pattern.search(code)
        expression = None if match is None else trailing_expression(code[: match.start()])
        if match is None or expression is None:
            continue
        if kind is PointKind.ATTRIBUTE:
            return CompletionPoint(kind, expression, match[1])
        return CompletionPoint(kind, expression, match[2], match[1])
    return None


def trailing_expression(code: str) -> ast.expr | None:
    """Return the expression of names, attributes, calls and subscripts that *code* ends with, or None."""
    tokens = _tokens(code)
    start: int | None = None
    position = len(tokens) - 1
    while position >= 0:
        text = tokens[position].string
        if text in _OPENERS:
            opener = _matching_opener(tokens, position)
            if opener is None:
                return None
            start, position = opener, opener - 1
            if position >= 0 and text != "}" and _ends_operand(tokens[position]):
                continue
            break
        if not _ends_operand(tokens[position]):
            return None
        start, position = position, position - 1
        if position < 0 or tokens[position].string != ".":
            break
        position -= 1
    if start is None:
        return None
    lines = code.splitlines(keepends=True)
    row, column = tokens[start].start
    # In parentheses, because the expression may go on in further lines.
    module = _parse(f"({''.join([lines[row - 1][column:], *lines[row:]])})")
    (statement,) = module.body if module is not None and len(module.body) == 1 else [None]
    return statement.value if isinstance(statement, ast.Expr) else None


def bindings(code: str) -> dict[str, tuple[ast.expr, bool]]:
    """Return the names that *code* binds before its end, with the expression of each.

    The flag is True for a name that is bound to the items of the expression in turn, as that of a loop. The last
    binding counts. Code that cannot be parsed binds nothing.
    """
    *lines, last = code.split("\n")
    indent = last[: len(last) - len(last.lstrip())]
    loop = _LOOP.match(last)
    module = _parse("\n".join([*lines, f"{loop[0]} pass" if loop else f"{indent}pass"]))
    if module is None:
        return {}
    bound: dict[str, tuple[ast.expr, bool]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound[target.id] = (node.value, False)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            bound[node.target.id] = (node.value, False)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            bound[node.target.id] = (node.iter, True)
    return bound


def _parse(code: str) -> ast.Module | None:
    """Return the tree of *code*, or None if it cannot be parsed. Warnings about it would be printed over the prompt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    """Return the tokens of *code* without those of its layout, as far as it can be read: it ends in the middle."""
    tokens: list[tokenize.TokenInfo] = []
    # The error at the end is about brackets that are still open.
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        tokens.extend(tokenize.generate_tokens(io.StringIO(code).readline))
    return [token for token in tokens if token.type not in _LAYOUT]


def _matching_opener(tokens: list[tokenize.TokenInfo], closer: int) -> int | None:
    depth = 0
    for position in range(closer, -1, -1):
        text = tokens[position].string
        if text in _OPENERS:
            depth += 1
        elif text in _OPENERS.values():
            depth -= 1
            if depth == 0:
                return position
    return None


def _ends_operand(token: tokenize.TokenInfo) -> bool:
    if token.type == tokenize.NAME:
        return not keyword.iskeyword(token.string)
    return token.type == tokenize.STRING or token.string in _OPENERS
