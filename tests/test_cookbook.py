"""The cookbook's scripts give the same results with this library and with the official client, in fewer requests."""

import importlib.util
import pathlib
import threading

import ftrack_api
import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox

COOKBOOK = pathlib.Path(__file__).parent.parent / "docs" / "howto" / "cookbook"
PROJECT = "demo"


def script(name):
    path = COOKBOOK / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"cookbook_{name.replace('/', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Run:
    """One client on a server of its own, with the requests it makes counted."""

    def __init__(self, client, box, cache):
        self.box = box
        self.requests = 0
        cache.mkdir()
        if client == "ftrack_orm":
            self.session = Session(box.url, box.api_key, box.api_user, schema_cache_path=cache)
            self.session.server_information  # noqa: B018 - so that only the script's own requests are counted
            self.session.observe(self._count)
            self.folder = ""
        else:
            self.session = ftrack_api.Session(
                box.url, box.api_key, box.api_user, schema_cache_path=str(cache), auto_connect_event_hub=False
            )
            self.session._request.hooks["response"].append(self._count)
            self.folder = "official/"

    def _count(self, *_, **__):
        self.requests += 1

    def script(self, name):
        return script(self.folder + name)


@pytest.fixture
def runs(tmp_path):
    """Both clients, each on a server with the same production."""
    with Sandbox(seed="demo", tasks=300) as ours, Sandbox(seed="demo", tasks=300) as theirs:
        pair = Run("ftrack_orm", ours, tmp_path / "ours"), Run("official", theirs, tmp_path / "theirs")
        yield pair
        for run in pair:
            run.session.close()


def test_the_dashboard_shows_the_same_in_few_requests_without_projections(runs):
    ours, theirs = runs
    rows = ours.script("dashboard").dashboard(ours.session, PROJECT)
    assert rows == theirs.script("dashboard").dashboard(theirs.session, PROJECT)
    assert rows
    # The tasks, then each hop and each kind of attribute once for all of them.
    assert ours.requests <= 10


def test_a_publish_is_the_same_in_less_than_half_the_requests(runs, tmp_path):
    files = {name: tmp_path / f"{name}.exr" for name in ("beauty", "depth", "normals", "motion", "matte")}
    for path in files.values():
        path.write_bytes(b"pixels")
    published = []
    for run in runs:
        task = run.session.query('select id from Task where project.name is "demo" order by id').first()
        version = run.script("publish").publish(run.session, task["id"], "beauty pass", files, "ready")
        published.append(_as_published(run.session, version["id"]))
    assert published[0] == published[1]
    assert [name for name, *_ in published[0]["components"]] == sorted(files)
    assert runs[0].requests * 2 < runs[1].requests


def _as_published(session, version_id):
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
                    (place["location"]["name"], place["resource_identifier"])
                    for place in component["component_locations"]
                ],
            )
            for component in version["components"]
        ),
    }


def test_the_roll_up_leaves_the_same_behind_in_a_handful_of_requests(runs):
    ours, _ = runs
    counts = [run.script("rollup").roll_up(run.session, PROJECT) for run in runs]
    assert counts[0] == counts[1]
    assert ours.requests <= 5
    left = [
        {
            shot["id"]: (shot["status"]["name"], dict(shot["metadata"]))
            for shot in run.session.query('select status.name, metadata from Shot where project.name is "demo"')
        }
        for run in runs
    ]
    assert left[0] == left[1]
    assert any(progress for _, progress in left[0].values())


def test_the_listener_sends_a_shot_to_review_with_the_last_of_its_tasks(runs, tmp_path):
    ours, theirs = runs
    listening = ours.script("listener").listen(ours.session)
    assert _review_all_tasks_of_a_shot(ours.box, tmp_path)
    listening.cancel()
    theirs.session.event_hub.connect()
    theirs.script("listener").listen(theirs.session)
    # Its hub handles events while somebody waits.
    threading.Thread(target=theirs.session.event_hub.wait, daemon=True).start()
    assert _review_all_tasks_of_a_shot(theirs.box, tmp_path)


def _review_all_tasks_of_a_shot(box, cache):
    """Send all tasks of a shot to review, one after the other; return whether the shot was sent after them."""
    sent = threading.Event()
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=cache) as artist:
        shot = artist.query("Shot").where('project.name is "demo" and children any ()').order_by("id").first()
        review = artist.query("Status").where(name="Pending Review").one()
        artist.event_hub.connect()
        artist.on_change("Shot", lambda *_: sent.set(), attributes=["status"], where=f'id is "{shot.id}"')
        for task in shot.children:
            assert not sent.is_set()
            task.status = review
            artist.commit()
        return sent.wait(30) and shot.status is review
