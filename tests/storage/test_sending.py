"""Parts are read while they are sent, and their errors show no credentials."""

from __future__ import annotations

import hashlib

import pytest

from ftrack_orm.errors import StorageError
from ftrack_orm.storage.chunks import Part
from ftrack_orm.storage.sending import PartBody
from ftrack_orm.storage.sources import BytesSource, Source
from ftrack_orm.storage.upload import Upload
from tests.transport.secrets import leaks

from .conftest import MakeTransfers
from .file_server import FileServer


def test_a_body_counts_and_digests_the_bytes_of_its_part() -> None:
    counts: list[int] = []
    body = PartBody(BytesSource(b"0123456789"), Part(2, 3, 5), counts.append)
    assert body.read(2) + body.read() + body.read(9) == b"34567"
    assert counts == [2, 3]
    assert body.count == 5
    assert body.md5 == hashlib.md5(b"34567").hexdigest()


def test_a_body_whose_source_ends_early_keeps_the_error() -> None:
    source: Source = BytesSource(b"0123")
    source.size = 9
    body = PartBody(source, Part(1, 0, 9), lambda count: None)
    assert body.read(4) == b"0123"
    with pytest.raises(StorageError, match="ended after 4 of 9 bytes"):
        body.read(4)
    assert body.error is not None


@pytest.mark.parametrize("fault", ["500", "reset", "stall", "400:Refused", "403:AccessDenied"])
@pytest.mark.parametrize("size", [10, 17 << 20])
def test_errors_show_no_signed_urls(make_transfers: MakeTransfers, server: FileServer, fault: str, size: int) -> None:
    transfers = make_transfers(retries=0, timeout=0.2)
    server.faults = [fault] * 10

    def error() -> BaseException:
        try:
            transfers.upload([Upload("c1", bytes(size), "a")])
        except Exception as raised:
            return raised
        raise AssertionError("The upload did not fail.")

    assert leaks(error(), "signature=", "the-key", with_rich=False) == []
