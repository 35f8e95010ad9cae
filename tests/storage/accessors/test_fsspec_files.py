"""The accessor on fsspec: a bucket of a real S3 server over HTTP, memory, and files behind a web server."""

from __future__ import annotations

import functools
import http.server
import io
import itertools
import os
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.accessors.base import Accessor
from ftrack_orm.storage.accessors.fsspec_files import FsspecAccessor
from ftrack_orm.testing.accessors import AccessorCompliance

from . import sftp_server

fsspec = pytest.importorskip("fsspec")

NUMBERS = itertools.count()
KEYS = {"key": "studio", "secret": "hidden-key"}


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """The URL of moto's S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_url: str) -> str:
    """The name of an empty bucket."""
    name = f"projects{next(NUMBERS)}"
    filesystem = fsspec.filesystem("s3", endpoint_url=s3_url, **KEYS)
    filesystem.mkdir(name)
    return name


@pytest.fixture
def s3(s3_url: str, bucket: str) -> FsspecAccessor:
    return FsspecAccessor(f"s3://{bucket}/studio/files", endpoint_url=s3_url, **KEYS)


class TestBucket(AccessorCompliance):
    has_empty_containers = False

    @pytest.fixture
    def accessor(self, s3: FsspecAccessor) -> Accessor:
        return s3


class TestMemory(AccessorCompliance):
    @pytest.fixture
    def accessor(self) -> Accessor:
        return FsspecAccessor("memory://files", global_store=False, skip_instance_cache=True)


class TestFileSystemWithoutCommits(AccessorCompliance):
    """A folder through fsspec: files have a temporary name until they are complete."""

    @pytest.fixture
    def accessor(self, tmp_path: Path) -> Accessor:
        (tmp_path / "prefix").mkdir()
        return FsspecAccessor(f"file://{tmp_path}/prefix")


@pytest.fixture(scope="module")
def sftp_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an SFTP server."""
    with sftp_server.serve(tmp_path_factory.mktemp("served")) as port:
        yield f"sftp://{sftp_server.USER}:{sftp_server.PASSWORD}@127.0.0.1:{port}"


@pytest.fixture
def sftp(sftp_url: str) -> FsspecAccessor:
    """The accessor for an empty folder behind an SFTP server; all tests share a connection."""
    accessor = FsspecAccessor(f"{sftp_url}/projects{next(NUMBERS)}")
    accessor.filesystem.mkdir(accessor.filesystem._strip_protocol(accessor._root), create_parents=False)
    return accessor


class TestSftp(AccessorCompliance):
    @pytest.fixture
    def accessor(self, sftp: FsspecAccessor) -> Accessor:
        return sftp


def test_the_outermost_folder_of_a_server_is_listed(sftp_url: str) -> None:
    FsspecAccessor(f"{sftp_url}/").write("outermost", b"1")
    assert "outermost" in FsspecAccessor(f"{sftp_url}/").list()


def test_pieces_do_not_wait_for_acknowledgements(sftp: FsspecAccessor) -> None:
    connection = sftp.filesystem.client.get_transport().sock
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_password_in_a_url_is_not_shown(sftp: FsspecAccessor) -> None:
    assert repr(sftp).startswith("FsspecAccessor('sftp://127.0.0.1:")
    with pytest.raises(errors.StorageError, match="Cannot open the storage") as caught:
        FsspecAccessor(f"sftp://{sftp_server.USER}:wrong-password@127.0.0.1:1/")
    assert "wrong-password" not in str(caught.value)


def test_keys_have_the_prefix_of_the_url(s3: FsspecAccessor, s3_url: str, bucket: str) -> None:
    s3.write("show/plate.exr", b"data")
    filesystem = fsspec.filesystem("s3", endpoint_url=s3_url, **KEYS)
    assert filesystem.find(bucket) == [f"{bucket}/studio/files/show/plate.exr"]
    assert FsspecAccessor(f"s3://{bucket}/studio", filesystem=filesystem).size("files/show/plate.exr") == 4


def test_a_signed_url_leads_to_the_data(s3: FsspecAccessor) -> None:
    s3.write("show/plate v2 #1.exr", b"data")
    url = s3.get_url("show/plate v2 #1.exr")
    assert "hidden-key" not in url
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"data"


def test_large_files_are_sent_in_parts(s3: FsspecAccessor, tmp_path: Path) -> None:
    data = os.urandom(20 * 1024 * 1024 + 5)
    (tmp_path / "large").write_bytes(data)
    assert s3.write("large", tmp_path / "large") == len(data)
    assert s3.read_into("large", tmp_path / "copy") == len(data)
    assert (tmp_path / "copy").read_bytes() == data


def test_a_failed_write_leaves_no_parts_in_the_bucket(s3: FsspecAccessor, s3_url: str, bucket: str) -> None:
    def stop(_: int) -> None:
        if next(pieces) == 18:
            raise KeyboardInterrupt

    pieces = itertools.count()
    with pytest.raises(KeyboardInterrupt):
        s3.write("large", bytes(20 * 1024 * 1024), progress=stop)
    filesystem = fsspec.filesystem("s3", endpoint_url=s3_url, **KEYS)
    assert filesystem.list_multipart_uploads(bucket) == []
    assert filesystem.find(bucket) == []


def test_two_processes_do_not_overwrite_each_other(s3: FsspecAccessor, s3_url: str, bucket: str) -> None:
    """The second accessor shares no lock with the first."""
    rival = FsspecAccessor(f"s3://{bucket}/studio/files", endpoint_url=s3_url, skip_instance_cache=True, **KEYS)
    stream = s3.open("a", "xb")
    stream.write(b"ours")
    rival.write("a", b"theirs")
    with pytest.raises(errors.ResourceExists):
        stream.close()
    with s3.open("a") as reading:
        assert reading.read() == b"theirs"


def test_each_file_of_a_sequence_needs_four_requests(s3: FsspecAccessor) -> None:
    """Two ask for a file and a container with that name, one writes, and one asks for the size that has arrived."""
    s3.write("show/plate.0001.exr", b"1")
    requests: list[str] = []
    # botocore names the operation in its event.
    s3.filesystem.s3.meta.events.register(
        "before-call", lambda event_name, **_: requests.append(event_name.rpartition(".")[2])
    )
    s3.write("show/plate.0002.exr", b"1")
    assert requests == ["HeadObject", "ListObjectsV2", "PutObject", "HeadObject"]


def test_rival_processes_do_not_overwrite_large_and_empty_files(s3: FsspecAccessor, s3_url: str, bucket: str) -> None:
    rival = FsspecAccessor(f"s3://{bucket}/studio/files", endpoint_url=s3_url, skip_instance_cache=True, **KEYS)
    for name, data in (("large", bytes(9 * 1024 * 1024)), ("empty", b"")):
        stream = s3.open(name, "xb")
        stream.write(data)
        rival.write(name, b"theirs")
        with pytest.raises(errors.ResourceExists):
            stream.close()
        assert s3.size(name) == 6


def test_what_others_write_is_seen(s3: FsspecAccessor, s3_url: str, bucket: str) -> None:
    assert s3.list() == []
    assert not s3.exists("a")
    filesystem = fsspec.filesystem("s3", endpoint_url=s3_url, skip_instance_cache=True, **KEYS)
    filesystem.pipe_file(f"{bucket}/studio/files/a", b"1")
    assert s3.exists("a")
    assert s3.list() == ["a"]
    filesystem.rm_file(f"{bucket}/studio/files/a")
    assert not s3.exists("a")


def test_an_outage_is_no_missing_file(s3_url: str) -> None:
    accessor = FsspecAccessor(
        "s3://bucket", endpoint_url="http://127.0.0.1:9", config_kwargs={"retries": {"max_attempts": 0}}, **KEYS
    )
    for use in (accessor.exists, accessor.list, accessor.open, lambda each: accessor.write(each, b"")):
        with pytest.raises(errors.StorageError) as caught:
            use("a")
        assert not isinstance(caught.value, errors.ResourceNotFound)
        assert "'a'" in str(caught.value)


def test_a_missing_bucket_is_an_error_and_not_created(s3_url: str) -> None:
    accessor = FsspecAccessor("s3://no-such-bucket/x", endpoint_url=s3_url, **KEYS)
    with pytest.raises(errors.StorageError):
        accessor.write("a", b"1")
    assert "no-such-bucket" not in fsspec.filesystem("s3", endpoint_url=s3_url, **KEYS).ls("")


def test_keys_and_passwords_are_not_shown(s3: FsspecAccessor) -> None:
    assert repr(s3).startswith("FsspecAccessor('s3://projects")
    assert "hidden-key" not in repr(s3)


def test_unknown_protocols_are_errors() -> None:
    with pytest.raises(errors.StorageError, match="Cannot open the storage 'unknown://host/x'"):
        FsspecAccessor("unknown://user:secret@host/x")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The URL of a web server for the files in the folder *tmp_path*."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_files_of_a_web_server_can_be_read_and_not_written(web: str, tmp_path: Path) -> None:
    (tmp_path / "plate #1 100%.exr").write_bytes(b"data")
    accessor = FsspecAccessor(web)
    stream = io.BytesIO()
    assert accessor.read_into("plate #1 100%.exr", stream) == 4
    assert stream.getvalue() == b"data"
    with urllib.request.urlopen(accessor.get_url("plate #1 100%.exr")) as response:
        assert response.read() == b"data"
    with pytest.raises(errors.ResourceNotFound):
        accessor.open("missing")
    with pytest.raises(errors.StorageError):
        accessor.write("new", b"1")
    assert [each.name for each in tmp_path.iterdir()] == ["plate #1 100%.exr"]
