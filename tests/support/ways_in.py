"""Every way a certificate comes in, behind one face: what it is judged as there.

`entry_paths` and `role_paths` try one signed text on each function that reads it. Here a
whole document, good but for one defect, goes through each way a person can hand it over:
the three calls of the library, the HTTP service in both its response modes, the command
line from a file and from stdin, and a claim into a wallet.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.main import main
from carnet_schemas.dcql import parse_dcql
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing.errors import CarnetError
from carnet_securing.held import Selection
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_binding import bind, bind_shown
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.entries import TrustEntry
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.trust_file import TrustData, trust_file_bytes
from carnet_verifier import (
    Asked,
    BearerCopy,
    NoFurtherCondition,
    NotVerifiedError,
    Question,
    VerifiedAnswer,
    verify_answer,
    verify_credential,
    verify_shown,
)
from support.keys import signer as key_called
from support.looking_up import cached, refreshed
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb
from support.verifier_world import World as ShopWorld
from support.wallet_world import OfferingIssuer, WorldWeb
from support.wallet_world import World as WalletWorld

WORKER = key_called("worker")
AUDIENCE = "x509_san_dns:shop.example"
NONCE = "n-0S6_WzA2Mj-n-0S6_WzA2Mj-n-0S6_WzA2Mj-123"
QUERY: dict[str, Any] = {
    "id": "certificate",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": ["urn:carnet:skill-certificate:1"]},
    "claims": [{"path": ["title"]}, {"path": ["month"]}],
}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a document: an outcome, why, and what was shown of it."""

    outcome: str
    ground: str | None = None
    kinds: frozenset[str] = frozenset()
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Document:
    """How to make one document and where it leads.

    Attributes:
        make: one copy, by an issuer and for a holder's key, with every disclosure.
        trust: what is trusted of the issuer.
        bind: makes the holder's binding over the text, given audience and nonce; None leaves
            the text without one where one is wanted.
    """

    make: Callable[[SimulatedIssuer, PublicJwk], str]
    trust: Callable[[SimulatedIssuer], list[TrustEntry]] = lambda issuer: [issuer.entry()]
    bind: Callable[[str, str, str], str] | None = None


def honestly(text: str, audience: str, nonce: str) -> str:
    """What the holder does."""
    selection = Selection.of(text.encode(), hash_algorithm="sha-256")
    return bind(selection, audience=audience, nonce=nonce, now=NOW, signer=WORKER).decode()


def _issuer() -> SimulatedIssuer:
    return SimulatedIssuer(SimulatedWeb())


def _expectations(document: Document, issuer: SimulatedIssuer) -> dict[str, Any]:
    """What every call of the library is given: lists that a timer fetched before."""
    trust = TrustData.of(document.trust(issuer))
    cache = MemoryLookupCache()
    refreshed(trust, issuer.web, cache)
    return {
        "trust": trust,
        "lookups": cached(cache),
        "policy": NoFurtherCondition(),
        "now": NOW,
        "check": check_signature,
        "limits": PRESENTATION,
    }


def _of(call: Callable[[], VerifiedAnswer]) -> Judged:
    try:
        answer = call()
    except NotVerifiedError as error:
        report, credentials = error.report, error.examined.credentials
    else:
        report, credentials = answer.report, answer.credentials
    shown = [dict(one.claims) for several in credentials.values() for one in several]
    return Judged(
        outcome=str(report.outcome),
        ground=None if report.ground is None else str(report.ground),
        kinds=frozenset(check.kind for check in report.checks if check.kind),
        claims=shown[0] if shown else {},
    )


def _bound(document: Document, text: str, audience: str, nonce: str) -> str:
    return text if document.bind is None else document.bind(text, audience, nonce)


def library_copy(document: Document, folder: Path) -> Judged:
    """`verify_credential`, as a copy."""
    issuer = _issuer()
    text = document.make(issuer, WORKER.public_jwk)
    expected = _expectations(document, issuer)
    return _of(lambda: verify_credential(text, binding=BearerCopy(), **expected))


def library_asked(document: Document, folder: Path) -> Judged:
    """`verify_credential`, made for us."""
    issuer = _issuer()
    text = _bound(document, document.make(issuer, WORKER.public_jwk), AUDIENCE, NONCE)
    expected = _expectations(document, issuer)
    binding = Asked(audience=AUDIENCE, nonce=NONCE)
    return _of(lambda: verify_credential(text, binding=binding, **expected))


def library_answer(document: Document, folder: Path) -> Judged:
    """`verify_answer`."""
    issuer = _issuer()
    text = _bound(document, document.make(issuer, WORKER.public_jwk), AUDIENCE, NONCE)
    expected = _expectations(document, issuer)
    question = Question(query=parse_dcql({"credentials": [QUERY]}), audience=AUDIENCE, nonce=NONCE)
    token = json.dumps({"certificate": [text]})
    return _of(lambda: verify_answer(token, question=question, **expected))


def library_shown(document: Document, folder: Path) -> Judged:
    """`verify_shown`, live; a document without its holder's binding stays without."""
    issuer = _issuer()
    text = document.make(issuer, WORKER.public_jwk)
    expected = _expectations(document, issuer)
    if document.bind is honestly:
        selection = Selection.of(text.encode(), hash_algorithm="sha-256")
        text = bind_shown(selection, now=NOW, signer=WORKER, code="314159").decode()
    else:
        text = _bound(document, text, "urn:carnet:shown-on-screen", NONCE)
    return _of(lambda: verify_shown(text, max_age=120, code="314159", **expected))


def _service(document: Document, folder: Path, mode: ResponseMode) -> Judged:
    world = ShopWorld.make(folder, response_mode=mode)
    verifier, issuer = world.verifier, world.issuer
    verifier.set_trust(TrustData.of(document.trust(issuer)))
    text = document.make(issuer, WORKER.public_jwk)
    verifier.refresh(world.web, now=NOW)
    asked = world.ask({"credentials": [QUERY]})
    claims = world.request_claims(asked)
    answer = world.answer(
        asked,
        _bound(document, text, claims["client_id"], claims["nonce"]),
        encrypt=mode is ResponseMode.DIRECT_POST_JWT,
    )
    assert answer.status_code == 200, "the wallet never learns what its answer was worth"
    assert answer.json() == {}
    result = verifier.result(asked.id)
    verifier.close()
    report = result.report
    assert report is not None
    shown = (result.claims or {}).get("certificate", [])
    return Judged(
        outcome=report["outcome"],
        ground=report["ground"],
        kinds=frozenset(check["kind"] for check in report["checks"] if check["kind"]),
        claims=shown[0]["claims"] if shown else {},
    )


def service_plain(document: Document, folder: Path) -> Judged:
    """`direct_post`."""
    return _service(document, folder, ResponseMode.DIRECT_POST)


def service_sealed(document: Document, folder: Path) -> Judged:
    """`direct_post.jwt`."""
    return _service(document, folder, ResponseMode.DIRECT_POST_JWT)


@contextmanager
def _stdin(data: bytes) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    try:
        yield
    finally:
        sys.stdin = before


def _command(document: Document, folder: Path, *, by_stdin: bool, bound: bool) -> Judged:
    issuer = _issuer()
    text = document.make(issuer, WORKER.public_jwk)
    arguments = ["--offline", "--json", "--trust", str(folder / "trust.json")]
    if bound:
        text = _bound(document, text, AUDIENCE, NONCE)
        arguments += ["--nonce", NONCE, "--audience", AUDIENCE]
    entries = [_pinned(entry, issuer) for entry in document.trust(issuer)]
    (folder / "trust.json").write_bytes(trust_file_bytes(TrustData.of(entries)))
    (folder / "status").write_bytes(issuer.status_token())
    arguments += ["--status", str(folder / "status")]
    path = folder / "document"
    path.write_text(text)
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        patch.setattr("carnet_cli.commands.verify.system_now", lambda: NOW)
        with _stdin(text.encode()):
            code = main(["verify", "-" if by_stdin else str(path), *arguments])
    report = json.loads(output.getvalue())
    codes = {"verified": 0, "genuine_unlisted": 10, "undetermined": 11, "rejected": 12}
    assert code == codes[report["outcome"]]
    return Judged(
        outcome=report["outcome"],
        ground=report["ground"],
        kinds=frozenset(check["kind"] for check in report["checks"] if check["kind"]),
        claims=report["claims"],
    )


def _pinned(entry: TrustEntry, issuer: SimulatedIssuer) -> TrustEntry:
    """The same entry, with the keys in it: offline there is no other way to them."""
    members = {name: getattr(entry, name) for name in type(entry).__dataclass_fields__}
    pinned = {"route": IssuerKeyRoute.PINNED, "keys": tuple(issuer.published)}
    return TrustEntry(**(members | pinned))


def command_file(document: Document, folder: Path) -> Judged:
    """`carnet verify FILE`."""
    return _command(document, folder, by_stdin=False, bound=False)


def command_stdin(document: Document, folder: Path) -> Judged:
    """`carnet verify -`."""
    return _command(document, folder, by_stdin=True, bound=False)


def command_asked(document: Document, folder: Path) -> Judged:
    """`carnet verify FILE --nonce --audience`."""
    return _command(document, folder, by_stdin=False, bound=True)


def wallet_claim(document: Document, folder: Path) -> Judged:
    """A claim into a wallet: kept, or refused with a kind and nothing kept."""
    web = WorldWeb()
    offering = OfferingIssuer(web, batch=None)
    offering.make = lambda key, _number: document.make(offering.signing, key)
    world = WalletWorld(folder / "carnet", web=web, trust=document.trust(offering.signing))
    with world.open() as wallet:
        try:
            cards = wallet.claim(
                wallet.open_offer(offering.link), tx_code=offering.tx_code, now=NOW
            )
        except CarnetError as error:
            assert wallet.list(now=NOW) == ()
            return Judged(outcome="refused", kinds=frozenset({str(error.kind)}))
        claims = dict(wallet.card(cards[0].card_id).held.claims)
    return Judged(outcome="kept", claims=claims)


COPIES = (library_copy, command_file, command_stdin)
"""Ways on which nobody asked the holder for anything."""
BOUND = (library_asked, library_answer, library_shown, service_plain, service_sealed, command_asked)
"""Ways on which the holder has to answer."""
