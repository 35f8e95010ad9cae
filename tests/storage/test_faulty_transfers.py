"""Files of any size survive a proxy that cuts, stalls and refuses at random, byte for byte."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.storage.upload import Upload
from tests.fakes.faulty_proxy import KINDS, FaultyProxy
from tests.property_settings import IN_FULL, examples

from .contents import MIB

#: Seconds after which a stall counts as one. A machine that is busy must not seem to stall.
TIMEOUT_SECONDS = 1.0


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(storage=tmp_path_factory.mktemp("storage")) as sandbox:
        yield sandbox


def write_file(path: Path, size: int, seed: int) -> str:
    """Write a file of *size* bytes and return its MD5 digest."""
    digest = hashlib.md5()
    chance = random.Random(seed)
    with path.open("wb") as file:
        for offset in range(0, size, MIB):
            block = chance.randbytes(min(MIB, size - offset))
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.md5()
        while block := file.read(MIB):
            digest.update(block)
        return digest.hexdigest()


def round_trip(box: Sandbox, folder: Path, sizes: list[int], seed: int) -> Counter[str]:
    """Upload files of *sizes* at once through a faulty proxy, download them through it, and return the faults."""
    digests = [write_file(folder / f"source{index}", size, seed + index) for index, size in enumerate(sizes)]
    items = [
        Upload(str(uuid.uuid4()), folder / f"source{index}", f"plate.{index:04}.exr") for index in range(len(sizes))
    ]
    with (
        FaultyProxy(box.url, seed) as proxy,
        Session(
            proxy.url, box.api_key, box.api_user, schema_cache_path=False, timeout=TIMEOUT_SECONDS, retries=8
        ) as session,
    ):
        parts = session._parts
        transfers = Transfers(
            session.settings, parts.channel.transport, parts.handshake.call, wait=lambda seconds, cancellation: None
        )
        operations = transfers.upload(items)
        session.call(operations)
        transfers.finish(items)
        for index, (item, digest) in enumerate(zip(items, digests, strict=True)):
            target = folder / f"target{index}"
            size = transfers.download(lambda id=item.component_id: transfers.component_url(id), target)  # type: ignore[misc]
            assert size == sizes[index]
            assert digest_of(target) == digest
            box.storage.remove(item.component_id)
            target.unlink()
            (folder / f"source{index}").unlink()
        return proxy.faults


@pytest.mark.parametrize("seed", range(examples(2, 10)))
def test_files_survive_cuts_stalls_and_refusals(box: Sandbox, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    sizes = [int(2 ** chance.uniform(0, 24.5)) for _ in range(5)]
    assert round_trip(box, tmp_path, sizes, seed)


@pytest.mark.parametrize("size", [1, 8 * MIB, 300_000_000] if IN_FULL else [1, 10 * MIB])
def test_a_file_survives_every_kind_of_fault(box: Sandbox, tmp_path: Path, size: int) -> None:
    faults = Counter[str]()
    for seed in range(1 if size > 20 * MIB else examples(1, 6)):
        faults += round_trip(box, tmp_path, [size], 100 + seed)
    assert faults
    assert set(faults) <= set(KINDS)
