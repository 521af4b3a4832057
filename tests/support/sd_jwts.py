"""SD-JWTs made by hand, so that they can be wrong, and every way one comes in."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carnet_securing.credential import (
    ANY_VCT,
    AuthenticCredential,
    IssuerKey,
    authenticate_credential,
    parse_credential,
    verify_credential,
)
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.signer import Signer
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_trust.trust_file import TrustData
from carnet_verifier import BearerCopy, NoFurtherCondition
from carnet_verifier import verify_credential as verify_document
from carnet_wallet.acceptance import Expected, Judges, accept
from carnet_wallet.records import HolderKey
from support.keys import signer
from support.looking_up import on_demand
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

ISSUER = "https://school.example"
VCT = "urn:carnet-test:anything:1"
ALGORITHMS = frozenset({"ES256", "EdDSA"})


def base64url(data: bytes) -> str:
    """Base64url without padding, by the standard library."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def disclosure(*content: Any) -> str:
    """A disclosure with any content at all; a salt is not added."""
    return base64url(json.dumps(list(content)).encode())


def digest(encoded: str, algorithm: str = "sha-256") -> str:
    """The digest of a disclosure."""
    return base64url(hashlib.new(algorithm.replace("-", ""), encoded.encode()).digest())


def jwt(payload: Any, *, key: Signer | None = None, typ: Any = "dc+sd-jwt", **header: Any) -> str:
    """A JWT of any payload, honestly signed. Bytes and text are taken as they are."""
    key = key or signer("school")
    first = {"alg": key.algorithm, "typ": typ, "kid": key.public_jwk.kid, **header}
    raw = payload.encode() if isinstance(payload, str) else payload
    raw = raw if isinstance(raw, bytes) else json.dumps(payload).encode()
    signing_input = f"{base64url(json.dumps(first).encode())}.{base64url(raw)}"
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


def payload(**members: Any) -> dict[str, Any]:
    """An honest payload, with whatever a test adds or replaces."""
    return {
        "iss": ISSUER,
        "iat": NOW - 100,
        "exp": NOW + 1_000,
        "vct": VCT,
        "cnf": {"jwk": signer("worker").public_jwk.bare().to_json()},
        **members,
    }


def forge(members: Mapping[str, Any], *disclosures: str, tail: str = "", **more: Any) -> str:
    """A signed SD-JWT of `payload(**members)` with these disclosures, right or wrong."""
    return "~".join((jwt(payload(**members), **more), *disclosures, tail))


def verified(token: str | bytes, *, limits: Limits = PRESENTATION, **more: Any) -> VerifiedSdJwt:
    """What `verify_sd_jwt` makes of a token of the school."""
    members: dict[str, Any] = {
        "key": signer("school").public_jwk,
        "algorithms": ALGORITHMS,
        "types": {"dc+sd-jwt"},
        "check": check_signature,
    }
    return verify_sd_jwt(parse_sd_jwt(token, limits=limits), limits=limits, **(members | more))


def issuer_key(**changes: Any) -> IssuerKey:
    """The school's key as trust finds it."""
    members: dict[str, Any] = {
        "issuer": ISSUER,
        "key": signer("school").public_jwk,
        "route": IssuerKeyRoute.METADATA,
    }
    return IssuerKey(**(members | changes))


def authentic(token: str | bytes, **changes: Any) -> AuthenticCredential:
    """What `authenticate_credential` makes of a token of the school."""
    return authenticate_credential(
        parse_credential(token, limits=PRESENTATION),
        issuer_key=issuer_key(**changes),
        check=check_signature,
        limits=PRESENTATION,
    )


@dataclass(frozen=True, kw_only=True)
class WayIn:
    """One way an SD-JWT comes in."""

    name: str
    read: Callable[[str], object]

    def kind_of(self, token: str) -> ErrorKind:
        """Why the token is refused; fails the test when it is not."""
        try:
            self.read(token)
        except CarnetError as error:
            return error.kind
        raise AssertionError(f"{self.name} accepted it")

    def claims_of(self, token: str) -> Mapping[str, Any]:
        """What an accepted token says there, those of the profile included."""
        read: Any = self.read(token)
        match self.name:
            case "verifier":
                ((document,),) = read.credentials.values()
                found: Mapping[str, Any] = document.claims
            case "wallet":
                (copy,) = read.copies
                found = copy.held.claims
            case _:
                found = read.claims
        return found


def _credential(token: str) -> object:
    return verify_credential(
        parse_credential(token, limits=PRESENTATION),
        issuer_key=issuer_key(),
        vcts=ANY_VCT,
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def world() -> tuple[TrustData, OnDemandLookups]:
    """Trust in the school, and lookups that find its keys on a simulated web."""
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web, url=ISSUER)
    return TrustData.of([issuer.entry(types=(VCT,))]), on_demand(web)


def _document(token: str) -> object:
    """Through the verifier's library, as a file that somebody sent."""
    trust, lookups = world()
    return verify_document(
        token,
        binding=BearerCopy(),
        trust=trust,
        lookups=lookups,
        policy=NoFurtherCondition(),
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def _wallet(token: str) -> object:
    """As a certificate an issuer sends, with the larger limits of what was asked for."""
    trust, lookups = world()
    key = signer("worker")
    return accept(
        [token],
        expected=Expected(
            issuer=ISSUER,
            vct=VCT,
            keys=[
                HolderKey(
                    algorithm=key.algorithm,
                    private=key.private_bytes(),
                    public=key.public_jwk.bare(),
                )
            ],
        ),
        judges=Judges(trust=trust, lookups=lookups, check=check_signature),
        now=NOW,
    )


WAYS_IN: Sequence[WayIn] = (
    WayIn(name="sd-jwt", read=verified),  # and this one checks no times
    WayIn(name="credential", read=_credential),
    WayIn(name="verifier", read=_document),
    WayIn(name="wallet", read=_wallet),
)
