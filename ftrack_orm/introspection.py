"""State: whether a tool reads a value to complete a name or to show a variable, decided by the interpreter's stack.

Completion and the variable views of debuggers read every attribute that `dir` names. A request for each would make them
slow, and would change the session by looking at it. The frames of such tools are recognized here, so that the library
makes no request for them.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Final

from ftrack_orm.errors import NotFetched

_PACKAGE = __name__.partition(".")[0]
_PACKAGE_LENGTH = len(_PACKAGE)


class Introspection(enum.Enum):
    """The kind of tool that reads a value."""

    COMPLETION = "completion"  # completes names, and goes on from a value to its attributes
    VIEW = "view"  # shows values to people
    #: Code of the user that such a tool calls, such as a property. It must not go on with a value that is not real.
    CALLED_CODE = "called code"


#: The functions of a module that is a tool as a whole.
_ALL: Final = None

#: Module -> the functions of it that read values in order to look at them.
_TOOLS: Final[Mapping[str, tuple[Introspection, frozenset[str] | None]]] = {
    "IPython.core.completer": (Introspection.COMPLETION, _ALL),
    "IPython.core.guarded_eval": (Introspection.COMPLETION, _ALL),
    "_pydev_bundle._pydev_completer": (Introspection.COMPLETION, _ALL),
    "_pydev_bundle._pydev_imports_tipper": (Introspection.COMPLETION, _ALL),
    "bpython.autocomplete": (Introspection.COMPLETION, _ALL),
    "bpython.inspection": (Introspection.COMPLETION, _ALL),
    "fancycompleter": (Introspection.COMPLETION, _ALL),
    "ftrack_orm.interactive.evaluation": (Introspection.COMPLETION, _ALL),
    "jedi.inference.compiled.access": (Introspection.COMPLETION, _ALL),
    # `Pdb.default` runs the statements of the user, and is on the stack of the program that is debugged.
    "pdb": (Introspection.COMPLETION, frozenset({"_complete_expression", "completedefault", "complete"})),
    "ptpython.completer": (Introspection.COMPLETION, _ALL),
    "rlcompleter": (Introspection.COMPLETION, _ALL),
    # The debugger of VS Code, PyCharm and Eclipse. Its other modules evaluate expressions of the user.
    "_pydevd_bundle.pydevd_resolver": (Introspection.VIEW, _ALL),
    "_pydevd_bundle.pydevd_safe_repr": (Introspection.VIEW, _ALL),
    "_pydevd_bundle.pydevd_thrift": (Introspection.VIEW, _ALL),
    "_pydevd_bundle.pydevd_xml": (Introspection.VIEW, _ALL),
    "inspect": (Introspection.VIEW, frozenset({"_getmembers", "getmembers"})),
    "rich._inspect": (Introspection.VIEW, _ALL),
    "spyder_kernels.utils.nsview": (Introspection.VIEW, _ALL),
}


#: Tools that programs use too, to find functions or plugins. The code of the user that they call is that of a program.
_CALLED_BY_PROGRAMS: Final = frozenset({"inspect"})

#: The beginning of the names of the functions that VS Code defines in a Jupyter kernel, to show variables.
_FUNCTIONS_OF_VSCODE: Final = "_VSCODE_"
_PREFIX_LENGTH: Final = len(_FUNCTIONS_OF_VSCODE)


def introspection() -> Introspection | None:
    """Return the kind of the tool that the current call comes from, or None if the program itself makes it."""
    frame: FrameType | None = sys._getframe(1)
    is_direct = True
    # No functions are called here, since this runs before every request.
    while frame is not None:
        try:
            module = frame.f_globals["__name__"]
        except KeyError:
            module = ""
        if module.__class__ is not str:
            module = ""
        if module in _TOOLS:
            kind, functions = _TOOLS[module]
            if functions is _ALL or frame.f_code.co_name in functions:
                if is_direct:
                    return kind
                if module not in _CALLED_BY_PROGRAMS:
                    return Introspection.CALLED_CODE
        name = frame.f_code.co_name
        if name[:_PREFIX_LENGTH] == _FUNCTIONS_OF_VSCODE:
            return Introspection.VIEW
        # A completer evaluates the expression before the cursor, whose frame is that of a module.
        if is_direct and name != "<module>":
            is_direct = module[:_PACKAGE_LENGTH] == _PACKAGE
        frame = frame.f_back
    return None


def refusal(what_is_refused: str) -> NotFetched:
    """Return the error for a tool that looks at values, an `AttributeError`, which these tools expect.

    *what_is_refused* begins the message.
    """
    return NotFetched(
        f"{what_is_refused} for a tool that completes names or shows variables. Read the value in the program, or "
        "evaluate the expression, to load it."
    )
