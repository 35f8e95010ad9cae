"""Edge: `ftrack-orm shell` starts an interactive shell with a session, or runs code in one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from ftrack_orm.cli.command import command
from ftrack_orm.cli.exit_codes import ExitCode, end_with_error

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm shell",
    "ftrack-orm shell -c 'session.query(Task).count()'",
    "ftrack-orm shell --json -c 'session.query(\"Task\").first()'",
    "ftrack-orm shell < script.py",
)
@click.option("-c", "--command", "code", metavar="CODE", help="Run code, and print the value of its last expression.")
@click.option("--plain", is_flag=True, help="Use Python's own shell, also if IPython is installed.")
@click.option("--server", metavar="URL", help="The server, in place of FTRACK_SERVER.")
@click.option("--user", metavar="NAME", help="The user, in place of FTRACK_API_USER.")
def shell(output: Output, code: str | None, plain: bool, server: str | None, user: str | None) -> None:
    """Start an interactive shell with a session and the entity types of the server.

    It is IPython if that is installed, otherwise Python's own shell. Both complete names. `session`, the entity types
    such as `Task`, and the names of ftrack_orm such as `and_` are defined. Changes are sent by session.commit() only.
    Without a terminal, the code of the standard input is run.
    """
    if code is None and not sys.stdin.isatty():
        code = sys.stdin.read()
    if code is None and output.json:
        raise click.UsageError("--json is for code: pass --command CODE, or the code by the standard input.")
    if code is not None:
        _run(output, code, server, user)
        return
    application = None if plain else _ipython()
    # IPython completes the names of sessions that are made while it runs.
    with _open(server, user) as session:
        banner = f"{session.server_url} as {session.api_user}. Names: session, {', '.join(_EXAMPLES)}, ..."
        names = namespace(session)
        if application is None:
            _interact(names, banner)
        else:
            click.echo(banner)
            application.shell.push(names)
            application.start()


#: The name of the code in tracebacks.
_FILE: Final = "<command>"
#: Entity types that the banner names.
_EXAMPLES: Final = ("Task", "Shot", "AssetVersion")


def namespace(session: Session) -> dict[str, Any]:
    """Return the names of the shell. Those of the library and of Python win over entity types of the same name."""
    import builtins

    import ftrack_orm

    session.server_information  # noqa: B018 - connects, so that an error shows at the start
    types = {name: session.types[name] for name in session.types if not hasattr(builtins, name)}
    library = {name: getattr(ftrack_orm, name) for name in ftrack_orm.__all__}
    return {**types, **library, "session": session}


def _open(server: str | None, user: str | None) -> Session:
    from ftrack_orm.session.session import Session

    return Session(server or None, None, user or None)


def _run(output: Output, code: str, server: str | None, user: str | None) -> None:
    """Run code, and print the value of its last expression if it has one."""
    import ast

    with _short_traceback():
        tree = ast.parse(code, _FILE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with _open(server, user) as session:
        names = {**namespace(session), "__name__": "__main__"}
        with _short_traceback():
            exec(compile(tree, _FILE, "exec"), names)
            if not isinstance(last, ast.Expr):
                return
            value = eval(compile(ast.Expression(last.value), _FILE, "eval"), names)
        if output.json:
            output.write_json(value)
        elif value is not None:
            output.write(repr(value))


@contextmanager
def _short_traceback() -> Iterator[None]:
    """End the command with the traceback of an exception in the code, without the calls of the command itself."""
    import traceback

    from ftrack_orm.errors import FtrackError

    try:
        yield
    except (FtrackError, OSError):
        raise
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != _FILE:
            trace = trace.tb_next
        text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
        end_with_error(click.get_current_context(), type(error).__name__, text, ExitCode.FAILED, names_kind=False)


def _ipython() -> Any:
    """Return IPython's application, ready to start, or None if IPython is not installed."""
    try:
        from IPython.terminal.ipapp import TerminalIPythonApp
    except ImportError:
        return None
    application: Any = TerminalIPythonApp.instance()
    application.display_banner = False
    application.initialize(argv=[])
    return application


def _interact(names: dict[str, Any], banner: str) -> None:
    """Start Python's own shell, with completion where the system has readline."""
    import code
    import contextlib

    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner, local=names, exitmsg="")
