"""A server whose schema does not list all of its types and attributes."""

from __future__ import annotations

import json

from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport

HIDDEN_TYPE, HIDDEN_ATTRIBUTE = "Timelog", "bid"


class HidingTransport(ForwardingTransport):
    """Removes a type and an attribute of tasks from the schema that the embedded server sends."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        response = super().send(request, cancellation)
        body = response.read()
        if b'"primary_key"' not in body:
            return Response(response.status, response.headers, body)
        replies = json.loads(body)
        for index, reply in enumerate(replies):
            if isinstance(reply, list):
                listed = [each for each in reply if each["id"] != HIDDEN_TYPE]
                for each in listed:
                    each["properties"] = {
                        name: details
                        for name, details in each["properties"].items()
                        if HIDDEN_TYPE not in json.dumps(details) and (each["id"], name) != ("Task", HIDDEN_ATTRIBUTE)
                    }
                replies[index] = listed
        return Response(response.status, {"content-type": "application/json"}, json.dumps(replies).encode())
