"""Schemas cached on disk: misses, damaged files, and several processes."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.schema.cache import SchemaCache
from tests.assertions import existing

URL = "https://mystudio.ftrackapp.com"
SCHEMAS = [{"id": "Task", "properties": {"name": {"type": "string", "default": "Grüße"}}}]


@pytest.fixture
def cache(tmp_path: Path) -> SchemaCache:
    return SchemaCache(tmp_path / "created" / "when needed")


def test_a_stored_schema_is_loaded_with_its_hash(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMAS, "h1")
    assert cache.load(URL) == (SCHEMAS, "h1")


def test_an_empty_cache_is_a_miss_and_creates_no_folder(cache: SchemaCache) -> None:
    assert cache.load(URL) is None
    assert not existing(cache.folder).exists()


def test_a_newer_schema_replaces_the_older_in_the_same_file(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMAS, "h1")
    cache.store(URL, [], "h2")
    assert cache.load(URL) == ([], "h2")
    assert len(list(existing(cache.folder).iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    ["https://other.ftrackapp.com", "http://mystudio.ftrackapp.com", URL + "/ftrack", URL + ":8443"],
)
def test_servers_do_not_share_a_file(cache: SchemaCache, other: Any) -> None:
    cache.store(URL, SCHEMAS, "h1")
    assert cache.load(other) is None
    assert cache.path(other) != cache.path(URL)


def test_the_name_of_the_file_names_the_server(cache: SchemaCache) -> None:
    assert existing(cache.path(URL)).name.startswith("schema-mystudio.ftrackapp.com-")
    long = existing(cache.path("https://" + "x" * 500 + "/../../etc"))
    assert long.parent == cache.folder
    assert len(long.name) < 100


def test_a_file_of_another_server_is_a_miss_under_any_name(cache: SchemaCache) -> None:
    cache.store("https://other.ftrackapp.com", SCHEMAS, "h1")
    os.replace(existing(cache.path("https://other.ftrackapp.com")), existing(cache.path(URL)))
    assert cache.load(URL) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        json.dumps({"format": 1, "server_url": URL, "hash": "h1"}).encode(),
        json.dumps({"format": 1, "server_url": URL, "hash": 5, "schemas": []}).encode(),
        json.dumps({"format": 1, "server_url": URL, "hash": "h1", "schemas": [5]}).encode(),
        json.dumps({"format": 0, "server_url": URL, "hash": "h1", "schemas": []}).encode(),
    ],
)
def test_a_damaged_file_is_a_miss_in_the_debug_log_and_can_be_replaced(
    cache: SchemaCache, content: Any, caplog: pytest.LogCaptureFixture
) -> None:
    existing(cache.folder).mkdir(parents=True)
    existing(cache.path(URL)).write_bytes(content)
    with caplog.at_level(logging.DEBUG, "ftrack_orm.schema"):
        assert cache.load(URL) is None
    assert str(cache.path(URL)) in caplog.text
    cache.store(URL, SCHEMAS, "h1")
    assert cache.load(URL) == (SCHEMAS, "h1")


def test_a_file_cut_at_any_place_is_a_miss(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMAS, "h1")
    whole = existing(cache.path(URL)).read_bytes()
    for length in range(len(whole)):
        existing(cache.path(URL)).write_bytes(whole[:length])
        assert cache.load(URL) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # A file in the place of the folder is an obstacle even for the superuser, who passes permissions.
    (tmp_path / "file").write_text("in the way")
    cache = SchemaCache(tmp_path / "file" / "folder")
    with caplog.at_level(logging.DEBUG, "ftrack_orm.schema"):
        cache.store(URL, SCHEMAS, "h1")
        assert cache.load(URL) is None
    assert "cannot be written" in caplog.text
    assert "cannot be read" in caplog.text
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


def test_a_folder_in_the_place_of_the_file_is_no_error_and_leaves_no_temporary_file(cache: SchemaCache) -> None:
    existing(cache.path(URL)).mkdir(parents=True)
    (existing(cache.path(URL)) / "something").touch()
    cache.store(URL, SCHEMAS, "h1")
    assert cache.load(URL) is None
    assert list(existing(cache.folder).iterdir()) == [cache.path(URL)]


def test_a_schema_that_is_not_json_is_not_stored_and_leaves_the_older_one(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMAS, "h1")
    cache.store(URL, [{"id": object()}], "h2")
    assert cache.load(URL) == (SCHEMAS, "h1")
    assert len(list(existing(cache.folder).iterdir())) == 1


def test_without_a_folder_nothing_is_cached() -> None:
    cache = SchemaCache(None)
    cache.store(URL, SCHEMAS, "h1")
    assert cache.load(URL) is None
    assert cache.path(URL) is None


def test_a_reader_sees_complete_schemas_while_writers_replace_them(tmp_path: Path) -> None:
    answers = {f"h{number}": [{"id": f"Type{number}", "filler": "x" * 50_000}] for number in range(3)}
    SchemaCache(tmp_path).store(URL, answers["h0"], "h0")
    done = threading.Event()

    def write(hash: str) -> None:
        while not done.is_set():
            SchemaCache(tmp_path).store(URL, answers[hash], hash)

    writers = [threading.Thread(target=write, args=(hash,)) for hash in answers]
    for writer in writers:
        writer.start()
    try:
        for _ in range(200):
            loaded = SchemaCache(tmp_path).load(URL)
            assert loaded is not None
            answer, hash = loaded
            assert answer == answers[hash]
    finally:
        done.set()
        for writer in writers:
            writer.join(10)
    assert len(list(tmp_path.iterdir())) == 1
