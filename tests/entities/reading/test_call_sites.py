"""Finding the line of the user's own code that is running."""

import concurrent.futures
import inspect as python
import json

from ftrack_orm.entities.reading.call_sites import CallSite, calling_site


def line_below():
    return python.currentframe().f_back.f_lineno + 1


def test_it_is_the_line_that_called():
    where = line_below()
    assert calling_site() == CallSite(__file__, where)


def test_pythons_own_code_in_between_does_not_count():
    where = line_below()
    assert json.loads("1", parse_int=function_of_the_library()) == CallSite(__file__, where)


def function_of_the_library():
    return eval("lambda _: calling_site()", {"__name__": "ftrack_orm.entities.elsewhere", "calling_site": calling_site})


def test_a_thread_that_runs_nobody_elses_code_has_none():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert pool.submit(calling_site).result() is None


def test_the_librarys_own_code_does_not_count():
    load = function_of_the_library()
    where = line_below()
    assert load("anything") == CallSite(__file__, where)


def test_a_line_is_shown_from_the_working_directory_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(CallSite(str(tmp_path / "tools" / "publish.py"), 12)).replace("\\", "/") == "tools/publish.py:12"
    assert str(CallSite("/elsewhere/publish.py", 12)) == "/elsewhere/publish.py:12"
