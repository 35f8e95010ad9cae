"""`ftrack-orm login`: an account is asked for, checked, and kept in the keyring."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pexpect  # type: ignore[import-untyped]
import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import Ran, run_in_pipe
from tests.keyrings import MemoryKeyring


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, schema_cache: Path) -> None:
    """An environment without an account."""
    for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(schema_cache))


def log_in(box: Sandbox, *options: str, user: str | None = None, key: str | None = None) -> Ran:
    return run_in_pipe(
        *("login", "--server", box.url, "--user", user or box.api_user, "--key-stdin", *options),
        stdin=f"{key or box.api_key}\n",
    )


def test_a_session_needs_no_settings_after_a_login(box: Sandbox, vault: MemoryKeyring) -> None:
    ran = log_in(box)
    assert ran.code == 0, ran
    assert f"Signed in to {box.url} as {box.api_user} (" in ran.output
    assert box.api_key not in ran.output
    assert ran.errors == ""
    with Session() as session:
        assert (session.server_url, session.api_user) == (box.url, box.api_user)
        assert set(session.settings.credential_sources.values()) == {"the system keyring"}
        assert session.query("User").where(username=box.api_user).one()


def test_a_login_can_be_forgotten(box: Sandbox, vault: MemoryKeyring) -> None:
    assert log_in(box, "--json").json["stored"] is True
    forget = ("login", "--forget", "--server", box.url, "--user", box.api_user)
    assert run_in_pipe(*forget, "--json").json == {"server": box.url, "user": box.api_user, "stored": False}
    assert vault.passwords == {}
    again = run_in_pipe(*forget)
    assert again.code == 1
    assert "has no key of" in again.errors


@pytest.mark.parametrize(
    ("user", "key", "code", "message"),
    [(None, "wrong", 5, "API key is not valid"), ("nobody", None, 5, ""), (None, " ", 2, "The API key is empty")],
    ids=["key", "user", "empty"],
)
def test_an_account_that_is_refused_is_not_stored(
    box: Sandbox, vault: MemoryKeyring, user: str | None, key: str | None, code: int, message: str
) -> None:
    ran = log_in(box, user=user, key=key)
    assert message in ran.errors
    assert ran.code in (code, 4)
    assert vault.passwords == {}


@pytest.mark.parametrize("backend", [keyring.backends.null.Keyring, keyring.backends.fail.Keyring])
def test_a_keyring_that_keeps_nothing_is_an_error(box: Sandbox, vault: MemoryKeyring, backend: type) -> None:
    keyring.set_keyring(backend())
    ran = log_in(box)
    assert ran.code == 2
    assert "FTRACK_API_KEY" in ran.errors
    assert "keyring --list-backends" in ran.errors


def test_a_missing_package_is_named(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install 'ftrack-orm[keyring]'" in log_in(box).errors


def test_a_missing_package_is_named_before_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    ran = run_in_pipe("login")
    assert ran.code == 2
    assert "pip install 'ftrack-orm[keyring]'" in ran.errors


def test_variables_with_other_values_are_named(
    box: Sandbox, vault: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_API_KEY", "old")
    assert log_in(box).errors == "FTRACK_API_KEY differ from the account and take precedence over the keyring.\n"


def test_a_pipe_is_not_asked(vault: MemoryKeyring) -> None:
    ran = run_in_pipe("login")
    assert ran.code == 2
    assert "Pass --server." in ran.errors


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal of POSIX")
def test_a_terminal_asks_for_the_account_and_hides_the_key(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file_keyring.py").write_text(
        "import json, pathlib, keyring.backend\n"
        "class Keyring(keyring.backend.KeyringBackend):\n"
        "    priority = 1\n"
        f"    path = pathlib.Path({str(tmp_path / 'keys.json')!r})\n"
        "    def _read(self): return json.loads(self.path.read_text()) if self.path.exists() else {}\n"
        "    def get_password(self, service, name): return self._read().get(f'{service}|{name}')\n"
        "    def set_password(self, service, name, text):\n"
        "        self.path.write_text(json.dumps({**self._read(), f'{service}|{name}': text}))\n"
    )
    environment = {
        **ENVIRONMENT,
        "PYTHONPATH": f"{ENVIRONMENT['PYTHONPATH']}{os.pathsep}{tmp_path}",
        "PYTHON_KEYRING_BACKEND": "file_keyring.Keyring",
        "FTRACK_API_SCHEMA_CACHE_PATH": os.environ["FTRACK_API_SCHEMA_CACHE_PATH"],
        "FTRACK_API_USER": box.api_user,
    }
    program, *arguments = command_line("login")
    child = pexpect.spawn(program, arguments, env=environment, timeout=TIMEOUT_SECONDS, encoding="utf-8")
    child.expect("Server: ")
    child.sendline(box.url)
    child.expect(rf"User \[{box.api_user}\]: ")
    child.sendline("")
    child.expect("API key: ")
    child.waitnoecho()
    child.sendline(box.api_key)
    child.expect("Signed in to")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert box.api_key not in (child.before or "")
    assert box.api_key in (tmp_path / "keys.json").read_text()
