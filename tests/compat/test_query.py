"""Results of queries are the sequences of the official client."""

from __future__ import annotations

import collections.abc
from typing import Any

import ftrack_orm.compat as ftrack_api
from ftrack_orm.testing import requests_made
from tests.compat.conftest import Both, Studio, raised


def test_results_are_sequences(both: Both) -> None:
    def run(studio: Studio) -> Any:
        where = f'from Task where project_id is "{studio.production.project}" order by name'
        found = studio.session.query(f"select name {where}", page_size=5)
        names = [each["name"] for each in found]
        return (
            (isinstance(found, collections.abc.Sequence), len(found), bool(found), names),
            (found[3]["name"], found[-1]["name"], [each["name"] for each in found[2:7:2]]),
            (found[0] in found, found.index(found[4]), found.count(found[1])),
            [each["name"] for each in reversed(found)][:2],
            raised(studio.client, lambda: found[12], IndexError),
            (type(found.all()).__name__, found.first()["name"]),
            bool(studio.session.query('select name from Task where name is "no such task"')),
        )

    both(run)


def test_one_and_first_refuse_clauses_that_make_no_sense(both: Both) -> None:
    def run(studio: Studio) -> Any:
        where = f'Task where project_id is "{studio.production.project}"'
        query, client = studio.session.query, studio.client
        return (
            raised(client, lambda: query(f"{where} limit 2").one(), ValueError)[-1:],
            raised(client, lambda: query(f"{where} offset 2").one(), ValueError)[-1:],
            raised(client, lambda: query(f"{where} limit 2").first(), ValueError)[-1:],
            query(f"{where} order by name offset 2").first()["name"],
            raised(client, lambda: query(where).one()),
            query(f'{where} and name is "offset"').first(),
            len(query(f"{where} limit 5")),
            len(query(f"{where} offset 5 limit 4").all()),
        )

    both(run)


def test_wrong_queries_are_refused_when_they_are_run(both: Both) -> None:
    def run(studio: Studio) -> Any:
        query, client = studio.session.query, studio.client
        return (
            "ServerError" in raised(client, lambda: query('Task where nam is "x"').all()),
            "ServerError" in raised(client, lambda: query("select nam from Task").first()),
            "ServerError" in raised(client, lambda: query("Task where name is").all()),
            "KeyError" in raised(client, lambda: query("Spaceship"), KeyError),
            raised(client, lambda: query('select nam from Task where name is "x"')),
            raised(client, lambda: studio.session.get("Task", ["a", "b"]), ValueError)[-1:],
            studio.session.get("Task", "no such id"),
        )

    both(run)


def test_results_are_requested_once_and_in_pages(compatible: Any, production: Any) -> None:
    expression = f'select name from Task where project_id is "{production.project}"'
    native = ftrack_api.unwrap(compatible)
    found = compatible.query(expression, page_size=5)
    with requests_made(native) == 0:
        compatible.query(expression)
    # The next page is requested while the first one is used.
    with requests_made(native) <= 2:
        next(iter(found))
    with requests_made(native) <= 2:
        assert len(found) == 12
    with requests_made(native) == 0:
        assert [each["name"] for each in found] == [each["name"] for each in found.all()]
