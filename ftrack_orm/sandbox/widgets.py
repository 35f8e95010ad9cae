"""Edge: the addresses of widgets, which hold a token that expires, and the pages at those addresses.

The embedded server has no web interface, so a page only names the widget and its entity.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import html
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import server_errors
from .raw_action import text_argument

if TYPE_CHECKING:
    from .writing.store import Store

#: The widgets of real servers, and whether each is about an entity (PROTOCOL 2.2).
_WIDGETS = {"info": True, "tasks": False, "tasks_browser": False}

_THEMES = ("dark", "light")

#: How long an address can be opened (protocol fact).
LIFETIME = datetime.timedelta(minutes=6)

#: Signs the addresses of this process.
_SECRET = secrets.token_bytes(32)


def get_widget_url(store: Store, body: Mapping[str, Any]) -> dict[str, str]:
    """Return the address of a widget, which can be opened without credentials for six minutes."""
    name = text_argument(body, "name")
    if name not in _WIDGETS:
        raise server_errors.validation_error(f"There is no widget {name!r}, only {', '.join(sorted(_WIDGETS))}.")
    theme = body.get("theme")
    parameters = {"theme": theme if theme in _THEMES else _THEMES[0]}
    if body.get("entity_type") is not None or _WIDGETS[name]:
        entity_type, key = text_argument(body, "entity_type"), body.get("entity_key")
        key = key if isinstance(key, list) else [key]
        store.get(store.schema.type(entity_type).name, [str(part) for part in key])
        parameters.update(entity_type=entity_type, entity_key=",".join(map(str, key)))
    parameters["expires"] = str(int((store.request.received_at + LIFETIME).timestamp()))
    parameters["token"] = _sign(name, parameters)
    return {"widget_url": f"{store.request.base_url}/widget/{name}?{urlencode(parameters)}"}


def page(name: str, parameters: Mapping[str, str], now: datetime.datetime) -> str | None:
    """Return the page of a widget as HTML, or None if its address has expired or was not made by this server."""
    signed = {key: value for key, value in parameters.items() if key != "token"}
    token = parameters.get("token", "")
    if not hmac.compare_digest(token.encode(), _sign(name, signed).encode()):
        return None
    if now.timestamp() >= int(signed["expires"]):
        return None
    subject = f"{signed['entity_type']} {signed['entity_key']}" if "entity_type" in signed else "no entity"
    title = html.escape(f"ftrack widget {name}: {subject}")
    return (
        f'<!doctype html><html lang="en" data-theme="{html.escape(signed["theme"])}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1>"
        "<p>The embedded server shows no content in widgets.</p></body></html>"
    )


def _sign(name: str, parameters: Mapping[str, str]) -> str:
    signed = urlencode([("name", name), *sorted(parameters.items())])
    return hmac.new(_SECRET, signed.encode(), hashlib.sha256).hexdigest()
