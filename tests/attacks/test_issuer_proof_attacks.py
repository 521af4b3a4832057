"""Proofs, batches and encryption that an issuer must refuse (rows I14, I17, I21 to I23, I30)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from carnet_securing import strict_json
from carnet_securing.base64url import decode, encode
from carnet_securing.did import did_jwk_of
from carnet_securing.jwe import DecryptionKey, encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.signer import SoftwareSigner
from support.issuer_service import (
    CONFIGURATION,
    PRE_AUTHORIZED,
    BareWallet,
    RunningIssuer,
    credentials_of,
    error_of,
    running_issuer,
)

FORM = "application/x-www-form-urlencoded"
STRANGER = SoftwareSigner.generate("ES256")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path_factory.mktemp("school"), people=120) as running:
        yield running


@pytest.fixture
def wallet(school: RunningIssuer) -> Iterator[BareWallet]:
    with BareWallet(school.url, now=school.clock.now) as bare:
        yield bare


@pytest.fixture(scope="module")
def token(school: RunningIssuer) -> str:
    """A token that stays good, because every request made with it is refused."""
    with BareWallet(school.url, now=school.clock.now) as bare:
        return bare.token(school.offer())


@dataclass
class Forge:
    """Makes one proof with one defect."""

    wallet: BareWallet
    nonce: str

    @property
    def key(self) -> Any:
        return self.wallet.keys[0]

    @property
    def jwk(self) -> dict[str, Any]:
        return dict(self.key.public_jwk.bare().to_json())

    @property
    def did(self) -> str:
        return did_jwk_of(self.key.public_jwk)

    def good(self, **claims: Any) -> str:
        return self.wallet.proof(self.key, claims.pop("nonce", self.nonce), **claims)

    def parts(self) -> list[str]:
        return self.good().split(".")

    def header(self, **members: Any) -> str:
        """Correctly signed, whatever the header says; None leaves a member out."""
        shape = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": self.jwk} | members
        present = {name: value for name, value in shape.items() if value is not None}
        signed = f"{encode(strict_json.dumps_bytes(present))}.{self.parts()[1]}"
        return f"{signed}.{encode(self.key.sign(signed.encode()))}"

    def flipped(self) -> str:
        header, payload, signature = self.parts()
        raw = bytearray(decode(signature))
        raw[10] ^= 1
        return f"{header}.{payload}.{encode(bytes(raw))}"

    def other_payload(self) -> str:
        header, payload, signature = self.parts()
        return f"{header}.{encode(decode(payload) + b' ')}.{signature}"

    def duplicate_member(self) -> str:
        payload = decode(self.parts()[1])[:-1] + b',"iat":1}'
        signed = f"{self.parts()[0]}.{encode(payload)}"
        return f"{signed}.{encode(self.key.sign(signed.encode()))}"


BROKEN: dict[str, Callable[[Forge], str]] = {
    "signature changed": Forge.flipped,
    "payload changed": Forge.other_payload,
    "signature of another key": lambda f: f.wallet.proof(STRANGER, f.nonce, header={"jwk": f.jwk}),
    "signature left out": lambda f: f"{f.parts()[0]}.{f.parts()[1]}.",
    "signature of zeros": lambda f: f"{f.parts()[0]}.{f.parts()[1]}.{encode(bytes(64))}",
    "alg none": lambda f: f.header(alg="none"),
    "alg HS256": lambda f: f.header(alg="HS256"),
    "alg of another curve": lambda f: f.header(alg="ES384"),
    "another typ": lambda f: f.good(typ="JWT"),
    "typ of a presentation": lambda f: f.good(typ="kb+jwt"),
    "no typ": lambda f: f.header(typ=None),
    "no key": lambda f: f.header(jwk=None),
    "two keys": lambda f: f.header(kid=f"{f.did}#0"),
    "key and chain": lambda f: f.header(x5c=["AAAA"]),
    "chain only": lambda f: f.header(jwk=None, x5c=["AAAA"]),
    "kid of nothing": lambda f: f.header(jwk=None, kid="key-1"),
    "kid of a web DID": lambda f: f.header(jwk=None, kid="did:web:example.org#1"),
    "kid of another key": lambda f: f.header(jwk=None, kid=f"{did_jwk_of(STRANGER.public_jwk)}#0"),
    "kid of another fragment": lambda f: f.header(jwk=None, kid=f"{f.did}#1"),
    "private key": lambda f: f.header(jwk=f.jwk | {"d": encode(b"\x01" * 32)}),
    "key off its curve": lambda f: f.header(jwk=f.jwk | {"x": encode(b"\x01" * 32)}),
    "key for encryption": lambda f: f.header(jwk=f.jwk | {"use": "enc"}),
    "crit": lambda f: f.header(crit=["x"], x=1),
    "jku": lambda f: f.header(jku="https://example.org/jwks"),
    "old": lambda f: f.good(iat=f.wallet.now - 361),
    "from the future": lambda f: f.good(iat=f.wallet.now + 61),
    "no time": lambda f: f.good(iat=None),
    "time as text": lambda f: f.good(iat=str(f.wallet.now)),
    "time with a fraction": lambda f: f.good(iat=f.wallet.now + 0.5),
    "time is true": lambda f: f.good(iat=True),
    "ended": lambda f: f.good(exp=f.wallet.now - 61),
    "not begun": lambda f: f.good(nbf=f.wallet.now + 61),
    "nonce is a number": lambda f: f.good(nonce=7),
    "nonce is empty": lambda f: f.good(nonce=""),
    "member twice": Forge.duplicate_member,
    "not signed at all": lambda _: "x",
    "encrypted": lambda _: "a.b.c.d.e",
    "huge": lambda _: "A" * 20_000,
}


@pytest.mark.parametrize("defect", BROKEN)
def test_I14_broken_proof(wallet: BareWallet, token: str, defect: str) -> None:
    proof = BROKEN[defect](Forge(wallet, wallet.nonce()))
    assert error_of(wallet.ask(token, [proof])) == "invalid_proof"


@pytest.mark.parametrize("defect", ["signature changed", "another typ", "kid of another key"])
def test_I14_one_broken_proof_among_good_ones(wallet: BareWallet, token: str, defect: str) -> None:
    nonce = wallet.nonce()
    good = [wallet.proof(SoftwareSigner.generate("ES256"), nonce) for _ in range(3)]
    broken = BROKEN[defect](Forge(wallet, nonce))
    assert error_of(wallet.ask(token, [*good, broken])) == "invalid_proof"


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "ES384"])
def test_I14_good_proofs_of_each_kind_pass(
    school: RunningIssuer, wallet: BareWallet, algorithm: str
) -> None:
    key = SoftwareSigner.generate(algorithm)
    token, did = wallet.token(school.offer()), did_jwk_of(key.public_jwk)
    proof = wallet.proof(key, wallet.nonce(), header={"kid": f"{did}#0"})
    assert len(credentials_of(wallet.ask(token, [proof]))) == 1


def test_I17_batch_too_large(school: RunningIssuer, wallet: BareWallet) -> None:
    token, nonce = wallet.token(school.offer()), wallet.nonce()
    proofs = [wallet.proof(SoftwareSigner.generate("ES256"), nonce) for _ in range(11)]
    assert error_of(wallet.ask(token, proofs)) == "invalid_credential_request"
    assert len(credentials_of(wallet.ask(token, proofs[:10]))) == 10


def test_I17_hundred_thousand_proofs(wallet: BareWallet, token: str) -> None:
    small = wallet.ask(token, ["x"] * 100_000)
    assert error_of(small) == "invalid_credential_request"
    large = wallet.ask(token, ["x" * 20] * 100_000)
    assert error_of(large) == "invalid_credential_request"
    assert large.status_code == 400


def test_I17_same_key_twice(wallet: BareWallet, token: str) -> None:
    nonce = wallet.nonce()
    proofs = [wallet.proof(wallet.keys[0], nonce) for _ in range(10)]
    assert error_of(wallet.ask(token, proofs)) == "invalid_proof"


def test_I17_same_key_under_two_names(wallet: BareWallet, token: str) -> None:
    key, nonce = wallet.keys[0], wallet.nonce()
    by_did = wallet.proof(key, nonce, header={"kid": f"{did_jwk_of(key.public_jwk)}#0"})
    assert error_of(wallet.ask(token, [wallet.proof(key, nonce), by_did])) == "invalid_proof"


@pytest.mark.parametrize(
    "proofs",
    [
        None,
        {},
        [],
        "x",
        {"jwt": []},
        {"jwt": "x"},
        {"jwt": [1]},
        {"jwt": [None]},
        {"jwt": ["x"], "attestation": ["x"]},
        {"di_vp": [{}]},
        {"attestation": ["x"]},
        {"ldp_vp": ["x"]},
    ],
)
def test_I17_proofs_of_mixed_or_unknown_kind(
    wallet: BareWallet, token: str, proofs: object
) -> None:
    body = {"credential_configuration_id": CONFIGURATION} | (
        {} if proofs is None else {"proofs": proofs}
    )
    assert error_of(wallet.post_credential(token, body)) == "invalid_proof"


@pytest.mark.parametrize("name", ["unheard_of", "mission_history_mdoc", "x" * 5000])
def test_I21_unknown_configuration(wallet: BareWallet, token: str, name: str) -> None:
    body = wallet.request(wallet.proofs(), credential_configuration_id=name)
    assert error_of(wallet.post_credential(token, body)) == "unknown_credential_configuration"


def test_I21_unknown_identifier(wallet: BareWallet, token: str) -> None:
    body = {"credential_identifier": "nobody's", "proofs": {"jwt": wallet.proofs()}}
    assert error_of(wallet.post_credential(token, body)) == "unknown_credential_identifier"


def _token_with_identifier(school: RunningIssuer, wallet: BareWallet) -> tuple[str, str]:
    offer = school.offer()
    answer = wallet.post_token(
        **{
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": wallet.code_of(offer),
            "tx_code": offer.tx_code or "",
            "authorization_details": strict_json.dumps(
                [{"type": "openid_credential", "credential_configuration_id": CONFIGURATION}]
            ),
        }
    ).json()
    return answer["access_token"], answer["authorization_details"][0]["credential_identifiers"][0]


def test_I22_configuration_where_identifiers_were_given(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token, identifier = _token_with_identifier(school, wallet)
    assert error_of(wallet.ask(token)) == "invalid_credential_request"
    both = wallet.request(wallet.proofs(), credential_identifier=identifier)
    assert error_of(wallet.post_credential(token, both)) == "invalid_credential_request"
    other, _ = _token_with_identifier(school, wallet)
    stolen = {"credential_identifier": identifier, "proofs": {"jwt": wallet.proofs()}}
    assert error_of(wallet.post_credential(other, stolen)) == "unknown_credential_identifier"


@pytest.mark.parametrize("details", ["x", "{}", "[]", '[{"type":"other"}]', "[" * 100, '["x"]'])
def test_I22_malformed_authorization_details(
    school: RunningIssuer, wallet: BareWallet, details: str
) -> None:
    offer = school.offer()
    form = {
        "grant_type": PRE_AUTHORIZED,
        "pre-authorized_code": wallet.code_of(offer),
        "tx_code": offer.tx_code or "",
    }
    refused = wallet.post_token(**form, authorization_details=details)
    assert error_of(refused) == "invalid_authorization_details"
    assert wallet.post_token(**form).status_code == 200


def test_I22_details_for_another_credential(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer()
    details = [{"type": "openid_credential", "credential_configuration_id": "mission_sd_jwt"}]
    refused = wallet.post_token(
        **{
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": wallet.code_of(offer),
            "tx_code": offer.tx_code or "",
            "authorization_details": strict_json.dumps(details),
        }
    )
    assert error_of(refused) == "invalid_authorization_details"


def _my_key(**members: Any) -> dict[str, Any]:
    shape = dict(DecryptionKey.generate().public_jwk.to_json()) | members
    return {name: value for name, value in shape.items() if value is not None}


_RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RSA-OAEP"}
ENCRYPTION: dict[str, Callable[[], dict[str, Any]]] = {
    "unknown enc": lambda: {"jwk": _my_key(), "enc": "A128CBC-HS256"},
    "no enc": lambda: {"jwk": _my_key()},
    "no key": lambda: {"enc": "A256GCM"},
    "key without alg": lambda: {"jwk": _my_key(alg=None), "enc": "A256GCM"},
    "unknown alg": lambda: {"jwk": _my_key(alg="ECDH-ES+A128KW"), "enc": "A256GCM"},
    "alg of signing": lambda: {"jwk": _my_key(alg="ES256"), "enc": "A256GCM"},
    "RSA": lambda: {"jwk": _RSA, "enc": "A256GCM"},
    "key for signing": lambda: {"jwk": _my_key(use="sig"), "enc": "A256GCM"},
    "off the curve": lambda: {"jwk": _my_key(x=encode(b"\x01" * 32)), "enc": "A256GCM"},
    "operations of signing": lambda: {"jwk": _my_key(key_ops=["verify"]), "enc": "A256GCM"},
    "on another curve": lambda: {
        "jwk": SoftwareSigner.generate("ES384").public_jwk.to_json() | {"alg": "ECDH-ES"},
        "enc": "A256GCM",
    },
    "private key": lambda: {"jwk": _my_key(d=encode(b"\x01" * 32)), "enc": "A256GCM"},
    "zip": lambda: {"jwk": _my_key(), "enc": "A256GCM", "zip": "DEF"},
    "text": lambda: {"jwk": "x", "enc": "A256GCM"},
}  # fmt: skip


def _sealed(school: RunningIssuer, body: dict[str, Any]) -> bytes:
    keys = school.service.issuer_metadata()["credential_request_encryption"]["jwks"]["keys"]
    to = parse_public_jwk(keys[0])
    text = strict_json.dumps_bytes(body)
    return encrypt_jwe(text, key=to, enc="A256GCM", kid=to.kid).encode()


@pytest.mark.parametrize("defect", ENCRYPTION)
def test_I23_encryption_parameters(school: RunningIssuer, wallet: BareWallet, defect: str) -> None:
    token = wallet.token(school.offer())
    body = wallet.request(wallet.proofs(), credential_response_encryption=ENCRYPTION[defect]())
    answer = wallet.post_credential(
        token, _sealed(school, body), **{"Content-Type": "application/jwt"}
    )
    assert error_of(answer) == "invalid_encryption_parameters"
    assert answer.headers["content-type"] == "application/json"
    # Nothing was issued for it: other keys may still use the token.
    with BareWallet(school.url) as other:
        assert other.ask(token).status_code == 200


def test_I23_encrypted_answer_for_a_plain_request(wallet: BareWallet, token: str) -> None:
    wanted = {"jwk": _my_key(), "enc": "A256GCM"}
    body = wallet.request(wallet.proofs(), credential_response_encryption=wanted)
    assert error_of(wallet.post_credential(token, body)) == "invalid_encryption_parameters"


@pytest.mark.parametrize("spoil", [lambda b: b[:-3], lambda _: b"x", lambda b: b + b"."])
def test_I23_request_that_does_not_open(
    school: RunningIssuer, wallet: BareWallet, token: str, spoil: Callable[[bytes], bytes]
) -> None:
    sealed = spoil(_sealed(school, wallet.request(wallet.proofs())))
    answer = wallet.post_credential(token, sealed, **{"Content-Type": "application/jwt"})
    assert error_of(answer) == "invalid_encryption_parameters"


def test_I23_plain_request_where_encryption_is_required(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("x")
    with (
        running_issuer(folder, people=1, encryption_required=True) as strict,
        BareWallet(strict.url) as wallet,
    ):
        token = wallet.token(strict.offer())
        assert error_of(wallet.ask(token)) == "invalid_encryption_parameters"
        half = _sealed(strict, wallet.request(wallet.proofs()))
        answer = wallet.post_credential(token, half, **{"Content-Type": "application/jwt"})
        assert error_of(answer) == "invalid_encryption_parameters"
        whole = wallet.request(
            wallet.proofs(), credential_response_encryption={"jwk": _my_key(), "enc": "A128GCM"}
        )
        good = wallet.post_credential(
            token, _sealed(strict, whole), **{"Content-Type": "application/jwt"}
        )
        assert good.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("GET", "/token", {}, b"", 405),
        ("PUT", "/token", {"Content-Type": FORM}, b"a=b", 405),
        ("GET", "/nonce", {}, b"", 405),
        ("GET", "/credential", {}, b"", 405),
        ("DELETE", "/notification", {}, b"", 405),
        ("POST", "/status", {}, b"", 405),
        ("POST", "/token", {"Content-Type": "application/json"}, b"{}", 400),
        ("POST", "/token", {"Content-Type": "text/plain"}, b"a=b", 400),
        ("POST", "/token", {}, b"a=b", 400),
        ("POST", "/token", {"Content-Type": f"{FORM}; charset=utf-7"}, b"a=b", 400),
        ("POST", "/token", {"Content-Type": f"{FORM}; charset=utf-8; x=y"}, b"a=b", 400),
        ("POST", "/token", {"Content-Type": "multipart/form-data"}, b"a=b", 400),
        ("POST", "/token", {"Content-Type": FORM, "Content-Encoding": "gzip"}, b"x", 400),
        ("POST", "/token", {"Content-Type": FORM}, b"a=b&a=c", 400),
        ("POST", "/token", {"Content-Type": FORM}, b"grant_type=x", 400),
        ("POST", "/token", {"Content-Type": FORM}, b"grant_type", 400),
        ("POST", "/token", {"Content-Type": FORM}, b"%zz=1", 400),
        ("POST", "/token", {"Content-Type": FORM}, "é=1".encode(), 400),
        ("POST", "/token", {"Content-Type": FORM}, b"", 400),
        ("POST", "/token", {"Content-Type": FORM}, b"&".join([b"a=b"] * 70_000), 400),
        ("POST", "/token", {"Content-Type": FORM}, b"x" * 1_048_577, 400),
        ("POST", "/nonce", {}, b"x" * 1_048_577, 400),
        ("GET", "/offers/..%2f..%2fissuer.json", {}, b"", 404),
        ("GET", "/types/..%2f/1", {}, b"", 404),
    ],
)
def test_I30_method_content_type_and_form(
    school: RunningIssuer,
    method: str,
    path: str,
    headers: dict[str, str],
    content: bytes,
    status: int,
) -> None:
    answer = httpx2.request(method, f"{school.url}{path}", headers=headers, content=content or None)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/jose", "", FORM])
def test_I30_content_type_of_credential_and_notification(
    wallet: BareWallet, token: str, content_type: str
) -> None:
    for path in ("credential", "notification"):
        answer = wallet.http.post(
            f"{wallet.url}/{path}",
            content=b"{}",
            headers={"Content-Type": content_type, "Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 400
        assert error_of(answer) == f"invalid_{path}_request"


def test_I30_whole_body_refused_by_the_code_of_its_endpoint(wallet: BareWallet, token: str) -> None:
    codes = {
        "token": "invalid_request",
        "nonce": "invalid_request",
        "credential": "invalid_credential_request",
        "notification": "invalid_notification_request",
    }
    sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for path, code in codes.items():
        url = f"{wallet.url}/{path}"
        large = wallet.http.post(url, content=b"[" * 1_048_577, headers=sent)
        packed = wallet.http.post(url, content=b"x", headers={**sent, "Content-Encoding": "br"})
        for answer in (large, packed):
            assert (answer.status_code, error_of(answer)) == (400, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"a":1,"a":2}',
        b"[" * 5000,
        b"NaN",
        b'"x"',
        b"9" * 5000,
    ],
)
def test_I30_bodies_that_are_not_json_objects(wallet: BareWallet, token: str, body: bytes) -> None:
    assert error_of(wallet.post_credential(token, body)) == "invalid_credential_request"


def test_I30_cross_origin_requests_carry_no_credentials(school: RunningIssuer) -> None:
    asked = httpx2.options(
        f"{school.url}/credential",
        headers={
            "Origin": "https://wallet.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in asked.headers
    assert httpx2.options(
        f"{school.url}/credential",
        headers={"Origin": "https://x.example", "Access-Control-Request-Method": "DELETE"},
    ).is_client_error
