"""Edge: completion in IPython and Jupyter, for sessions, entities, queries and their expressions.

IPython's own completion asks jedi, which knows the source code of this library but not the schema of the server.
"""

from __future__ import annotations

import inspect
import logging
import sys
import weakref
from typing import TYPE_CHECKING, Any, Final

from .evaluation import TYPE_ARGUMENT_METHODS, Evaluator, KnownSession, NotEvaluated
from .source import CompletionPoint, PointKind, bindings, completion_point

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import Schema

logger = logging.getLogger("ftrack_orm.interactive")

#: The sessions that exist.
_SESSIONS: Final[weakref.WeakKeyDictionary[Any, KnownSession]] = weakref.WeakKeyDictionary()


def offer_completion(session: Any, workspace: Workspace, known_schema: Callable[[], Schema | None]) -> bool:
    """Have IPython complete the names of *session*, which has that workspace.

    Return whether IPython is running and has not completed them before. *known_schema* returns the schema if no request
    is needed for it, otherwise None.
    """
    module = sys.modules.get("IPython")
    get_shell = getattr(module, "get_ipython", None)
    shell = None if get_shell is None else get_shell()
    if shell is None:
        return False
    load_ipython_extension(shell)
    is_new = session not in _SESSIONS
    if is_new:
        _SESSIONS[session] = KnownSession(workspace, known_schema)
    return is_new


def load_ipython_extension(shell: Any) -> None:
    """Have IPython complete names of this library: `%load_ext ftrack_orm`, which a new session does by itself.

    Versions of IPython before 8.6 have no interface for that; their own completion is used then.
    """
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if matchers is None or any(isinstance(each, _Matcher) for each in matchers):
        return
    matchers.append(_Matcher(shell))


class _Matcher:
    """Completes the name before the cursor, for the values of this library; the shell completes all others itself."""

    # The attributes by which IPython recognizes a matcher and its version.
    matcher_api_version: Final = 2
    matcher_priority: Final = 100
    matcher_identifier: Final = "ftrack_orm"

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self.__qualname__ = self.matcher_identifier

    def __call__(self, context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        code = "\n".join([*lines[:-1], lines[-1][: context.cursor_position]])
        prefix = ""
        matches: list[tuple[str, str]] = []
        try:
            # A shell that is embedded in a function has the variables of that function and of its module.
            variables = [self._shell.user_ns, getattr(self._shell, "user_global_ns", {})]
            prefix, matches = complete(code, variables)
        except Exception:
            # Half-typed code can lead anywhere, and an exception would be printed over the prompt.
            logger.debug("The code before the cursor was not completed", exc_info=True)
        from IPython.core.completer import SimpleCompletion

        return {
            "completions": [SimpleCompletion(text, type=kind) for text, kind in matches],
            "matched_fragment": prefix,
            "suppress": bool(matches),
        }


def complete(code: str, namespaces: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    """Return the beginning of the name at the end of *code*, and the names it can become, each with its kind.

    The list is empty where the value before it is not of this library, or not known without running the code.
    """
    point = completion_point(code)
    if point is None:
        return "", []
    evaluator = Evaluator(namespaces, bindings(code), _SESSIONS)
    try:
        value = evaluator.value(point.expression)
    except NotEvaluated:
        return point.prefix, []
    if point.kind is PointKind.ATTRIBUTE:
        return point.prefix, _attributes(evaluator, value, point.prefix)
    if point.kind is PointKind.ARGUMENT:
        is_type = point.method in TYPE_ARGUMENT_METHODS and evaluator.is_session(value)
        names = evaluator.known_types(value) if is_type else []
        return point.prefix, [(name, "class") for name in names if name.startswith(point.prefix)]
    return point.prefix, _keys(evaluator.keys(value), point)


def _attributes(evaluator: Evaluator, value: Any, prefix: str) -> list[tuple[str, str]]:
    if not evaluator.is_own(value):
        return []
    names = [name for name in dir(value) if name.startswith(prefix) and (prefix or not name.startswith("_"))]
    return [(name, _kind(value, name)) for name in names]


def _kind(value: Any, name: str) -> str:
    return "function" if inspect.isroutine(inspect.getattr_static(value, name, None)) else "instance"


def _keys(keys: list[str], point: CompletionPoint) -> list[tuple[str, str]]:
    """Return the *keys* as they continue the text before the cursor, with the quotes that are missing there."""
    if point.quote:
        usable = [key for key in keys if point.quote not in key and "\\" not in key and key.isprintable()]
        return [(key, "dict key") for key in usable if key.startswith(point.prefix)]
    return [] if point.prefix else [(repr(key), "dict key") for key in keys]
