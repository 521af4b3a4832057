"""The work that is timed: two workloads, done by Carnet, by its peer, and by bare signatures.

Each of `Ours`, `Peer` and `Limit` goes through a corpus at each call, so that a slice is long
enough to be timed. `sd_jwt.py` beside this file times them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from carnet_securing import base64url
from carnet_securing.credential import (
    IssuerKey,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.credential_issue import issue_credential
from carnet_securing.disclosure import ConcretePath
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_binding import bind, verify_key_binding
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import ISSUED, PRESENTATION
from carnet_securing.native import check_signature, forget_keys
from carnet_securing.sd_jwt import parse_sd_jwt, verify_sd_jwt
from carnet_securing.signer import SoftwareSigner
from carnet_securing.status_list import StatusReference

NOW: Final = 1_790_000_000
ISSUER: Final = "https://formation.example"
AUDIENCE: Final = "x509_san_dns:buyer.example"
NONCE: Final = "n-0S6_WzA2MjMvS2bmYxJQ"
INTEGRITY: Final = "sha256-6Nqb1pYDnTqcMKRO3c6A0E5ORfDMFmrGQ1Ck1SRvkoA="
MESSAGE: Final = bytes(100)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is signed, what is hidden in it, and what of it is shown."""

    name: str
    vct: str
    claims: dict[str, Any]
    conceal: tuple[ConcretePath, ...]
    show: tuple[ConcretePath, ...]
    corpus: int


def certificate() -> Workload:
    """W1: 12 hidden claims, 4 shown."""
    claims = {
        "title": "Habilitation BR",
        "given_name": "Amina",
        "family_name": "Diallo",
        "usual_name": "Amina",
        "skill": "electrical safety",
        "level": 4,
        "hours": 21,
        "month": "2026-09",
        "assessment": "practical test",
        "result": "passed",
        "trainer": "C. Moreau",
        "site": "Lyon",
    }
    hidden = tuple((name,) for name in claims)
    return Workload(
        name="W1",
        vct="urn:carnet:skill-certificate:1",
        claims=claims,
        conceal=hidden,
        show=hidden[:1] + hidden[4:7],
        corpus=96,
    )


def history() -> Workload:
    """W2: 200 hidden missions, 20 shown."""
    missions = [
        {
            "role": "warehouse picker",
            "month": f"20{20 + place // 40}-{1 + place % 12:02}",
            "hours": 4 + place % 30,
            "rating": 3 + place % 3,
            "outcome": "done",
        }
        for place in range(200)
    ]
    hidden: tuple[ConcretePath, ...] = tuple(("missions", place) for place in range(200))
    return Workload(
        name="W2",
        vct="urn:carnet:mission-history:1",
        claims={"missions": missions},
        conceal=hidden,
        show=hidden[::10],
        corpus=24,
    )


class Ours:
    """The operations of this project, over fresh tokens, each with its own holder key."""

    def __init__(self, workload: Workload, algorithm: str, corpus: int) -> None:
        self.workload = workload
        self.issuer = SoftwareSigner.generate(algorithm)
        self.issuer_key = IssuerKey(
            issuer=ISSUER, key=self.issuer.public_jwk, route=IssuerKeyRoute.PINNED
        )
        self.holders = [SoftwareSigner.generate(algorithm) for _ in range(corpus)]
        self.algorithm = algorithm
        self.issued = [self._issue(holder) for holder in self.holders]
        self.stored = [self._store(token) for token in self.issued]
        self.keys = [(holder.private_bytes(), holder.public_jwk) for holder in self.holders]
        self.presented = [
            self._present(stored, *key) for stored, key in zip(self.stored, self.keys, strict=True)
        ]

    def issue(self) -> None:
        for holder in self.holders:
            self._issue(holder)

    def present(self) -> None:
        for stored, key in zip(self.stored, self.keys, strict=True):
            self._present(stored, *key)

    def verify(self) -> None:
        forget_keys()
        for token in self.presented:
            self._verify(token)

    def _issue(self, holder: SoftwareSigner) -> str:
        return issue_credential(
            self.workload.claims,
            vct=self.workload.vct,
            issuer=ISSUER,
            conceal=self.workload.conceal,
            holder_key=holder.public_jwk,
            status=StatusReference(uri=f"{ISSUER}/status/1", index=48_231),
            issued_at=NOW,
            expires_at=NOW + 86_400,
            vct_integrity=INTEGRITY,
            signer=self.issuer,
        )

    def _store(self, token: str) -> HeldSdJwt:
        verified = verify_sd_jwt(
            parse_sd_jwt(token, limits=ISSUED),
            key=self.issuer.public_jwk,
            algorithms=(self.algorithm,),
            types=("dc+sd-jwt",),
            check=check_signature,
            limits=ISSUED,
        )
        return HeldSdJwt.from_json(HeldSdJwt.of(verified).to_json())

    def _present(self, stored: HeldSdJwt, private: bytes, public: PublicJwk) -> bytes:
        signer = SoftwareSigner.from_private_bytes(self.algorithm, private, public_jwk=public)
        return bind(
            stored.select(self.workload.show),
            audience=AUDIENCE,
            nonce=NONCE,
            now=NOW,
            signer=signer,
        )

    def _verify(self, token: bytes) -> None:
        credential = verify_credential(
            parse_credential(token, limits=PRESENTATION),
            issuer_key=self.issuer_key,
            vcts=(self.workload.vct,),
            now=NOW,
            check=check_signature,
            limits=PRESENTATION,
        )
        verify_key_binding(
            credential.sd_jwt,
            holder_key=holder_key_of(credential),
            audience=AUDIENCE,
            nonce=NONCE,
            now=NOW,
            check=check_signature,
            algorithms=(self.algorithm,),
            limits=PRESENTATION,
        )


class _EdDsaVerifier(SDJWTVerifier):  # type: ignore[misc]  # the peer has no types
    """The peer's verifier has no argument for the algorithm of the key binding."""

    def _verify_key_binding_jwt(
        self, expected_aud: Any = None, expected_nonce: Any = None, _sign_alg: Any = None
    ) -> None:
        super()._verify_key_binding_jwt(expected_aud, expected_nonce, "EdDSA")


class Peer:
    """The same work done by `sd-jwt`, the OAuth group's reference library."""

    def __init__(self, workload: Workload, ours: Ours) -> None:
        self.algorithm = ours.algorithm
        self.issuer = _jwk(ours.issuer)
        self.holders = [_jwk(holder) for holder in ours.holders]
        self.verifier = _EdDsaVerifier if ours.algorithm == "EdDSA" else SDJWTVerifier
        base = {
            "iss": ISSUER,
            "iat": NOW,
            "exp": NOW + 86_400,
            "vct": workload.vct,
            "vct#integrity": INTEGRITY,
            "status": {"status_list": {"idx": 48_231, "uri": f"{ISSUER}/status/1"}},
        }
        shown = set(workload.show)
        if "missions" in workload.claims:
            missions = workload.claims["missions"]
            self.claims = {**base, "missions": [SDObj(mission) for mission in missions]}
            self.show: Any = {
                "missions": [("missions", place) in shown for place in range(len(missions))]
            }
        else:
            hidden = {SDObj(name): value for name, value in workload.claims.items()}
            self.claims = {**base, **hidden}
            self.show = {name: True for (name,) in workload.show}
        self.issued = [self._issue(holder) for holder in self.holders]
        self.presented = [
            self._present(*pair) for pair in zip(self.issued, self.holders, strict=True)
        ]

    def issue(self) -> None:
        for holder in self.holders:
            self._issue(holder)

    def present(self) -> None:
        for token, holder in zip(self.issued, self.holders, strict=True):
            self._present(token, holder)

    def verify(self) -> None:
        for token in self.presented:
            self.verifier(
                token, lambda _issuer, _header: self.issuer, AUDIENCE, NONCE
            ).get_verified_payload()

    def _issue(self, holder: JWK) -> str:
        return str(
            SDJWTIssuer(
                self.claims,
                self.issuer,
                holder,
                sign_alg=self.algorithm,
                extra_header_parameters={"typ": "dc+sd-jwt"},
            ).sd_jwt_issuance
        )

    def _present(self, token: str, holder: JWK) -> str:
        presenting = SDJWTHolder(token)
        presenting.create_presentation(self.show, NONCE, AUDIENCE, holder, self.algorithm)
        return str(presenting.sd_jwt_presentation)


class Limit:
    """The bare signatures of OpenSSL, keys loaded, on a short message: no format can beat them."""

    def __init__(self, algorithm: str, corpus: int) -> None:
        self.times = range(corpus)
        if algorithm == "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
            scheme = ec.ECDSA(hashes.SHA256())
            public, signature = private.public_key(), private.sign(MESSAGE, scheme)
            self._sign: Callable[[], object] = lambda: private.sign(MESSAGE, scheme)
            self._check: Callable[[], object] = lambda: public.verify(signature, MESSAGE, scheme)
        else:
            edwards = ed25519.Ed25519PrivateKey.generate()
            edwards_public, edwards_signature = edwards.public_key(), edwards.sign(MESSAGE)
            self._sign = lambda: edwards.sign(MESSAGE)
            self._check = lambda: edwards_public.verify(edwards_signature, MESSAGE)

    def one_signature(self) -> None:
        for _ in self.times:
            self._sign()

    def two_checks(self) -> None:
        for _ in self.times:
            self._check()
            self._check()


def _jwk(signer: SoftwareSigner) -> JWK:
    members = signer.public_jwk.bare().to_json()
    return JWK(**members, d=base64url.encode(signer.private_bytes()))
