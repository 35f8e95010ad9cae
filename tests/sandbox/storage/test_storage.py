"""The storage of a server, and the URLs that lead to its files."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from ftrack_orm.sandbox.storage.signatures import SignatureRefused
from ftrack_orm.sandbox.storage.storage import Storage, declared_by
from ftrack_orm.sandbox.storage.stored_file import StoredFile
from ftrack_orm.sandbox.storage.uploads import Declared
from tests.sandbox.storage.client import Clock


def parsed(url: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(url)
    return split.path, dict(parse_qsl(split.query, keep_blank_values=True))


@pytest.mark.parametrize(
    "declared",
    [
        Declared("c", "a & b.png", "image/png"),
        Declared("c/ü", "a", "text/plain", 0, "0" * 32),
        Declared("c", "a", "b", 9),
    ],
)
def test_an_upload_url_carries_all_that_the_client_has_announced(declared: Declared) -> None:
    storage = Storage(Clock())
    path, parameters = parsed(storage.upload_url("http://box", declared))
    storage.check(path, parameters)
    assert declared_by(parameters) == (declared, None, 0)
    path, parameters = parsed(storage.upload_url("http://box", declared, "upload", 7))
    storage.check(path, parameters)
    assert declared_by(parameters) == (declared, "upload", 7)


def test_urls_expire_after_their_lifetime_but_not_those_of_entities() -> None:
    clock = Clock()
    storage = Storage(clock)
    storage.url_seconds = 10
    limited = parsed(storage.download_url("http://box", "c"))
    unlimited = parsed(storage.entity_url("http://box", "/component/get", "c"))
    clock.advance(10)
    storage.check(*limited)
    clock.advance(1)
    storage.check(*unlimited)
    with pytest.raises(SignatureRefused, match="expired"):
        storage.check(*limited)


def test_removing_a_component_removes_its_file_and_its_uploads() -> None:
    storage = Storage(Clock())
    segment = storage.files.create().finish()
    storage.files.put(StoredFile("c", "n", "t", (segment,)))
    storage.uploads.start(Declared("c", "n", "t"), 3)
    assert storage.remove("c")
    assert storage.uploads.unfinished == ()
    assert not storage.remove("c")
