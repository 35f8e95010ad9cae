from __future__ import annotations

import json
import logging
import os
import threading

import pytest

from ftrack_orm.schema.cache import SchemaCache

URL = "https://mystudio.ftrackapp.com"
ANSWER = [{"id": "Task", "properties": {"name": {"type": "string", "default": "Grüße"}}}]


@pytest.fixture
def cache(tmp_path):
    return SchemaCache(tmp_path / "made" / "on need")


def test_what_was_stored_is_loaded_with_its_hash(cache):
    cache.store(URL, ANSWER, "h1")
    assert cache.load(URL) == (ANSWER, "h1")
    assert cache.load(URL, "h1") == (ANSWER, "h1")


def test_nothing_stored_is_nothing_loaded(cache):
    assert cache.load(URL) is None
    assert not cache.folder.exists()


def test_another_hash_is_a_miss(cache):
    cache.store(URL, ANSWER, "h1")
    assert cache.load(URL, "h2") is None


def test_a_newer_schema_replaces_the_older_in_the_same_file(cache):
    cache.store(URL, ANSWER, "h1")
    cache.store(URL, [], "h2")
    assert cache.load(URL) == ([], "h2")
    assert len(list(cache.folder.iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    ["https://other.ftrackapp.com", "http://mystudio.ftrackapp.com", URL + "/ftrack", URL + ":8443"],
)
def test_servers_do_not_share_a_file(cache, other):
    cache.store(URL, ANSWER, "h1")
    assert cache.load(other) is None
    assert cache.path(other) != cache.path(URL)


def test_the_file_tells_a_person_which_server_it_is_of(cache):
    assert cache.path(URL).name.startswith("schema-mystudio.ftrackapp.com-")
    strange = cache.path("https://" + "x" * 500 + "/../../etc")
    assert strange.parent == cache.folder
    assert len(strange.name) < 100


def test_a_file_of_another_server_is_a_miss_whatever_its_name(cache):
    cache.store("https://other.ftrackapp.com", ANSWER, "h1")
    os.replace(cache.path("https://other.ftrackapp.com"), cache.path(URL))
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
def test_a_damaged_file_is_a_miss_that_the_debug_log_tells_and_can_be_replaced(cache, content, caplog):
    cache.folder.mkdir(parents=True)
    cache.path(URL).write_bytes(content)
    with caplog.at_level(logging.DEBUG, "ftrack_orm.schema"):
        assert cache.load(URL) is None
    assert str(cache.path(URL)) in caplog.text
    cache.store(URL, ANSWER, "h1")
    assert cache.load(URL) == (ANSWER, "h1")


def test_a_file_cut_at_any_place_is_a_miss(cache):
    cache.store(URL, ANSWER, "h1")
    whole = cache.path(URL).read_bytes()
    for length in range(len(whole)):
        cache.path(URL).write_bytes(whole[:length])
        assert cache.load(URL) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, caplog):
    # A file in the place of the folder stops everybody, also the superuser whom permissions do not stop.
    (tmp_path / "file").write_text("in the way")
    cache = SchemaCache(tmp_path / "file" / "folder")
    with caplog.at_level(logging.DEBUG, "ftrack_orm.schema"):
        cache.store(URL, ANSWER, "h1")
        assert cache.load(URL) is None
    assert "cannot be written" in caplog.text
    assert "cannot be read" in caplog.text
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


def test_a_folder_in_the_place_of_the_file_is_no_error_and_leaves_no_rest(cache):
    cache.path(URL).mkdir(parents=True)
    (cache.path(URL) / "something").touch()
    cache.store(URL, ANSWER, "h1")
    assert cache.load(URL) is None
    assert list(cache.folder.iterdir()) == [cache.path(URL)]


def test_an_answer_that_is_not_json_is_not_stored_and_leaves_the_older(cache):
    cache.store(URL, ANSWER, "h1")
    cache.store(URL, [{"id": object()}], "h2")
    assert cache.load(URL) == (ANSWER, "h1")
    assert len(list(cache.folder.iterdir())) == 1


def test_without_a_folder_nothing_is_kept():
    cache = SchemaCache(None)
    cache.store(URL, ANSWER, "h1")
    assert cache.load(URL) is None
    assert cache.path(URL) is None


def test_a_reader_sees_one_whole_schema_or_another_while_writers_replace_it(tmp_path):
    answers = {f"h{number}": [{"id": f"Type{number}", "filler": "x" * 50_000}] for number in range(3)}
    SchemaCache(tmp_path).store(URL, answers["h0"], "h0")
    done = threading.Event()

    def write(hash):
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
