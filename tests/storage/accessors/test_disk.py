"""The accessor for a folder: paths that lead out of it, links, permissions, and names."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.accessors.disk import DiskAccessor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "projects"
    path.mkdir()
    return path


@pytest.fixture
def accessor(folder: Path) -> DiskAccessor:
    return DiskAccessor(folder)


def content_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_identifiers_are_paths_relative_to_the_prefix(accessor: DiskAccessor, folder: Path) -> None:
    assert accessor.write("show/plate.exr", b"data") == 4
    assert accessor.get_filesystem_path("show/plate.exr") == f"{folder}/show/plate.exr"
    assert accessor.get_filesystem_path(f"{folder}/show") == f"{folder}/show"
    assert accessor.get_filesystem_path("") == str(folder)
    assert accessor.list() == ["show"]
    assert accessor.list("show/") == ["show/plate.exr"]
    assert accessor.get_container("show/plate.exr") == "show"
    assert accessor.get_container("show") == ""
    with pytest.raises(errors.ResourceInvalid, match="outermost"):
        accessor.get_container("")


@pytest.mark.parametrize(
    "identifier", ["..", "../x", "show/../../x", "/etc/passwd", "../projects2/x", "/", "a\0b", "../projects/../x"]
)
def test_no_identifier_leads_out_of_the_prefix(accessor: DiskAccessor, folder: Path, identifier: str) -> None:
    (folder.parent / "projects2").mkdir()
    (folder.parent / "projects2" / "x").write_bytes(b"secret")
    (folder.parent / "x").write_bytes(b"secret")
    before = content_of(folder.parent)
    for use in (
        accessor.get_filesystem_path,
        accessor.open,
        accessor.list,
        accessor.exists,
        accessor.size,
        accessor.remove,
        accessor.make_container,
        lambda each: accessor.write(each, b"new", overwrite=True),
        lambda each: accessor.open(each, "wb"),
    ):
        with pytest.raises(errors.ResourceInvalid, match="cannot be used"):
            use(identifier)
    assert content_of(folder.parent) == before
    assert (folder.parent / "x").read_bytes() == b"secret"


def test_the_prefix_is_compared_by_names_and_not_as_text(accessor: DiskAccessor, folder: Path) -> None:
    with pytest.raises(errors.ResourceInvalid):
        accessor.get_filesystem_path(f"{folder}2/x")


def test_a_link_that_leads_out_of_the_prefix_is_refused(accessor: DiskAccessor, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    for identifier in ("link/secret", "file", "link/new"):
        for use in (accessor.open, lambda each: accessor.write(each, b"new", overwrite=True), accessor.remove):
            with pytest.raises(errors.ResourceInvalid, match=r"a symbolic link leads to .*outside"):
                use(identifier)
    assert content_of(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"
    spread = DiskAccessor(folder, linked_folders=[outside])
    assert spread.write("link/new", b"12") == 2
    assert (outside / "new").read_bytes() == b"12"


def test_links_within_the_prefix_are_followed(accessor: DiskAccessor, folder: Path) -> None:
    accessor.write("show/a", b"1")
    (folder / "current").symlink_to("show")
    assert accessor.size("current/a") == 1
    (folder / "circle").symlink_to("circle")
    assert not accessor.exists("circle")
    with pytest.raises(errors.ResourceInvalid, match="circle"):
        accessor.open("circle")


def test_the_prefix_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mount").symlink_to(folder)
    accessor = DiskAccessor(tmp_path / "mount")
    accessor.write("a", b"1")
    assert (folder / "a").read_bytes() == b"1"


def test_a_missing_prefix_is_not_created(tmp_path: Path) -> None:
    accessor = DiskAccessor(tmp_path / "unmounted")
    for use in (accessor.make_container, lambda each: accessor.write(each, b"")):
        with pytest.raises(errors.StorageError, match="Check that its disk is mounted"):
            use("a/b")
    assert list(tmp_path.iterdir()) == []


def test_without_a_prefix_identifiers_are_absolute_paths(tmp_path: Path) -> None:
    accessor = DiskAccessor(None)
    accessor.write(f"{tmp_path}/a: 1", b"1")
    assert accessor.list(str(tmp_path)) == [f"{tmp_path}/a: 1"]
    assert accessor.get_container(f"{tmp_path}/x") == str(tmp_path)
    with pytest.raises(errors.ResourceInvalid, match="absolute path"):
        accessor.get_filesystem_path("a")


def test_the_prefix_may_use_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECTS", str(tmp_path))
    assert DiskAccessor("$PROJECTS/x").prefix == f"{tmp_path}/x"
    assert repr(DiskAccessor(tmp_path)) == f"DiskAccessor({str(tmp_path)!r})"


@pytest.fixture
def without_root(tmp_path: Path) -> Iterator[None]:
    """The process has no more permissions than an ordinary user, in case that the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534)
    # pytest makes the folders around it, which only root may enter.
    closed = [path for path in tmp_path.parents if not path.stat().st_mode & 0o001]
    for path in closed:
        path.chmod(path.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for path in closed:
            path.chmod(path.stat().st_mode & ~0o011)


def test_a_missing_permission_is_an_error_that_names_the_path(
    accessor: DiskAccessor, folder: Path, without_root: None
) -> None:
    accessor.write("show/a", b"1")
    (folder / "show").chmod(0o500)
    (folder / "show" / "a").chmod(0)
    for use in (
        lambda: accessor.write("show/b", b""),
        lambda: accessor.write("show/a", b"", overwrite=True),
        lambda: accessor.remove("show/a"),
        lambda: accessor.make_container("show/c"),
        lambda: accessor.open("show/a"),
    ):
        with pytest.raises(errors.ResourceAccessDenied, match=r"show.*Check the permissions"):
            use()
    assert content_of(folder) == ["show", "show/a"]
    (folder / "show").chmod(0o300)
    with pytest.raises(errors.ResourceAccessDenied, match="Cannot list"):
        accessor.list("show")
    (folder / "show").chmod(0o700)


def test_names_that_windows_refuses_are_written_only_when_asked_for(folder: Path) -> None:
    for name in ("con", "a:b", "nul.exr", "x/prn/y", "dot."):
        with pytest.raises(errors.ResourceInvalid, match="Rename it"):
            DiskAccessor(folder).write(name, b"")
        with pytest.raises(errors.ResourceInvalid, match="Rename it"):
            DiskAccessor(folder).make_container(name)
        assert content_of(folder) == []
    DiskAccessor(folder, portable=False).write("a:b", b"")
    assert DiskAccessor(folder).size("a:b") == 0


def test_a_write_that_fails_removes_the_folders_it_made(accessor: DiskAccessor, folder: Path) -> None:
    accessor.make_container("show")
    with pytest.raises(errors.ResourceNotFound):
        accessor.write("show/sequence/shot/a", folder / "missing")
    assert content_of(folder) == ["show"]


def test_a_folder_in_place_of_a_file_and_the_reverse_are_errors(accessor: DiskAccessor, folder: Path) -> None:
    accessor.write("show/a", b"1")
    with pytest.raises(errors.ResourceInvalid, match="a folder and not a file"):
        accessor.write("show", b"", overwrite=True)
    with pytest.raises(errors.ResourceInvalid, match="a file and not a folder"):
        accessor.write("show/a/b", b"")
    with pytest.raises(errors.ResourceExists, match="is a file"):
        accessor.make_container("show/a")
    with pytest.raises(errors.ResourceInvalid, match="itself is not removed"):
        accessor.remove("")
    assert content_of(folder) == ["show", "show/a"]


def test_incomplete_files_are_not_listed(accessor: DiskAccessor, folder: Path) -> None:
    with accessor.open("a", "xb") as file:
        file.write(b"1")
        assert accessor.list() == []
        assert len(content_of(folder)) == 1
    assert accessor.list() == ["a"]


@pytest.mark.usefixtures("limited_file_size")
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_that_does_not_fit_leaves_nothing(accessor: DiskAccessor, folder: Path, overwrite: bool) -> None:
    accessor.write("show/a", b"old")
    with pytest.raises(errors.StorageError, match="too large for the file system"):
        accessor.write("show/a" if overwrite else "show/new/b", bytes(3_000_000), overwrite=overwrite)
    assert content_of(folder) == ["show", "show/a"]
    assert (folder / "show" / "a").read_bytes() == b"old"


def test_the_memory_does_not_grow_with_the_size_of_a_file(accessor: DiskAccessor, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(200_000_000)  # a file with a hole
    tracemalloc.start()
    accessor.write("large", tmp_path / "large")
    accessor.read_into("large", tmp_path / "copy")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "copy").stat().st_size == 200_000_000
    assert peak < 8_000_000
