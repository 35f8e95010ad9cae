"""The `config` of custom attribute configurations by type, as tests create them."""

from __future__ import annotations

import json

WHOLE = {"isdecimal": False}
ONE_OF = {
    "multiSelect": False,
    "data": json.dumps([{"menu": "Easy", "value": "easy"}, {"menu": "Hard", "value": "hard"}]),
}
SOME_OF = {**ONE_OF, "multiSelect": True}
