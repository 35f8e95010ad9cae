"""Edge: `ftrack-orm login` asks for an account, checks it, and keeps its key in the keyring of the system."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ftrack_orm.cli.command import command
from ftrack_orm.cli.questions import ask

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output


@command(
    "ftrack-orm login",
    "ftrack-orm login --server mystudio --user jane",
    "ftrack-orm login --server mystudio --user farm --key-stdin < key.txt",
    "ftrack-orm login --forget",
)
@click.option("--server", metavar="URL", help="The server, or the name of a studio at ftrack's hosting.")
@click.option("--user", metavar="NAME", help="The user name in ftrack.")
@click.option("--key-stdin", is_flag=True, help="Read the API key from the standard input instead of asking for it.")
@click.option("--forget", is_flag=True, help="Remove the key of the server and user from the keyring.")
def login(output: Output, server: str | None, user: str | None, key_stdin: bool, forget: bool) -> None:
    """Ask for an account, check it, and keep its key in the system keyring.

    Sessions of this user on this machine need no further settings then: they take the server, the user and the key
    from the variables FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY, then from the keyring, then from ftrack
    Connect. The key is not an argument, because other users of a machine can read the arguments of processes.
    """
    from ftrack_orm.credentials import SystemKeyring, search_credentials
    from ftrack_orm.errors import SettingsError
    from ftrack_orm.settings import normalize_server_url

    keyring = SystemKeyring()
    # Before the questions, so that no answer is given in vain.
    keyring.check_installed()
    given = {"server_url": server or None, "api_user": user or None, "api_key": None}
    known = search_credentials({name: value for name, value in given.items() if value}, os.environ).found
    server = server or ask("Server", "Pass --server.", default=known.server_url)
    server = normalize_server_url(server)
    user = (user or ask("User", "Pass --user.", default=known.get("api_user"))).strip()
    if forget:
        if not keyring.forget(server, user):
            raise click.ClickException(f"The keyring has no key of {user} for {server}.")
        _write(output, {"server": server, "user": user, "stored": False}, f"The key of {user} for {server} is removed.")
        return
    key = sys.stdin.readline().strip() if key_stdin else ask("API key", "Pass --key-stdin.", hidden=True)
    if not key:
        raise SettingsError("The API key is empty. Keys are made in ftrack's settings, on the page API keys.")
    name = _check(server, user, key)
    backend = keyring.store(server, user, key)
    shown = f"{user} ({name})" if name else user
    record = {"server": server, "user": user, "name": name, "stored": True, "keyring": backend}
    _write(output, record, f"Signed in to {server} as {shown}. The key is kept in {backend}.")
    _warn_about_variables(output, {"FTRACK_SERVER": server, "FTRACK_API_USER": user, "FTRACK_API_KEY": key})


def _check(server: str, user: str, key: str) -> str:
    """Return the full name of the user. Raises the error of the server for an account that it refuses."""
    from ftrack_orm.errors import NoResult
    from ftrack_orm.session.session import Session

    with Session(server, key, user, plugin_paths=[]) as session:
        found = session.query("User").where(username=user).select("first_name", "last_name").first()
        if found is None:
            raise NoResult(
                f"The server accepts the key, and has no user {user!r}. Pass the user name as ftrack shows it."
            )
        return " ".join(filter(None, (found["first_name"], found["last_name"])))


def _write(output: Output, record: dict[str, object], text: str) -> None:
    if output.json:
        output.write_json(record)
    else:
        output.write(text)


def _warn_about_variables(output: Output, account: dict[str, str]) -> None:
    """Say that variables of the environment have other values, because they take precedence over the keyring."""
    from ftrack_orm.settings import LEGACY_KEY_VARIABLE

    others = [name for name, value in account.items() if os.environ.get(name, "").strip() not in ("", value)]
    if os.environ.get(LEGACY_KEY_VARIABLE) and not os.environ.get("FTRACK_API_KEY"):
        others.append(LEGACY_KEY_VARIABLE)
    if others:
        output.warn(f"{' and '.join(others)} differ from the account and take precedence over the keyring.")
