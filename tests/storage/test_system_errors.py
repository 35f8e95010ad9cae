"""Errors of the operating system become errors of the library that say what to do."""

from __future__ import annotations

import errno
import os
import pickle

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.system_errors import storage_errors


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.ENOENT, errors.ResourceNotFound, "does not exist"),
        (errno.EEXIST, errors.ResourceExists, "overwrite=True"),
        (errno.EACCES, errors.ResourceAccessDenied, "Check the permissions"),
        (errno.EROFS, errors.ResourceAccessDenied, "read-only"),
        (errno.ENOSPC, errors.StorageError, "the disk is full. Free space"),
        (errno.EDQUOT, errors.StorageError, "quota"),
        (errno.ENAMETOOLONG, errors.ResourceInvalid, "too long"),
        (errno.EIO, errors.StorageError, os.strerror(errno.EIO)),
    ],
)
def test_an_error_names_the_path_the_reason_and_what_to_do(
    number: int, kind: type[errors.StorageError], advice: str
) -> None:
    with pytest.raises(errors.StorageError) as caught, storage_errors("write", "/a/b", "b"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is kind
    assert str(caught.value).startswith("Cannot write '/a/b': ")
    assert advice in str(caught.value)
    assert (caught.value.path, caught.value.resource_identifier) == ("/a/b", "b")
    assert isinstance(caught.value.__cause__, OSError)


def test_such_errors_are_caught_as_those_of_python_and_survive_pickling() -> None:
    with pytest.raises(FileNotFoundError) as caught, storage_errors("read", "/a"):
        raise FileNotFoundError(errno.ENOENT, "x")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copy, errors.ResourceNotFound)
    assert (str(copy), copy.path) == (str(caught.value), "/a")


def test_errors_of_the_library_and_of_callers_pass_unchanged() -> None:
    for error in (errors.ResourceExists("there"), KeyError("own"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, storage_errors("read", "/a"):
            raise error
        assert caught.value is error


def test_a_name_that_cannot_be_encoded_is_invalid() -> None:
    with pytest.raises(errors.ResourceInvalid, match="cannot encode the name"), storage_errors("read", "/a\ud800"):
        "\ud800".encode()
