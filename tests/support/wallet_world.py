"""The world around a wallet, in memory: issuers that offer, and askers that ask.

Real bytes and real signatures through the wallet's own seams; no socket, no mock. Each knob
makes the far side wrong in one way.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from carnet_schemas.dcql import parse_dcql
from carnet_schemas.oid4vci import offer_uri_by_reference, offer_uri_by_value
from carnet_schemas.oid4vp import ResponseMode, request_uri_by_reference, request_uri_by_value
from carnet_securing import jwe, strict_json
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Posted
from carnet_securing.issuer_key import metadata_url
from carnet_securing.jwe import DecryptionKey
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws, sign_jws
from carnet_securing.limits import ISSUED, PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer
from carnet_securing.urls import check_url
from carnet_trust.entries import TrustEntry
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_trust.trust_file import TrustData, trust_file_bytes
from carnet_wallet.fail_points import FailPoints, Moment, NoFailPoints
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from support.credential_samples import SKILL_CERTIFICATE as SKILL_CLAIMS
from support.keys import signer as key_called
from support.simulator import NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb
from support.vaults import blank_vault

DAY = 86_400
CONFIGURATION = "skill_certificate_sd_jwt"
REQUEST_MEDIA_TYPE = "application/oauth-authz-req+jwt"

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message the wallet posted."""

    url: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), strict_parsing=True))

    @property
    def json(self) -> Json:
        return strict_json.loads_object(self.body, max_bytes=10**7)


Handler = Callable[[Sent], Posted]


def answer(status: int, members: Json | None = None) -> Posted:
    """A JSON answer."""
    body = b"" if members is None else strict_json.dumps_bytes(members)
    return Posted(status=status, media_type="application/json", unverified_body=body)


class WorldWeb(SimulatedWeb):
    """A web that takes posts too, remembers them, and can lose answers."""

    def __init__(self) -> None:
        super().__init__()
        self.loopback_http = False
        self.handlers: dict[str, Handler] = {}
        self.sent: list[Sent] = []
        self.lost: dict[str, int] = {}

    def lose_answers(self, url: str, times: int = 1) -> None:
        """Let the far side act, and lose what it answers."""
        self.lost[url] = times

    def to(self, url: str) -> list[Sent]:
        """What was posted to an address."""
        return [sent for sent in self.sent if sent.url == url]

    def check(self, url: str) -> None:
        """As `HttpFetch.check`."""
        check_url(url, loopback_http=self.loopback_http)

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        """As `Post.post`."""
        sent = Sent(url=url, body=body, content_type=content_type, headers=headers or {})
        self.sent.append(sent)
        if self.is_down or url not in self.handlers:
            raise UndeterminedError(ErrorKind.FETCH_FAILED, "The simulated host does not answer.")
        given = self.handlers[url](sent)
        if len(given.unverified_body) > max_bytes:
            raise UndeterminedError(ErrorKind.FETCH_TOO_LARGE, "The simulated answer is too large.")
        if self.lost.get(url, 0) > 0:
            self.lost[url] -= 1
            raise UndeterminedError(ErrorKind.FETCH_FAILED, "The simulated answer was lost.")
        return given


class OfferingIssuer:
    """An issuer that offers a skill certificate with the pre-authorized code.

    `make` issues one copy and can be replaced to issue a bad one. `response_changes` edits
    the credential response, `metadata_changes` the issuer's metadata, `server_changes` those of
    the server that gives the token.
    """

    def __init__(
        self,
        web: WorldWeb,
        *,
        url: str = "https://school.example",
        name: str = "school",
        tx_code: str | None = "493536",
        batch: int | None = 10,
        encryption: str = "none",
    ) -> None:
        self.web = web
        self.signing = SimulatedIssuer(web, url=url, name=name)
        self.url = url
        self.tx_code = tx_code
        self.batch = batch
        self.encryption = encryption
        self.claims: Json = dict(SKILL_CLAIMS)
        self.code = "code-1"
        self.redeemed = False
        self.token = "token-1"
        self.identifiers: list[str] = []
        self.nonces: set[str] = set()
        self.used_nonces: list[str] = []
        self.refuse_nonces = 0
        self.stored: dict[frozenset[str], list[str]] = {}
        self.notified: list[Json] = []
        self.proof_keys: list[list[str]] = []
        self.encryption_key = DecryptionKey.generate()
        self.metadata_changes: Json = {}
        self.server_changes: Json = {}
        self.response_changes: Json = {}
        self.notification_id: str | None = "note-1"
        self.most_copies: int | None = None
        self.extra_copies = 0
        self.expires_in: int | None = 600
        self.make: Callable[[Any, int], str] = self.copy_for
        web.put(metadata_url(url, well_known="openid-credential-issuer"), self.metadata)
        web.put(metadata_url(url, well_known="oauth-authorization-server"), self.server)
        web.put(f"{url}/offers/1", lambda: strict_json.dumps_bytes(self.offer()))
        web.handlers[f"{url}/token"] = self.give_token
        web.handlers[f"{url}/nonce"] = self.give_nonce
        web.handlers[f"{url}/credential"] = self.give_credentials
        web.handlers[f"{url}/notification"] = self.take_notification

    @property
    def link(self) -> str:
        """The link of the offer, by reference."""
        return offer_uri_by_reference(f"{self.url}/offers/1")

    @property
    def link_by_value(self) -> str:
        """The link that holds the offer."""
        return offer_uri_by_value(strict_json.dumps(self.offer()))

    def offer(self) -> Json:
        grant: Json = {"pre-authorized_code": self.code}
        if self.tx_code is not None:
            grant["tx_code"] = {"length": 6, "input_mode": "numeric"}
        return {
            "credential_issuer": self.url,
            "credential_configuration_ids": [CONFIGURATION],
            "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": grant},
        }

    def metadata(self) -> bytes:
        members: Json = {
            "credential_issuer": self.url,
            "credential_endpoint": f"{self.url}/credential",
            "nonce_endpoint": f"{self.url}/nonce",
            "notification_endpoint": f"{self.url}/notification",
            "credential_configurations_supported": {
                CONFIGURATION: {
                    "format": "dc+sd-jwt",
                    "vct": SKILL_CERTIFICATE,
                    "scope": CONFIGURATION,
                    "cryptographic_binding_methods_supported": ["jwk"],
                    "proof_types_supported": {
                        "jwt": {"proof_signing_alg_values_supported": ["ES256", "EdDSA"]}
                    },
                }
            },
        }
        if self.batch is not None:
            members["batch_credential_issuance"] = {"batch_size": self.batch}
        if self.encryption != "none":
            required = self.encryption == "required"
            key = self.encryption_key.public_jwk.to_json()
            members["credential_request_encryption"] = {
                "jwks": {"keys": [key]},
                "enc_values_supported": ["A128GCM", "A256GCM"],
                "encryption_required": required,
            }
            members["credential_response_encryption"] = {
                "alg_values_supported": ["ECDH-ES"],
                "enc_values_supported": ["A128GCM", "A256GCM"],
                "encryption_required": required,
            }
        members |= self.metadata_changes
        return strict_json.dumps_bytes(
            {name: value for name, value in members.items() if value is not None}
        )

    def server(self) -> bytes:
        members = {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code"],
            "pre-authorized_grant_anonymous_access_supported": True,
            "status_list_aggregation_endpoint": f"{self.url}/status",
        } | self.server_changes
        return strict_json.dumps_bytes(
            {name: value for name, value in members.items() if value is not None}
        )

    def give_token(self, sent: Sent) -> Posted:
        form = sent.form
        good = form["pre-authorized_code"] == self.code and form.get("tx_code") == self.tx_code
        if self.redeemed or not good:
            return answer(400, {"error": "invalid_grant"})
        self.redeemed = True
        members: Json = {"access_token": self.token, "token_type": "Bearer"}
        if self.expires_in is not None:
            members["expires_in"] = self.expires_in
        if self.identifiers:
            members["authorization_details"] = [
                {
                    "type": "openid_credential",
                    "credential_configuration_id": CONFIGURATION,
                    "credential_identifiers": self.identifiers,
                }
            ]
        return answer(200, members)

    def give_nonce(self, sent: Sent) -> Posted:
        nonce = secrets.token_urlsafe(24)
        self.nonces.add(nonce)
        return answer(200, {"c_nonce": nonce})

    def give_credentials(self, sent: Sent) -> Posted:
        if sent.headers.get("Authorization") != f"Bearer {self.token}":
            return answer(401, {"error": "invalid_token"})
        request = self._opened(sent)
        proofs = [parse_jws(text, limits=PRESENTATION) for text in request["proofs"]["jwt"]]
        payloads = [
            strict_json.loads_object(proof.unverified_payload, max_bytes=10**5) for proof in proofs
        ]
        nonces = {payload.get("nonce") for payload in payloads}
        if self.refuse_nonces or not nonces <= self.nonces:
            self.refuse_nonces -= 1
            return answer(400, {"error": "invalid_nonce"})
        self.used_nonces += [str(nonce) for nonce in nonces]
        self.nonces -= {str(nonce) for nonce in nonces}
        assert {payload["aud"] for payload in payloads} == {self.url}
        keys = [parse_public_jwk(proof.unverified_header["jwk"]) for proof in proofs]
        self.proof_keys.append([key.thumbprint for key in keys])
        name = frozenset(key.thumbprint for key in keys)
        if name not in self.stored:
            self.stored[name] = [self.make(key, number) for number, key in enumerate(keys)]
        response: Json = {
            "credentials": [
                {"credential": text}
                for text in self.stored[name][: self.most_copies] + ["x~"] * self.extra_copies
            ],
            "notification_id": self.notification_id,
        }
        response |= self.response_changes
        return self._closed(
            request, {name: value for name, value in response.items() if value is not None}
        )

    def copy_for(self, key: Any, number: int) -> str:
        """One good copy."""
        return self.signing.issue(
            self.claims,
            holder_key=key,
            status=self.signing.next_status(),
            issued_at=NOW - NOW % DAY,
        )

    def take_notification(self, sent: Sent) -> Posted:
        self.notified.append(sent.json)
        return Posted(status=204, media_type="", unverified_body=b"")

    def _opened(self, sent: Sent) -> Json:
        if sent.content_type == "application/json":
            assert self.encryption != "required"
            return sent.json
        plain = jwe.decrypt_jwe(
            sent.body,
            decryption_key=self.encryption_key,
            enc_allowed={"A128GCM", "A256GCM"},
            limits=ISSUED,
        )
        return strict_json.loads_object(plain, max_bytes=10**6)

    def _closed(self, request: Json, response: Json) -> Posted:
        wanted = request.get("credential_response_encryption")
        if wanted is None:
            return answer(200, response)
        key = parse_public_jwk(wanted["jwk"])
        text = jwe.encrypt_jwe(
            strict_json.dumps_bytes(response), key=key, enc=wanted["enc"], kid=key.kid
        )
        return Posted(
            status=200, media_type="application/jwt", unverified_body=text.encode("ascii")
        )


QUESTION: Json = {
    "credentials": [
        {
            "id": "safety",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [SKILL_CERTIFICATE]},
            "claims": [{"path": ["title"]}, {"path": ["month"]}],
        }
    ]
}


class Asker:
    """A verifier that asks: signed by a did:jwk by default, and remembers what it gets."""

    def __init__(
        self,
        web: WorldWeb,
        *,
        url: str = "https://buyer.example",
        name: str = "buyer",
        question: Json | None = None,
    ) -> None:
        self.web = web
        self.url = url
        self.signer: Signer = key_called(name)
        did = did_jwk_of(self.signer.public_jwk)
        self.client_id = f"decentralized_identifier:{did}"
        self.header: Json = {"kid": f"{did}#0"}
        self.typ = "oauth-authz-req+jwt"
        self.media_type = REQUEST_MEDIA_TYPE
        self.question = question or QUESTION
        self.nonce = secrets.token_urlsafe(24)
        self.state = secrets.token_urlsafe(24)
        self.mode = ResponseMode.DIRECT_POST
        self.decryption_key = DecryptionKey.generate()
        self.keys: list[Json] | None = None
        self.changes: Json = {}
        self.given: list[Json] = []
        self.reply: Json = {}
        self.status = 200
        web.put(f"{url}/request/1", self.request_object, media_type=REQUEST_MEDIA_TYPE)
        web.handlers[f"{url}/request/1"] = self.give_request
        web.handlers[f"{url}/response/1"] = self.take

    @property
    def link(self) -> str:
        """The link of the request, by reference."""
        return request_uri_by_reference(self.client_id, f"{self.url}/request/1")

    def claims(self) -> Json:
        keys = self.keys or [self.decryption_key.public_jwk.to_json()]
        members: Json = {
            "client_id": self.client_id,
            "response_type": "vp_token",
            "response_mode": self.mode.value,
            "response_uri": f"{self.url}/response/1",
            "nonce": self.nonce,
            "state": self.state,
            "dcql_query": parse_dcql(self.question).to_json(),
            "client_metadata": {
                "jwks": {"keys": keys},
                "vp_formats_supported": {"dc+sd-jwt": {}},
            },
            "aud": "https://self-issued.me/v2",
        }
        members |= self.changes
        return {name: value for name, value in members.items() if value is not None}

    def request_object(self) -> bytes:
        payload = strict_json.dumps_bytes(self.claims())
        return sign_jws(payload, signer=self.signer, typ=self.typ, header=self.header).encode()

    def give_request(self, sent: Sent) -> Posted:
        wallet_nonce = self.changes.get("wallet_nonce", sent.form["wallet_nonce"])
        self.changes["wallet_nonce"] = wallet_nonce
        body = self.request_object()
        del self.changes["wallet_nonce"]
        return Posted(status=200, media_type=self.media_type, unverified_body=body)

    def unsigned_link(self) -> str:
        """The link that holds an unsigned request for `redirect_uri:`."""
        self.client_id = f"redirect_uri:{self.url}/response/1"
        return request_uri_by_value(self.claims(), write_json=strict_json.dumps)

    def take(self, sent: Sent) -> Posted:
        form = sent.form
        if "response" in form:
            plain = jwe.decrypt_jwe(
                form["response"],
                decryption_key=self.decryption_key,
                enc_allowed={"A128GCM", "A256GCM"},
                limits=PRESENTATION,
            )
            self.given.append(strict_json.loads_object(plain, max_bytes=10**6))
        else:
            members: Json = dict(form)
            if "vp_token" in members:
                members["vp_token"] = strict_json.loads_object(form["vp_token"], max_bytes=10**6)
            self.given.append(members)
        return answer(self.status, self.reply)


@dataclass
class World:
    """A wallet and its far sides; `open` gives the wallet, as often as a test wants."""

    folder: Path
    web: WorldWeb = field(default_factory=WorldWeb)
    trust: Sequence[TrustEntry] = ()
    asker_roots: Sequence[bytes] = ()
    fail_points: FailPoints = field(default_factory=NoFailPoints)
    data_key: bytes = b""

    def surroundings(self) -> Surroundings:
        def lookups(cache: LookupCache) -> OnDemandLookups:
            return OnDemandLookups(
                cache,
                fetch=self.web,
                check=check_signature,
                limits=ISSUED,
                loopback_http=False,
                fetch_types=True,
            )

        return Surroundings(
            web=self.web,
            lookups=lookups,
            asker_roots=lambda: self.asker_roots,
            fail_points=self.fail_points,
        )

    def open(self) -> Wallet:
        """The wallet, made at the first call; without the cost of the passphrase afterwards."""
        if not self.data_key:
            self.data_key = blank_vault(self.folder)
            if self.trust:
                trust_file = trust_file_bytes(TrustData.of(self.trust))
                with self.open() as wallet:
                    wallet.set_trust(trust_file)
        vault = Vault.open_with_key(self.folder, data_key=self.data_key)
        return Wallet.over(vault, self.surroundings())


class WalletEndedError(BaseException):
    """Stands for the end of the process at a fail-point: nothing may catch it."""


@dataclass
class EndAt:
    """Ends the wallet when a moment is reached, once."""

    moment: Moment
    armed: bool = True
    reached: list[Moment] = field(default_factory=list)

    def reach(self, moment: Moment) -> None:
        """Note the moment; end at the one that was chosen."""
        self.reached.append(moment)
        if self.armed and moment == self.moment:
            self.armed = False
            raise WalletEndedError(moment)


def claimed_wallet(world: World, issuer: OfferingIssuer | None = None) -> Wallet:
    """An open wallet that has claimed one certificate."""
    issuer = issuer or OfferingIssuer(world.web)
    wallet = world.open()
    wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
    return wallet


__all__ = [
    "CONFIGURATION",
    "NOW",
    "QUESTION",
    "Asker",
    "EndAt",
    "OfferingIssuer",
    "Sent",
    "WalletEndedError",
    "World",
    "WorldWeb",
    "answer",
    "claimed_wallet",
]
