"""A ready answer for every outcome and ground, for the unit tests of whoever embeds Carnet.

Each is a real answer: made by a pretend issuer and a pretend worker with keys drawn when
it is asked for, and put through the same verification as any other. The issuer lives under
`.invalid` (RFC 2606), which no real trust list can name.

    ready = ready_answer(Outcome.REJECTED, ground=Ground.WITHDRAWN)
    verify_answer(ready.vp_token, **ready.expectations)      # raises NotVerifiedError
"""

from dataclasses import dataclass, field
from typing import Any, Final

from carnet_schemas.catalog import concealable_paths, type_metadata_integrity
from carnet_schemas.dcql import parse_dcql
from carnet_securing import strict_json
from carnet_securing.credential import IssuerKey, authenticate_credential, parse_credential
from carnet_securing.credential_issue import issue_credential
from carnet_securing.did import did_jwk_of
from carnet_securing.held import HeldSdJwt
from carnet_securing.key_binding import bind
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from carnet_securing.status_list import StatusReference
from carnet_securing.status_list_build import StatusListBuilder, sign_status_list
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.entries import OrganisationClass, TrustEntry
from carnet_trust.given_status import GivenStatusLists
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_verifier.answers import Question
from carnet_verifier.policy import NoFurtherCondition
from carnet_verifier.report import Ground, Outcome

__all__ = ["Ground", "Outcome", "ReadyAnswer", "ready_answer"]

ISSUER: Final = "https://training.invalid"
VCT: Final = "urn:carnet:skill-certificate:1"
NOW: Final = 1_790_000_000
"""The pretend present, in Unix seconds: these answers do not age."""
AUDIENCE: Final = "x509_san_dns:shop.invalid"

_STATUS_URI: Final = f"{ISSUER}/status/00000000000000000000000000000000"
_INDEX: Final = 123_456
_NONCE: Final = "a-nonce-of-the-pretend-question"
_OTHER_NONCE: Final = "a-nonce-of-some-other-question-"
_DAY: Final = 86_400
_CLAIMS: Final[dict[str, Any]] = {
    "nature": "end_of_training",
    "title": {"fr": "Sécurité électrique", "en": "Electrical safety"},
    "month": "2026-05",
    "hours": 14,
    "skills": [
        {
            "framework": "ESCO",
            "version": "1.1.1",
            "uri": "http://data.europa.eu/esco/skill/c8ac1986-38fa-43b2-89dc-50a4beeb420e",
            "label": "electricity",
            "lang": "en",
        }
    ],
}
_QUERY: Final = {
    "credentials": [
        {
            "id": "certificate",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [VCT]},
            "claims": [{"path": ["title"]}, {"path": ["month"]}],
        }
    ]
}
_STATUSES: Final = {Ground.WITHDRAWN: 1, Ground.PAUSED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyAnswer:
    """An answer with everything `verify_answer` has to be given beside it.

    Attributes:
        expectations: the keyword arguments of `verify_answer`.
    """

    vp_token: str = field(repr=False)
    expectations: dict[str, Any] = field(repr=False)


def ready_answer(outcome: Outcome, *, ground: Ground | None = None) -> ReadyAnswer:
    """Make an answer that verification will judge as `outcome`, with `ground` when rejected.

    Raises:
        ValueError: a ground without `rejected`, or `rejected` without one.
    """
    if (outcome is Outcome.REJECTED) != (ground is not None):
        raise ValueError("a ground goes with `rejected`, and only with it")
    signer, holder = SoftwareSigner.generate(), SoftwareSigner.generate()
    unlisted = outcome is Outcome.GENUINE_UNLISTED
    iss = did_jwk_of(signer.public_jwk) if unlisted else ISSUER
    issued = _issue(iss, signer, holder, ground, has_status=not unlisted)
    shown = [("month",)] if ground is Ground.POLICY_UNMET else [("title",), ("month",)]
    presentation = bind(
        _hold(issued, iss, signer).select(shown),
        audience=AUDIENCE,
        nonce=_OTHER_NONCE if ground is Ground.NOT_FOR_YOU else _NONCE,
        now=NOW,
        signer=holder,
    ).decode("ascii")
    if ground is Ground.NOT_AUTHENTIC:
        presentation = _altered(presentation)
    statuses = () if outcome is Outcome.UNDETERMINED else (_status_list(signer, ground),)
    return ReadyAnswer(
        vp_token=strict_json.dumps({"certificate": [presentation]}),
        expectations={
            "question": Question(query=parse_dcql(_QUERY), audience=AUDIENCE, nonce=_NONCE),
            "trust": TrustData.of(() if unlisted else (_entry(signer),)),
            "lookups": _lookups(statuses),
            "policy": NoFurtherCondition(),
            "now": NOW,
            "check": check_signature,
            "limits": PRESENTATION,
        },
    )


def _issue(
    iss: str,
    signer: SoftwareSigner,
    holder: SoftwareSigner,
    ground: Ground | None,
    *,
    has_status: bool,
) -> str:
    begins = NOW + 30 * _DAY if ground is Ground.NOT_YET_VALID else None
    ends = NOW - _DAY if ground is Ground.EXPIRED else NOW + 365 * _DAY
    return issue_credential(
        _CLAIMS,
        vct=VCT,
        issuer=iss,
        conceal=concealable_paths(VCT, _CLAIMS),
        holder_key=holder.public_jwk,
        status=StatusReference(uri=_STATUS_URI, index=_INDEX) if has_status else None,
        issued_at=NOW - 60 * _DAY,
        not_before=begins,
        expires_at=ends,
        vct_integrity=type_metadata_integrity(VCT),
        signer=signer,
    )


def _hold(issued: str, iss: str, signer: SoftwareSigner) -> HeldSdJwt:
    """Keep the credential as its worker does, whatever the date."""
    route = IssuerKeyRoute.PINNED if iss == ISSUER else IssuerKeyRoute.DID_JWK
    authentic = authenticate_credential(
        parse_credential(issued, limits=PRESENTATION),
        issuer_key=IssuerKey(issuer=iss, key=signer.public_jwk, route=route),
        check=check_signature,
        limits=PRESENTATION,
    )
    return HeldSdJwt.of(authentic.sd_jwt)


def _altered(presentation: str) -> str:
    """Change one character in the middle of the issuer's signature."""
    place = presentation.index("~") - 20
    other = "A" if presentation[place] != "A" else "B"
    return presentation[:place] + other + presentation[place + 1 :]


def _status_list(signer: SoftwareSigner, ground: Ground | None) -> bytes:
    builder = StatusListBuilder()
    builder.set(_INDEX, 0 if ground is None else _STATUSES.get(ground, 0))
    return sign_status_list(
        builder.packed(),
        bits=builder.bits,
        uri=_STATUS_URI,
        issued_at=NOW - 60,
        expires_at=NOW + _DAY,
        ttl=300,
        aggregation_uri=None,
        signer=signer,
    ).encode("ascii")


def _entry(signer: SoftwareSigner) -> TrustEntry:
    return TrustEntry(
        iss=ISSUER,
        route=IssuerKeyRoute.PINNED,
        keys=(signer.public_jwk,),
        types=(VCT,),
        name={"fr": "Organisme pour essai", "en": "Pretend training body"},
        klass=OrganisationClass.TRAINING_BODY,
    )


def _lookups(statuses: tuple[bytes, ...]) -> Lookups:
    cached = CachedLookups(MemoryLookupCache(), check=check_signature, limits=PRESENTATION)
    return GivenStatusLists(cached, statuses, check=check_signature, limits=PRESENTATION)
