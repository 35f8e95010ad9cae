"""Schemas cached on disk: misses, damaged and poisoned files, other things in their place, and several processes."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import os
import random
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ftrack_orm.schema import cache as cache_module
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.schema.model import Schema, schema_hash
from ftrack_orm.schema.parsed import ParsedSchemas
from tests.assertions import existing
from tests.mutations import damage_bytes, damage_value
from tests.property_settings import examples

URL = "https://mystudio.ftrackapp.com"
ANSWER = [{"id": "Task", "primary_key": ["id"], "properties": {"name": {"type": "string", "default": "Grüße"}}}]
SCHEMA = Schema.from_response(ANSWER)
HASH = schema_hash(ANSWER)


def schema(name: str, **others: Any) -> Schema:
    return Schema.from_response([{"id": name, "primary_key": ["id"], "properties": {}, **others}])


@pytest.fixture
def cache(tmp_path: Path) -> SchemaCache:
    """A cache that parses each file: it shares nothing with those of other tests."""
    return SchemaCache(tmp_path / "created" / "when needed", ParsedSchemas(0))


def poison(cache: SchemaCache, text: bytes, **header: Any) -> Path:
    """Write a file with *text* in the place of the schema, and the right hash unless *header* has another."""
    stated = {"format": 2, "server_url": URL, "hash": hashlib.md5(text).hexdigest(), **header}
    path = existing(cache.path(URL))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(stated).encode() + b"\n" + text)
    return path


def test_a_stored_schema_is_loaded_with_its_hash(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, HASH)
    loaded, text_hash = existing(cache.load(URL))
    assert (loaded.answer, text_hash) == (ANSWER, HASH)


def test_an_empty_cache_is_a_miss_and_creates_no_folder(cache: SchemaCache) -> None:
    assert cache.load(URL) is None
    assert not existing(cache.folder).exists()


def test_a_newer_schema_replaces_the_older_in_the_same_file(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, HASH)
    newer = schema("Newer")
    cache.store(URL, newer, newer.hash)
    assert existing(cache.load(URL))[1] == newer.hash
    assert len(list(existing(cache.folder).iterdir())) == 1


def test_a_schema_that_has_another_hash_than_the_server_states_is_not_cached(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, HASH)
    cache.store(URL, schema("Newer"), HASH)
    assert cache.load(URL) is None


def test_a_schema_without_a_stated_hash_is_cached_with_its_own(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, None)
    assert existing(cache.load(URL))[1] == HASH


@pytest.mark.parametrize(
    "other",
    ["https://other.ftrackapp.com", "http://mystudio.ftrackapp.com", URL + "/ftrack", URL + ":8443"],
)
def test_servers_do_not_share_a_file(cache: SchemaCache, other: Any) -> None:
    cache.store(URL, SCHEMA, HASH)
    assert cache.load(other) is None
    assert cache.path(other) != cache.path(URL)


def test_the_name_of_the_file_names_the_server(cache: SchemaCache) -> None:
    assert existing(cache.path(URL)).name.startswith("schema-mystudio.ftrackapp.com-")
    long = existing(cache.path("https://" + "x" * 500 + "/../../etc"))
    assert long.parent == cache.folder
    assert len(long.name) < 100


def test_a_file_of_another_server_is_a_miss_under_any_name(cache: SchemaCache) -> None:
    cache.store("https://other.ftrackapp.com", SCHEMA, HASH)
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
        json.dumps({"format": 1, "server_url": URL, "hash": HASH, "schemas": ANSWER}).encode(),
        json.dumps({"format": 2, "server_url": URL, "hash": HASH}).encode(),
        json.dumps({"format": 2, "server_url": URL, "hash": HASH}).encode() + b"\n[]",
        json.dumps({"format": 2, "server_url": URL, "hash": 5}).encode() + b"\n[]",
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
    cache.store(URL, SCHEMA, HASH)
    assert existing(cache.load(URL))[1] == HASH


def test_a_file_cut_at_any_place_is_a_miss(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, HASH)
    whole = existing(cache.path(URL)).read_bytes()
    for length in range(len(whole)):
        existing(cache.path(URL)).write_bytes(whole[:length])
        assert cache.load(URL) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # A file in the place of the folder is an obstacle even for the superuser, who passes permissions.
    (tmp_path / "file").write_text("in the way")
    cache = SchemaCache(tmp_path / "file" / "folder", ParsedSchemas(0))
    with caplog.at_level(logging.DEBUG, "ftrack_orm.schema"):
        cache.store(URL, SCHEMA, HASH)
        assert cache.load(URL) is None
    assert "cannot be written" in caplog.text
    assert "cannot be read" in caplog.text
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


def test_a_folder_in_the_place_of_the_file_is_no_error_and_leaves_no_temporary_file(cache: SchemaCache) -> None:
    existing(cache.path(URL)).mkdir(parents=True)
    (existing(cache.path(URL)) / "something").touch()
    cache.store(URL, SCHEMA, HASH)
    assert cache.load(URL) is None
    assert list(existing(cache.folder).iterdir()) == [cache.path(URL)]


def test_a_schema_that_is_not_json_is_not_stored_and_leaves_the_older_one(cache: SchemaCache) -> None:
    cache.store(URL, SCHEMA, HASH)
    cache.store(URL, schema("Task", extra=object()), None)
    assert existing(cache.load(URL))[1] == HASH
    assert len(list(existing(cache.folder).iterdir())) == 1


def test_without_a_folder_nothing_is_cached() -> None:
    cache = SchemaCache(None)
    cache.store(URL, SCHEMA, HASH)
    assert cache.load(URL) is None
    assert cache.path(URL) is None


def test_a_reader_sees_complete_schemas_while_writers_replace_them(tmp_path: Path) -> None:
    schemas = [schema(f"Type{number}", filler="x" * 50_000) for number in range(3)]
    hashes = {each.hash for each in schemas}
    SchemaCache(tmp_path).store(URL, schemas[0], None)
    done = threading.Event()

    def write(each: Schema) -> None:
        while not done.is_set():
            SchemaCache(tmp_path, ParsedSchemas(0)).store(URL, each, each.hash)

    writers = [threading.Thread(target=write, args=(each,)) for each in schemas]
    for writer in writers:
        writer.start()
    try:
        for _ in range(200):
            loaded, text_hash = existing(SchemaCache(tmp_path, ParsedSchemas(0)).load(URL))
            assert loaded.hash == text_hash
            assert text_hash in hashes
    finally:
        done.set()
        for writer in writers:
            writer.join(10)
    assert len(list(tmp_path.iterdir())) == 1


# -- poisoned and damaged files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [HASH, "0" * 32, 5, None])
def test_a_file_whose_text_has_another_hash_than_it_states_is_a_miss(cache: SchemaCache, stated: Any) -> None:
    poison(cache, json.dumps([{"id": "Task", "primary_key": ["name"], "properties": {}}]).encode(), hash=stated)
    assert cache.load(URL) is None


def test_the_hash_of_a_poisoned_file_is_that_of_its_text_so_that_it_cannot_claim_to_be_the_server_s(
    cache: SchemaCache,
) -> None:
    poisoned = schema("Poison")
    poison(cache, json.dumps(poisoned.answer, sort_keys=True).encode())
    assert existing(cache.load(URL))[1] == poisoned.hash != HASH


@pytest.mark.parametrize(
    "content",
    [
        None,
        5,
        {},
        [5],
        [{}],
        [{"id": []}],
        [{"id": "Task", "properties": 5}],
        [{"id": "Task", "properties": {"name": "text"}, "primary_key": ["id"]}],
        [{"id": "Task", "properties": {"name": {"type": "array", "items": 5}}, "primary_key": ["id"]}],
        [{"id": "Task", "properties": {}, "primary_key": None}],
    ],
)
def test_a_file_with_the_right_hash_and_content_of_wrong_types_is_a_miss(cache: SchemaCache, content: Any) -> None:
    poison(cache, json.dumps(content).encode())
    assert cache.load(URL) is None


def test_deep_nesting_and_long_numbers_are_misses(cache: SchemaCache) -> None:
    for text in (b"[" * 100_000, b"[" + b"9" * 1_000_000 + b"]", b'[{"id": ' + b"{" * 5000):
        poison(cache, text)
        assert cache.load(URL) is None


def test_a_file_above_the_limit_is_not_read(cache: SchemaCache) -> None:
    path = poison(cache, b"[]")
    os.truncate(path, cache_module.MAX_BYTES + 1)  # a sparse file
    assert cache.load(URL) is None


def test_thousands_of_damaged_files_are_misses_or_unchanged(cache: SchemaCache) -> None:
    chance = random.Random(13)
    cache.store(URL, SCHEMA, HASH)
    path = existing(cache.path(URL))
    whole = path.read_bytes()
    for number in range(examples(1_000, 20_000)):
        damaged = damage_bytes(whole, chance)
        path.write_bytes(damaged)
        loaded = cache.load(URL)
        assert loaded is None or (loaded[0].answer, loaded[1]) == (ANSWER, HASH), f"mutation {number}: {damaged!r:.300}"


def test_thousands_of_poisoned_files_raise_nothing_and_have_their_own_hash(cache: SchemaCache) -> None:
    chance = random.Random(14)
    description = copy.deepcopy(ANSWER[0])
    description["properties"] = {
        "name": {"type": "string", "alias_for": "title", "enum": ["a"], "description": "Foreign key(s): Task.id"},
        "parent": {"$ref": "Task"},
        "children": {"type": "array", "items": {"$ref": "Task"}},
        "metadata": {"type": "mapped_array", "items": {"$ref": "Task"}, "key_value_attributes": {"key": "name"}},
    }
    description.update(default_projections=["name"], immutable=["name"], metadata={"group_by": True})
    answer = [
        description,
        {**copy.deepcopy(description), "id": "Shot", "$mixin": {"$ref": "Task"}},
        {**copy.deepcopy(description), "id": "Asset", "alias_for": {"id": "Task", "classifiers": {"type": "x"}}},
    ]
    for _ in range(examples(1_000, 20_000)):
        damaged = damage_value(answer, chance)
        text = json.dumps(damaged).encode()
        poison(cache, text)
        loaded = cache.load(URL)
        assert loaded is None or loaded[1] == hashlib.md5(text).hexdigest()


# -- other things in the place of the file ----------------------------------------------------------------------------


def _fifo(path: Path) -> Iterator[str]:
    os.mkfifo(path)
    yield "a FIFO"


def _directory(path: Path) -> Iterator[str]:
    path.mkdir()
    yield "a directory"


def _device(path: Path) -> Iterator[str]:
    path.symlink_to("/dev/zero")
    yield "a device"


def _socket(path: Path) -> Iterator[str]:
    folder = os.getcwd()
    os.chdir(path.parent)  # the path of a socket is limited to about 100 characters
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
            yield "a socket"
    finally:
        os.chdir(folder)


def _link_to_fifo(path: Path) -> Iterator[str]:
    os.mkfifo(path.parent / "fifo")
    path.symlink_to("fifo")
    yield "a FIFO"


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")
@pytest.mark.parametrize("put", [_fifo, _directory, _device, _socket, _link_to_fifo])
def test_anything_but_a_regular_file_is_refused_at_once_and_left_alone(
    cache: SchemaCache, put: Callable[[Path], Iterator[str]], caplog: pytest.LogCaptureFixture
) -> None:
    path = existing(cache.path(URL))
    path.parent.mkdir(parents=True)
    kinds = put(path)
    kind = next(kinds)
    before = path.lstat()
    started = time.monotonic()
    assert cache.load(URL) is None
    cache.store(URL, SCHEMA, HASH)
    assert time.monotonic() - started < 2
    assert f"{path} is not used: it is {kind}, not a regular file. Remove it." in caplog.text
    assert path.lstat() == before
    assert not list(path.parent.glob("*.part"))
    next(kinds, None)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege")
def test_a_circle_of_links_is_a_miss_and_a_link_to_a_file_is_followed(cache: SchemaCache, tmp_path: Path) -> None:
    cache.store(URL, SCHEMA, HASH)
    path = existing(cache.path(URL))
    os.replace(path, tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert existing(cache.load(URL))[1] == HASH
    path.unlink()
    path.symlink_to(path.name)
    assert cache.load(URL) is None
    cache.store(URL, SCHEMA, HASH)


# -- sharing ----------------------------------------------------------------------------------------------------------


def test_a_schema_is_parsed_once_in_a_process(tmp_path: Path) -> None:
    SchemaCache(tmp_path, ParsedSchemas()).store(URL, SCHEMA, HASH)
    parsed = ParsedSchemas()
    calls: list[str] = []

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_name == "from_response":
            calls.append(frame.f_code.co_filename)

    sys.setprofile(count)
    try:
        loaded = [existing(SchemaCache(tmp_path, parsed).load(URL))[0] for _ in range(5)]
    finally:
        sys.setprofile(None)
    assert len(calls) == 1
    assert all(each is loaded[0] for each in loaded)


def test_a_schema_from_the_server_is_not_parsed_again(tmp_path: Path) -> None:
    parsed = ParsedSchemas()
    SchemaCache(tmp_path, parsed).store(URL, SCHEMA, HASH)
    assert existing(SchemaCache(tmp_path, parsed).load(URL))[0] is SCHEMA
    SchemaCache(tmp_path, parsed).store("https://other.ftrackapp.com", SCHEMA, HASH)
    assert existing(SchemaCache(tmp_path, parsed).load("https://other.ftrackapp.com"))[0] is SCHEMA


def test_a_hash_that_a_server_only_states_shares_nothing(tmp_path: Path) -> None:
    parsed = ParsedSchemas()
    SchemaCache(tmp_path, parsed).store(URL, SCHEMA, HASH)
    SchemaCache(tmp_path, parsed).store("https://hostile.test", schema("Hostile"), HASH)
    assert existing(SchemaCache(tmp_path, parsed).load(URL))[0] is SCHEMA


# -- permissions ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
@pytest.mark.parametrize(("umask", "permissions"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600), (0, 0o666)])
def test_the_umask_decides_who_can_read_a_file_and_write_its_folder(
    tmp_path: Path, umask: int, permissions: int
) -> None:
    cache = SchemaCache(tmp_path / "shared" / "schemas")
    path = existing(cache.path(URL))
    before = os.umask(umask)
    try:
        cache.store(URL, SCHEMA, HASH)
        assert stat.S_IMODE(path.stat().st_mode) == permissions
        # A file that only its owner can read, as earlier versions wrote it, is replaced by one that can be shared.
        path.chmod(0o600)
        cache.store(URL, SCHEMA, HASH)
        assert stat.S_IMODE(path.stat().st_mode) == permissions
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o777 & ~umask
    finally:
        os.umask(before)
