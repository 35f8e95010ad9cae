"""Signatures of URLs."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.storage.signatures import SignatureRefused, Signer

PARAMETERS = {"component": "c & d", "name": "ü.png"}


def signed(signer: Signer, expires: int | None = None) -> dict[str, str]:
    return dict(parse_qsl(signer.signed_query("/x", PARAMETERS, expires)))


def test_signed_parameters_are_accepted_until_they_expire() -> None:
    signer = Signer()
    parameters = signed(signer, 100)
    signer.check("/x", parameters, 100)
    with pytest.raises(SignatureRefused, match="expired"):
        signer.check("/x", parameters, 100.5)


def test_a_signature_without_limit_stays_valid_when_all_others_expire() -> None:
    signer = Signer()
    permanent, limited = signed(signer), signed(signer, 100)
    signer.expire_all()
    signer.check("/x", permanent, 1e12)
    with pytest.raises(SignatureRefused, match="expired"):
        signer.check("/x", limited, 0)


@given(st.sampled_from(["component", "name", "expires", "signature"]), st.text())
def test_changed_parameters_are_refused(name: str, value: str) -> None:
    signer = Signer()
    parameters = signed(signer, 100)
    changed = {**parameters, name: value}
    if changed != parameters:
        with pytest.raises(SignatureRefused, match="does not match"):
            signer.check("/x", changed, 0)
    for other in ("/y", "/x/"):
        with pytest.raises(SignatureRefused, match="does not match"):
            signer.check(other, parameters, 0)
    with pytest.raises(SignatureRefused, match="does not match"):
        Signer().check("/x", parameters, 0)
    parameters.pop(name)
    with pytest.raises(SignatureRefused, match="does not match"):
        signer.check("/x", parameters, 0)
