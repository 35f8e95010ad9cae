"""Credentials from arguments, environment variables, the keyring and ftrack Connect's files, in this order."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from ftrack_orm import Session
from ftrack_orm.credentials import (
    STORES,
    ConnectConfiguration,
    Credentials,
    CredentialStore,
    SystemKeyring,
    find_credentials,
)
from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.settings import Settings
from tests.keyrings import BrokenKeyring, MemoryKeyring, SearchableKeyring

SERVER = "https://studio.example.com"
NONE_GIVEN: dict[str, str | None] = {}


def sign_in(folder: Path, *accounts: Mapping[str, object], file: str = "credentials.json") -> ConnectConfiguration:
    """Write a file as ftrack Connect does, and return the store that reads it."""
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps({"id": "this-machine", "accounts": accounts}), encoding="utf-8")
    return ConnectConfiguration(folder)


def account(server_url: str = SERVER, api_user: str = "jane", api_key: str = "connect-key") -> dict[str, str]:
    return {"server_url": server_url, "api_user": api_user, "api_key": api_key}


def found(credentials: Credentials) -> tuple[str | None, ...]:
    return tuple(credentials.get(name) for name in ("server_url", "api_user", "api_key"))


# -- the order --------------------------------------------------------------------------------------------------------


def test_each_source_provides_the_values_that_the_earlier_ones_lack(vault: MemoryKeyring, tmp_path: Path) -> None:
    vault.set_password(SERVER, "jane", "ring-key")
    stores = [SystemKeyring(), sign_in(tmp_path, account())]
    environ = {"FTRACK_SERVER": SERVER, "FTRACK_API_USER": "jane", "FTRACK_API_KEY": "env-key"}
    credentials = find_credentials({"api_key": "given"}, environ, stores)
    assert found(credentials) == (SERVER, "jane", "given")
    assert credentials.sources == {
        "api_key": "argument",
        "server_url": "FTRACK_SERVER",
        "api_user": "FTRACK_API_USER",
    }
    del environ["FTRACK_API_KEY"]
    assert find_credentials(NONE_GIVEN, environ, stores).get("api_key") == "ring-key"
    vault.passwords.clear()
    credentials = find_credentials(NONE_GIVEN, environ, stores)
    assert credentials.get("api_key") == "connect-key"
    assert credentials.sources["api_key"] == "ftrack Connect"
    assert found(find_credentials(NONE_GIVEN, {}, stores)) == (SERVER, "jane", "connect-key")


def test_the_older_name_of_the_key_is_read_after_the_present_one() -> None:
    environ = {"FTRACK_SERVER": SERVER, "FTRACK_API_USER": "jane", "FTRACK_APIKEY": "older"}
    assert found(find_credentials(NONE_GIVEN, environ, ()))[2] == "older"
    assert found(find_credentials(NONE_GIVEN, {**environ, "FTRACK_API_KEY": "present"}, ()))[2] == "present"


def test_complete_credentials_ask_no_store() -> None:
    class Unwanted(CredentialStore):
        name = "a store"

        def read(self, known: Credentials) -> Mapping[str, str]:
            raise AssertionError("the store was read")

    given = {"server_url": SERVER, "api_user": "jane", "api_key": "key"}
    assert find_credentials(given, {}, [Unwanted()]).missing == ()


# -- the keyring ------------------------------------------------------------------------------------------------------


def test_the_keyring_has_the_key_of_a_user_under_the_url_of_the_server(vault: MemoryKeyring) -> None:
    vault.set_password(SERVER, "jane", "ring-key")
    for given in ({"server_url": "Studio.example.com/api/", "api_user": "jane"}, {"server_url": SERVER}):
        credentials = find_credentials(given, {}, [SystemKeyring()])
        assert (credentials.get("api_user"), credentials.get("api_key")) == ("jane", "ring-key")
        assert credentials.sources["api_key"] == "the system keyring"


@pytest.mark.parametrize("backend", [MemoryKeyring, SearchableKeyring])
def test_the_keyring_may_have_the_server_and_the_user_of_the_workstation(
    vault: MemoryKeyring, backend: type[MemoryKeyring]
) -> None:
    ring = backend()
    keyring.set_keyring(ring)
    ring.set_password("ftrack_orm", "server_url", "studio.example.com/")
    ring.set_password("ftrack_orm", "api_user", "jane")
    ring.set_password(SERVER, "jane", "ring-key")
    assert found(find_credentials(NONE_GIVEN, {}, [SystemKeyring()])) == (SERVER, "jane", "ring-key")
    with pytest.raises(SettingsError, match="api_key"):
        find_credentials({"server_url": "https://other.example.com"}, {}, [SystemKeyring()])


def test_a_key_is_never_taken_for_another_server_or_user(vault: MemoryKeyring, tmp_path: Path) -> None:
    vault.set_password(SERVER, "jane", "ring-key")
    stores = [SystemKeyring(), sign_in(tmp_path, account())]
    for given in (
        {"server_url": "https://other.example.com"},
        {"server_url": SERVER, "api_user": "bob"},
        {"server_url": "http://studio.example.com", "api_user": "jane"},
    ):
        with pytest.raises(SettingsError) as caught:
            find_credentials(given, {}, stores)
        assert "api_key" in caught.value.missing


def test_a_keyring_that_fails_is_logged_and_passed_over(
    vault: MemoryKeyring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyring.set_keyring(BrokenKeyring())
    stores = [SystemKeyring(), sign_in(tmp_path, account())]
    assert found(find_credentials(NONE_GIVEN, {}, stores)) == (SERVER, "jane", "connect-key")
    assert "the system keyring cannot be read" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_machine_without_a_keyring_is_passed_over_silently(
    vault: MemoryKeyring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    stores = [SystemKeyring(), sign_in(tmp_path, account())]
    assert found(find_credentials(NONE_GIVEN, {}, stores)) == (SERVER, "jane", "connect-key")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    with pytest.raises(SettingsError, match="this machine has no keyring"):
        find_credentials(NONE_GIVEN, {}, [SystemKeyring()])


def test_without_the_package_keyring_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match="keyring is not installed"):
        find_credentials(NONE_GIVEN, {}, [SystemKeyring()])
    with caplog.at_level(logging.WARNING):
        find_credentials(NONE_GIVEN, {}, [SystemKeyring(), sign_in(tmp_path, account())])
    assert caplog.text == ""


# -- ftrack Connect ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["credentials.json", "config.json"])
def test_both_files_of_connect_are_read(tmp_path: Path, file: str) -> None:
    store = sign_in(tmp_path, account("studio.example.com", api_key=" connect-key\n"), file=file)
    assert found(find_credentials(NONE_GIVEN, {}, [store])) == ("studio.example.com", "jane", "connect-key")


def test_the_account_of_the_server_is_taken_and_those_that_are_incomplete_are_not(tmp_path: Path) -> None:
    other = account("https://other.example.com", "bob", "other-key")
    store = sign_in(tmp_path, {"server_url": SERVER}, account("ftp://x"), other, account())
    assert found(find_credentials({"server_url": SERVER}, {}, [store]))[1:] == ("jane", "connect-key")
    assert found(find_credentials({"api_user": "bob"}, {}, [store]))[2] == "other-key"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"accounts": {}}',
        b'{"accounts": [5, {"server_url": 5}]}',
        b"\xff\xfe",
        b"[" * 99_999,
    ],
)
def test_a_damaged_file_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "credentials.json").write_bytes(content)
    with pytest.raises(SettingsError, match="ftrack Connect: "):
        find_credentials(NONE_GIVEN, {}, [ConnectConfiguration(tmp_path)])


@pytest.mark.skipif(sys.platform != "linux", reason="the variable of the folder is that of Linux")
def test_a_session_finds_the_account_of_connect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Sandbox, vault: MemoryKeyring
) -> None:
    for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY", "FTRACK_APIKEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sign_in(tmp_path / "ftrack-connect", account(box.url, box.api_user, box.api_key))
    with Session(schema_cache_path=tmp_path) as session:
        assert session.query("User").where(username=box.api_user).one().username == box.api_user
        assert session.settings.credential_sources == dict.fromkeys(
            ["server_url", "api_user", "api_key"], "ftrack Connect"
        )


# -- errors -----------------------------------------------------------------------------------------------------------


def test_the_error_for_a_missing_value_names_all_places(vault: MemoryKeyring, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        find_credentials(
            {"server_url": SERVER, "api_user": "jane"}, {}, [SystemKeyring(), ConnectConfiguration(tmp_path)]
        )
    message = str(caught.value)
    for part in (
        "api_key (environment variable FTRACK_API_KEY)",
        "ftrack-orm login",
        "sign in to ftrack Connect",
        f"the system keyring: it has no key of the service {SERVER} for the user jane",
        f"ftrack Connect: there is no account in {tmp_path}",
    ):
        assert part in message
    assert caught.value.missing == ("api_key",)


def test_a_malformed_server_is_an_error_of_its_own() -> None:
    with pytest.raises(SettingsError, match="FTRACK_SERVER") as caught:
        find_credentials({"server_url": "ftp://x"}, {}, STORES)
    assert caught.value.setting == "server_url"


def test_credentials_and_settings_show_no_key(vault: MemoryKeyring) -> None:
    vault.set_password(SERVER, "jane", "ring-key")
    credentials = find_credentials({"server_url": SERVER}, {}, [SystemKeyring()])
    settings = Settings.resolve(SERVER, environ={}, stores=[SystemKeyring()])
    assert "ring-key" not in repr(credentials) + repr(settings)
    assert settings.api_key == "ring-key"
    with pytest.raises(SettingsError, match="credential_sources"):
        Settings.resolve(SERVER, environ={}, stores=[SystemKeyring()], credential_sources={})
