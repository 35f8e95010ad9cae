"""Errors of downloads show no credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm.errors import FtrackError
from tests.transport.secrets import leaks

from .conftest import MakeTransfers
from .file_server import FileServer

# No variable of a frame: those are printed with the traceback as well.
SECRETS = {"path": "/c1?signature=s1gnature"}


@pytest.mark.parametrize("fault", ["500", "reset", "stall", "400:Refused", "403:AccessDenied", "short"])
def test_errors_show_neither_keys_nor_signed_urls(
    make_transfers: MakeTransfers, server: FileServer, fault: str, tmp_path: Path
) -> None:
    transfers = make_transfers(retries=0, timeout=0.2)
    server.files["/c1"] = b"pixels"
    server.faults = [fault] * 5

    def error(target: Path) -> BaseException:
        try:
            transfers.download(lambda: server.url + SECRETS["path"], target, size=6)
        except FtrackError as raised:
            return raised
        raise AssertionError("The download did not fail.")

    if fault == "short":
        server.response_headers = {"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    assert leaks(error(tmp_path / "a"), "s1gnature", "the-key", with_rich=False) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", ["404", "410", "413"])
def test_a_file_that_is_not_there_is_named(
    make_transfers: MakeTransfers, server: FileServer, status: str, tmp_path: Path
) -> None:
    server.files["/c1"] = b"pixels"
    server.faults = [status] * 2
    with pytest.raises(FtrackError, match=rf"/a could not be downloaded: the server answered HTTP status {status}"):
        make_transfers().download(lambda: f"{server.url}/c1", tmp_path / "a")
