"""Publications interrupted at any line: what is registered has its file, and what is not has left none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage import SERVER_LOCATION_ID, DiskAccessor
from tests.assertions import existing
from tests.fakes.line_faults import Line, LineTracer
from tests.production import Connect, Production
from tests.property_settings import examples

ERRORS: tuple[type[BaseException], ...] = (RuntimeError, KeyboardInterrupt)


@attrs.define
class Studio:
    """A session with a location on disk, a version to publish to, and files to publish."""

    session: Session
    other: Session
    version: Entity
    location: Entity
    target: Path
    frames: str
    kept: set[str] = attrs.field(factory=set)
    checked: set[str] = attrs.field(factory=set)

    def publish_to_disk(self) -> None:
        """Publish a sequence to the disk."""
        self.session.create_component(self.frames, {"version": self.version}, location=self.location)

    def publish_to_server(self) -> None:
        """Publish a sequence to the server."""
        self.session.create_component(self.frames, {"version": self.version}, location="ftrack.server")

    def publish_several(self) -> None:
        """Publish to both, with a new version."""
        with self.session.transfer() as block:
            version = self.session.create("AssetVersion", asset=self.version.asset)
            block.component(version, self.frames, location=self.location)
            block.component(version, self.frames, location="ftrack.server")

    def add_new_component(self) -> None:
        """Add a component that is not committed to the disk."""
        component = self.session.create_component(self.frames, {"version": self.version}, location=None)
        self.location.add_component(component, self.session.locations.origin)

    def check(self, case: object, *, may_keep_files: bool) -> None:
        """Assert that everything that is registered is complete, and that nothing else is there."""
        registered = self.other.query("ComponentLocation").where(location_id=self.location["id"]).all()
        files = {path.relative_to(self.target).as_posix() for path in self.target.rglob("*") if path.is_file()}
        on_disk = {each["resource_identifier"] for each in registered if "%" not in each["resource_identifier"]}
        assert on_disk - files == set(), f"registered without a file: {case}"
        left = files - on_disk
        if may_keep_files:
            # The server may still be registering them.
            self.kept |= left
        assert left <= self.kept, f"files that are not registered: {case}"
        on_server = {
            each["component_id"]
            for each in self.other.query(
                f"ComponentLocation where component.container.version.asset_id is {self.version['asset_id']} "
                f"and location_id is {SERVER_LOCATION_ID}"
            )
        }
        accessor = existing(self.other.locations.server.accessor)
        assert all(map(accessor.exists, on_server - self.checked)), f"registered without an upload: {case}"
        self.checked |= on_server
        workspace = self.session._workspace
        assert workspace.journals == [workspace.common_journal]


@pytest.fixture
def studio(connect: Connect, production: Production, tmp_path: Path) -> Studio:
    session = connect()
    asset = session.create("Asset", name="comp", parent=session.get("Shot", production.shots[0]))
    version = session.create("AssetVersion", asset=asset)
    location = session.create("Location", name=f"studio.{production.name}")
    session.commit()
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    for number in range(3):
        (source / f"f.{number:04d}.exr").write_bytes(b"pixels")
    session.locations.configure(location, accessor=DiskAccessor(target, sync=False))
    return Studio(session, connect(), version, location, target, f"{source}/f.%04d.exr")


CASES = ("publish_to_disk", "publish_to_server", "publish_several", "add_new_component")


@pytest.mark.parametrize("case", CASES)
def test_what_is_registered_has_its_file_whatever_line_is_interrupted(
    studio: Studio, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    run: Callable[[], None] = getattr(studio, case)
    run()  # imports and caches
    tracer = LineTracer()
    with tracer.block() as start:
        start()
        run()
    studio.check("no interrupt", may_keep_files=False)
    lines = tracer.first_visits
    numbers = range(0, len(lines), max(1, len(lines) // examples(10, 100)))
    for number, error in zip(numbers, itertools.cycle(ERRORS)):
        caplog.clear()
        check_interrupted(studio, run, lines[number], error, caplog)


def check_interrupted(
    studio: Studio, run: Callable[[], None], line: Line, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    tracer = LineTracer(line, error)
    raised = None
    try:
        with tracer.block() as start:
            start()
            run()
    except BaseException as caught:
        raised = caught
    assert raised is None or tracer.has_raised, f"something else was raised: {raised!r}"
    # Where the registration was under way, files are kept and the log says so.
    studio.check((str(line), repr(raised)), may_keep_files="files were kept" in caplog.text)
    studio.session.rollback()
