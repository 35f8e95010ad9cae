"""Uploads and downloads over HTTP, several at the same time, through failures."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import threading
from pathlib import Path

import pytest

from ftrack_orm.errors import InvalidValue, RequestCancelled, RequestTimeout, StorageError, TransportError
from ftrack_orm.storage.progress import Progress
from ftrack_orm.storage.reception import Download
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.storage.upload import Upload
from ftrack_orm.transport.cancellation import Cancellation

from .conftest import BusyPool, MakeTransfers
from .contents import MIB, content_of
from .file_server import FileServer

#: Three parts, the last one shorter.
IN_PARTS = content_of(2 * 8 * MIB + 5)
SMALL = b"pixels of a plate"


def upload(transfers: Transfers, *items: Upload) -> list[dict[str, object]]:
    """Upload *items*, and return the operations that complete them as JSON."""
    operations = transfers.upload(items)
    transfers.finish(items)
    return [operation.to_json() for operation in operations]


# -- uploads ----------------------------------------------------------------------------------------------------------


def test_a_small_file_is_sent_whole_with_its_name_size_and_checksum(transfers: Transfers, server: FileServer) -> None:
    assert upload(transfers, Upload("c1", SMALL, "plate.exr")) == []
    assert server.files == {"/c1": SMALL}
    [asked] = server.operations
    assert asked["file_name"] == "plate.exr"
    assert asked["file_size"] == len(SMALL)
    assert "parts" not in asked
    [sent] = server.received
    assert sent.headers["content-md5"] == asked["checksum"]
    assert sent.headers["content-type"] == "image/x-exr"
    assert "ftrack-api-key" not in sent.headers


def test_a_large_file_is_sent_in_parts_that_one_operation_joins(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "plate.mov"
    path.write_bytes(IN_PARTS)
    [completion] = upload(transfers, Upload("c1", path, "plate.mov"))
    assert server.joined(completion) == IN_PARTS
    assert completion["action"] == "complete_multipart_upload"
    assert [request.size for request in server.requests("PUT")] != []
    assert sorted(request.size for request in server.requests("PUT")) == [5, 8 * MIB, 8 * MIB]


def test_many_files_are_sent_together_and_asked_for_at_once(transfers: Transfers, server: FileServer) -> None:
    items = [Upload(f"c{number}", b"%d" % number, f"{number}.txt") for number in range(50)]
    assert len(transfers.prepare(items)) == 50
    assert transfers.upload(items) == []
    assert server.files == {f"/c{number}": b"%d" % number for number in range(50)}


@pytest.mark.parametrize("content", [b"", b"x", content_of(16 * MIB)], ids=["empty", "one byte", "the most in one"])
def test_any_size_arrives(transfers: Transfers, server: FileServer, content: bytes) -> None:
    assert upload(transfers, Upload("c1", io.BytesIO(content), "a")) == []
    assert server.files["/c1"] == content


def test_a_pipe_is_copied_first_because_its_size_must_be_known(transfers: Transfers, server: FileServer) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb") as pipe:
            pipe.write(IN_PARTS)

    writer = threading.Thread(target=write)
    writer.start()
    with open(reading, "rb") as pipe:
        [completion] = upload(transfers, Upload("c1", pipe, "a"))
    writer.join()
    assert server.joined(completion) == IN_PARTS


def test_names_are_sent_composed(transfers: Transfers, server: FileServer) -> None:
    upload(transfers, Upload("c1", SMALL, "cafe\u0301.exr"))
    assert server.operations[0]["file_name"] == "caf\u00e9.exr"
    disposition = server.received[0].headers["content-disposition"]
    assert disposition.encode("latin-1").decode() == 'attachment; filename="caf\u00e9.exr"'


@pytest.mark.parametrize(
    "fault", ["500", "503", "reset", "no answer", "429", "400:BadDigest", "400:RequestTimeout", "e_tag:" + "0" * 32]
)
def test_a_part_that_failed_is_sent_again(
    transfers: Transfers, server: FileServer, delays: list[float], fault: str
) -> None:
    server.faults = [fault, "", fault, fault]
    [completion] = upload(transfers, Upload("c1", IN_PARTS, "a"))
    assert server.joined(completion) == IN_PARTS
    assert len(delays) == 3
    assert set(delays) <= {0.25, 0.5, 1.0}


def test_a_server_that_stalls_is_left_after_the_timeout(
    make_transfers: MakeTransfers, server: FileServer, delays: list[float]
) -> None:
    server.faults = ["stall"]
    upload(make_transfers(timeout=0.2), Upload("c1", SMALL, "a"))
    assert server.files["/c1"] == SMALL
    assert delays == [0.25]


def test_delays_grow_until_the_last_attempt(transfers: Transfers, server: FileServer, delays: list[float]) -> None:
    server.faults = ["500"] * 10
    item = Upload("c1", SMALL, "a")
    with pytest.raises(StorageError, match=r"The content of 17 bytes was not accepted: .* 500"):
        transfers.upload([item])
    assert delays == [0.25, 0.5, 1.0]
    assert server.files == {}


def test_the_error_is_that_of_the_connection_when_it_is_lost(make_transfers: MakeTransfers, server: FileServer) -> None:
    transfers = make_transfers(retries=1, timeout=0.2)
    for fault, kind in (("reset", TransportError), ("stall", RequestTimeout)):
        server.faults = [fault] * 2
        with pytest.raises(kind, match="The content of 17 bytes could not be sent"):
            transfers.upload([Upload("c1", SMALL, "a")])


def test_a_refused_file_is_not_sent_again(transfers: Transfers, server: FileServer, delays: list[float]) -> None:
    server.faults = ["400:EntityTooLarge"]
    with pytest.raises(StorageError, match=r"HTTP status 400 \(Bad Request, EntityTooLarge") as raised:
        transfers.upload([Upload("c1", SMALL, "a")])
    assert raised.value.details["code"] == "EntityTooLarge"
    assert delays == []


@pytest.mark.parametrize("content", [SMALL, IN_PARTS], ids=["whole", "in parts"])
@pytest.mark.parametrize("fault", ["403:AccessDenied", "early:403", "400:ExpiredToken", "404:NoSuchUpload"])
def test_an_expired_url_is_asked_for_again(
    transfers: Transfers, server: FileServer, fault: str, content: bytes
) -> None:
    # One of the parts: which others are sent before the new URLs are there is a matter of time.
    server.faults = [fault]
    completions = upload(transfers, Upload("c1", content, "a"))
    assert [body["action"] for body in server.operations] == ["get_upload_metadata"] * 2
    assert (server.joined(completions[0]) if completions else server.files["/c1"]) == content


def test_a_url_is_asked_for_again_once_only(transfers: Transfers, server: FileServer) -> None:
    server.faults = ["403:AccessDenied"] * 3
    item = Upload("c1", SMALL, "a")
    with pytest.raises(StorageError, match="AccessDenied"):
        transfers.upload([item])
    assert len(server.requests("PUT")) == 2
    transfers.send([item], [])
    assert server.files["/c1"] == SMALL


def test_an_upload_that_failed_continues_with_the_missing_parts(
    make_transfers: MakeTransfers, server: FileServer
) -> None:
    transfers = make_transfers(retries=0, pool=BusyPool())
    item = Upload("c1", IN_PARTS, "a")
    server.faults = ["", "500"]
    with pytest.raises(StorageError, match="Part 2 of 3 of The content"):
        transfers.upload([item])
    server.faults, server.received = [], []
    assert transfers.prepare([item]) == []
    [completion] = transfers.send([item], [])
    assert server.joined(completion.to_json()) == IN_PARTS
    assert [request.path[:11] for request in server.received] == ["/upload-1/2", "/upload-1/3"]


def test_a_transfer_that_has_begun_outlasts_a_failure_of_the_network(
    make_transfers: MakeTransfers, server: FileServer, tmp_path: Path
) -> None:
    transfers = make_transfers(retries=2, pool=BusyPool())
    server.faults = ["", *["no answer"] * 6]
    [completion] = upload(transfers, Upload("c1", IN_PARTS, "a"))
    assert server.joined(completion) == IN_PARTS
    server.files["/c1"] = IN_PARTS
    server.faults = ["reset", *["no answer"] * 5]
    transfers.download(lambda: f"{server.url}/c1", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == IN_PARTS
    server.faults = ["reset", *["no answer"] * 6]
    with pytest.raises(TransportError):
        transfers.download(lambda: f"{server.url}/c1", tmp_path / "b")


def test_another_process_continues_from_the_state_file(
    make_transfers: MakeTransfers, server: FileServer, tmp_path: Path
) -> None:
    path, state = tmp_path / "plate.mov", tmp_path / "plate.upload"
    path.write_bytes(IN_PARTS)
    server.faults = ["", "", "500"]
    with pytest.raises(StorageError):
        make_transfers(retries=0, pool=BusyPool()).upload([Upload("c1", path, "plate.mov", state)])
    server.faults, server.received, server.operations = [], [], []

    transfers = make_transfers()
    component_id = transfers.resumable(state, path)
    assert component_id == "c1"
    item = Upload(component_id, path, "plate.mov", state)
    [completion] = transfers.upload([item])
    assert server.joined(completion.to_json()) == IN_PARTS
    assert server.operations == []
    assert [request.path[:11] for request in server.received] == ["/upload-1/3"]
    assert state.exists()
    transfers.finish([item])
    assert not state.exists()


def test_a_source_that_was_changed_is_not_continued(
    make_transfers: MakeTransfers, server: FileServer, tmp_path: Path
) -> None:
    path, state = tmp_path / "plate.mov", tmp_path / "plate.upload"
    path.write_bytes(IN_PARTS)
    transfers = make_transfers(retries=0)
    server.faults = ["500"] * 3
    with pytest.raises(StorageError):
        transfers.upload([Upload("c1", path, "plate.mov", state)])
    path.write_bytes(IN_PARTS[:-1])
    assert transfers.resumable(state, path) is None
    assert transfers.resumable(tmp_path / "none.upload", path) is None


def test_a_file_that_changes_while_it_is_sent_is_an_error(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    path = tmp_path / "plate.mov"
    path.write_bytes(IN_PARTS)
    item = Upload("c1", path, "plate.mov")
    operations = transfers.prepare([item])
    with path.open("r+b") as file:
        file.truncate(MIB)
    with pytest.raises(StorageError, match=r"plate.mov (ended after|was changed)"):
        transfers.send([item], server.call(operations))


def test_a_source_that_cannot_be_read_is_an_error_before_anything_is_asked(
    transfers: Transfers, tmp_path: Path
) -> None:
    good = Upload("c1", SMALL, "a")
    with pytest.raises(StorageError, match=r"Cannot read .*/missing\.exr.: it does not exist"):
        transfers.prepare([good, Upload("c2", tmp_path / "missing.exr", "b")])
    assert good.active is None


def test_a_cancelled_upload_ends_at_once(transfers: Transfers, server: FileServer) -> None:
    cancellation = Cancellation()
    server.faults = ["stall"] * 3
    item = Upload("c1", IN_PARTS, "a")
    operations = transfers.prepare([item])
    timer = threading.Timer(0.1, cancellation.cancel)
    timer.start()
    with pytest.raises(RequestCancelled, match="The transfer was cancelled"):
        transfers.send([item], server.call(operations), cancellation=cancellation)


def test_the_other_files_are_stopped_when_one_fails(make_transfers: MakeTransfers, server: FileServer) -> None:
    transfers = make_transfers(retries=0)
    server.faults = ["400:Refused"]
    items = [Upload(f"c{number}", SMALL, "a") for number in range(100)]
    with pytest.raises(StorageError, match="Refused"):
        transfers.upload(items)
    assert len(server.received) < 100


def test_discarding_removes_the_bytes_that_arrived(make_transfers: MakeTransfers, server: FileServer) -> None:
    transfers = make_transfers(retries=0)
    items = [Upload("c1", SMALL, "a"), Upload("c2", SMALL, "b")]
    transfers.upload(items)
    assert set(server.files) == {"/c1", "/c2"}
    transfers.discard(items)
    assert server.files == {}
    transfers.discard(items)
    transfers.discard([Upload("c3", SMALL, "c")])


def test_removing_names_a_component_that_is_not_there(transfers: Transfers, server: FileServer) -> None:
    upload(transfers, Upload("c1", SMALL, "a"))
    transfers.remove(["c1"])
    assert server.files == {}
    with pytest.raises(StorageError, match=r"component c1 was not removed: .* 404"):
        transfers.remove(["c1"])


def test_an_upload_that_was_not_prepared_is_refused(transfers: Transfers) -> None:
    item = Upload("c1", SMALL, "a")
    with pytest.raises(InvalidValue, match="was not prepared"):
        transfers.send([item], [])
    transfers.prepare([item])
    with pytest.raises(InvalidValue, match="1 replies to the operations of prepare are needed, not 0"):
        transfers.send([item], [])


def test_progress_grows_to_the_total_and_never_falls(transfers: Transfers, server: FileServer) -> None:
    reports: list[Progress] = []
    server.faults = ["500", "reset"]
    items = [Upload("c1", IN_PARTS, "a"), Upload("c2", SMALL, "b")]
    transfers.send(items, server.call(transfers.prepare(items)), progress=reports.append)
    done = [report.bytes_done for report in reports]
    assert done == sorted(done)
    assert reports[-1].bytes_done == reports[-1].bytes_total == len(IN_PARTS) + len(SMALL)
    assert (reports[-1].files_done, reports[-1].files_total) == (2, 2)
    assert reports[-1].fraction == 1.0


def test_an_error_of_the_progress_callback_ends_the_transfer(transfers: Transfers, server: FileServer) -> None:
    def stop(progress: Progress) -> None:
        raise ZeroDivisionError("enough")

    item = Upload("c1", IN_PARTS, "a")
    with pytest.raises(ZeroDivisionError, match="enough"):
        transfers.send([item], server.call(transfers.prepare([item])), progress=stop)


# -- downloads --------------------------------------------------------------------------------------------------------


def test_a_file_is_downloaded_to_a_path(transfers: Transfers, server: FileServer, tmp_path: Path) -> None:
    server.files["/c1"] = IN_PARTS
    path = tmp_path / "plate.mov"
    digest = hashlib.md5(IN_PARTS).hexdigest()
    count = transfers.download(lambda: transfers.component_url("c1"), path, size=len(IN_PARTS), md5=digest)
    assert count == len(IN_PARTS)
    assert path.read_bytes() == IN_PARTS
    assert os.listdir(tmp_path) == ["plate.mov"]
    [request] = server.received
    assert request.path == "/component/get?id=c1"
    assert request.headers["ftrack-api-key"] == "the-key"


def test_credentials_go_to_the_sessions_server_only(
    make_transfers: MakeTransfers, server: FileServer, tmp_path: Path
) -> None:
    server.files["/c1"] = SMALL
    transfers = make_transfers(server_url="http://studio.example")
    transfers.download(lambda: f"{server.url}/c1", tmp_path / "a")
    assert not [name for name in server.received[0].headers if "ftrack" in name]


def test_a_file_is_downloaded_to_a_stream(transfers: Transfers, server: FileServer) -> None:
    server.files["/c1"] = IN_PARTS
    stream = io.BytesIO()
    transfers.download(lambda: f"{server.url}/c1", stream)
    assert stream.getvalue() == IN_PARTS


def test_a_download_continues_where_it_was_cut(
    transfers: Transfers, server: FileServer, delays: list[float], tmp_path: Path
) -> None:
    server.files["/c1"] = IN_PARTS
    for target in (tmp_path / "a", io.BytesIO()):
        # More often than there are retries: each time some bytes arrive.
        server.faults = ["reset"] * 6
        server.received.clear()
        transfers.download(lambda: f"{server.url}/c1", target)
        content = target.read_bytes() if isinstance(target, Path) else target.getvalue()
        assert content == IN_PARTS
        assert "range" not in server.received[0].headers
        assert all(request.headers["range"].startswith("bytes=") for request in server.received[1:])
    assert set(delays) == {0.25}


@pytest.mark.parametrize("fault", ["500", "no answer", "stall", "429"])
def test_a_download_that_failed_is_tried_again(
    make_transfers: MakeTransfers, server: FileServer, tmp_path: Path, fault: str
) -> None:
    server.files["/c1"] = SMALL
    server.faults = [fault] * 2
    make_transfers(timeout=0.2).download(lambda: f"{server.url}/c1", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == SMALL


@pytest.mark.parametrize("fault", ["whole", "part"])
def test_a_server_without_ranges_sends_the_file_again(
    transfers: Transfers, server: FileServer, tmp_path: Path, fault: str
) -> None:
    server.files["/c1"] = IN_PARTS
    server.faults = ["reset", fault]
    transfers.download(lambda: f"{server.url}/c1", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == IN_PARTS


def test_a_stream_skips_the_bytes_it_has(transfers: Transfers, server: FileServer) -> None:
    server.files["/c1"] = IN_PARTS
    server.faults = ["reset", "whole"]
    stream = io.BytesIO()
    transfers.download(lambda: f"{server.url}/c1", stream)
    assert stream.getvalue() == IN_PARTS


def test_a_file_that_changes_on_the_server_is_downloaded_from_its_beginning(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    changed = content_of(len(IN_PARTS) - 7, seed=1)

    def url() -> str:
        server.files["/c1"] = IN_PARTS
        return f"{server.url}/c1"

    def change(progress: Progress) -> None:
        server.files["/c1"] = changed

    server.faults = ["reset"]
    transfers.download(url, tmp_path / "a", progress=change)
    assert (tmp_path / "a").read_bytes() == changed
    server.faults = ["reset"]
    with pytest.raises(StorageError, match=r"was changed on the server|instead of"):
        transfers.download(url, io.BytesIO(), progress=change)


def test_a_damaged_file_is_downloaded_once_more_and_then_refused(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    server.files["/c1"] = SMALL
    with pytest.raises(StorageError, match="arrived damaged"):
        transfers.download(lambda: f"{server.url}/c1", tmp_path / "a", md5="0" * 32)
    with pytest.raises(StorageError, match="has 17 bytes instead of 18 bytes"):
        transfers.download(lambda: f"{server.url}/c1", tmp_path / "a", size=18)
    assert os.listdir(tmp_path) == []
    assert len(server.received) == 3
    server.faults = ["short"]
    transfers.download(lambda: f"{server.url}/c1", tmp_path / "a", md5=hashlib.md5(SMALL).hexdigest())
    assert (tmp_path / "a").read_bytes() == SMALL


def test_a_response_without_end_is_not_written_beyond_the_size(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    server.files["/c1"] = bytes(20 * MIB)
    server.faults = ["compressed"] * 2  # its size is not announced
    stream = io.BytesIO()
    with pytest.raises(StorageError, match="instead of 5 bytes"):
        transfers.download(lambda: f"{server.url}/c1", stream, size=5)
    assert len(stream.getvalue()) <= 5
    with pytest.raises(StorageError, match="instead of 5 bytes"):
        transfers.download(lambda: f"{server.url}/c1", tmp_path / "a", size=5)
    assert os.listdir(tmp_path) == []


def test_a_compressed_response_is_decompressed(transfers: Transfers, server: FileServer, tmp_path: Path) -> None:
    server.files["/c1"] = SMALL * 100
    server.faults = ["compressed"]
    transfers.download(lambda: f"{server.url}/c1", tmp_path / "a", size=1700)
    assert (tmp_path / "a").read_bytes() == SMALL * 100
    assert server.received[0].headers["accept-encoding"] == "identity"


def test_an_expired_url_of_a_download_is_asked_for_once_more(
    transfers: Transfers, server: FileServer, tmp_path: Path
) -> None:
    server.files["/c1"] = SMALL
    asked = []

    def url() -> str:
        asked.append(1)
        return f"{server.url}/c1?signature=s{len(asked)}"

    server.faults = ["403:AccessDenied"]
    transfers.download(url, tmp_path / "a")
    assert len(asked) == 2
    server.faults = ["403:AccessDenied"] * 2
    with pytest.raises(StorageError, match=r"could not be downloaded: .* 403 .*AccessDenied"):
        transfers.download(url, tmp_path / "b")
    assert os.listdir(tmp_path) == ["a"]


def test_a_target_that_exists_stays_as_it_is(transfers: Transfers, server: FileServer, tmp_path: Path) -> None:
    server.files["/c1"] = SMALL
    path = tmp_path / "a"
    path.write_bytes(b"mine")
    with pytest.raises(StorageError, match=r"Cannot write .*/a': it exists already"):
        transfers.download(lambda: f"{server.url}/c1", path)
    assert path.read_bytes() == b"mine"
    assert server.received == []
    transfers.download(lambda: f"{server.url}/c1", path, overwrite=True)
    assert path.read_bytes() == SMALL


def test_many_files_are_downloaded_together(transfers: Transfers, server: FileServer, tmp_path: Path) -> None:
    server.files = {f"/c{number}": b"%d" % number * number for number in range(40)}
    items = [
        Download(lambda number=number: f"{server.url}/c{number}", tmp_path / f"{number}")  # type: ignore[misc]
        for number in range(40)
    ]
    reports: list[Progress] = []
    assert transfers.download_many(items, progress=reports.append) == [
        len(server.files[f"/c{number}"]) for number in range(40)
    ]
    assert {f"/c{path.name}": path.read_bytes() for path in tmp_path.iterdir()} == server.files
    assert reports[-1].bytes_total == reports[-1].bytes_done == sum(map(len, server.files.values()))
    assert transfers.download_many([]) == []


def test_a_cancelled_download_leaves_nothing(transfers: Transfers, server: FileServer, tmp_path: Path) -> None:
    server.files["/c1"] = IN_PARTS
    cancellation = Cancellation()
    with pytest.raises(RequestCancelled):
        transfers.download(
            lambda: f"{server.url}/c1",
            tmp_path / "a",
            progress=lambda progress: cancellation.cancel(),
            cancellation=cancellation,
        )
    assert os.listdir(tmp_path) == []


# -- URLs and credentials ---------------------------------------------------------------------------------------------


def test_signed_urls_are_asked_for_in_one_request(transfers: Transfers, server: FileServer) -> None:
    assert transfers.signed_urls(["c1", "c2"]) == [f"{server.url}/c1?signature=s", f"{server.url}/c2?signature=s"]
    assert [body["operation"] for body in server.operations] == ["get", "get"]
    assert transfers.signed_urls([]) == []


def test_no_key_and_no_signature_stands_in_the_log(
    transfers: Transfers, server: FileServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        upload(transfers, Upload("c1", SMALL, "a"))
        server.faults = ["403:AccessDenied", "500"]
        transfers.download(lambda: f"{server.url}/c1?signature=s3cr3t", tmp_path / "a")
        transfers.remove(["c1"])
    assert "/component/remove" in caplog.text
    assert "the-key" not in caplog.text
    assert "s3cr3t" not in caplog.text
    assert "signature=s1" not in caplog.text
