"""Files of trusted certificates that are damaged or no files: an error that names them, and no waiting."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.errors import SettingsError, TransportError
from ftrack_orm.transport.certificates import check_bundle
from ftrack_orm.transport.http import HttpTransport
from tests.mutations import damage_bytes
from tests.property_settings import examples

from .scripted_server import ScriptedServer, read_request

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")


def test_a_file_with_certificates_and_a_folder_of_hashed_ones_pass(certificate: Path, tmp_path: Path) -> None:
    (tmp_path / "5ed36f99.0").write_bytes(certificate.read_bytes())
    for path in (certificate, tmp_path):
        check_bundle(str(path))


def test_a_folder_without_certificates_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "studio.pem").touch()
    with pytest.raises(SettingsError, match=r"\(REQUESTS_CA_BUNDLE\) .*openssl rehash"):
        check_bundle(str(tmp_path), "REQUESTS_CA_BUNDLE")
    with pytest.raises(SettingsError, match=r"missing\.pem \(CURL_CA_BUNDLE\).* remove the variable CURL_CA_BUNDLE"):
        check_bundle(str(tmp_path / "missing.pem"), "CURL_CA_BUNDLE")
    with pytest.raises(SettingsError, match=r"missing\.pem \(ca_bundle\).* no such file or folder; correct it\."):
        check_bundle(str(tmp_path / "missing.pem"))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("use", ["request", "event hub"])
def test_a_variable_that_names_a_missing_file_is_an_error_that_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, use: str
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "moved.pem"))
    with Session("https://127.0.0.1:9", "key", "user", schema_cache_path=False) as session:
        connect: Callable[[], object] = session.event_hub.connect
        with pytest.raises(SettingsError, match=rf"moved\.pem \({variable}\) .*no such file"):
            connect() if use == "event hub" else session.call([])


def test_a_variable_of_spaces_names_nothing(
    tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "   ")
    with pytest.raises(TransportError, match="is not trusted"):
        make_transport(server_url=tls_server.url).send(read_request(tls_server.url))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\nMIIB",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE",
    ],
)
def test_a_file_without_usable_certificates_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "studio.pem"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"studio\.pem \(ca_bundle\) .*no certificates, or is damaged") as caught:
        check_bundle(str(path))
    assert caught.value.setting == "ca_bundle"


def test_a_file_that_was_repaired_is_checked_again(tmp_path: Path, certificate: Path) -> None:
    path = tmp_path / "studio.pem"
    path.write_bytes(b"damaged")
    with pytest.raises(SettingsError):
        check_bundle(str(path))
    path.write_bytes(certificate.read_bytes())
    check_bundle(str(path))


def test_mutated_files_pass_or_are_settings_errors(tmp_path: Path, certificate: Path) -> None:
    chance = random.Random(13)
    content = certificate.read_bytes()
    path = tmp_path / "studio.pem"
    for _ in range(examples(300, 3_000)):
        path.write_bytes(damage_bytes(content, chance))
        try:
            check_bundle(str(path))
        except SettingsError as error:
            assert str(path) in str(error)


@POSIX
@pytest.mark.parametrize("by", ["argument", "environment"])
@pytest.mark.parametrize("use", ["request", "event hub"])
def test_a_session_refuses_a_fifo_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, use: str
) -> None:
    path = tmp_path / "studio.pem"
    os.mkfifo(path)
    if by == "environment":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    session = Session(
        "https://127.0.0.1:9",
        "key",
        "user",
        schema_cache_path=False,
        ca_bundle=str(path) if by == "argument" else None,
    )
    connect: Callable[[], object] = session.event_hub.connect
    started = time.monotonic()
    with session, pytest.raises(SettingsError, match=r"studio\.pem .*it is a FIFO, not a regular file"):
        connect() if use == "event hub" else session.call([])
    assert time.monotonic() - started < 5
