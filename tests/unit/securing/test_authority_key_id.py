"""The authorities a credential's chain names, which a question may narrow to."""

from typing import Any

import pytest
from cryptography import x509

from carnet_securing import base64url
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.limits import PRESENTATION
from support.certificates import Authority, chain

CHAIN = chain()


def own_identifier(authority: Authority) -> str:
    found = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return base64url.encode(found.value.digest)


def test_every_certificate_of_the_chain_names_who_signed_it() -> None:
    assert named_authorities({"x5c": CHAIN.x5c}, limits=PRESENTATION) == (
        ("aki", own_identifier(CHAIN.intermediates[0])),
        ("aki", own_identifier(CHAIN.root)),
    )
    assert named_authorities({"x5c": CHAIN.x5c[:1]}, limits=PRESENTATION) == (
        ("aki", own_identifier(CHAIN.intermediates[0])),
    )


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"x5c": None},
        {"x5c": []},
        {"x5c": "x"},
        {"x5c": [5]},
        {"x5c": ["AAAA"]},
        {"x5c": ["not base64"]},
        {"x5c": CHAIN.x5c * 3},
    ],
)
def test_no_chain_that_can_be_read_names_nobody(header: dict[str, Any]) -> None:
    assert named_authorities(header, limits=PRESENTATION) == ()
