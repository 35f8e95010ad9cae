"""Settings come from arguments and the environment, are validated, and keep secrets out of their repr."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from ftrack_orm.errors import SettingsError
from ftrack_orm.settings import Settings, normalize_server_url

ENVIRON = {"FTRACK_SERVER": "https://env.example.com", "FTRACK_API_USER": "env-user", "FTRACK_API_KEY": "env-key"}


def make(**changes: Any) -> Settings:
    return Settings.resolve(**{"server_url": "https://a.example.com", "api_key": "k", "api_user": "u", **changes})


def test_the_environment_replaces_omitted_arguments() -> None:
    settings = Settings.resolve(environ=ENVIRON)
    assert (settings.server_url, settings.api_user, settings.api_key) == (
        "https://env.example.com",
        "env-user",
        "env-key",
    )


def test_arguments_win_over_the_environment() -> None:
    settings = Settings.resolve("https://arg.example.com", "arg-key", "arg-user", environ=ENVIRON)
    assert (settings.server_url, settings.api_user, settings.api_key) == (
        "https://arg.example.com",
        "arg-user",
        "arg-key",
    )


def test_the_process_environment_is_used_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert Settings.resolve().api_user == "env-user"


def test_one_message_names_every_missing_setting() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.resolve(environ={"FTRACK_API_USER": "  "}, stores=())
    for word in ("server_url", "FTRACK_SERVER", "api_user", "FTRACK_API_USER", "api_key", "FTRACK_API_KEY"):
        assert word in str(caught.value)
    assert caught.value.missing == ("server_url", "api_user", "api_key")


@pytest.mark.parametrize("present", ["server_url", "api_key", "api_user"])
def test_a_setting_that_is_present_is_not_reported_as_missing(present: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.resolve(**{present: "value"}, environ={}, stores=())
    assert present not in caught.value.missing
    assert len(caught.value.missing) == 2


def test_the_operating_system_user_is_not_taken_for_the_api_user() -> None:
    with pytest.raises(SettingsError, match="FTRACK_API_USER"):
        Settings.resolve("https://a.example.com", "k", environ={"LOGNAME": "jane", "USER": "jane"}, stores=())


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://studio.example.com", "https://studio.example.com"),
        ("  https://studio.example.com//  ", "https://studio.example.com"),
        ("http://127.0.0.1:8090/", "http://127.0.0.1:8090"),
        ("HTTPS://Studio.Example.com/Sub/", "https://studio.example.com/Sub"),
        ("studio.example.com", "https://studio.example.com"),
        ("mystudio", "https://mystudio.ftrackapp.com"),
        ("my-studio-2", "https://my-studio-2.ftrackapp.com"),
        ("localhost", "https://localhost"),
        ("localhost:8090", "https://localhost:8090"),
        ("http://[::1]:8090", "http://[::1]:8090"),
        ("https://studio.example.com/api", "https://studio.example.com"),
        ("https://studio.example.com/api/", "https://studio.example.com"),
        ("studio.example.com/API//", "https://studio.example.com"),
        ("https://studio.example.com/api/api", "https://studio.example.com"),
        ("https://studio.example.com/sub/api", "https://studio.example.com/sub"),
        ("https://studio.example.com/myapi", "https://studio.example.com/myapi"),
        ("mystudio/", "https://mystudio.ftrackapp.com"),
        ("//studio.example.com/", "https://studio.example.com"),
        ('"https://studio.example.com/"', "https://studio.example.com"),
        ("127.0.0.1:8090/api", "https://127.0.0.1:8090"),
    ],
)
def test_the_server_url_is_completed(given: str, url: str) -> None:
    assert normalize_server_url(given) == url
    assert normalize_server_url(url) == url


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://studio.example.com",
        "https://",
        "https://a b.example.com",
        "https://a.example.com:port",
        "https://[::1",
        "https://a.example.com/?x=1",
        "https://a.example.com/#x",
        "///",
        "/api",
        "https:/studio.example.com",
        '""',
    ],
)
def test_a_text_that_is_not_a_server_url_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(SettingsError, match="FTRACK_SERVER"):
        normalize_server_url(wrong)


def test_a_url_with_a_password_is_refused_without_quoting_it() -> None:
    with pytest.raises(SettingsError) as caught:
        make(server_url="https://jane:s3cret@studio.example.com")
    assert "s3cret" not in str(caught.value)
    assert "api_key" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": float("inf")},
        {"timeout": float("nan")},
        {"timeout": "60"},
        {"timeout": True},
        {"retries": -1},
        {"retries": 1.5},
        {"page_size": 0},
        {"strict_api": "yes"},
        {"fetch": "peer"},
        {"headers": ["x"]},
        {"headers": {"x": "a\r\nb"}},
        {"client_token": ""},
        {"application_id": ""},
        {"application_id": 5},
        {"api_endpoint": ""},
        {"api_endpoint": "/"},
        {"api_endpoint": 5},
        {"api_endpoint": "/api?x=1"},
        {"api_endpoint": "https://other.example.com/api"},
        {"api_endpoint": "/a b"},
        {"max_requests_per_second": 0},
        {"max_requests_per_second": -1.0},
        {"max_requests_per_second": float("nan")},
        {"max_requests_per_second": float("inf")},
        {"max_requests_per_second": True},
        {"max_requests_per_second": "5"},
        {"max_requests_in_flight": 0},
        {"max_requests_in_flight": 1.5},
        {"api_key": 5},
    ],
)
def test_values_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        make(**wrong)
    assert next(iter(wrong)) in str(caught.value)


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="'page_size'"):
        make(pagesize=10)


def test_a_similar_fetch_mode_is_suggested() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'peers'"):
        make(fetch="peer")


def test_a_line_break_at_the_end_of_a_key_is_removed() -> None:
    assert make(api_key=" key\n").api_key == "key"


@pytest.mark.parametrize("key", ["ke\r\ny: injected", "k\u20acy"])
def test_a_key_that_no_header_can_carry_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make(api_key=key)
    assert "api_key" in str(caught.value)
    assert key not in str(caught.value)


def test_the_repr_contains_no_secret() -> None:
    settings = make(
        api_key="s3cret-key",
        headers={"authorization": "s3cret-header"},
        cookies={"session": "s3cret-cookie"},
        proxies={"https": "http://jane:s3cret-proxy@proxy"},
    )
    assert "s3cret" not in repr(settings)
    assert "https://a.example.com" in repr(settings)


def test_settings_survive_pickling_and_are_immutable() -> None:
    settings = make(headers={"x-studio": "one"})
    assert pickle.loads(pickle.dumps(settings)) == settings
    with pytest.raises(AttributeError):
        settings.timeout = 5  # type: ignore[misc]


def test_mappings_are_copied() -> None:
    headers = {"x-studio": "one"}
    settings = make(headers=headers)
    headers["x-studio"] = "two"
    assert settings.headers == {"x-studio": "one"}


def test_each_client_token_is_unique() -> None:
    one, other = make(), make()
    assert one.client_token.startswith("ftrack-orm-python--")
    assert one.client_token != other.client_token
    assert make(client_token="mine").client_token == "mine"


def test_false_disables_the_schema_cache() -> None:
    assert make(schema_cache_path=False, environ={"FTRACK_API_SCHEMA_CACHE_PATH": "/x"}).schema_cache_path is None


@pytest.mark.parametrize("given", [None, True])
def test_the_schema_cache_folder_comes_from_the_environment(given: bool | None) -> None:
    settings = make(schema_cache_path=given, environ={"FTRACK_API_SCHEMA_CACHE_PATH": "/caches/ftrack"})
    assert settings.schema_cache_path == Path("/caches/ftrack")


def test_the_schema_cache_argument_wins_and_may_name_a_file_as_for_the_official_client() -> None:
    environ = {"FTRACK_API_SCHEMA_CACHE_PATH": "/caches/ftrack"}
    assert make(schema_cache_path="/mine/schema.json", environ=environ).schema_cache_path == Path("/mine")
    assert make(schema_cache_path=Path("/mine"), environ=environ).schema_cache_path == Path("/mine")


def test_the_schema_cache_is_in_the_users_cache_folder_by_default() -> None:
    path = make(environ={}).schema_cache_path
    assert path is not None
    assert path.is_absolute()
    assert "ftrack_orm" in path.parts


@pytest.mark.parametrize("bundle", ["", "  ", "\t\n", None])
def test_an_empty_ca_bundle_counts_as_not_given(bundle: Any) -> None:
    assert make(ca_bundle=bundle).ca_bundle is None


@pytest.mark.parametrize("bundle", [0, 0.0, b"", b"/a", [], {}, (), 1, object()])
def test_a_ca_bundle_of_a_wrong_type_is_refused(bundle: Any) -> None:
    with pytest.raises(SettingsError, match="ca_bundle"):
        make(ca_bundle=bundle)


WRONG: list[dict[str, Any]] = [
    *(
        {"server_url": value}
        for value in (b"https://a.test", 5, ["a"], Path("/a"), "https://a\ud800.test/ x", "x x" * 3000)
    ),
    *({"api_key": value} for value in (b"key", 5, ["a"], "a\nb", "\u20ac", "\ud800")),
    *({"api_user": value} for value in (b"jane", 5, "a\0b")),
    *({"client_token": value} for value in (b"x", 5, "", "a\rb")),
    *(
        {"timeout": value}
        for value in ("5", None, 0, -1, True, float("nan"), float("inf"), 1e300, 10**400, 10**5000, b"5")
    ),
    *({"total_timeout": value} for value in ("5", 0, -1, True, float("nan"), 1e300, 10**400, -(10**5000))),
    *({"max_response_bytes": value} for value in (0, -1, 1.5, "5", True, None, 10**5000)),
    *({"retries": value} for value in (-1, 1.5, "5", None, True, 10**5000)),
    *(
        {"headers": value}
        for value in (5, "a", [("a", "b")], {5: "x"}, {"x": 5}, {"x": None}, {"x": b"y"}, {"x": "a\nb"})
    ),
    *(
        {"headers": value}
        for value in ({"": "x"}, {"a b": "x"}, {"a\nb": "x"}, {b"a": "x"}, {"\u00e9": "x"}, {"x": " y"})
    ),
    *(
        {"cookies": value}
        for value in (5, {5: "x"}, {"x": 5}, {"x": None}, {"x": b"y"}, {"x": "a\nb"}, {"x": "a;b"}, {"": "x"})
    ),
    *({"proxies": value} for value in (5, {5: "http://p"}, {"https": 5}, {"https": b"http://p"}, "http://p")),
    *({"schema_cache_path": value} for value in (5, b"/a", ["/a"], 1.5)),
    *({"plugin_paths": value} for value in (5, [5], [None], 1.5)),
    *({"plugin_arguments": value} for value in (5, [1], "a")),
    *({"fetch": value} for value in (5, [1], {1: 2}, b"peers", None)),
]


@pytest.mark.parametrize("changes", WRONG, ids=[f"{next(iter(each))}-{number}" for number, each in enumerate(WRONG)])
def test_a_setting_of_a_wrong_type_or_form_is_refused_with_its_name(changes: dict[str, Any]) -> None:
    (name,) = changes
    with pytest.raises(SettingsError) as caught:
        make(**changes)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_the_total_time_is_ten_timeouts_unless_it_is_given() -> None:
    assert make(timeout=5).total_seconds(7) == 70
    assert make(timeout=5, total_timeout=60).total_seconds(7) == 60
    assert make(total_timeout=float("inf")).total_seconds(7) == float("inf")


def test_the_page_about_settings_lists_every_setting() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert listed == {field.name for field in attrs.fields(Settings)} | {"transport"}


@pytest.mark.parametrize(("given", "path"), [("/api", "/api"), ("v2/api/", "/v2/api"), (" /api ", "/api")])
def test_the_endpoint_is_a_path_with_one_slash_before_it(given: str, path: str) -> None:
    assert make(api_endpoint=given).api_endpoint == path
