"""Each place that would have to change is reported with its advice; all other places are not reported.

The scripts below have the expected advice behind `#>` at the end of the line, several separated by `|`. Lines without
it expect none.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict

import pytest

from ftrack_orm.porting.checking import check_script


def expected(script: str) -> dict[int, list[str]]:
    return {
        number: [each.strip() for each in line.partition("#>")[2].split("|")]
        for number, line in enumerate(script.splitlines(), 1)
        if "#>" in line
    }


def check(script: str) -> None:
    """Compare the findings of a script with the comments in it."""
    script = textwrap.dedent(script)
    found = defaultdict(list)
    for finding in check_script(script):
        found[finding.line].append(finding.advice)
    wanted = expected(script)
    assert sorted(found) == sorted(wanted), {line: found[line] for line in found if line not in wanted}
    for line, texts in wanted.items():
        assert len(found[line]) == len(texts), (line, found[line])
        for text in texts:
            assert any(text in advice for advice in found[line]), (line, text, found[line])


def test_imports_and_names_of_modules_are_reported() -> None:
    check("""
        import os, ftrack_api  #> import ftrack_orm
        import ftrack_api.structure.standard as standard  #> import ftrack_orm.storage
        from ftrack_api.event.base import Event  #> ftrack_orm.Event
        from ftrack_api import symbol  #> NOT_LOADED
        from ftrack_api.symbol import SERVER_LOCATION_ID as SERVER  #> ftrack_orm.storage.SERVER_LOCATION_ID

        session = ftrack_api.Session()
        event = Event(topic="a")  #> ftrack_orm.Event
        location = session.get("Location", SERVER)  #> storage.SERVER_LOCATION_ID
        structure = standard.StandardStructure()  #> ftrack_orm.storage.StandardStructure
        os.path.join("symbol", event["topic"])
        try:
            session.query("Task").one()
        except ftrack_api.exception.NoResultFoundError:  #> ftrack_orm.errors.NoResult
            pass
        if session["x"] is symbol.NOT_SET:  #> ftrack_orm.NOT_LOADED
            pass
    """)


def test_loggers_and_patched_names_are_reported() -> None:
    check("""
        import logging
        from unittest import mock
        import ftrack_api  #> import ftrack_orm

        logging.getLogger("ftrack_api").setLevel("INFO")  #> "ftrack_orm"
        mock.patch("ftrack_api.Session")  #> ftrack_orm.Session
        print("see ftrack_api in the manual", "ftrack_api_key")
    """)


def test_members_of_sessions_and_hubs_are_reported_wherever_the_session_comes_from() -> None:
    check("""
        import ftrack_api  #> import ftrack_orm

        def connect():
            return ftrack_api.Session()

        class Tool:
            def __init__(self):
                self.api = connect()

            def run(self):
                self.api.recorded_operations.clear()  #> session.plan()
                with self.api.auto_populating(False):  #> session.fetching("never")
                    pass
                self.api.event_hub.get_server_url()  #> session.server_url
                self.session._local_cache.clear()  #> session.expire(entity)
                self.api.commit()
                self.recorded = 1

        with ftrack_api.Session() as api:
            api.merge(None)  #> session.get(entity_type, id)
            api.record_operations = False  #> session.begin()

        def register(session, **kw):
            session.cache.clear()  #> session.expire(entity)
            session.event_hub.subscribe("topic=*", lambda event: None)

        def check(session: ftrack_api.Session):
            return session.request_timeout  #> session.settings.timeout
    """)


def test_properties_class_attributes_and_names_in_texts_are_followed() -> None:
    check("""
        import functools
        import ftrack_api  #> import ftrack_orm

        class Tool:
            api = None
            other = ftrack_api.Session()
            session = "a text of the tool"

            @functools.cached_property
            def connection(self):
                return ftrack_api.Session()

            def run(self):
                self.connection.recorded_operations  #> session.plan()
                self.other.recorded_operations  #> session.plan()
                task = None
                for task in self.other.query("Task"):
                    getattr(task, "entity_type")  #> inspect(entity).entity_type
                    hasattr(task, "name")
                task.keys()  #> session.schema.type

        session = ftrack_api.Session()
        session.recorded_operations  #> session.plan()
    """)


def test_arguments_of_the_session_are_reported() -> None:
    check("""
        import ftrack_api  #> import ftrack_orm

        ftrack_api.Session("https://a", "key", "user", False, ["plugins"])  #> fetch="never" | plugin_paths=['plugins']
        ftrack_api.Session(cache=lambda session: None)  #> recent_size
        ftrack_api.Session(auto_connect_event_hub=True, timeout=5)
    """)


def test_entities_are_followed_through_queries_loops_and_items() -> None:
    check("""
        import ftrack_api  #> import ftrack_orm

        session = ftrack_api.Session()
        task = session.query("Task").first()
        print(task.entity_type, task["name"].format(), task.get("bid"))  #> inspect(entity).entity_type | getattr(
        task["parent"].keys()  #> session.schema.type
        task["metadata"].keys()
        task["custom_attributes"].get("fps")
        task["link"][0].get("name")
        for index, shot in enumerate(session.query("Shot")):
            for child in shot["children"]:
                child.update({"name": "x"})  #> entity[name] = value
        by_name = {each["name"]: each for each in session.query("Task").all()}
        by_name.keys()
        by_name["a"].items()  #> inspect(entity).loaded
        first, second = session.query("Task")[0], 5
        first.values()  #> inspect(entity).loaded
        names = [each.entity_type for each in task["assignments"]]  #> inspect(entity).entity_type
        dict(task)  #> attributes
        {**task, "a": 1}  #> attributes
        for name in task:  #> attributes
            pass
        del task["name"]  #> session.revert
        session.types["Task"].attributes  #> attributes
        data = {"a": 1}
        data.get("a"), data.keys(), dict(data), len(data)
    """)


def test_implicit_uses_of_queries_are_reported() -> None:
    check("""
        import ftrack_api  #> import ftrack_orm

        session = ftrack_api.Session()
        tasks = session.query("Task")
        if tasks:  #> query.exists()
            pass
        while not tasks and True:  #> query.exists()
            pass
        print(len(tasks), bool(tasks))  #> query.count() | query.exists()
        "a" if tasks else "b"  #> query.exists()
        task = tasks.first()
        if task in tasks:  #> query.where(id=...).exists()
            pass
        if task and tasks.all() and len(tasks.all()) and task in tasks.all():
            pass
        [each for each in tasks if tasks]  #> query.exists()
    """)


def test_dates_of_arrow_and_dates_without_a_timezone_are_reported() -> None:
    check("""
        import datetime
        import arrow
        import ftrack_api  #> import ftrack_orm

        session = ftrack_api.Session()
        task = session.get("Task", "1")
        task["end_date"].humanize()  #> arrow.get(task['end_date']).humanize
        task["end_date"].isoformat(), task["name"].format()
        task["end_date"] = arrow.utcnow()
        task["end_date"] = datetime.datetime.now()  #> timezone
        task["end_date"] = datetime.datetime(2024, 5, 6)  #> timezone
        task["end_date"] = datetime.datetime(2024, 5, 6, tzinfo=datetime.timezone.utc)
        task["end_date"] = datetime.datetime.now(datetime.timezone.utc)
        session.create("Timelog", {"start": datetime.datetime.utcnow(), "duration": 5})  #> timezone
        print(datetime.datetime.now())
    """)


def test_a_guess_from_a_name_says_so() -> None:
    check("""
        import ftrack_api  #> import ftrack_orm

        def show(task, settings, event):
            task.keys()  #> if task is an entity of ftrack, write
            settings.keys()
            settings.entity_type  #> if settings is an entity of ftrack, write
            for entity in event["data"].get("entities", []):
                entity.get("entityId")
    """)


@pytest.mark.parametrize(
    "script",
    [
        "import requests\nsession = requests.Session()\nsession.cache.clear()\nsession.get('a').json().get('b')",
        "def run(session, task):\n    session.merge(task)\n    task.keys()\n    task.entity_type",
        "import ftrack_apiary\nftrack_apiary.Session()",
        "import ftrack_orm\nsession = ftrack_orm.Session()\nfor task in session.query('Task'):\n    task.name",
        "from . import ftrack_api\nftrack_api.exception.Error",
    ],
    ids=["another library", "no sign of ftrack", "a similar name", "this library", "a module of the script"],
)
def test_scripts_of_other_libraries_have_no_findings(script: str) -> None:
    assert check_script(script) == []


def test_a_place_is_reported_once_with_its_position_and_a_short_text() -> None:
    query = "session.query('Task where ' + 'name is animation ' * 9 + '1')"
    script = f"import ftrack_api\nsession = ftrack_api.Session()\nlen({query})"
    finding = check_script(script)[1]
    assert (finding.line, finding.column, finding.write) == (3, 1, "query.count()")
    assert len(finding.text) == 60
    assert finding.text.endswith("...")
