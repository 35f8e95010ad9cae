"""URLs of files and thumbnails."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import InvalidValue
from ftrack_orm.settings import Settings
from ftrack_orm.storage.urls import checked_id, component_url, removal_url, thumbnail_url

SETTINGS = Settings.resolve("https://studio.example", "a key&more", "jané")
CREDENTIALS = "username=jan%C3%A9&apiKey=a+key%26more"


def test_urls_of_files_have_the_key_only_when_asked_for() -> None:
    assert component_url(SETTINGS, "c1") == "https://studio.example/component/get?id=c1"
    assert component_url(SETTINGS, "c1", with_key=True).endswith(f"/component/get?id=c1&{CREDENTIALS}")
    assert removal_url(SETTINGS, "c 1") == "https://studio.example/component/remove?id=c+1"


def test_urls_of_thumbnails() -> None:
    assert thumbnail_url(SETTINGS, "c1", 100).endswith(f"/component/thumbnail?id=c1&size=100&{CREDENTIALS}")
    assert thumbnail_url(SETTINGS, None, 100) == "https://studio.example/img/thumbnail2.png"


@pytest.mark.parametrize("size", [0, -1, True, "300", 3.5])
def test_sizes_are_numbers_of_pixels(size: Any) -> None:
    with pytest.raises(InvalidValue, match="number of pixels"):
        thumbnail_url(SETTINGS, "c1", size)


@pytest.mark.parametrize("component_id", [None, "", 5, b"c1"])
def test_ids_are_text(component_id: Any) -> None:
    with pytest.raises(InvalidValue, match="id of a component is text"):
        checked_id(component_id)
