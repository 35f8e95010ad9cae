"""An upload shows its component, and not its bytes."""

from __future__ import annotations

from pathlib import Path

from ftrack_orm.storage.upload import Upload


def test_the_repr_has_no_bytes() -> None:
    upload = Upload("c1", b"secret pixels", "a.exr", state_file="a.upload")
    assert upload.state_file == Path("a.upload")
    assert "pixels" not in repr(upload)
    assert "c1" in repr(upload)
    assert upload.active is None
    assert upload != Upload("c1", b"secret pixels", "a.exr")
