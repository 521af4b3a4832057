"""Attacks on the wallet by issuers, askers and links: rows IW, P, D44, K20 and Y."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.oid4vp import (
    ResponseMode,
    request_uri_by_reference,
    request_uri_by_value,
)
from carnet_securing import base64url, jwe, strict_json
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Posted
from carnet_securing.jws import parse_jws, sign_jws, verify_jws
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_wallet.claim_record import Claim
from carnet_wallet.consent import Consent
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.fail_points import Moment
from carnet_wallet.questions import Question
from carnet_wallet.records import CLAIM
from carnet_wallet.wallet import Wallet
from support.certificates import Chain, Recipe, chain
from support.certificates import issue as issue_certificate
from support.keys import signer as key_called
from support.wallet_world import (
    NOW,
    QUESTION,
    REQUEST_MEDIA_TYPE,
    Asker,
    EndAt,
    OfferingIssuer,
    WalletEndedError,
    World,
    claimed_wallet,
)

DENIED = "access_denied"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


@pytest.fixture
def wallet(world: World) -> Iterator[Wallet]:
    with claimed_wallet(world) as opened:
        yield opened


def refused(wallet: Wallet, link: str) -> CarnetError:
    """Prepare a request that must be refused."""
    with pytest.raises(CarnetError) as caught:
        wallet.prepare(link, lang="en", now=NOW)
    return caught.value


def prepared(wallet: Wallet, link: str) -> Question:
    question = wallet.prepare(link, lang="en", now=NOW)
    assert question.preview is not None
    return question


def answered(world: World, asker: Asker) -> bool:
    return bool(world.web.to(f"{asker.url}/response/1"))


def told(world: World, asker: Asker) -> list[dict[str, str]]:
    """What was posted to the asker; in clear, so that any certificate in it would be seen."""
    return [sent.form for sent in world.web.to(f"{asker.url}/response/1")]


# Issuance, the wallet's side


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.1/",
        "https://192.168.1.1/",
        "https://localhost/offer",
        "http://school.example/offers/1",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://printer.local/",
    ],
)
def test_IW3_an_offer_cannot_make_the_wallet_knock_at_internal_doors(
    tmp_path: Path, address: str
) -> None:
    from carnet_schemas.form import encode_form
    from carnet_securing.fetch_http import HttpFetch

    link = "openid-credential-offer://?" + encode_form({"credential_offer_uri": address})
    resolved: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return []

    with HttpFetch(resolve=resolve) as web:
        world = World(tmp_path / "carnet", web=web)  # type: ignore[arg-type]
        with world.open() as wallet, pytest.raises(CarnetError) as caught:
            wallet.open_offer(link)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED
    assert resolved == []


@pytest.mark.parametrize(
    "nonce_answer",
    [
        Posted(status=500, media_type="application/json", unverified_body=b"{}"),
        Posted(status=404, media_type="application/json", unverified_body=b"{}"),
        Posted(status=200, media_type="application/json", unverified_body=b"{}"),
        Posted(status=200, media_type="application/json", unverified_body=b'{"c_nonce":""}'),
        Posted(status=200, media_type="application/json", unverified_body=b'{"c_nonce":7}'),
        Posted(status=200, media_type="text/html", unverified_body=b"<html>"),
        Posted(status=302, media_type="", unverified_body=b""),
        Posted(status=200, media_type="application/json", unverified_body=b""),
    ],
    ids=["500", "404", "no nonce", "empty", "number", "html", "redirect", "no body"],
)
def test_IW5_without_a_nonce_no_proof_is_made(world: World, nonce_answer: Posted) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.handlers[f"{issuer.url}/nonce"] = lambda _: nonce_answer

    with world.open() as wallet:
        with pytest.raises(UndeterminedError) as caught:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        assert caught.value.kind is ErrorKind.FETCH_FAILED
        assert wallet.list(now=NOW) == ()
        assert wallet.unfinished_claims() == (issuer.url,)

    assert world.web.to(f"{issuer.url}/credential") == []


@pytest.mark.parametrize(
    "moment",
    [
        Moment.AFTER_TOKEN,
        Moment.BEFORE_CREDENTIAL_STORE,
        Moment.AFTER_CREDENTIAL_STORE,
        Moment.BEFORE_NOTIFICATION,
    ],
)
def test_IW8_no_notification_before_the_certificate_is_kept(world: World, moment: Moment) -> None:
    issuer = OfferingIssuer(world.web)
    world.fail_points = EndAt(moment)

    with world.open() as wallet, pytest.raises(WalletEndedError):
        wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
    assert issuer.notified == []

    with world.open() as wallet:
        wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        assert len(wallet.list(now=NOW)) == 1
    assert len(issuer.stored) == 1, "the same certificate came again"
    assert [note["event"] for note in issuer.notified] == ["credential_accepted"]


def test_D44_a_certificate_with_a_binding_at_its_end_is_not_kept(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    thief = key_called("thief")
    binding = sign_jws(b'{"nonce":"x"}', signer=thief, typ="kb+jwt")
    issuer.make = lambda key, number: issuer.copy_for(key, number) + binding

    with world.open() as wallet:
        with pytest.raises(CarnetError) as caught:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        assert wallet.list(now=NOW) == ()

    assert caught.value.kind is ErrorKind.KB_UNEXPECTED


def test_K20_proofs_and_bindings_cannot_stand_in_for_each_other(
    wallet: Wallet, world: World
) -> None:
    (sent,) = world.web.to("https://school.example/credential")
    asker = Asker(world.web)
    question = prepared(wallet, asker.link)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=NOW)

    proof = parse_jws(sent.json["proofs"]["jwt"][0], limits=PRESENTATION)
    binding = parse_jws(asker.given[0]["vp_token"]["safety"][0].split("~")[-1], limits=PRESENTATION)
    key = wallet.card(wallet.list(now=NOW)[0].card.card_id).copies[0].key.public

    for unverified, own, other in [
        (proof, "openid4vci-proof+jwt", "kb+jwt"),
        (binding, "kb+jwt", "openid4vci-proof+jwt"),
    ]:
        verify_jws(unverified, key=key, algorithms={"ES256"}, types={own}, check=check_signature)
        with pytest.raises(CarnetError) as caught:
            verify_jws(
                unverified, key=key, algorithms={"ES256"}, types={other}, check=check_signature
            )
        assert caught.value.kind is ErrorKind.TYP_MISMATCH


# Who asks


def signed_by_certificate(asker: Asker, certificates: Chain, client_id: str) -> None:
    asker.client_id = client_id
    asker.signer = key_called(certificates.name)
    asker.header = {"x5c": certificates.x5c}


def leaf_hash(certificates: Chain) -> str:
    import hashlib

    return base64url.encode(hashlib.sha256(certificates.leaf.der).digest())


SIGNED_PREFIXES = ["decentralized_identifier", "did:web", "x509_san_dns", "x509_hash"]


def asker_of(world: World, prefix: str) -> Asker:
    """An asker of one signed prefix, whose request is good."""
    asker = Asker(world.web)
    certificates = chain(dns="buyer.example", uri="https://buyer.example")
    world.asker_roots = (certificates.root.der,)
    match prefix:
        case "did:web":
            publish_did(world, asker)
        case "x509_san_dns":
            signed_by_certificate(asker, certificates, "x509_san_dns:buyer.example")
        case "x509_hash":
            signed_by_certificate(asker, certificates, f"x509_hash:{leaf_hash(certificates)}")
    return asker


def publish_did(world: World, asker: Asker, *, purpose: str = "authentication") -> None:
    """Let the asker ask under a did:web, with its key published for one purpose."""
    did = "did:web:buyer.example"
    asker.client_id = f"decentralized_identifier:{did}"
    asker.header = {"kid": f"{did}#1"}
    method = {
        "id": f"{did}#1",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": asker.signer.public_jwk.bare().to_json(),
    }
    document = {"id": did, "verificationMethod": [method], purpose: [f"{did}#1"]}
    body = strict_json.dumps_bytes(document)
    world.web.put("https://buyer.example/.well-known/did.json", body)


def none_signed(asker: Asker) -> bytes:
    header = strict_json.dumps_bytes({"alg": "none", "typ": asker.typ, **asker.header})
    parts = [header, strict_json.dumps_bytes(asker.claims())]
    return b".".join([*(base64url.encode_bytes(part) for part in parts), b""])


def by_reference(asker: Asker) -> str:
    return asker.link


def by_value(asker: Asker) -> str:
    from carnet_schemas.form import encode_form

    request = asker.request_object().decode("ascii")
    return "openid4vp://?" + encode_form({"client_id": asker.client_id, "request": request})


def by_post(asker: Asker) -> str:
    return asker.link + "&request_uri_method=post"


PATHS: list[Callable[[Asker], str]] = [by_reference, by_value, by_post]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", SIGNED_PREFIXES)
def test_P01_a_good_request_passes_by_every_path(
    world: World, prefix: str, path: Callable[[Asker], str]
) -> None:
    asker = asker_of(world, prefix)
    with claimed_wallet(world) as wallet:
        assert prepared(wallet, path(asker)).asker.client_id == asker.client_id


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", SIGNED_PREFIXES)
def test_P01_an_unsigned_request_under_a_prefix_that_signs(
    world: World, prefix: str, path: Callable[[Asker], str]
) -> None:
    asker = asker_of(world, prefix)
    asker.request_object = lambda: none_signed(asker)  # type: ignore[method-assign]
    world.web.put(f"{asker.url}/request/1", asker.request_object, media_type=REQUEST_MEDIA_TYPE)
    with claimed_wallet(world) as wallet:
        error = refused(wallet, path(asker))

    assert error.kind is ErrorKind.REQUEST_UNTRUSTED
    assert "buyer.example" not in str(error)
    assert not answered(world, asker)


@pytest.mark.parametrize("prefix", SIGNED_PREFIXES)
def test_P01_bare_parameters_under_a_prefix_that_signs(world: World, prefix: str) -> None:
    asker = asker_of(world, prefix)
    link = request_uri_by_value(asker.claims(), write_json=strict_json.dumps)
    with claimed_wallet(world) as wallet:
        assert refused(wallet, link).kind is ErrorKind.REQUEST_UNTRUSTED

    assert not answered(world, asker)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", SIGNED_PREFIXES)
def test_P02_one_bit_of_the_signature(
    world: World, prefix: str, path: Callable[[Asker], str]
) -> None:
    asker = asker_of(world, prefix)
    good = asker.request_object()
    raw = bytearray(base64url.decode(good.split(b".")[2]))
    raw[5] ^= 1
    bad = b".".join([*good.split(b".")[:2], base64url.encode_bytes(bytes(raw))])
    asker.request_object = lambda: bad  # type: ignore[method-assign]
    world.web.put(f"{asker.url}/request/1", bad, media_type=REQUEST_MEDIA_TYPE)
    with claimed_wallet(world) as wallet:
        assert refused(wallet, path(asker)).kind is ErrorKind.REQUEST_UNTRUSTED

    assert not answered(world, asker)


@pytest.mark.parametrize("name", ["another key", "another did", "no kid", "kid of no key"])
def test_P02_signed_by_another_key_than_the_askers(wallet: Wallet, world: World, name: str) -> None:
    asker = Asker(world.web)
    other = key_called("other")
    match name:
        case "another key":
            asker.signer = other
        case "another did":
            asker.signer = other
            asker.header = {"kid": f"{did_jwk_of(other.public_jwk)}#0"}
        case "no kid":
            asker.header = {}
        case _:
            asker.header = {"kid": asker.header["kid"].replace("#0", "#1")}

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P02_a_did_key_that_is_not_for_authenticating(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    publish_did(world, asker, purpose="assertionMethod")

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P02_a_did_whose_document_cannot_be_fetched_is_undetermined(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)
    publish_did(world, asker)
    world.web.fail("https://buyer.example/.well-known/did.json")

    assert isinstance(refused(wallet, asker.link), UndeterminedError)


@pytest.mark.parametrize("typ", ["JWT", "kb+jwt", "dc+sd-jwt", "openid4vci-proof+jwt", "oauth"])
def test_P02_a_token_of_another_kind_is_no_request(wallet: Wallet, world: World, typ: str) -> None:
    asker = Asker(world.web)
    asker.typ = typ

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


CHAIN_DEFECTS: dict[str, dict[str, Any]] = {
    "another name": {"leaf": Recipe(name="leaf", dns=["other.example"])},
    "expired": {"leaf": Recipe(name="leaf", dns=["buyer.example"], not_after=NOW - 86_400)},
    "no name": {"leaf": Recipe(name="leaf")},
    "no authority": {"intermediate": Recipe(name="intermediate", ca=False)},
}


@pytest.mark.parametrize("name", [*CHAIN_DEFECTS, "no root of hers"])
def test_P02_a_chain_that_does_not_hold(world: World, name: str) -> None:
    asker = Asker(world.web)
    certificates = chain(**{"dns": "buyer.example", **CHAIN_DEFECTS.get(name, {})})
    signed_by_certificate(asker, certificates, "x509_san_dns:buyer.example")
    world.asker_roots = () if name == "no root of hers" else (certificates.root.der,)
    with claimed_wallet(world) as wallet:
        assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P02_the_hash_of_another_certificate(world: World) -> None:
    asker = asker_of(world, "x509_hash")
    asker.client_id = "x509_hash:" + base64url.encode(b"\1" * 32)
    with claimed_wallet(world) as wallet:
        assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P02_a_self_signed_certificate_proves_nothing(world: World) -> None:
    asker = Asker(world.web)
    alone = issue_certificate(Recipe(name="leaf", dns=["buyer.example"]))
    certificates = Chain(root=alone, intermediates=(), leaf=alone, name="leaf")
    signed_by_certificate(asker, certificates, "x509_san_dns:buyer.example")
    world.asker_roots = (alone.der,)
    with claimed_wallet(world) as wallet:
        assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


@pytest.mark.parametrize("path", PATHS)
def test_P03_the_asker_inside_is_not_the_one_of_the_link(
    wallet: Wallet, world: World, path: Callable[[Asker], str]
) -> None:
    asker = Asker(world.web)
    other = did_jwk_of(key_called("other").public_jwk)
    asker.changes = {"client_id": f"decentralized_identifier:{other}"}

    assert refused(wallet, path(asker)).kind is ErrorKind.REQUEST_UNTRUSTED


@pytest.mark.parametrize(
    "client_id",
    [
        "invalid_scheme:x",
        "origin:https://v.example",
        "verifier_attestation:v.example",
        "openid_federation:https://v.example",
        "preregistered-id",
        "web-origin:https://v.example",
        "https://v.example",
        "did:jwk:abc",
    ],
)
def test_P04_a_prefix_this_wallet_does_not_accept(
    wallet: Wallet, world: World, client_id: str
) -> None:
    asker = Asker(world.web)
    asker.client_id = client_id

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED
    assert not answered(world, asker)
    assert world.web.calls[f"{asker.url}/request/1"] == 0, "it is not even fetched"


@pytest.mark.parametrize(
    "client_id",
    [
        "x509_hash:abc",
        "X509_SAN_DNS:buyer.example",
        "x509_san_dns:x509_san_dns:buyer.example",
        "decentralized_identifier:redirect_uri:https://buyer.example",
        "Decentralized_Identifier:did:jwk:abc",
        "decentralized_identifier:did:jwk:",
        "x509_san_dns:buyer.example:443",
        "x509_san_dns:*.example",
        "redirect_uri:",
        ":",
        "decentralized_identifier:",
    ],
)
def test_P05_a_prefix_is_not_to_be_played_with(
    wallet: Wallet, world: World, client_id: str
) -> None:
    asker = Asker(world.web)
    asker.client_id = client_id

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P05_a_signed_request_under_redirect_uri(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.client_id = f"redirect_uri:{asker.url}/response/1"

    for path in PATHS:
        assert refused(wallet, path(asker)).kind is ErrorKind.REQUEST_UNTRUSTED


@pytest.mark.parametrize(
    ("prefix", "response_uri"),
    [
        ("redirect_uri", "https://evil.example/response/1"),
        ("redirect_uri", "https://buyer.example/response/2"),
        ("x509_san_dns", "https://evil.example/response/1"),
        ("x509_san_dns", "https://buyer.example.evil.example/response/1"),
        ("x509_san_dns", "https://sub.buyer.example/response/1"),
    ],
)
def test_P08_the_answer_would_go_elsewhere(world: World, prefix: str, response_uri: str) -> None:
    asker = asker_of(world, prefix)
    if prefix == "redirect_uri":
        asker.client_id = f"redirect_uri:{asker.url}/response/1"
    asker.changes = {"response_uri": response_uri}
    link = (
        request_uri_by_value(asker.claims(), write_json=strict_json.dumps)
        if prefix == "redirect_uri"
        else asker.link
    )
    with claimed_wallet(world) as wallet:
        assert refused(wallet, link).kind is ErrorKind.REQUEST_UNTRUSTED


INTERNAL = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "https://10.0.0.1/answer",
    "https://192.168.1.1/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433/",
    "https://localhost/",
    "https://printer.local/",
    "http://buyer.example/response/1",
    "http://localhost:8000/",
]
"""Addresses that the guard of the network never opens; no test opens one either."""


def all_copies_unseen(wallet: Wallet) -> bool:
    return all(
        not copy.shown_to
        for listed in wallet.list(now=NOW)
        for copy in wallet.card(listed.card.card_id).copies
    )


@pytest.mark.parametrize("address", INTERNAL)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_P08_an_answer_to_an_internal_door_is_refused_before_she_is_asked(
    wallet: Wallet, world: World, address: str, signed: bool
) -> None:
    asker = Asker(world.web)
    asker.changes = {"response_uri": address}
    link = asker.link
    if not signed:
        asker.client_id = f"redirect_uri:{address}"
        link = request_uri_by_value(asker.claims(), write_json=strict_json.dumps)
    sent = len(world.web.sent)

    error = refused(wallet, link)

    assert isinstance(error, RequestRefusedError)
    assert error.kind is ErrorKind.FETCH_BLOCKED
    assert wallet.history() == ()
    assert all_copies_unseen(wallet)
    assert len(world.web.sent) == sent, "nobody is told either"


@pytest.mark.parametrize("by_post", [False, True], ids=["get", "post"])
@pytest.mark.parametrize("address", INTERNAL)
def test_P08_a_request_at_an_internal_door_is_not_fetched(
    tmp_path: Path, address: str, by_post: bool
) -> None:
    from carnet_securing.fetch_http import HttpFetch

    resolved: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return []

    link = request_uri_by_reference(
        "x509_san_dns:buyer.example", address, method="post" if by_post else "get"
    )
    with HttpFetch(resolve=resolve) as web:
        world = World(tmp_path / "carnet", web=web)  # type: ignore[arg-type]
        with world.open() as wallet:
            assert refused(wallet, link).kind is ErrorKind.FETCH_BLOCKED
            assert wallet.history() == ()

    assert resolved == []


def test_P08_a_name_that_leads_to_an_internal_door_leaves_no_trace(
    wallet: Wallet, world: World
) -> None:
    """Found only when the name is resolved, after her yes; nothing has left then."""
    asker = Asker(world.web)
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    def blocked(_: object) -> Posted:
        raise UndeterminedError(ErrorKind.FETCH_BLOCKED, "A host points into a private network.")

    world.web.handlers[f"{asker.url}/response/1"] = blocked

    with pytest.raises(RequestRefusedError) as caught:
        wallet.present(question, question.preview.agree(), now=NOW)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED
    assert wallet.history() == ()
    assert all_copies_unseen(wallet)


NO_PLACES = {
    "script": "javascript:alert(1)",
    "data": "data:text/html,x",
    "file": "file:///etc/passwd",
    "app": "openid4vp://?client_id=x",
    "intent": "intent://x#Intent;end",
    "plain http": "http://buyer.example/done",
    "loopback": "http://127.0.0.1/",
    "loopback over tls": "https://localhost/",
    "link local": "https://169.254.169.254/",
    "private": "https://10.0.0.1/",
    "user name": "https://buyer.example@evil.example/",
    "escape": "https://x/\u001b[31mHACK",
    "bidi": "https://buyer.example/\u202ehtml",
    "zero width": "https://buyer\u200b.example/",
    "bidi after": "https://buyer.example/done#\u202ecode",
    "line": "https://buyer.example/\r\nx",
    "letters of others": "https://b\u0443yer.example/",
    "blank": " https://buyer.example/",
    "no host": "https:///done",
    "relative": "/done",
    "too long": "https://buyer.example/" + "a" * 2048,
    "number": 7,
    "nothing": "",
}


@pytest.mark.parametrize("name", NO_PLACES)
def test_X01_a_place_to_go_on_at_that_is_no_web_address_is_left_out(
    wallet: Wallet, world: World, name: str
) -> None:
    asker = Asker(world.web)
    asker.reply = {"redirect_uri": NO_PLACES[name]}
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    sent = wallet.present(question, question.preview.agree(), now=NOW)

    assert sent.continue_at is None
    assert sent.continue_refused


@pytest.mark.parametrize("reply", [{}, {"redirect_uri": None}, {"other": "javascript:x"}])
def test_X01_nothing_is_said_to_be_left_out_where_nothing_came(
    wallet: Wallet, world: World, reply: dict[str, Any]
) -> None:
    asker = Asker(world.web)
    asker.reply = reply
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    sent = wallet.present(question, question.preview.agree(), now=NOW)

    assert (sent.continue_at, sent.continue_refused) == (None, False)


@pytest.mark.parametrize(
    "place", ["https://buyer.example/done?x=1#response_code=a%20b", "http://localhost:8000/done"]
)
def test_X01_a_web_address_is_passed_on(wallet: Wallet, world: World, place: str) -> None:
    world.web.loopback_http = True
    asker = Asker(world.web)
    asker.reply = {"redirect_uri": place}
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    assert wallet.present(question, question.preview.agree(), now=NOW).continue_at == place


# What is asked, and what it is bound to


def test_P10_a_second_fetch_changes_nothing(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    question = prepared(wallet, asker.link)
    fetches = world.web.calls[f"{asker.url}/request/1"]
    asker.question = {
        "credentials": [QUESTION["credentials"][0] | {"claims": [{"path": ["family_name"]}]}]
    }
    assert question.preview is not None

    wallet.present(question, question.preview.agree(), now=NOW)

    assert world.web.calls[f"{asker.url}/request/1"] == fetches, "it is not fetched again"
    (text,) = asker.given[0]["vp_token"]["safety"]
    assert "family_name" not in shown_names(text)


def shown_names(text: str) -> set[str]:
    disclosures = [
        strict_json.loads(base64url.decode(part), max_bytes=10**5) for part in text.split("~")[1:-1]
    ]
    return {parts[1] for parts in disclosures if len(parts) == 3}


def test_P10_a_yes_to_one_request_answers_no_other(wallet: Wallet, world: World) -> None:
    modest, greedy = Asker(world.web), Asker(world.web, url="https://evil.example", name="evil")
    greedy.question = {
        "credentials": [QUESTION["credentials"][0] | {"claims": [{"path": ["family_name"]}]}]
    }
    small, large = prepared(wallet, modest.link), prepared(wallet, greedy.link)
    assert small.preview is not None

    with pytest.raises(RequestRefusedError) as caught:
        wallet.present(large, small.preview.agree(), now=NOW)

    assert caught.value.kind is ErrorKind.CONFLICT
    assert greedy.given == []
    assert wallet.history() == ()


def test_P10_nobody_makes_a_consent_but_the_worker(wallet: Wallet, world: World) -> None:
    question = prepared(wallet, Asker(world.web).link)
    assert question.preview is not None

    with pytest.raises(TypeError):
        Consent(
            request_digest=question.preview.request_digest,
            matches=question.preview._matches,
            made_by=object(),
        )


@pytest.mark.parametrize("method", ["PUT", "Post", "POST", "GET", "delete"])
def test_P11_a_way_to_fetch_that_does_not_exist(wallet: Wallet, world: World, method: str) -> None:
    asker = Asker(world.web)

    error = refused(wallet, f"{asker.link}&request_uri_method={method}")

    assert isinstance(error, RequestRefusedError)
    assert error.wire_code == "invalid_request_uri_method"
    assert world.web.calls[f"{asker.url}/request/1"] == 0
    assert world.web.to(f"{asker.url}/request/1") == []


@pytest.mark.parametrize("echoed", ["", "another-number-of-22-signs", None])
def test_P11_the_wallets_number_does_not_come_back(
    wallet: Wallet, world: World, echoed: str | None
) -> None:
    asker = Asker(world.web)
    asker.changes = {"wallet_nonce": echoed}

    assert refused(wallet, by_post(asker)).kind is ErrorKind.REQUEST_UNTRUSTED


def test_P12_a_redirect_of_the_request_is_not_followed(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    world.web.handlers[f"{asker.url}/request/1"] = lambda _: Posted(
        status=307,
        media_type=REQUEST_MEDIA_TYPE,
        unverified_body=asker.request_object(),
        headers={"location": "https://evil.example/request"},
    )

    assert refused(wallet, by_post(asker)).kind is ErrorKind.REQUEST_UNTRUSTED
    assert world.web.calls["https://evil.example/request"] == 0


def test_P12_a_redirect_of_the_answer_is_not_followed(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    world.web.handlers[f"{asker.url}/response/1"] = lambda _: Posted(
        status=307,
        media_type="",
        unverified_body=b"",
        headers={"location": "https://evil.example/response"},
    )
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    with pytest.raises(UndeterminedError):
        wallet.present(question, question.preview.agree(), now=NOW)

    assert world.web.to("https://evil.example/response") == []


@pytest.mark.parametrize("nonce", [None, "", "abc", "x" * 11, "a b" * 10, "é" * 30, "x" * 600, 7])
def test_P13_a_nonce_that_is_none(wallet: Wallet, world: World, nonce: object) -> None:
    asker = Asker(world.web)
    asker.changes = {"nonce": nonce}

    error = refused(wallet, asker.link)

    assert isinstance(error, RequestRefusedError)
    assert error.wire_code == "invalid_request"
    assert told(world, asker) == [{"error": "invalid_request", "state": asker.state}]


GOOD_KEY = jwe.DecryptionKey.generate()


def changed(**members: Any) -> dict[str, Any]:
    key = GOOD_KEY.public_jwk.to_json() | {"kid": "1"} | members
    return {name: value for name, value in key.items() if value is not None}


UNUSABLE_KEYS = {
    "for signatures": changed(use="sig"),
    "operations of signatures": changed(key_ops=["sign"]),
    "operations that are none": changed(key_ops="deriveBits"),
    "off the curve": changed(y=GOOD_KEY.public_jwk.x),
    "coordinates that are no text": changed(x=5, y=[]),
    "short coordinates": changed(x="AA"),
    "an empty name": changed(kid=""),
    "a private member": changed(k="AA"),
    "a private key": changed(d="AA"),
    "rsa": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RSA1_5", "use": "enc", "kid": "1"},
    "no algorithm": changed(alg=None),
    "key wrapping": changed(alg="ECDH-ES+A256KW"),
    "symmetric": {"kty": "oct", "k": "AAAA", "alg": "dir", "kid": "1"},
}


@pytest.mark.parametrize("name", UNUSABLE_KEYS)
def test_P15_an_answer_is_never_sent_in_clear_for_want_of_a_key(
    wallet: Wallet, world: World, name: str
) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT
    asker.keys = [UNUSABLE_KEYS[name]]

    error = refused(wallet, asker.link)
    assert isinstance(error, RequestRefusedError)
    assert error.message == "The request gives no usable way to protect the answer."
    assert told(world, asker) == [{"error": "invalid_request", "state": asker.state}]


@pytest.mark.parametrize("name", UNUSABLE_KEYS)
def test_P15_an_unusable_key_is_passed_over_for_a_usable_one(
    wallet: Wallet, world: World, name: str
) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT
    asker.keys = [UNUSABLE_KEYS[name], asker.decryption_key.public_jwk.to_json()]
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    wallet.present(question, question.preview.agree(), now=NOW)
    wallet.decline(question)

    assert "vp_token" in asker.given[0]
    assert asker.given[1]["error"] == DENIED
    assert all(set(sent) == {"response"} for sent in told(world, asker))


@pytest.mark.parametrize("ciphers", [["A256CBC-HS512"], ["dir"], ["A192GCM"]])
def test_P15_a_cipher_that_is_not_made_here(
    wallet: Wallet, world: World, ciphers: list[str]
) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT
    members = asker.claims()["client_metadata"]
    asker.changes = {
        "client_metadata": members | {"encrypted_response_enc_values_supported": ciphers}
    }

    assert isinstance(refused(wallet, asker.link), RequestRefusedError)


ALL_CLAIMS = [
    {"path": [name]}
    for name in (
        "title", "skills", "level", "assessment", "hours", "month", "evidence",
        "given_name", "family_name", "usual_name",
    )
]  # fmt: skip


def over_asking(world: World) -> Asker:
    everything = QUESTION["credentials"][0] | {"claims": ALL_CLAIMS}
    return Asker(world.web, question={"credentials": [everything]})


def test_P16_she_sees_every_claim_and_nothing_is_ticked(wallet: Wallet, world: World) -> None:
    asker = over_asking(world)

    question = prepared(wallet, asker.link)

    assert question.preview is not None
    assert question.preview.asks_too_much
    assert question.preview.warnings("fr")
    shown = {claim.path[0] for card in question.preview.cards for claim in card.shown}
    assert {claim["path"][0] for claim in ALL_CLAIMS} == shown
    with pytest.raises(RequestRefusedError) as caught:
        question.preview.agree()
    assert caught.value.kind is ErrorKind.POLICY_UNMET
    assert not answered(world, asker)


@pytest.mark.parametrize("ticked", [[], ["title"], ["everything"], ["title", "not there"]])
def test_P16_a_part_ticked_is_no_yes_to_the_rest(
    wallet: Wallet, world: World, ticked: list[str]
) -> None:
    question = prepared(wallet, over_asking(world).link)
    assert question.preview is not None

    with pytest.raises(RequestRefusedError) as caught:
        question.preview.agree(ticked=ticked)

    assert caught.value.kind is ErrorKind.POLICY_UNMET


def test_P16_each_claim_ticked_by_her_is_shown(wallet: Wallet, world: World) -> None:
    asker = over_asking(world)
    question = prepared(wallet, asker.link)
    assert question.preview is not None
    names = [claim["path"][0] for claim in ALL_CLAIMS]

    wallet.present(question, question.preview.agree(ticked=names), now=NOW)

    assert set(names) <= shown_names(asker.given[0]["vp_token"]["safety"][0])


def greedy_question(*names: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """A question for some claims, and for others in a second query for the same type."""
    first = QUESTION["credentials"][0] | {"claims": [{"path": [name]} for name in names]}
    second = first | {"id": "more", "claims": [{"path": [name]} for name in also]}
    return {"credentials": [first, second] if also else [first]}


NINE = ("title", "skills", "level", "assessment", "hours", "month",
        "given_name", "family_name", "usual_name")  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        greedy_question(*NINE),
        greedy_question(*NINE[:4], also=NINE[4:]),
        greedy_question("title", *NINE[1:-2]),
    ],
    ids=["all but evidence", "in two queries", "one kind of name"],
)
def test_P16_nearly_everything_is_not_ticked_for_a_stranger(
    wallet: Wallet, world: World, question: dict[str, Any]
) -> None:
    asker = Asker(world.web, question=question)

    found = prepared(wallet, asker.link)

    assert found.preview is not None
    assert found.preview.warnings("en") == ("This request wants nearly everything.",)
    with pytest.raises(RequestRefusedError) as caught:
        found.preview.agree()
    assert caught.value.kind is ErrorKind.POLICY_UNMET
    assert not answered(world, asker)


@pytest.mark.parametrize(
    ("question", "too_much"),
    [
        (greedy_question("title", "month", "hours", "given_name"), True),
        (greedy_question("title", "month", also=("hours", "given_name")), True),
        (greedy_question("title", "month", "hours"), False),
    ],
    ids=["all", "all in two queries", "but the name"],
)
def test_P16_all_that_a_short_certificate_holds(
    world: World, question: dict[str, Any], too_much: bool
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.claims = {
        name: issuer.claims[name]
        for name in ("nature", "title", "month", "hours", "given_name", "family_name")
    }
    with claimed_wallet(world, issuer) as wallet:
        found = prepared(wallet, Asker(world.web, question=question).link)

    assert found.preview is not None
    assert found.preview.asks_too_much is too_much


def test_P16_a_question_without_claims_opens_none(wallet: Wallet, world: World) -> None:
    bare = {k: v for k, v in QUESTION["credentials"][0].items() if k != "claims"}
    asker = Asker(world.web, question={"credentials": [bare]})
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    wallet.present(question, question.preview.agree(), now=NOW)

    (text,) = asker.given[0]["vp_token"]["safety"]
    assert len(text.split("~")) == 2, "no disclosure at all"


def test_P17_a_question_that_explodes_is_refused_in_bounded_time(
    wallet: Wallet, world: World
) -> None:
    claims = [{"id": f"c{n}", "path": ["skills", None, "label"]} for n in range(64)]
    sets = [[f"c{(n + k) % 64}" for k in range(64)] for n in range(64)]
    asked = QUESTION["credentials"][0] | {"claims": claims, "claim_sets": sets}
    asker = Asker(world.web, question={"credentials": [asked]})
    assert len(asker.request_object()) < PRESENTATION.request_object_bytes, "it is fetched whole"

    started = time.process_time()
    with pytest.raises(RequestRefusedError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW)

    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert time.process_time() - started < 1.0


VALUE_PROBES = {
    "matches": {"path": ["month"], "values": ["2026-05"]},
    "does not match": {"path": ["month"], "values": ["1999-01"]},
    "does not have": {"path": ["driving"]},
}


@pytest.mark.parametrize("name", VALUE_PROBES)
def test_P18_probing_for_a_value_tells_nothing(wallet: Wallet, world: World, name: str) -> None:
    asked = QUESTION["credentials"][0] | {"claims": [VALUE_PROBES[name]]}
    asker = Asker(world.web, question={"credentials": [asked]})

    question = wallet.prepare(asker.link, lang="en", now=NOW)
    assert asker.given == [], "nothing is sent before she has seen the request"
    wallet.decline(question)

    assert asker.given == [{"error": DENIED, "state": asker.state}]
    (sent,) = world.web.to(f"{asker.url}/response/1")
    assert set(sent.form) == {"error", "state"}


def test_P18_the_three_reasons_look_the_same_on_the_wire(wallet: Wallet, world: World) -> None:
    sizes = set()
    for name, probe in VALUE_PROBES.items():
        asked = QUESTION["credentials"][0] | {"claims": [probe]}
        url = f"https://{name.replace(' ', '-')}.example"
        asker = Asker(world.web, url=url, question={"credentials": [asked]})
        asker.state = "s" * 32
        wallet.decline(wallet.prepare(asker.link, lang="en", now=NOW))
        sizes.add(world.web.to(f"{url}/response/1")[0].body)

    assert len(sizes) == 1


def two_queries(**second: Any) -> list[dict[str, Any]]:
    first = QUESTION["credentials"][0]
    return [first, first | {"id": "licence", "meta": {"vct_values": ["urn:other"]}} | second]


def test_P21_an_optional_part_she_cannot_answer_is_left_out(wallet: Wallet, world: World) -> None:
    asker = Asker(
        world.web,
        question={
            "credentials": two_queries(),
            "credential_sets": [
                {"options": [["safety"]]},
                {"options": [["licence"]], "required": False},
            ],
        },
    )
    question = prepared(wallet, asker.link)
    assert question.preview is not None

    wallet.present(question, question.preview.agree(), now=NOW)

    assert set(asker.given[0]["vp_token"]) == {"safety"}


@pytest.mark.parametrize(
    "sets",
    [
        None,
        [{"options": [["safety", "licence"]]}],
        [{"options": [["safety"]]}, {"options": [["licence"]]}],
    ],
    ids=["no sets", "one set", "two sets"],
)
def test_P22_a_required_part_she_cannot_answer_stops_the_whole_answer(
    wallet: Wallet, world: World, sets: list[Any] | None
) -> None:
    question_json: dict[str, Any] = {"credentials": two_queries()}
    if sets is not None:
        question_json["credential_sets"] = sets
    asker = Asker(world.web, question=question_json)

    question = wallet.prepare(asker.link, lang="en", now=NOW)

    assert question.preview is None
    assert [part.query_id for part in question.missing] == ["licence"]
    wallet.decline(question)
    assert asker.given == [{"error": DENIED, "state": asker.state}]
    assert wallet.history() == ()


@pytest.mark.parametrize(
    "data",
    [["e30"], [], ["eyJ0eXBlIjoidW5rbm93biJ9"], "e30", None],
    ids=["empty object", "no element", "unknown type", "text", "null"],
)
def test_P23_transaction_data_nobody_here_knows(wallet: Wallet, world: World, data: object) -> None:
    asker = Asker(world.web)
    claims = asker.claims() | {"transaction_data": data}
    asker.claims = lambda: claims  # type: ignore[method-assign]

    error = refused(wallet, asker.link)

    assert isinstance(error, RequestRefusedError)
    assert error.wire_code == "invalid_transaction_data"
    assert told(world, asker) == [{"error": "invalid_transaction_data", "state": asker.state}]


# Privacy


def test_Y01_two_askers_cannot_tell_that_it_is_the_same_person(
    wallet: Wallet, world: World
) -> None:
    askers = [Asker(world.web, url=f"https://a{n}.example", name=f"a{n}") for n in range(4)]
    for asker in askers:
        question = prepared(wallet, asker.link)
        assert question.preview is not None
        wallet.present(question, question.preview.agree(), now=NOW)

    seen = [linkable(asker.given[0]["vp_token"]["safety"][0]) for asker in askers]
    for one, other in itertools.combinations(seen, 2):
        assert not one & other


def linkable(text: str) -> set[str]:
    """Every value of a presentation that is not the same for all holders of the issuer."""
    jwt, *disclosures, binding = text.split("~")
    parsed = parse_jws(jwt, limits=PRESENTATION)
    payload = strict_json.loads_object(parsed.unverified_payload, max_bytes=10**6)
    bound = parse_jws(binding, limits=PRESENTATION)
    return {
        base64url.encode(parsed.signature),
        base64url.encode(bound.signature),
        *payload["_sd"],
        payload["cnf"]["jwk"]["x"],
        str(payload["status"]["status_list"]["idx"]),
        *disclosures,
    }


def test_Y01_the_binding_says_nothing_beyond_what_was_asked(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    question = prepared(wallet, asker.link)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=NOW)

    binding = parse_jws(asker.given[0]["vp_token"]["safety"][0].split("~")[-1], limits=PRESENTATION)

    payload = strict_json.loads_object(binding.unverified_payload, max_bytes=10**5)
    assert set(payload) == {"iat", "aud", "nonce", "sd_hash"}
    assert set(binding.unverified_header) == {"alg", "typ"}


def test_Y12_no_key_is_used_for_two_copies_or_two_issuers(world: World) -> None:
    issuers = [
        OfferingIssuer(world.web, url=f"https://i{n}.example", name=f"i{n}") for n in range(3)
    ]
    with world.open() as wallet:
        for issuer in issuers:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        keys = [
            copy.key.public.thumbprint
            for listed in wallet.list(now=NOW)
            for copy in wallet.card(listed.card.card_id).copies
        ]

    assert len(keys) == 30
    assert len(set(keys)) == 30


def test_Y12_a_failed_claim_does_not_leave_its_keys_to_the_next(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    kept: list[set[str]] = []

    class NotesKeys:
        """Notes the keys a claim has kept before anything is sent."""

        def reach(self, moment: Moment) -> None:
            if moment is Moment.AFTER_KEY_STORE:
                (claim,) = (Claim.from_json(*each) for each in opened._vault.records(CLAIM))
                kept.append({key.public.thumbprint for key in claim.parts[0].keys})

    world.fail_points = NotesKeys()
    with world.open() as opened:
        with pytest.raises(CarnetError):
            opened.claim(opened.open_offer(issuer.link), tx_code="000000", now=NOW)
        opened.claim(opened.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)

    failed, good = kept
    assert not failed & good
    assert [set(keys) for keys in issuer.proof_keys] == [good]


def test_Y03_showing_asks_the_issuer_nothing(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    before = dict(world.web.calls)

    question = prepared(wallet, asker.link)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=NOW)

    fetched = {url for url, count in world.web.calls.items() if count != before.get(url, 0)}
    assert fetched == {f"{asker.url}/request/1"}
