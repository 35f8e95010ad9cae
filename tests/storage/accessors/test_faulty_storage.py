"""An S3 server behind a proxy that cuts connections and answers 500: files are complete, or there is an error."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.accessors.fsspec_files import FsspecAccessor
from tests.fakes.faulty_proxy import FaultyProxy, Head
from tests.property_settings import examples

fsspec = pytest.importorskip("fsspec")

KEYS = {"key": "studio", "secret": "key", "skip_instance_cache": True}
SIZES = (0, 1, 1_000_000, 9 * 1024 * 1024, 20 * 1024 * 1024 + 3)


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """The URL of moto's S3 server with an empty bucket; the proxy has faults for its name."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    fsspec.filesystem("s3", endpoint_url=url, **KEYS).mkdir("storage")
    yield url
    server.stop()


def attempt(function: object, outcomes: Counter[str]) -> bool:
    """Call *function* and return whether it succeeded; the only other outcome is a `StorageError`."""
    try:
        function()  # type: ignore[operator]
    except errors.StorageError:
        outcomes["error"] += 1
        return False
    outcomes["success"] += 1
    return True


@pytest.mark.parametrize("seed", range(examples(1, 4)))
def test_files_are_complete_or_there_is_an_error(s3_url: str, seed: int) -> None:
    chance = random.Random(seed)
    direct = FsspecAccessor(f"s3://storage/{seed}", endpoint_url=s3_url, **KEYS)
    outcomes: Counter[str] = Counter()
    with FaultyProxy(s3_url, seed, probability=0.3, max_attempts=2) as proxy:
        options = {"read_timeout": 0.5, "retries": {"max_attempts": seed % 3}}
        accessor = FsspecAccessor(f"s3://storage/{seed}", endpoint_url=proxy.url, config_kwargs=options, **KEYS)
        for number, size in enumerate(SIZES):
            data = chance.randbytes(size)
            name = f"file{number}"
            # The response may be lost although the file was written; otherwise it is there exactly after a success.
            if attempt(lambda name=name, data=data: accessor.write(name, io.BytesIO(data)), outcomes):
                assert direct.is_file(name)
            if direct.is_file(name):
                with direct.open(name) as stream:
                    assert stream.read() == data
                target = io.BytesIO()
                if attempt(lambda name=name, target=target: accessor.read_into(name, target), outcomes):
                    assert target.getvalue() == data
            else:
                attempt(lambda name=name: accessor.size(name), outcomes)
    assert outcomes["success"]


class LosingProxy(FaultyProxy):
    """Loses the first response to a request that completes a file."""

    def _fault_for(self, request: Head) -> tuple[str, float]:
        completes = request.start.startswith("PUT ") and "partNumber" not in request.start
        if (completes or (request.start.startswith("POST ") and "uploads" not in request.start)) and not self.faults:
            self.faults["lost response"] += 1
            return "lost response", 0.0
        return "", 0.0


@pytest.mark.parametrize("size", [0, 5, 9 * 1024 * 1024])
def test_a_file_that_has_arrived_is_no_error_when_the_response_was_lost(s3_url: str, size: int) -> None:
    """The client sends the request again, and the storage refuses to overwrite the file of the first one."""
    with LosingProxy(s3_url, 0) as proxy:
        accessor = FsspecAccessor("s3://storage/lost", endpoint_url=proxy.url, **KEYS)
        assert accessor.write(f"file{size}", bytes(size)) == size
        assert proxy.faults["lost response"] == 1
        with pytest.raises(errors.ResourceExists):
            accessor.write(f"file{size}", b"another")
