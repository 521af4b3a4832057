"""Each defect of a document through each way a document comes in (rows marked for all paths).

A check that one way makes and another forgets is how wallets and verifiers were fooled; so
the table below is one, and every way answers every row of it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.main import main
from carnet_schemas.oid4vp import request_uri_by_reference, request_uri_by_value
from carnet_securing import base64url, strict_json
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import sign_jws
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.status_list import StatusReference
from support.hostile_server import HostileServer, redirect
from support.keys import signer as key_called
from support.simulator import DAY, NOW, SimulatedIssuer, SimulatedWeb
from support.wallet_server import served
from support.wallet_world import REQUEST_MEDIA_TYPE, Asker, OfferingIssuer, WorldWeb
from support.ways_in import BOUND, COPIES, WORKER, Document, Judged, honestly, wallet_claim


def issue(issuer: SimulatedIssuer, key: PublicJwk, **changes: Any) -> str:
    """One good copy, but for `changes`."""
    members: dict[str, Any] = {"holder_key": key, "status": issuer.next_status()}
    return issuer.issue(**(members | changes))


def parts(text: str) -> tuple[str, str, str, str]:
    """Header, payload, signature, and all that follows with its first tilde."""
    jwt, tilde, rest = text.partition("~")
    header, payload, signature = jwt.split(".")
    return header, payload, signature, tilde + rest


def encoded(members: dict[str, Any]) -> str:
    """Base64url of JSON."""
    return base64url.encode(json.dumps(members).encode())


def decoded(part: str) -> dict[str, Any]:
    """What `encoded` was made from."""
    found: dict[str, Any] = json.loads(base64url.decode(part))
    return found


def none(issuer: SimulatedIssuer, key: PublicJwk, algorithm: str, *, signed: bool) -> str:
    """J01, J02: no algorithm, with or without the bytes of a signature."""
    header, payload, signature, rest = parts(issue(issuer, key))
    unsigned = encoded({**decoded(header), "alg": algorithm})
    return f"{unsigned}.{payload}.{signature if signed else ''}{rest}"


def bit(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """One bit of the signature."""
    header, payload, signature, rest = parts(issue(issuer, key))
    raw = bytearray(base64url.decode(signature))
    raw[10] ^= 1
    return f"{header}.{payload}.{base64url.encode(bytes(raw))}{rest}"


def claim(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """A signed claim changed."""
    header, payload, signature, rest = parts(issue(issuer, key))
    changed = encoded({**decoded(payload), "exp": NOW + 900 * DAY})
    return f"{header}.{changed}.{signature}{rest}"


def disclosure(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """D37: a hidden claim changed."""
    text = issue(issuer, key)
    first = text.split("~")[1]
    content = json.loads(base64url.decode(first))
    content[-1] = "something else"
    return text.replace(first, base64url.encode(json.dumps(content).encode()), 1)


def added(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """D10: a hidden claim added that nobody signed."""
    made = base64url.encode(json.dumps(["salt", "level", {"eqf": 8}]).encode())
    return issue(issuer, key) + made + "~"


def forged(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """Signed by somebody else in the issuer's name."""
    header, payload, _, rest = parts(issue(issuer, key))
    forger = key_called("forger")
    signature = base64url.encode(forger.sign(f"{header}.{payload}".encode()))
    return f"{header}.{payload}.{signature}{rest}"


def of_type(issuer: SimulatedIssuer, key: PublicJwk, typ: str) -> str:
    """J38: signed by the issuer, as another kind of token."""
    _, payload, _, rest = parts(issue(issuer, key))
    token = sign_jws(
        base64url.decode(payload), signer=issuer.signer, typ=typ, header={"kid": issuer.kid}
    )
    return token + rest


def withdrawn(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """Withdrawn by its issuer."""
    place = issuer.next_status()
    issuer.withdraw(place)
    return issue(issuer, key, status=place)


def paused(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """On hold."""
    place = issuer.next_status()
    issuer.pause(place)
    return issue(issuer, key, status=place)


def in_another_list(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """Its place is in a list that cannot be had."""
    place = StatusReference(uri=f"{issuer.url}/status/another", index=1)
    return issue(issuer, key, status=place)


def by_a_stranger(issuer: SimulatedIssuer, key: PublicJwk) -> str:
    """From an issuer nobody lists; its key is in its name."""
    stranger = SimulatedIssuer(
        SimulatedWeb(), name="stranger", url="https://other.example", route=IssuerKeyRoute.DID_JWK
    )
    return stranger.issue(holder_key=key)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A defect, and what it is judged as everywhere; `claim` is the kind a wallet refuses with.

    `claim` None: a wallet keeps it, with the reason in the comment beside.
    """

    document: Document
    outcome: str
    ground: str | None = None
    kind: str = ""
    claim: str | None = None


def rejected(
    make: Callable[[SimulatedIssuer, PublicJwk], str], ground: str, kind: str, **more: Any
) -> Row:
    """A row whose document is rejected; a wallet refuses it for the same reason."""
    document = Document(make=make, bind=honestly, **more)
    return Row(document=document, outcome="rejected", ground=ground, kind=kind, claim=kind)


ROWS = {
    **{
        f"SEC-J01-{algorithm}": rejected(
            lambda i, k, a=algorithm: none(i, k, a, signed=False),  # type: ignore[misc]
            "not_authentic",
            "alg_not_allowed",
        )
        for algorithm in ("none", "None", "NONE", "nOnE")
    },
    "SEC-J02": rejected(
        lambda i, k: none(i, k, "none", signed=True), "not_authentic", "alg_not_allowed"
    ),
    "SEC-J03": rejected(
        lambda i, k: none(i, k, "HS256", signed=True), "not_authentic", "alg_not_allowed"
    ),
    "signature-bit": rejected(bit, "not_authentic", "bad_signature"),
    "signed-claim-changed": rejected(claim, "not_authentic", "bad_signature"),
    "forged": rejected(forged, "not_authentic", "bad_signature"),
    "SEC-D10": rejected(added, "not_authentic", "disclosure_unreferenced"),
    "SEC-D37": rejected(disclosure, "not_authentic", "disclosure_unreferenced"),
    **{
        f"SEC-J38-{typ}": rejected(
            lambda i, k, t=typ: of_type(i, k, t),  # type: ignore[misc]
            "not_authentic",
            "typ_mismatch",
        )
        for typ in ("JWT", "kb+jwt", "statuslist+jwt", "vc+sd-jwt", "openid4vci-proof+jwt")
    },
    "expired": rejected(
        lambda i, k: issue(i, k, expires_at=NOW - DAY, issued_at=NOW - 9 * DAY),
        "expired",
        "expired",
    ),
    "SEC-V27": rejected(
        lambda i, k: issue(i, k, issued_at=NOW + 30 * DAY), "not_yet_valid", "not_yet_valid"
    ),
    "SEC-V10": rejected(
        issue,
        "policy_unmet",
        "policy_unmet",
        trust=lambda i: [i.entry(types=("urn:carnet:mission:1",))],
    ),
    "never-list": rejected(
        lambda i, k: issue(
            i,
            k,
            claims={
                "nature": "attendance",
                "title": {"en": "x"},
                "month": "2026-05",
                "nationality": "x",
            },
            conceal=[("title",), ("month",), ("nationality",)],
        ),
        "policy_unmet",
        "policy_unmet",
    ),
    # A wallet does not look its status up: the issuer gave it this minute.
    "withdrawn": replace(rejected(withdrawn, "withdrawn", "status_revoked"), claim=None),
    "paused": replace(rejected(paused, "paused", "status_suspended"), claim=None),
    "SEC-T18": Row(
        document=Document(make=in_another_list, bind=honestly),
        outcome="undetermined",
    ),
    # A wallet takes what the issuer it asked signed, and this one signed in another's name.
    "unlisted": Row(
        document=Document(make=by_a_stranger, bind=honestly),
        outcome="genuine_unlisted",
        claim="issuer_mismatch",
    ),
}


def judged(way: Callable[[Document, Path], Judged], row: Row, folder: Path) -> Judged:
    found = way(row.document, folder)
    assert (found.outcome, found.ground) == (row.outcome, row.ground)
    assert not row.kind or row.kind in found.kinds
    return found


@pytest.mark.parametrize("way", [*COPIES, *BOUND], ids=lambda way: way.__name__)
def test_a_good_document_passes_every_way(
    way: Callable[[Document, Path], Judged], tmp_path: Path
) -> None:
    found = way(Document(make=issue, bind=honestly), tmp_path)
    assert (found.outcome, found.ground, found.kinds) == ("verified", None, frozenset())
    assert found.claims["month"]


def test_a_good_document_is_kept(tmp_path: Path) -> None:
    assert wallet_claim(Document(make=issue), tmp_path).outcome == "kept"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("way", [*COPIES, *BOUND], ids=lambda way: way.__name__)
def test_each_defect_is_seen_on_every_way(
    way: Callable[[Document, Path], Judged], row: Row, tmp_path: Path
) -> None:
    found = judged(way, row, tmp_path)
    if row.ground == "not_authentic":
        assert found.claims == {}, "nothing of it is shown"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_each_defect_is_seen_when_a_wallet_claims(row: Row, tmp_path: Path) -> None:
    found = wallet_claim(row.document, tmp_path)
    if row.claim is None:
        assert found.outcome == "kept"
    else:
        assert found.outcome == "refused"
        assert found.kinds == {row.claim}


# What the holder does, or does not


STRIPPED = Document(make=issue)
BINDINGS: dict[str, tuple[Callable[[str, str, str], str], str]] = {
    "another-nonce": (lambda text, aud, nonce: honestly(text, aud, nonce + "x"), "not_for_you"),
    "another-audience": (lambda text, aud, nonce: honestly(text, aud + "x", nonce), "not_for_you"),
    "tampered": (
        lambda text, aud, nonce: honestly(text, aud, nonce)[:-6] + "AAAAAA",
        "not_authentic",
    ),
    "fewer-claims": (
        lambda text, aud, nonce: _without_one(honestly(text, aud, nonce)),
        "not_authentic",
    ),
    "SEC-K01-none": (
        lambda text, aud, nonce: _unsigned(honestly(text, aud, nonce)),
        "not_authentic",
    ),
}


def _without_one(text: str) -> str:
    first, _, *rest = text.split("~")
    return "~".join([first, *rest])


def _unsigned(text: str) -> str:
    document, _, binding = text.rpartition("~")
    header, payload, _ = binding.split(".")
    return f"{document}~{encoded({**decoded(header), 'alg': 'none'})}.{payload}."


@pytest.mark.parametrize("way", BOUND, ids=lambda way: way.__name__)
def test_K01_a_document_nobody_bound_is_seen_on_every_way(
    way: Callable[[Document, Path], Judged], tmp_path: Path
) -> None:
    found = way(STRIPPED, tmp_path)
    assert (found.outcome, found.ground) == ("rejected", "not_for_you")
    assert "kb_missing" in found.kinds
    assert found.claims == {}


@pytest.mark.parametrize(("binds", "ground"), BINDINGS.values(), ids=BINDINGS)
@pytest.mark.parametrize("way", BOUND, ids=lambda way: way.__name__)
def test_each_bad_binding_is_seen_on_every_way(
    way: Callable[[Document, Path], Judged],
    binds: Callable[[str, str, str], str],
    ground: str,
    tmp_path: Path,
) -> None:
    found = way(Document(make=issue, bind=binds), tmp_path)
    assert (found.outcome, found.ground) == ("rejected", ground)
    assert found.claims == {}


@pytest.mark.parametrize("way", COPIES, ids=lambda way: way.__name__)
def test_a_copy_is_no_answer_to_somebody(
    way: Callable[[Document, Path], Judged], tmp_path: Path
) -> None:
    bound = Document(make=lambda i, k: honestly(issue(i, k), "somebody", "else"))
    found = way(bound, tmp_path)
    assert (found.outcome, found.ground) == ("rejected", "not_for_you")


def test_D44_a_binding_from_an_issuer_is_refused_by_a_wallet(tmp_path: Path) -> None:
    bound = Document(make=lambda i, k: honestly(issue(i, k), "somebody", "else"))
    assert wallet_claim(bound, tmp_path).kinds == {"kb_unexpected"}


def test_a_copy_for_another_holder_is_refused_by_a_wallet(tmp_path: Path) -> None:
    other = Document(make=lambda i, _: issue(i, WORKER.public_jwk))
    assert wallet_claim(other, tmp_path).kinds == {"kb_key_invalid"}


# P01: a request through the command line


@dataclass(frozen=True, kw_only=True)
class Commands:
    """A wallet with a certificate, used by its commands, and an asker it can reach."""

    folder: str
    web: WorldWeb
    asker: Asker
    capsys: pytest.CaptureFixture[str]

    def refuse(self, uri: str) -> tuple[str, str]:
        """Have `carnet wallet present` refuse a request; the error's kind and all it printed."""
        self.capsys.readouterr()
        assert main(["wallet", "present", self.folder, uri, "--yes", "--json"]) == 1
        out, err = self.capsys.readouterr()
        assert not self.web.to(f"{self.asker.url}/response/1"), "nothing was sent"
        return json.loads(out)["error"]["kind"], out + err


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, WorldWeb, str]]:
    """A wallet's folder with a certificate in it, and a web it can reach, with its address."""
    web = WorldWeb()
    folder = str(tmp_path_factory.mktemp("wallet") / "carnet")
    with pytest.MonkeyPatch.context() as patch, served(web) as address:
        patch.setenv("CARNET_PASSPHRASE", "a pretend passphrase")
        patch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", "1")
        patch.setattr("carnet_cli.commands.wallet.system_now", lambda: NOW)
        issuer = OfferingIssuer(web, url=address)
        assert main(["wallet", "init", folder]) == 0
        assert main(["wallet", "claim", folder, issuer.link, "--tx-code", "493536"]) == 0
        yield folder, web, address


@pytest.fixture
def commands(claimed: tuple[str, WorldWeb, str], capsys: pytest.CaptureFixture[str]) -> Commands:
    folder, web, address = claimed
    return Commands(folder=folder, web=web, asker=Asker(web, url=address), capsys=capsys)


@pytest.mark.parametrize("link", ["by-reference", "parameters"])
@pytest.mark.parametrize(
    "client_id", ["x509_san_dns:buyer.example", "x509_hash:" + "A" * 43, "decentralized_identifier"]
)
def test_P01_an_unsigned_request_is_refused_on_the_command_line(
    client_id: str, link: str, commands: Commands
) -> None:
    asker = commands.asker
    if client_id != "decentralized_identifier":
        asker.client_id = client_id
    header, payload, _ = asker.request_object().decode().split(".")
    unsigned = encoded({**decoded(header), "alg": "none"})
    commands.web.put(
        f"{asker.url}/request/1",
        f"{unsigned}.{payload}.".encode(),
        media_type=REQUEST_MEDIA_TYPE,
    )
    uri = asker.link
    if link == "parameters":
        uri = request_uri_by_value(asker.claims(), write_json=strict_json.dumps)
    kind, said = commands.refuse(uri)
    assert kind == "request_untrusted"
    assert "buyer.example" not in said, "no name is shown"


# P12: over real HTTP, to a good request of the same asker


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_P12_a_redirect_of_the_request_is_not_followed(
    status: int, method: str, commands: Commands
) -> None:
    asker = commands.asker
    fetched = commands.web.calls[f"{asker.url}/request/1"]
    with HostileServer() as hostile:
        hostile.on("/request", redirect(f"{asker.url}/request/1", status))
        uri = request_uri_by_reference(asker.client_id, hostile.url("/request"))
        kind, _ = commands.refuse(f"{uri}&request_uri_method={method}")
    assert kind in {"fetch_blocked", "request_untrusted"}
    assert [request.method for request in hostile.requests] == [method.upper()]
    assert commands.web.calls[f"{asker.url}/request/1"] == fetched
    assert not commands.web.to(f"{asker.url}/request/1")
