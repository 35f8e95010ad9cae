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
from ftrack_orm.errors import SettingsError
from ftrack_orm.transport.certificates import check_bundle
from tests.mutations import damage_bytes
from tests.property_settings import examples

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")


def test_a_file_with_certificates_a_folder_and_a_missing_file_pass(certificate: Path, tmp_path: Path) -> None:
    for path in (certificate, tmp_path, tmp_path / "missing.pem"):
        check_bundle(str(path))


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
    with pytest.raises(SettingsError, match=r"studio\.pem \(ca_bundle, .*no certificates, or is damaged") as caught:
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
