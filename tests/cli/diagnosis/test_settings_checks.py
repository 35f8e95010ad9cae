"""Findings about settings, without a server."""

from __future__ import annotations

from pathlib import Path

from ftrack_orm.cli.diagnosis.finding import State
from ftrack_orm.cli.diagnosis.settings_checks import check_account, check_folders, check_variables


def test_a_key_is_never_shown() -> None:
    environ = {"FTRACK_SERVER": "mystudio", "FTRACK_API_USER": "jane", "FTRACK_API_KEY": "s3cret"}
    search, findings = check_account({}, environ, [])
    assert search is not None
    assert [finding.detail for finding in findings] == [
        "https://mystudio.ftrackapp.com, from FTRACK_SERVER",
        "jane, from FTRACK_API_USER",
        "6 characters, from FTRACK_API_KEY",
    ]


def test_a_variable_with_a_mistake_is_found_and_others_are_left_alone() -> None:
    (finding,) = check_variables({"FTRACK_API_USERS": "jane", "FTRACK_CONNECT_PLUGIN_PATH": "/x", "HOME": "/"})
    assert finding.state is State.WARNING
    assert "FTRACK_API_USERS" in finding.detail
    assert "FTRACK_API_USER?" in finding.advice


def test_passwords_of_proxies_are_not_shown() -> None:
    for value in ("http://jane:s3cret@proxy:3128/", "jane:s3cret@proxy:3128", "http://[s3cret@x"):
        (finding,) = check_variables({"https_proxy": value})
        assert "s3cret" not in finding.detail
        assert "HTTPS_PROXY" in finding.detail


def test_certificates_and_folders_that_do_not_exist_are_found(tmp_path: Path) -> None:
    (bundle,) = check_variables({"REQUESTS_CA_BUNDLE": str(tmp_path / "no.pem")})
    assert bundle.state is State.FAILED
    cache, plugins = check_folders(
        {"FTRACK_API_SCHEMA_CACHE_PATH": str(tmp_path), "FTRACK_EVENT_PLUGIN_PATH": str(tmp_path / "none")}
    )
    assert cache.state is State.OK
    assert plugins.state is State.WARNING
    assert str(tmp_path / "none") in plugins.detail
