"""The addresses of files and thumbnails."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qsl, urlsplit

from ftrack_orm.sandbox.reading.component_urls import ComponentUrls
from ftrack_orm.sandbox.storage.storage import Storage


def test_an_address_has_both_keys_that_clients_read() -> None:
    urls = ComponentUrls("http://box")
    address = "http://box/component/get?id=c"
    assert urls.value("url", "c") == {"url": address, "value": address}
    assert urls.value("url", None) is None


def test_an_entity_without_a_thumbnail_has_the_default_picture() -> None:
    address = "http://box/img/thumbnail2.png"
    assert ComponentUrls("http://box").value("thumbnail_url", None) == {"url": address, "value": address}


def test_addresses_are_signed_and_do_not_change() -> None:
    storage = Storage(lambda: datetime.datetime.now(datetime.timezone.utc))
    urls = ComponentUrls("http://box", storage)
    first, second = (urls.value("thumbnail_url", "c & d") for _ in range(2))
    assert first is not None
    assert first == second
    split = urlsplit(first["url"])
    assert split.path == "/component/thumbnail"
    storage.check(split.path, dict(parse_qsl(split.query)))
