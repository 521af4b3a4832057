"""The ways a signed text enters the issuer, the wallet, the verifier and the command line.

The second half of `entry_paths`: the same face, over the services' own functions.
"""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from carnet_cli.exit_codes import ExitCode
from carnet_cli.main import main
from carnet_issuer.errors import ProtocolError
from carnet_issuer.nonces import new_nonce
from carnet_issuer.proofs import PROOF_TYPE, ProofExpectation, verify_proofs
from carnet_schemas.dcql import parse_dcql
from carnet_securing import base64url
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import Selection
from carnet_securing.key_binding import bind
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.entries import entry_to_json
from carnet_trust.trust_file import TrustData
from carnet_verifier import (
    Asked,
    BearerCopy,
    ExaminedAnswer,
    Ground,
    NoFurtherCondition,
    Outcome,
    Question,
    Surroundings,
    examine_answer,
    examine_single,
)
from carnet_wallet.acceptance import Expected, Judges, accept
from carnet_wallet.asker_keys import AskerKeys
from carnet_wallet.records import HolderKey
from carnet_wallet.requests import authenticate, receive
from support.entry_paths import EntryPath
from support.keys import signer
from support.looking_up import on_demand
from support.simulator import NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb

AUDIENCE = "https://buyer.example"
NONCE = "n-0S6_WzA2Mj"
NONCE_KEY = bytes(32)
WORKER = signer("worker")
ASKER = signer("asker")
ASKER_DID = did_jwk_of(ASKER.public_jwk)


@cache
def _issued() -> tuple[SimulatedWeb, SimulatedIssuer, str, str]:
    """A web, an issuer on it, and an honest certificate: its signed part and its disclosures."""
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web)
    token = issuer.issue(holder_key=WORKER.public_jwk, status=issuer.next_status())
    signed, disclosures = token.split("~", 1)
    return web, issuer, signed, disclosures


def _surroundings() -> Surroundings:
    web, issuer, _, _ = _issued()
    return Surroundings(
        trust=TrustData.of([issuer.entry()]),
        lookups=on_demand(web, fetch_types=True),
        policy=NoFurtherCondition(),
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def _judged(examined: ExaminedAnswer) -> object:
    """The answer, or the first failure of the report as an error."""
    if examined.report.outcome is Outcome.VERIFIED:
        return examined
    kinds = [check.kind for check in examined.report.checks if check.kind]
    # Genuine, and refused for what the issuer signed into it: that may be looked at.
    genuine = examined.report.ground is Ground.POLICY_UNMET
    assert genuine or not any(examined.credentials.values()), "a refused text still shows claims"
    raise InvalidError(ErrorKind(kinds[0]), str(examined.report.outcome))


def _copy(token: str) -> object:
    document = f"{token}~{_issued()[3]}"
    return _judged(examine_single(document, binding=BearerCopy(), surroundings=_surroundings()))


def _answer(token: str) -> object:
    selection = Selection.of(f"{token}~{_issued()[3]}".encode(), hash_algorithm="sha-256")
    bound = bind(selection, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=WORKER).decode()
    query = {"id": "c", "format": "dc+sd-jwt", "meta": {"vct_values": [SKILL_CERTIFICATE]}}
    question = Question(query=parse_dcql({"credentials": [query]}), audience=AUDIENCE, nonce=NONCE)
    return _judged(
        examine_answer(json.dumps({"c": [bound]}), question=question, surroundings=_surroundings())
    )


def _asked(token: str) -> object:
    """The key binding of a document, the rest of it honest."""
    _, _, signed, disclosures = _issued()
    return _judged(
        examine_single(
            f"{signed}~{disclosures}{token}",
            binding=Asked(audience=AUDIENCE, nonce=NONCE),
            surroundings=_surroundings(),
        )
    )


def _acceptance(token: str) -> object:
    around = _surroundings()
    key = HolderKey(algorithm="ES256", private=WORKER.private_bytes(), public=WORKER.public_jwk)
    return accept(
        [f"{token}~{_issued()[3]}"],
        expected=Expected(issuer=_issued()[1].iss, vct=SKILL_CERTIFICATE, keys=[key]),
        judges=Judges(trust=around.trust, lookups=around.lookups, check=check_signature),
        now=NOW,
    )


def _proof(token: str) -> object:
    expected = ProofExpectation(
        issuer="https://school.example", now=NOW, past=300, future=60, nonce_key=NONCE_KEY
    )
    try:
        return verify_proofs([token], expected=expected, check=check_signature)
    except ProtocolError as error:
        raise InvalidError(ErrorKind.POLICY_UNMET, error.description) from None


class _NoWeb:
    """Nothing is fetched for a request that came by value from a did:jwk."""

    def get(self, *_: object, **__: object) -> Any:
        raise AssertionError("a connection was opened")

    post = check = get


def _request(token: str) -> object:
    client_id = f"decentralized_identifier:{ASKER_DID}"
    uri = "openid4vp://?" + urlencode({"client_id": client_id, "request": token})
    keys = AskerKeys(web=_NoWeb(), check=check_signature, roots=lambda: (), loopback_http=False)
    return authenticate(receive(uri, web=_NoWeb()), keys=keys, now=NOW)


@cache
def _issued_by_the_calendar() -> tuple[SimulatedIssuer, str, str]:
    """A certificate without status, valid now by the real clock that the command line reads."""
    issuer = SimulatedIssuer(SimulatedWeb(), now=1_700_000_000)
    token = issuer.issue(holder_key=WORKER.public_jwk, expires_at=4_000_000_000)
    signed, disclosures = token.split("~", 1)
    return issuer, signed, disclosures


def _command_line(token: str) -> object:
    """`carnet verify FILE --offline`, with the issuer's key pinned in the trust file."""
    issuer, _, disclosures = _issued_by_the_calendar()
    pinned = {
        **entry_to_json(issuer.entry(route=IssuerKeyRoute.PINNED, keys=tuple(issuer.published)))
    }
    output = io.StringIO()
    with TemporaryDirectory() as folder, redirect_stdout(output):
        document, trust = Path(folder) / "document", Path(folder) / "trust.json"
        document.write_text(f"{token}~{disclosures}", "utf-8", "surrogatepass")
        trust.write_text(json.dumps(pinned))
        code = main(["verify", str(document), "--trust", str(trust), "--offline", "--json"])
    if code == ExitCode.OK:
        return code
    report = json.loads(output.getvalue())
    assert code == ExitCode.REJECTED, report
    kinds = [check["kind"] for check in report["checks"] if check["kind"]]
    raise InvalidError(ErrorKind(kinds[0]), "rejected")


def _path(
    name: str, run: Callable[[str], object], signed: str, *, says: tuple[ErrorKind, ...] = ()
) -> EntryPath:
    _, payload, _ = signed.split(".")
    return EntryPath(
        name=name,
        typ="dc+sd-jwt",
        key=signer("school"),
        payload=json.loads(base64url.decode(payload)),
        run=run,
        says=frozenset(says),
    )


def role_paths() -> tuple[EntryPath, ...]:
    """One path for each function through which strangers' signed texts reach a role."""
    signed = _issued()[2]
    bound = Selection.of(f"{signed}~{_issued()[3]}".encode(), hash_algorithm="sha-256")
    binding = bind(bound, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=WORKER)
    binding_payload = json.loads(base64url.decode(binding.rsplit(b"~", 1)[1].split(b".")[1]))
    nonce = new_nonce(NONCE_KEY, issuer="https://school.example", expires_at=NOW + 300)
    return (
        _path("verifier-copy", _copy, signed),
        _path("verifier-answer", _answer, signed),
        _path("wallet-acceptance", _acceptance, signed),
        _path("command-line", _command_line, _issued_by_the_calendar()[1]),
        EntryPath(
            name="verifier-binding",
            typ="kb+jwt",
            key=WORKER,
            payload=binding_payload,
            run=_asked,
        ),
        EntryPath(
            name="issuer-proof",
            typ=PROOF_TYPE,
            key=WORKER,
            payload={"aud": "https://school.example", "iat": NOW, "nonce": nonce},
            run=_proof,
            named_by={"jwk": WORKER.public_jwk.bare().to_json()},
            says=frozenset({ErrorKind.POLICY_UNMET}),
        ),
        EntryPath(
            name="wallet-request",
            typ="oauth-authz-req+jwt",
            key=ASKER,
            payload={"client_id": f"decentralized_identifier:{ASKER_DID}", "nonce": NONCE},
            run=_request,
            named_by={"kid": f"{ASKER_DID}#0"},
            says=frozenset({ErrorKind.REQUEST_UNTRUSTED}),
        ),
    )
