"""Compressed bodies: every form that servers send, in pieces of any size, and damaged ones."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Iterator

import pytest

from ftrack_orm.transport.decompression import DecompressionError, decompressed

BODY = b'[{"data":[' + b"".join(b'{"id":"%d"},' % number for number in range(20_000)) + b"{}]}]"
RAW = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)

ENCODED = {
    "": BODY,
    "identity": BODY,
    "gzip": gzip.compress(BODY),
    "X-GZIP": gzip.compress(BODY[:1000]) + gzip.compress(BODY[1000:]),
    "deflate": zlib.compress(BODY),
    " deflate ": RAW.compress(BODY) + RAW.flush(),
    "deflate, gzip": gzip.compress(zlib.compress(BODY)),
}


def pieces_of(data: bytes, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    while data:
        size = rng.choice([2, 50, 5000, 1_000_000])
        yield data[:size]
        data = data[size:]


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("seed", range(5))
def test_a_body_is_decompressed_whatever_its_pieces(encoding: str, seed: int) -> None:
    assert b"".join(decompressed(pieces_of(ENCODED[encoding], seed), encoding)) == BODY


def test_the_pieces_of_a_body_that_expands_are_small() -> None:
    bomb = gzip.compress(gzip.compress(b" " * (64 << 20), 9), 9)
    sizes = [len(piece) for piece in decompressed([bomb], "gzip, gzip")]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 1 << 18


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "deflate, gzip"])
def test_a_missing_end_is_an_error(encoding: str) -> None:
    with pytest.raises(DecompressionError):
        list(decompressed([ENCODED[encoding][:-20]], encoding))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "deflate, gzip"])
def test_damaged_data_is_an_error(encoding: str) -> None:
    with pytest.raises(DecompressionError):
        list(decompressed([ENCODED[encoding][:50] + b"\xff" * 500], encoding))


def test_an_unknown_encoding_is_left_alone() -> None:
    assert b"".join(decompressed([b"\x28\xb5\x2f\xfd"], "zstd")) == b"\x28\xb5\x2f\xfd"


def test_a_body_that_is_encoded_many_times_is_refused() -> None:
    body = b"[]"
    for _ in range(5):
        body = gzip.compress(body)
    with pytest.raises(DecompressionError, match="5 times"):
        list(decompressed([body], ",".join(["gzip"] * 5)))


def test_bytes_after_the_end_are_ignored_and_nothing_is_nothing() -> None:
    assert b"".join(decompressed([gzip.compress(b"[]") + b"\0\0"], "gzip")) == b"[]"
    assert b"".join(decompressed([], "gzip")) == b""
