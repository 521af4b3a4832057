"""Strangers' verifiers (npm @sd-jwt/sd-jwt-vc; PyPI sd-jwt, openvc-core, polaris-oid4vp) on what
our issuer issued and our wallet presented: they accept it, and refuse it once it is touched."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from carnet_schemas.catalog import CREDENTIAL_TYPES, type_metadata_bytes
from carnet_schemas.oid4vci import OfferByValue, parse_offer_uri
from carnet_securing.credential import IssuerKey, authenticate_credential, parse_credential
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.key_binding import bind
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from support.interop import Stranger, need_npm, need_oracle, now
from support.interop_services import School
from support.interop_verifiers import NAMES, Document, Peers, peers
from support.issuer_service import PRE_AUTHORIZED, BareWallet

pytestmark = pytest.mark.interop

NONCE = "n-0S6_WzA2MjMvS2bmYxJQ"
AUDIENCE = "x509_san_dns:buyer.example"
SHOWN = (("title",), ("month",))
each_library = pytest.mark.parametrize("name", NAMES)


@dataclass
class Claimed:
    """One certificate, and what its issuer publishes."""

    issued: str
    key: SoftwareSigner
    school: School
    record_id: str
    published: dict[str, Any]
    status_uri: str

    @property
    def issuer_key(self) -> PublicJwk:
        return parse_public_jwk(self.published["jwks"]["keys"][0])

    def status(self) -> str:
        """The status list token, fetched as any verifier would."""
        path = self.status_uri.removeprefix(self.school.url)
        accept = {"Accept": "application/statuslist+jwt"}
        return httpx2.get(self.school.listening + path, headers=accept).text

    def document(self, token: str) -> Document:
        return Document(
            token=token,
            issuer=self.school.url,
            key=self.issuer_key,
            now=now(),
            vct="urn:carnet:skill-certificate:1",
            status=self.status(),
            published=self.published,
        )

    def presented(self, **changes: Any) -> Document:
        """Two claims, shown to one asker."""
        members: dict[str, Any] = {
            "audience": AUDIENCE,
            "nonce": NONCE,
            "now": now(),
            "signer": self.key,
        }
        token = bind(_held(self).select(list(SHOWN)), **(members | changes)).decode()
        return replace(self.document(token), nonce=NONCE, audience=AUDIENCE)


def _held(claimed: Claimed) -> HeldSdJwt:
    found = IssuerKey(
        issuer=claimed.school.url, key=claimed.issuer_key, route=IssuerKeyRoute.METADATA
    )
    authentic = authenticate_credential(
        parse_credential(claimed.issued, limits=ISSUED),
        issuer_key=found,
        check=check_signature,
        limits=ISSUED,
    )
    return HeldSdJwt.of(authentic.sd_jwt)


def claim(school: School) -> Claimed:
    """Claim with a wallet of one key, over HTTP."""
    key = SoftwareSigner.generate("ES256")
    offer = school.offer(by_value=True, with_code=False)
    link = parse_offer_uri(offer.offer_uri)
    assert isinstance(link, OfferByValue)
    code = json.loads(link.unverified_text)["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
    with BareWallet(url=school.listening, now=now(), keys=[key]) as wallet:
        token = wallet.redeem(code, None).json()["access_token"]
        proof = wallet.proof(key, wallet.nonce(), aud=school.url)
        answer = wallet.post_credential(token, wallet.request([proof]))
    issued = answer.json()["credentials"][0]["credential"]
    path = school.url.removeprefix("https://college.example")
    origin = school.listening.removesuffix(path)
    return Claimed(
        issued=issued,
        key=key,
        school=school,
        record_id=offer.record_id,
        published=httpx2.get(f"{origin}/.well-known/jwt-vc-issuer{path}").json(),
        status_uri=_payload(issued)["status"]["status_list"]["uri"],
    )


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload


@pytest.fixture(scope="module")
def libraries(house: Path) -> Iterator[Peers]:
    need_oracle()
    with peers(house) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(college: School) -> Claimed:
    return claim(college)


@each_library
def test_accepts_what_our_issuer_issued(name: str, libraries: Peers, certificate: Claimed) -> None:
    verdict = libraries.ask(name, certificate.document(certificate.issued))
    assert "refused" not in verdict, verdict["refused"]
    assert verdict["claims"] == _held(certificate).claims


@each_library
def test_accepts_what_our_wallet_presents(
    name: str, libraries: Peers, certificate: Claimed
) -> None:
    verdict = libraries.ask(name, certificate.presented())
    assert "refused" not in verdict, verdict["refused"]
    shown = verdict["claims"]
    assert {"title", "month"} <= set(shown)
    assert not {"given_name", "family_name", "skills"} & set(shown)


def _other_disclosure(token: str) -> str:
    """One disclosure replaced by a better one with a digest of nobody's."""
    parts = token.split("~")
    better = base64.urlsafe_b64encode(b'["c2FsdA","month","2030-01"]').rstrip(b"=").decode()
    return "~".join([parts[0], better, *parts[2:]])


def _edited_payload(token: str) -> str:
    header, _, rest = token.split(".", 2)
    body = json.dumps(_payload(token) | {"nature": "rncp"}).encode()
    return f"{header}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{rest}"


def _other_signature(token: str) -> str:
    jwt, _, rest = token.partition("~")
    signing, _, signature = jwt.rpartition(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    return f"{signing}.{flipped}~{rest}"


TOUCHED: dict[str, Callable[[str], str]] = {
    "payload": _edited_payload,
    "signature": _other_signature,
    "disclosure": _other_disclosure,
    "disclosure-taken-out": lambda token: re.sub("~[^~]+", "", token, count=1),
    "binding-of-nobody": lambda token: token + "x",
    "binding-taken-out": lambda token: token.rpartition("~")[0] + "~",
}


@each_library
@pytest.mark.parametrize("touched", TOUCHED)
def test_refuses_what_was_touched(
    name: str, touched: str, libraries: Peers, certificate: Claimed
) -> None:
    document = certificate.presented()
    verdict = libraries.ask(name, replace(document, token=TOUCHED[touched](document.token)))
    assert "refused" in verdict


@each_library
def test_refuses_another_question_or_another_holder(
    name: str, libraries: Peers, certificate: Claimed
) -> None:
    thief = SoftwareSigner.generate("ES256")
    for changes in ({"nonce": "n-another-question-0000"}, {"signer": thief}):
        assert "refused" in libraries.ask(name, certificate.presented(**changes))
    other = libraries.ask(name, certificate.presented(audience="x509_san_dns:other.example"))
    # @sd-jwt 0.19 takes no audience: its caller has to compare it (disagreements.md).
    assert ("refused" in other) == (name != "@sd-jwt/sd-jwt-vc")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sd-jwt"])
def test_reads_our_status_list(name: str, libraries: Peers, college: School) -> None:
    certificate = claim(college)
    # The specification asks for no `iss`; openvc-core finds the list's key by it.
    assert _payload(certificate.status())["iss"] == college.url
    assert "refused" not in libraries.ask(name, certificate.presented())
    college.withdraw(certificate.record_id)
    assert "refused" in libraries.ask(name, certificate.presented())


@pytest.mark.parametrize("name", ["openvc-core", "@sd-jwt/sd-jwt-vc"])
def test_reads_the_type_our_issuer_serves(
    name: str, libraries: Peers, certificate: Claimed
) -> None:
    served = httpx2.get(certificate.school.listening + "/types/skill-certificate/1")
    document = replace(certificate.presented(), metadata=served.text)
    verdict = libraries.ask(name, document)
    assert "refused" not in verdict, verdict["refused"]


def test_every_type_of_ours_is_type_metadata_to_a_stranger(house: Path) -> None:
    need_npm()
    with Stranger.node("checker.mjs", log=house / "types.log") as checker:
        for vct in CREDENTIAL_TYPES:
            read = checker.do("readType", document=type_metadata_bytes(vct).decode())
            assert read["vct"] == vct
