"""Whatever a storage server does, a transfer is complete or an error, and never anything between."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ftrack_orm.errors import StorageError, TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.storage.upload import Upload
from ftrack_orm.transport.http import HttpTransport
from tests.property_settings import examples

from .contents import content_of
from .file_server import FileServer

UPLOAD_FAULTS = [
    *("", "500", "503", "429", "400:BadDigest", "400:Refused", "403:AccessDenied", "404:NoSuchUpload", "reset"),
    *("no answer", "early:403", "early:500", "e_tag:" + "0" * 32, "e_tag:"),
]
DOWNLOAD_FAULTS = ["", "500", "403", "404", "416", "reset", "no answer", "whole", "short", "compressed", "part"]


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    running = FileServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def transfers(server: FileServer) -> Iterator[Transfers]:
    settings = Settings.resolve(server.url, "the-key", "jane", retries=3)
    transport = HttpTransport(settings)
    yield Transfers(settings, transport, server.call, wait=lambda seconds, cancellation: None)
    transport.close()


@settings(max_examples=examples(20, 200))
@given(size=st.integers(0, 70_000), faults=st.lists(st.sampled_from(UPLOAD_FAULTS), max_size=6))
def test_an_upload_arrives_or_fails(server: FileServer, transfers: Transfers, size: int, faults: list[str]) -> None:
    server.files.clear()
    server.faults = list(faults)
    content = content_of(size)
    item = Upload("c1", content, "a")
    try:
        transfers.upload([item])
    except (StorageError, TransportError):
        event("failed")
        server.faults = []
        transfers.send([item], [])
    assert server.files["/c1"] == content
    server.faults = []
    transfers.discard([item])
    assert server.files == {}


@settings(max_examples=examples(20, 200))
@given(
    size=st.integers(0, 300_000),
    faults=st.lists(st.sampled_from(DOWNLOAD_FAULTS), max_size=8),
    is_stream=st.booleans(),
    knows_size=st.booleans(),
)
def test_a_download_is_complete_or_leaves_nothing(
    server: FileServer, transfers: Transfers, size: int, faults: list[str], is_stream: bool, knows_size: bool
) -> None:
    content = content_of(size)
    server.files = {"/c1": content}
    server.faults = list(faults)
    with tempfile.TemporaryDirectory() as folder:
        path, stream = Path(folder) / "a", io.BytesIO()
        known_size = size if knows_size or "short" in faults else None
        try:
            transfers.download(lambda: f"{server.url}/c1", stream if is_stream else path, size=known_size)
        except (StorageError, TransportError):
            event("failed")
            assert os.listdir(folder) == []
            assert content.startswith(stream.getvalue())
        else:
            event("complete")
            assert (stream.getvalue() if is_stream else path.read_bytes()) == content
