"""Raw operations and the credentials of requests, as scripts for the official client write them."""

from __future__ import annotations

from typing import Any

import requests

from tests.compat.conftest import Both, Studio


def test_a_payload_is_a_dictionary_that_is_sent_with_its_entities(both: Both) -> None:
    def run(studio: Studio) -> Any:
        payload = studio.client.session.OperationPayload(
            {"action": "create", "entity_type": "TypedContext"}, entity_key=[]
        )
        payload["action"] = "query"
        del payload["entity_type"], payload["entity_key"]
        payload["expression"] = f'select name from Task where id is "{studio.production.tasks[0]}"'
        (answer,) = studio.session.call([payload])
        reference = studio.client.session.OperationPayload(a=studio.get("Task"))
        return (
            str(payload).replace(studio.production.tasks[0], "ID"),
            len(payload),
            sorted(payload),
            [each["name"] for each in answer["data"]],
            studio.production.tasks[0] in studio.session.encode(reference),
        )

    assert both(run)[3] == ["task00"]


def test_credentials_are_added_to_the_requests_of_a_script(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session = studio.session
        auth = studio.client.session.SessionAuthentication(session.api_key, session.api_user)
        operations = [{"action": "query", "expression": "select username from User limit 1"}]
        response = requests.post(f"{session.server_url}/api", json=operations, auth=auth, timeout=30)
        assert session.api_key not in repr(auth)
        assert (auth.api_key, auth.api_user) == (session.api_key, session.api_user)
        return response.status_code, response.json()[0]["action"]

    assert both(run) == (200, "query")
