"""Transfers to and from an embedded server, with components, and through the faults of its storage."""

from __future__ import annotations

import io
import logging
import threading
import uuid
from pathlib import Path

import pytest
import requests

from ftrack_orm import Progress, Session, errors
from ftrack_orm.behaviours.services import services_of
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.storage.upload import Upload
from ftrack_orm.testing import requests_made
from ftrack_orm.wire.carried import CarriedOperations
from tests.assertions import existing
from tests.production import Connect, Production

from .contents import content_of

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"
IN_PARTS = content_of((16 << 20) + 5)


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.fixture
def transfers(session: Session) -> Transfers:
    """The transfers of the session, with delays that end at once."""
    parts = session._parts
    return Transfers(
        session.settings, parts.channel.transport, parts.handshake.call, wait=lambda seconds, cancellation: None
    )


@pytest.fixture(autouse=True)
def without_faults(box: Sandbox) -> None:
    box.storage.clear_faults()
    box.storage.clear_requests()


def component_id() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("content", [b"", b"pixels", IN_PARTS], ids=["empty", "small", "in parts"])
def test_an_upload_costs_two_requests_beside_its_parts(
    session: Session, box: Sandbox, task: Entity, content: bytes, tmp_path: Path
) -> None:
    services = services_of(task)
    transfers = services.transfers
    assert transfers is services.transfers
    item = Upload(component_id(), content, "plate.exr")
    with requests_made(session) as made:
        carried = CarriedOperations(after=transfers.prepare([item]))
        with services.apart():
            services.create("FileComponent", {"id": item.component_id, "name": "plate", "file_type": ".exr"})
            services.commit(carried)
        assert carried.replies is not None
        completing = transfers.send([item], carried.replies)
        with services.apart():
            services.create(
                "ComponentLocation",
                {
                    "component_id": item.component_id,
                    "location_id": SERVER_LOCATION,
                    "resource_identifier": item.component_id,
                },
            )
            services.commit(CarriedOperations(before=completing))
        transfers.finish([item])
    assert made == 2
    assert box.storage[item.component_id] == content
    assert box.storage.file_name(item.component_id) == "plate.exr"
    path = tmp_path / "plate.exr"
    transfers.download(lambda: transfers.component_url(item.component_id), path, size=len(content))
    assert path.read_bytes() == content


def test_urls_of_a_component_can_be_requested_by_anything(session: Session, box: Sandbox, task: Entity) -> None:
    scope = session.create("FileComponent", name="plate", file_type=".exr")
    box.storage.put(scope.id, b"pixels", "plate.exr")
    session.commit()
    for url in (
        session.get_component_url(scope),
        session.get_component_url(scope.id),
        session.generate_signed_url(scope),
        session.generate_signed_url(scope.id, "get"),
    ):
        assert requests.get(url, timeout=10).content == b"pixels"
    assert box.api_key in session.get_component_url(scope)
    assert box.api_key not in session.generate_signed_url(scope)
    assert requests.get(session.thumbnail_url(None), timeout=10).content.startswith(b"\x89PNG")
    assert session.thumbnail_url(scope, size=50).startswith(f"{box.url}/component/thumbnail?id={scope.id}&size=50&")
    with pytest.raises(errors.EntityNotFound):
        session.generate_signed_url(component_id())
    with pytest.raises(errors.InvalidValue):
        session.get_component_url(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"pixels", IN_PARTS], ids=["small", "in parts"])
@pytest.mark.parametrize("fault", ["cut", "status", "wrong_etag", "expired", "corrupt"])
def test_uploads_survive_the_faults_of_the_storage(
    session: Session, transfers: Transfers, box: Sandbox, fault: str, content: bytes
) -> None:
    box.storage.fail(fault, method="PUT", count=2 if content is IN_PARTS else 1, after=2)  # type: ignore[arg-type]
    item = Upload(component_id(), content, "plate.exr")
    session.call(transfers.upload([item]))
    transfers.finish([item])
    assert box.storage[item.component_id] == content
    assert box.storage.faults_due == 0


@pytest.mark.parametrize("fault", ["cut", "status", "expired", "corrupt"])
def test_downloads_survive_the_faults_of_the_storage(
    transfers: Transfers, box: Sandbox, fault: str, tmp_path: Path
) -> None:
    key = component_id()
    box.storage.put(key, IN_PARTS)
    box.storage.fail(fault, method="GET", after=100_000)  # type: ignore[arg-type]
    transfers.download(lambda: transfers.component_url(key), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == IN_PARTS
    assert box.storage.faults_due == 0


def test_a_storage_that_stalls_is_left_after_the_timeout(connect: Connect, box: Sandbox, tmp_path: Path) -> None:
    parts = connect(timeout=0.3)._parts
    transfers = Transfers(
        parts.settings, parts.channel.transport, parts.handshake.call, wait=lambda seconds, cancellation: None
    )
    box.storage.fail("stall", method="PUT", after=3)
    item = Upload(component_id(), b"pixels", "a")
    transfers.upload([item])
    box.storage.fail("stall", method="GET", after=3)
    transfers.download(lambda: transfers.component_url(item.component_id), tmp_path / "a")
    box.storage.clear_faults()
    assert (tmp_path / "a").read_bytes() == b"pixels"


def test_several_parts_and_files_are_sent_at_the_same_time(
    session: Session, transfers: Transfers, box: Sandbox
) -> None:
    box.storage.fail("stall", method="PUT", count=8)
    items = [Upload(component_id(), b"%d" % number, "a") for number in range(20)]
    operations = transfers.prepare(items)
    metadata = session.call(operations)
    box.storage.clear_requests()

    def release(storage: object) -> bool:
        return box.storage.stalled == 8

    sending = threading.Thread(target=transfers.send, args=(items, metadata))
    sending.start()
    box.storage.wait_for(release)
    box.storage.release()
    sending.join(30)
    assert not sending.is_alive()
    assert box.storage.most_in_progress == 8
    assert [box.storage[item.component_id] for item in items] == [b"%d" % number for number in range(20)]


def test_discarded_uploads_leave_nothing(session: Session, transfers: Transfers, box: Sandbox) -> None:
    items = [Upload(component_id(), b"pixels", "a"), Upload(component_id(), IN_PARTS, "b")]
    transfers.upload(items)
    transfers.discard(items)
    assert not any(item.component_id in box.storage for item in items)
    assert not [upload for upload in box.storage.unfinished if upload.declared.component_id == items[1].component_id]


def test_a_missing_file_is_a_storage_error(transfers: Transfers, tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match=r"HTTP status 404 \(Not Found, NotFound, The server has no file"):
        transfers.download(lambda: transfers.component_url(component_id()), tmp_path / "a")


def test_nothing_secret_is_logged(
    session: Session, transfers: Transfers, box: Sandbox, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        item = Upload(component_id(), b"pixels", "a")
        transfers.upload([item])
        transfers.download(lambda: transfers.component_url(item.component_id), tmp_path / "a")
        transfers.discard([item])
    assert box.api_key not in caplog.text
    assert "/storage/upload" in caplog.text


def test_a_session_downloads_files_of_components(session: Session, box: Sandbox, tmp_path: Path) -> None:
    component = session.create("FileComponent", name="plate", file_type=".exr")
    session.rollback()
    ids = [component_id() for _ in range(5)]
    for number, each in enumerate(ids):
        box.storage.put(each, b"%d" % number * 1000)
    reports: list[Progress] = []
    assert session.download(ids[0], tmp_path / "one", progress=reports.append) == 1000
    assert reports[-1] == Progress(1000, 1000, 1, 1, str(tmp_path / "one"))
    targets = {each: tmp_path / each for each in ids}
    assert session.download_many(targets) == [1000] * 5
    assert [(tmp_path / each).read_bytes() for each in ids] == [b"%d" % number * 1000 for number in range(5)]
    with pytest.raises(errors.StorageError, match="it exists already"):
        session.download(ids[0], tmp_path / "one")
    assert session.download(ids[1], tmp_path / "one", overwrite=True) == 1000
    stream = io.BytesIO()
    session.download(ids[1], stream)
    assert stream.getvalue() == b"1" * 1000
    with pytest.raises(errors.StorageError, match="404"):
        session.download(component, tmp_path / "new")
    with pytest.raises(errors.InvalidValue):
        session.download(5, tmp_path / "new")  # type: ignore[arg-type]


def test_a_closed_session_transfers_nothing(connect: Connect, tmp_path: Path) -> None:
    session = connect()
    session.close()
    with pytest.raises(errors.SessionClosed):
        session.download(component_id(), tmp_path / "a")
    with pytest.raises(errors.SessionClosed):
        session.generate_signed_url(component_id())
