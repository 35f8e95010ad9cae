"""The scripts of the cookbook have the same results with both clients, with fewer requests of this library."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import pathlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import ftrack_api
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.sandbox.storage.movies import movie
from tests.sandbox.storage.pictures import encoded, gradient

COOKBOOK = pathlib.Path(__file__).parent.parent / "docs" / "howto" / "cookbook"
PROJECT = "demo"


def load_script(name: str) -> ModuleType:
    path = COOKBOOK / f"{name}.py"
    spec = existing(importlib.util.spec_from_file_location(f"cookbook_{name.replace('/', '_')}", path))
    module = importlib.util.module_from_spec(spec)
    existing(spec.loader).exec_module(module)
    return module


class Run:
    """A client with a server of its own, whose requests are counted."""

    def __init__(self, client: str, box: Sandbox, cache: pathlib.Path) -> None:
        self.box = box
        self.requests = 0
        self.session: Any
        cache.mkdir()
        if client == "ftrack_orm":
            self.session = Session(box.url, box.api_key, box.api_user, schema_cache_path=cache)
            self.session.server_information  # noqa: B018 - connects, so that only the requests of the script are counted
            self.session.observe(self._count)
            self.folder = ""
        else:
            self.session = ftrack_api.Session(
                box.url, box.api_key, box.api_user, schema_cache_path=str(cache), auto_connect_event_hub=False
            )
            self.session._request.hooks["response"].append(self._count)
            self.folder = "official/"

    def _count(self, *_: Any, **__: Any) -> None:
        self.requests += 1

    def script(self, name: str) -> ModuleType:
        return load_script(self.folder + name)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[tuple[Run, Run]]:
    """Both clients, each with a server that has the same production."""
    with Sandbox(seed="demo", tasks=300) as ours, Sandbox(seed="demo", tasks=300) as theirs:
        pair = Run("ftrack_orm", ours, tmp_path / "ours"), Run("official", theirs, tmp_path / "theirs")
        yield pair
        for run in pair:
            run.session.close()


def test_the_dashboard_has_the_same_rows_in_at_most_ten_requests(runs: tuple[Run, Run]) -> None:
    ours, theirs = runs
    rows = ours.script("dashboard").dashboard(ours.session, PROJECT)
    assert rows == theirs.script("dashboard").dashboard(theirs.session, PROJECT)
    assert rows
    # One for the tasks, and one for each relation and kind of attribute of all of them.
    assert ours.requests <= 10


def test_a_publish_has_the_same_entities_in_less_than_half_the_requests(runs: tuple[Run, Run], tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.exr" for name in ("beauty", "depth", "normals", "motion", "matte")}
    for path in files.values():
        path.write_bytes(b"pixels")
    results = []
    for run in runs:
        task = run.session.query('select id from Task where project.name is "demo" order by id').first()
        version = run.script("publish").publish(run.session, task["id"], "beauty pass", files, "ready")
        results.append(_published(run.session, version["id"]))
    assert results[0] == results[1]
    assert [name for name, *_ in results[0]["components"]] == sorted(files)
    assert runs[0].requests * 2 < runs[1].requests


def test_publishing_files_has_the_same_effect_in_at_most_four_requests(runs: tuple[Run, Run], tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.png" for name in ("beauty", "depth")}
    thumbnail, film = tmp_path / "thumbnail.png", tmp_path / "film.mov"
    for path in (*files.values(), thumbnail):
        path.write_bytes(encoded(gradient(64, 32)))
    film.write_bytes(movie())
    results = []
    for run in runs:
        lead = run.session.ensure("User", {"username": "ada"}, identifying_keys=["username"])
        task = run.session.query('select project from Task where project.name is "demo" order by id').first()
        manager_type = run.session.query("ManagerType").first()
        run.session.create("Manager", {"context": task["project"], "user": lead, "type": manager_type})
        run.session.commit()
        run.requests = 0
        version = run.script("publish_files").publish(
            run.session, task["id"], "beauty pass", files, thumbnail, film, "ready"
        )
        requests = run.requests
        run.box.storage.wait_for_encoding()
        published = _published(run.session, version["id"])
        for *_, locations in published["components"]:
            # Identifiers on the server are the ids of components, which differ.
            locations[:] = [name for name, _ in locations]
        results.append({**published, **_reviewed(run, version["id"])})
        run.requests = requests
    assert results[0] == results[1]
    assert [name for name, *_ in results[0]["components"]][:2] == sorted(files)
    assert runs[0].requests <= 4
    assert runs[0].requests * 4 < runs[1].requests


def test_publishing_again_makes_the_next_version_and_a_publish_that_fails_leaves_nothing(tmp_path: Path) -> None:
    publish = load_script("publish_files").publish
    picture, film = tmp_path / "picture.png", tmp_path / "film.mov"
    picture.write_bytes(encoded(gradient(64, 32)))
    film.write_bytes(movie())
    with Sandbox(seed="demo", tasks=50) as box, Session(box.url, box.api_key, box.api_user) as session:
        task = existing(session.query("Task").where("parent.object_type.name is Shot").first())
        files = {"beauty": picture}
        first = publish(session, task.id, "beauty pass", files, picture, film, "one")
        second = publish(session, task.id, "beauty pass", files, picture, film, "two")
        assert (first.version, second.version, first.asset) == (1, 2, second.asset)
        box.storage.wait_for_encoding()
        stored = len(box.storage)
        with pytest.raises(errors.StorageError, match=r"missing\.mov"):
            publish(session, task.id, "beauty pass", files, picture, tmp_path / "missing.mov", "three")
        assert (session.created, session.modified) == ([], [])
        versions = session.query("AssetVersion").where(asset_id=first.asset.id).all()
        assert (len(versions), len(box.storage)) == (2, stored)


def _reviewed(run: Run, version_id: str) -> dict[str, Any]:
    """Return what there is to review of a version: its thumbnail, its note, and the output of its encoding."""
    version = run.session.query(
        "select thumbnail.name, task.notes.recipients.recipient, task.notes.content from AssetVersion "
        f'where id is "{version_id}"'
    ).one()
    jobs = run.session.query("select status, data from Job order by created_at").all()
    job = next(job for job in jobs if "source_component_id" in job["data"])
    data = json.loads(job["data"])
    return {
        "thumbnail": version["thumbnail"]["name"],
        "recipients": {
            note["content"]: {recipient["recipient"]["username"] for recipient in note["recipients"]}
            for note in version["task"]["notes"]
        },
        "job": job["status"],
        "formats": sorted(output["format"] for output in data["output"]),
        "files": sorted(len(run.box.storage[output["component_id"]]) for output in data["output"]),
    }


def test_the_page_about_publishing_shows_the_script() -> None:
    script = (COOKBOOK / "publish_files.py").read_text(encoding="utf-8").partition('"""\n\n\n')[2]
    assert script in (COOKBOOK.parent / "publish-files.md").read_text(encoding="utf-8")


def _published(session: Any, version_id: str) -> dict[str, Any]:
    version = session.query(
        "select version, comment, asset.name, asset.parent.name, task.status.name, task.notes.content, "
        "components.name, components.size, components.file_type, components.metadata, "
        "components.component_locations.location.name, "
        f'components.component_locations.resource_identifier from AssetVersion where id is "{version_id}"'
    ).one()
    return {
        "version": version["version"],
        "comment": version["comment"],
        "asset": (version["asset"]["name"], version["asset"]["parent"]["name"]),
        "status": version["task"]["status"]["name"],
        "notes": sorted(note["content"] for note in version["task"]["notes"]),
        "components": sorted(
            (
                component["name"],
                component["size"],
                component["file_type"],
                dict(component["metadata"]),
                [
                    (location["location"]["name"], location["resource_identifier"])
                    for location in component["component_locations"]
                ],
            )
            for component in version["components"]
        ),
    }


def test_the_roll_up_has_the_same_effect_in_at_most_five_requests(runs: tuple[Run, Run]) -> None:
    ours, _ = runs
    counts = [run.script("rollup").roll_up(run.session, PROJECT) for run in runs]
    assert counts[0] == counts[1]
    assert ours.requests <= 5
    shots = [
        {
            shot["id"]: (shot["status"]["name"], dict(shot["metadata"]))
            for shot in run.session.query('select status.name, metadata from Shot where project.name is "demo"')
        }
        for run in runs
    ]
    assert shots[0] == shots[1]
    assert any(progress for _, progress in shots[0].values())


def test_the_listener_sends_a_shot_to_review_after_the_last_of_its_tasks(runs: tuple[Run, Run], tmp_path: Path) -> None:
    ours, theirs = runs
    subscription = ours.script("listener").listen(ours.session)
    assert _review_all_tasks_of_a_shot(ours.box, tmp_path)
    subscription.cancel()
    theirs.session.event_hub.connect()
    theirs.script("listener").listen(theirs.session)
    with _handling_events(theirs.session.event_hub):
        assert _review_all_tasks_of_a_shot(theirs.box, tmp_path)


@contextlib.contextmanager
def _handling_events(event_hub: Any) -> Iterator[None]:
    """Handle the events of the official client in a thread, which does so only during `wait()`."""
    stopped = threading.Event()

    def handle() -> None:
        while not stopped.is_set():
            event_hub.wait(0.1)

    thread = threading.Thread(target=handle)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # Without a request in progress, so that the sandbox can stop at once.
        thread.join()


def _review_all_tasks_of_a_shot(box: Sandbox, cache: pathlib.Path) -> bool:
    """Send all tasks of a shot to review, one by one; return whether the shot is sent after the last one."""
    shot_changed = threading.Event()
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=cache) as artist:
        shot = existing(artist.query("Shot").where('project.name is "demo" and children any ()').order_by("id").first())
        review = artist.query("Status").where(name="Pending Review").one()
        artist.event_hub.connect()
        artist.on_change("Shot", lambda *_: shot_changed.set(), attributes=["status"], where=f'id is "{shot.id}"')
        for task in shot.children:
            assert not shot_changed.is_set()
            task.status = review
            artist.commit()
        return shot_changed.wait(30) and bool(shot.status is review)
