"""The tables of results."""

from __future__ import annotations

import pytest

from benchmarks import tables
from benchmarks.harness import Result


def test_the_exponent_shows_the_growth_with_the_size() -> None:
    sizes = (10, 40, 160)
    results = [
        Result(name, "client", size, {"seconds": [3 * size**power]})
        for name, power in (("constant", 0), ("linear", 1), ("quadratic", 2))
        for size in sizes
    ]
    assert tables.exponents(results) == {
        ("constant", "client"): pytest.approx(0, abs=1e-9),
        ("linear", "client"): pytest.approx(1),
        ("quadratic", "client"): pytest.approx(2),
    }


def test_a_measurement_with_one_size_has_no_exponent() -> None:
    assert tables.exponents([Result("once", "client", 10, {"seconds": [1.0]})]) == {}


def test_the_table_compares_clients_with_this_library() -> None:
    results = [
        Result("read", client, 10, {"seconds": values})
        for client, values in (("ftrack_orm", [0.2, 0.1, 0.4]), ("ftrack-python-api", [12.0]))
    ]
    assert tables.result_table(results)[2:] == [
        "| read | 10 | ftrack_orm | seconds | 0.2 | 0.1 | 0.4 |  |",
        "| read | 10 | ftrack-python-api | seconds | 12 | 12 | 12 | 60 |",
    ]


def test_the_scripts_of_the_cookbook_have_a_table_of_their_own() -> None:
    results = [
        Result("cookbook: publish", client, 50, {"seconds": [seconds], "requests": [requests]})
        for client, seconds, requests in (("ftrack_orm", 0.5, 4.0), ("ftrack-python-api", 2.0, 20.0))
    ]
    assert tables.cookbook_table(results)[2:] == ["| publish | 50 ms | 20 | 2.00 | 4 | 0.50 | 4.0 |"]
    assert len(tables.growth_table(results)) == 2
