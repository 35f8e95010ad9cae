import copy
import json
import threading

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.session.handshake import check_version
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Response
from ftrack_orm.transport.http import HttpTransport

USERS = {"action": "query", "expression": "select username from User"}


class Line:
    """HTTP to the embedded server, with a look at what is asked and a hand on what is answered."""

    def __init__(self, box):
        self._http = HttpTransport(Settings.resolve(box.url, box.api_key, box.api_user))
        self.asked = []
        self.cut = lambda actions: False
        self.change = lambda actions, answers: answers

    def send(self, request, cancellation=None):
        actions = [operation["action"] for operation in json.loads(request.body)]
        self.asked.append(actions)
        if self.cut(actions):
            raise errors.TransportError("The line was cut.", safe_to_retry=True)
        answer = self._http.send(request, cancellation)
        answers = self.change(actions, json.loads(answer.body))
        return Response(answer.status, answer.headers, json.dumps(answers).encode())

    def close(self):
        self._http.close()


@pytest.fixture
def line(box):
    line = Line(box)
    yield line
    line.close()


@pytest.fixture
def cache(tmp_path):
    return SchemaCache(tmp_path)


@pytest.fixture
def start(connect, line, cache):
    """Make a session that is to meet the server through `line`, with `cache`."""
    return lambda: connect(transport=line, schema_cache_path=cache.folder)


@pytest.fixture
def answer(session):
    """The embedded server's schema, to be changed at will."""
    return copy.deepcopy(session.schemas)


def described(answer, name):
    return next(description for description in answer if description["id"] == name)


# -- the first request ------------------------------------------------------------------------------------------------


def test_without_a_cached_schema_the_first_request_asks_everything_at_once(start, line):
    (reply,) = start().call([USERS])
    assert reply["action"] == "query"
    assert line.asked == [["query_server_information", "query_schemas", "query"]]


def test_with_a_cached_schema_the_first_request_asks_one_thing_more_and_nothing_follows(start, line):
    start().call([USERS])
    line.asked.clear()

    session = start()
    assert session.query("User").first() is not None
    assert session.types.Task.__name__ == "Task"
    assert session.server_information["version"]
    assert line.asked == [["query_server_information", "query"]]


def test_information_is_asked_once(start, line):
    session = start()
    assert session.server_information["schema_hash"] == session.schema.hash
    assert session.server_information["version"]
    session.call([USERS])
    assert line.asked == [["query_server_information", "query_schemas"], ["query"]]


def test_a_cached_schema_can_be_read_without_the_server(start, line):
    start().call([USERS])
    line.cut = lambda actions: True
    session = start()
    assert "Task" in session.types
    assert str(session.query("Task").where(name="x")) == 'Task where name is "x"'
    with pytest.raises(errors.TransportError):
        session.query("Task").all()


def test_what_the_server_refuses_first_is_told_and_the_next_request_is_met_as_usual(start):
    session = start()
    with pytest.raises(errors.ServerParseError):
        session.call([{"action": "query", "expression": "select id from User where"}])
    assert session.query("User").first() is not None


def test_a_cut_line_leaves_the_session_able_to_begin_again(start, line):
    session = start()
    line.cut = lambda actions: True
    with pytest.raises(errors.TransportError):
        session.types.Task  # noqa: B018 - reading it asks for the schema
    line.cut = lambda actions: False
    assert session.types.Task.__name__ == "Task"


def test_the_very_first_request_of_a_query_is_answered_through_the_same_request(start, line, cache):
    start().call([USERS])
    line.asked.clear()
    assert len(start().query("User").all()) >= 1
    assert line.asked == [["query_server_information", "query"]]


# -- a cached schema that is not the server's any more -----------------------------------------------------------------


def test_a_stale_schema_is_asked_for_anew_and_the_cache_rewritten(start, line, cache, box, answer):
    del described(answer, "Task")["properties"]["bid"]
    cache.store(box.url, answer, "the hash of an earlier schema")

    session = start()
    assert "bid" not in session.schema.type("Task").attributes
    session.call([USERS])
    assert line.asked == [["query_server_information", "query"], ["query_schemas"]]
    assert "bid" in session.schema.type("Task").attributes
    kept, hash = cache.load(box.url)
    assert hash == session.server_information["schema_hash"]
    assert kept == session.schemas

    line.asked.clear()
    start().call([USERS])
    assert line.asked == [["query_server_information", "query"]]


def test_classes_and_their_entities_follow_a_newer_schema_in_place(start, cache, box, answer):
    del described(answer, "User")["properties"]["email"]
    described(answer, "User")["properties"]["shoe_size"] = {"type": "integer"}
    cache.store(box.url, answer, "the hash of an earlier schema")

    session = start()
    User = session.types.User
    assert not hasattr(User, "email")
    user = session.query(User).first()
    assert type(user) is User is session.types.User
    assert str(session.query(User).where(User.email == "x")).endswith('where email is "x"')
    assert user.email is None or isinstance(user.email, str)
    with pytest.raises(errors.UnknownAttribute):
        user.shoe_size  # noqa: B018 - reading it is what fails
    with pytest.raises(errors.UnknownAttribute):
        User.shoe_size  # noqa: B018


def test_a_stale_schema_whose_projections_the_server_refuses_does_not_stay_in_the_cache(start, cache, box, answer):
    described(answer, "User")["properties"]["shoe_size"] = {"type": "integer"}
    described(answer, "User")["default_projections"].append("shoe_size")
    cache.store(box.url, answer, "the hash of an earlier schema")

    session = start()
    with pytest.raises(errors.ServerError, match="shoe_size"):
        session.query("User").all()
    assert session.query("User").all()
    assert start().query("User").all()


def test_what_the_first_request_did_is_not_lost_when_the_newer_schema_cannot_be_had(
    start, line, cache, box, answer, production
):
    cache.store(box.url, answer, "the hash of an earlier schema")
    line.cut = lambda actions: actions == ["query_schemas"]

    session = start()
    task = session.create("Task", name="first", parent_id=production.shots[0])
    assert session.commit() == 1
    assert not session.created
    line.cut = lambda actions: False
    assert task.project.name == production.name
    assert ["query_schemas"] in line.asked[2:], "the newer schema was never asked for again"
    assert len(session.query("Task").where(name="first", parent_id=production.shots[0]).all()) == 1


def test_pages_go_on_coming_while_the_newer_schema_cannot_be_had(start, line, cache, box, answer, production):
    cache.store(box.url, answer, "the hash of an earlier schema")
    line.cut = lambda actions: actions == ["query_schemas"]
    tasks = start().query("Task", page_size=5).where(project_id=production.project)
    assert len(tasks.all()) == 12

    line.cut = lambda actions: actions == ["query_schemas"] or sum("query" in asked for asked in line.asked) > 4
    pages = tasks.pages()
    assert len(next(pages)) == 5
    with pytest.raises(errors.TransportError):
        next(pages)


def test_asking_for_information_alone_tells_that_the_newer_schema_cannot_be_had(start, line, cache, box, answer):
    cache.store(box.url, answer, "the hash of an earlier schema")
    line.cut = lambda actions: actions == ["query_schemas"]
    with pytest.raises(errors.TransportError):
        start().server_information  # noqa: B018 - reading it asks


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 1, "server_url": "URL", "hash": "x", "schemas": [{"id": "Task"}]}',
        b'{"format": 1, "server_url": "URL", "hash": "x", "schemas": [{"id": "Task", "properties": 5}]}',
        b'{"format": 0, "server_url": "URL", "hash": "x", "schemas": []}',
    ],
)
def test_a_damaged_cache_is_replaced_by_what_the_server_says(start, line, cache, box, content):
    path = cache.path(box.url)
    path.write_bytes(content.replace(b"URL", box.url.encode()))
    session = start()
    session.call([USERS])
    assert line.asked == [["query_server_information", "query_schemas", "query"]]
    assert cache.load(box.url) == (session.schemas, session.server_information["schema_hash"])


def test_no_cache_is_kept_when_told_so(connect, line, tmp_path, monkeypatch):
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    connect(transport=line, schema_cache_path=False).call([USERS])
    connect(transport=line, schema_cache_path=False).call([USERS])
    assert line.asked == [["query_server_information", "query_schemas", "query"]] * 2
    assert list(tmp_path.iterdir()) == []


# -- servers that are something else -----------------------------------------------------------------------------------


def test_a_server_too_old_is_refused(start, line):
    def aged(actions, answers):
        answers[0]["version"] = "3.3.10"
        return answers

    line.change = aged
    with pytest.raises(errors.ServerCompatibilityError, match=r"3\.3\.10.*3\.3\.11"):
        start().query("User")


@pytest.mark.parametrize("version", ["3.3.11", "3.3.11.1", "4.0.0", "4.13.8.0", "10.0.0", "dev", "", "4.x"])
def test_a_server_new_enough_or_in_development_is_let_through(version):
    check_version(version)


@pytest.mark.parametrize("version", ["3.3.10", "3.2.99", "2.9.12.4"])
def test_an_old_version_is_not_let_through(version):
    with pytest.raises(errors.ServerCompatibilityError, match=version):
        check_version(version)


@pytest.mark.parametrize(
    ("position", "strange"), [(0, "hello"), (0, None), (1, {"Task": {}}), (1, [{"name": "no id"}]), (1, None)]
)
def test_a_server_that_is_no_ftrack_is_a_protocol_error(start, line, position, strange):
    def changed(actions, answers):
        answers[position] = strange
        return answers

    line.change = changed
    with pytest.raises(errors.ProtocolError):
        start().query("User")


def test_wrong_credentials_are_told_by_the_first_request(box, tmp_path):
    with Session(box.url, "not the key", box.api_user, schema_cache_path=tmp_path) as session:
        asked = []
        session.observe(asked.append)
        with pytest.raises(errors.AuthenticationError):
            session.query("User")
        assert len(asked) == 1
        assert list(tmp_path.iterdir()) == []


# -- several threads ---------------------------------------------------------------------------------------------------


def test_threads_that_begin_together_meet_the_server_once(start, line):
    session = start()
    barrier = threading.Barrier(6)
    found, failures = [], []

    def ask():
        try:
            barrier.wait(10)
            found.append([session.types.Task, session.query("User").count(), session.server_information["version"]])
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(found) == 6
    assert all(entry == found[0] for entry in found)
    assert sum("query_schemas" in actions for actions in line.asked) == 1
    assert sum("query_server_information" in actions for actions in line.asked) == 1
