"""Every way a signed text enters securing and trust, behind one face, to try each attack on all.

An attack that one path refuses and another lets through is the usual way such attacks work.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from carnet_securing.credential import (
    ANY_VCT,
    IssuerKey,
    parse_credential,
    verify_credential,
)
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.jws import parse_jws
from carnet_securing.jwt import verify_jwt
from carnet_securing.key_binding import SHOWN_ON_SCREEN, verify_key_binding, verify_shown
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import verify_sd_jwt
from carnet_securing.signer import Signer
from carnet_securing.status_list import verify_status_list
from carnet_trust.issuers import find_issuer
from carnet_trust.trust_file import TrustData
from support.keys import signer
from support.looking_up import on_demand
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

ISSUER = "https://school.example"
STATUS_URI = f"{ISSUER}/status/1"
ALGORITHMS = frozenset({"ES256", "ES384", "EdDSA", "Ed25519"})


def part(value: Any) -> str:
    """Base64url of bytes as they are, or of a value as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True)
class EntryPath:
    """One way in: what an honest text looks like there, and what reads it."""

    name: str
    typ: str
    key: Signer
    payload: dict[str, Any]
    run: Callable[[str], object]
    named_by: dict[str, Any] | None = None  # how its header names the key, when not by kid
    says: frozenset[ErrorKind] = frozenset()  # what it tells strangers in place of the true kind

    @property
    def header(self) -> dict[str, Any]:
        """The header of an honest text."""
        named = self.named_by or {"kid": self.key.public_jwk.kid}
        return {"alg": self.key.algorithm, "typ": self.typ, **named}

    def refusal(self, token: str) -> ErrorKind:
        """The kind of error a text is refused with; one that passes fails the test."""
        with pytest.raises(CarnetError) as caught:
            self.run(token)
        return caught.value.kind

    def refuses(self, token: str, *kinds: ErrorKind) -> None:
        """Check that a text is refused, and for one of these reasons."""
        kind = self.refusal(token)
        assert kind in kinds or kind in self.says, (self.name, kind)

    def token(
        self, *, header: Any = None, payload: Any = None, signature: bytes | None = None
    ) -> str:
        """A text with any header and payload at all, signed honestly unless told otherwise."""
        first = part(self.header if header is None else header)
        signing_input = f"{first}.{part(self.payload if payload is None else payload)}"
        if signature is None:
            signature = self.key.sign(signing_input.encode())
        return f"{signing_input}.{part(signature)}"


def _jwt(token: str) -> object:
    return verify_jwt(
        parse_jws(token, limits=PRESENTATION),
        key=signer("school").public_jwk,
        algorithms=ALGORITHMS,
        types=["carnet-test+jwt"],
        check=check_signature,
        now=NOW,
        leeway=60,
    )


def _issuer_key() -> IssuerKey:
    return IssuerKey(issuer=ISSUER, key=signer("school").public_jwk, route=IssuerKeyRoute.METADATA)


def _credential(token: str) -> object:
    return verify_credential(
        parse_credential(token + "~", limits=PRESENTATION),
        issuer_key=_issuer_key(),
        vcts=ANY_VCT,
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def _credential_of_a_found_issuer(token: str) -> object:
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web, url=ISSUER)
    unverified = parse_credential(token + "~", limits=PRESENTATION)
    found = find_issuer(
        unverified,
        trust=TrustData.of([issuer.entry()]),
        lookups=on_demand(web),
        now=NOW,
        limits=PRESENTATION,
    )
    return verify_credential(
        unverified,
        issuer_key=found.issuer_key,
        vcts=ANY_VCT,
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def _status_list(token: str) -> object:
    return verify_status_list(
        token,
        uri=STATUS_URI,
        key=signer("school").public_jwk,
        now=NOW,
        newest_seen_iat=None,
        check=check_signature,
        limits=PRESENTATION,
    )


CREDENTIAL_PAYLOAD = {
    "iss": ISSUER,
    "iat": NOW - 10,
    "exp": NOW + 1_000,
    "vct": "urn:carnet:skill-certificate:1",
    "cnf": {"jwk": signer("worker").public_jwk.bare().to_json()},
}


CREDENTIAL = EntryPath(
    name="credential",
    typ="dc+sd-jwt",
    key=signer("school"),
    payload=CREDENTIAL_PAYLOAD,
    run=_credential,
)
SIGNED_CREDENTIAL = CREDENTIAL.token()  # once: an ECDSA signature is different each time


def _bound(token: str) -> Any:
    presentation = f"{SIGNED_CREDENTIAL}~{token}"
    unverified = parse_credential(presentation, limits=PRESENTATION).sd_jwt
    return verify_sd_jwt(
        unverified,
        key=signer("school").public_jwk,
        algorithms=ALGORITHMS,
        types=["dc+sd-jwt"],
        check=check_signature,
        limits=PRESENTATION,
    )


def _key_binding(token: str) -> object:
    return verify_key_binding(
        _bound(token),
        holder_key=signer("worker").public_jwk,
        audience="https://buyer.example",
        nonce="n-0S6_WzA2Mj",
        now=NOW,
        check=check_signature,
        algorithms=ALGORITHMS,
        limits=PRESENTATION,
    )


def _shown(token: str) -> object:
    return verify_shown(
        _bound(token),
        holder_key=signer("worker").public_jwk,
        now=NOW,
        max_age=300,
        code=None,
        check=check_signature,
        algorithms=ALGORITHMS,
        limits=PRESENTATION,
    )


def _binding(name: str, audience: str, run: Callable[[str], object]) -> EntryPath:
    digest = hashlib.sha256(f"{SIGNED_CREDENTIAL}~".encode()).digest()
    payload = {"iat": NOW, "aud": audience, "nonce": "n-0S6_WzA2Mj", "sd_hash": part(digest)}
    return EntryPath(name=name, typ="kb+jwt", key=signer("worker"), payload=payload, run=run)


_STATUS_PAYLOAD = {
    "sub": STATUS_URI,
    "iat": NOW - 10,
    "exp": NOW + 1_000,
    "ttl": 300,
    "status_list": {"bits": 1, "lst": part(zlib.compress(bytes(16)))},
}

ENTRY_PATHS = (
    EntryPath(
        name="jwt",
        typ="carnet-test+jwt",
        key=signer("school"),
        payload={"iss": ISSUER, "iat": NOW, "exp": NOW + 60},
        run=_jwt,
    ),
    CREDENTIAL,
    replace(CREDENTIAL, name="credential-of-a-found-issuer", run=_credential_of_a_found_issuer),
    _binding("key-binding", "https://buyer.example", _key_binding),
    _binding("shown-on-screen", SHOWN_ON_SCREEN, _shown),
    EntryPath(
        name="status-list",
        typ="statuslist+jwt",
        key=signer("school"),
        payload=_STATUS_PAYLOAD,
        run=_status_list,
    ),
)
