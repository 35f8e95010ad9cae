"""Publications whose requests and transfers fail at each step: a registered component always has its file."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.behaviours.conftest import files_in
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect


class FailingTransport(ForwardingTransport):
    """Fails when a request that contains *text* is sent, before or after the server has handled it."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.text = b"no request contains this"
        self.is_handled = False
        self.failures = 0
        self.also_asking = False
        self.error: Callable[[], BaseException] = lambda: errors.TransportError("It was cut.", safe_to_retry=False)

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        body = request.body if isinstance(request.body, bytes) else b""
        fails = self.failures > 0 and (self.text in body or (self.also_asking and b'"query"' in body))
        if fails and not self.is_handled:
            self.failures -= 1
            raise self.error()
        response = super().send(request, cancellation)
        if fails:
            self.failures -= 1
            response.read()
            raise self.error()
        return response


@pytest.fixture
def transport(box: Sandbox) -> FailingTransport:
    return FailingTransport(box)


@pytest.fixture
def failing(connect: Connect, transport: FailingTransport, main: Entity, tmp_path: Path) -> Session:
    """A session on that transport, with the location configured."""
    session = connect(transport=transport, retries=0)
    session.locations.configure(main.id, accessor=DiskAccessor(tmp_path / "main", sync=False), priority=1)
    session.server_information  # noqa: B018
    return session


def components_of(session: Session, version: Entity) -> list[Entity]:
    """Return the components of the version that the server has."""
    return session.query("Component").where(version_id=version.id).all()


REGISTRATION = b'"ComponentLocation"'


def test_a_lost_response_to_the_registration_loses_nothing(
    failing: Session, transport: FailingTransport, other: Session, version: Entity, plate: Path, tmp_path: Path
) -> None:
    transport.text, transport.is_handled, transport.failures = REGISTRATION, True, 1
    component = failing.create_component(plate, {"version_id": version.id})
    assert transport.failures == 0
    assert [each.id for each in components_of(other, version)] == [component.id]
    assert len(files_in(tmp_path / "main")) == 1


def test_a_registration_that_did_not_arrive_removes_the_file(
    failing: Session, transport: FailingTransport, other: Session, version: Entity, plate: Path, tmp_path: Path
) -> None:
    transport.text, transport.failures = REGISTRATION, 1
    with pytest.raises(errors.TransportError, match="cut"):
        failing.create_component(plate, {"version_id": version.id})
    assert components_of(other, version) == []
    assert files_in(tmp_path / "main") == []
    assert failing.created == []


@pytest.mark.parametrize("is_handled", [False, True])
def test_the_file_stays_when_the_outcome_is_unknown(
    failing: Session,
    transport: FailingTransport,
    version: Entity,
    plate: Path,
    tmp_path: Path,
    is_handled: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport.text, transport.failures = REGISTRATION, 2
    transport.is_handled = transport.also_asking = is_handled
    transport.also_asking = True
    with pytest.raises(errors.CommitOutcomeUnknown) as raised:
        failing.create_component(plate, {"version_id": version.id})
    assert len(files_in(tmp_path / "main")) == 1
    assert "files were kept" in caplog.text
    if sys.version_info >= (3, 11):
        assert "files were kept" in "".join(raised.value.__notes__)


def test_an_interrupt_of_the_registration_keeps_the_file(
    failing: Session, transport: FailingTransport, version: Entity, plate: Path, tmp_path: Path
) -> None:
    transport.text, transport.is_handled, transport.failures = REGISTRATION, True, 1
    transport.error = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        failing.create_component(plate, {"version_id": version.id})
    assert len(files_in(tmp_path / "main")) == 1


@pytest.mark.parametrize("is_handled", [False, True])
def test_a_request_for_metadata_that_fails_leaves_nothing(
    failing: Session,
    transport: FailingTransport,
    other: Session,
    version: Entity,
    plate: Path,
    is_handled: bool,
) -> None:
    transport.text, transport.is_handled, transport.failures = b"get_upload_metadata", is_handled, 1
    if is_handled:
        # The components exist; the metadata is asked for again.
        component = failing.create_component(plate, {"version_id": version.id}, location="ftrack.server")
        assert component.get_availability(["ftrack.server"]) == {failing.locations.server.id: 100.0}
    else:
        with pytest.raises(errors.TransportError):
            failing.create_component(plate, {"version_id": version.id}, location="ftrack.server")
        assert components_of(other, version) == []
    assert failing.created == []


@pytest.mark.parametrize("kind", ["status", "cut", "wrong_etag"])
def test_an_upload_that_fails_deletes_its_component_and_the_copies(
    box: Sandbox,
    failing: Session,
    other: Session,
    version: Entity,
    plate: Path,
    main: Entity,
    tmp_path: Path,
    kind: str,
) -> None:
    scope = failing.create("Scope", name=f"pending {version.id}")
    for build in (
        lambda: failing.create_component(plate, {"version_id": version.id}, location="ftrack.server"),
        lambda: _publish_both(failing, version, plate),
    ):
        box.storage.fail(kind, count=100, method="PUT")  # type: ignore[arg-type]
        try:
            with pytest.raises(errors.FtrackError):
                build()
        finally:
            box.storage.clear_faults()
        assert components_of(other, version) == []
        assert files_in(tmp_path / "main") == []
        assert failing.created == [scope]
    failing.rollback()


def _publish_both(session: Session, version: Entity, plate: Path) -> None:
    with session.transfer() as block:
        block.component(None, plate, version_id=version.id)
        block.component(None, plate, version_id=version.id, location="ftrack.server")
        session.create("Scope", name=f"of the block {version.id}")


def test_components_that_cannot_be_deleted_again_are_named(
    box: Sandbox,
    failing: Session,
    transport: FailingTransport,
    other: Session,
    version: Entity,
    plate: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    transport.text, transport.failures = b'"delete"', 5
    box.storage.fail("status", count=100, method="PUT")
    try:
        with pytest.raises(errors.StorageError):
            failing.create_component(plate, {"version_id": version.id}, location="ftrack.server")
    finally:
        box.storage.clear_faults()
    (left,) = components_of(other, version)
    assert left.id in caplog.text


def test_an_upload_is_continued_from_its_state_file(
    box: Sandbox,
    failing: Session,
    connect: Connect,
    version: Entity,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    movie, state = tmp_path / "movie.mov", tmp_path / "upload.state"
    movie.write_bytes(b"0123456789abcdef" * (20 * 1024 * 1024 // 16))
    box.storage.fail("status", count=100, method="PUT", part=3)
    with pytest.raises(errors.StorageError):
        failing.create_component(movie, {"version_id": version.id}, location="ftrack.server", state_file=state)
    assert state.exists()
    assert f"continues from {str(state)!r}" in caplog.text
    box.storage.clear_faults()
    with connect() as later:
        (left,) = components_of(later, version)
        component = later.create_component(
            movie, {"version_id": version.id}, location="ftrack.server", state_file=state
        )
        assert component is left
        with existing(later.locations.server.accessor).open(component.id) as stream:
            assert stream.read() == movie.read_bytes()
    assert not state.exists()
    with pytest.raises(errors.InvalidValue, match="one file"):
        failing.create_component([movie], location="ftrack.server", state_file=state)
