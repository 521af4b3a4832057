"""A request that breaks a rule: its authenticated asker is told the code, and nobody else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.oid4vp import ResponseMode, error_route, parse_client_id
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.wallet import Wallet
from support.keys import signer
from support.wallet_world import NOW, Asker, World, claimed_wallet


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


@pytest.fixture
def wallet(world: World) -> Iterator[Wallet]:
    with claimed_wallet(world) as opened:
        yield opened


def refused(wallet: Wallet, link: str) -> RequestRefusedError:
    with pytest.raises(RequestRefusedError) as caught:
        wallet.prepare(link, lang="en", now=NOW)
    assert wallet.history() == ()
    return caught.value


def posted(world: World, asker: Asker) -> list[dict[str, str]]:
    return [sent.form for sent in world.web.to(f"{asker.url}/response/1")]


MDOC = {"credentials": [{"id": "a", "format": "mso_mdoc", "meta": {}}]}
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no nonce": ({"nonce": None}, "invalid_request"),
    "short nonce": ({"nonce": "abc"}, "invalid_request"),
    "no question": ({"dcql_query": None}, "invalid_request"),
    "an empty question": ({"dcql_query": {"credentials": []}}, "invalid_request"),
    "two questions": ({"scope": "com.example.x"}, "invalid_request"),
    "a scope": ({"dcql_query": None, "scope": "com.example.x"}, "invalid_scope"),
    "a redirect too": ({"redirect_uri": "https://buyer.example/cb"}, "invalid_request"),
    "a request inside": ({"request_uri": "https://buyer.example/request/2"}, "invalid_request"),
    "a code": ({"response_type": "code"}, "unsupported_response_type"),
    "transaction data": ({"transaction_data": ["e30"]}, "invalid_transaction_data"),
    "another format": ({"dcql_query": MDOC}, "vp_formats_not_supported"),
    "another format said": (
        {"client_metadata": {"vp_formats_supported": {"mso_mdoc": {}}}},
        "vp_formats_not_supported",
    ),
    "ended": ({"exp": NOW - 1000}, "invalid_request"),
    "not yet": ({"nbf": NOW + 1000}, "invalid_request"),
    "a fraction of a second": ({"exp": NOW + 10.5}, "invalid_request"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_code_of_the_broken_rule_and_the_state_are_posted(
    wallet: Wallet, world: World, name: str
) -> None:
    changes, code = BROKEN[name]
    asker = Asker(world.web)
    asker.changes = changes

    error = refused(wallet, asker.link)

    assert error.wire_code == code
    assert posted(world, asker) == [{"error": code, "state": asker.state}]


def empty_handed(world: World) -> Wallet:
    return world.open()


@pytest.mark.parametrize("name", BROKEN)
def test_the_code_is_the_same_whatever_she_holds(tmp_path: Path, world: World, name: str) -> None:
    changes, _ = BROKEN[name]
    told = []
    for folder, held in (("full", claimed_wallet), ("empty", empty_handed)):
        place = World(tmp_path / folder)
        asker = Asker(place.web)
        asker.changes, asker.state = changes, "s" * 32
        with held(place) as wallet:
            refused(wallet, asker.link)
        told.append([sent.body for sent in place.web.to(f"{asker.url}/response/1")])

    assert told[0] == told[1]
    assert len(told[0]) == 1


@pytest.mark.parametrize(("exp", "kind", "says"), [
    (NOW - 1000, ErrorKind.EXPIRED, "ended"),
    (NOW + 10.5, ErrorKind.MALFORMED, "whole number"),
    (f"{NOW + 10}", ErrorKind.MALFORMED, "whole number"),
    (True, ErrorKind.MALFORMED, "whole number"),
])  # fmt: skip
def test_a_wrong_time_is_not_told_as_a_wrong_signature(
    wallet: Wallet, world: World, exp: object, kind: ErrorKind, says: str
) -> None:
    asker = Asker(world.web)
    asker.changes = {"exp": exp}

    error = refused(wallet, asker.link)

    assert error.kind is kind
    assert says in error.message
    assert "signature" not in error.message


def test_an_encrypted_answer_has_an_encrypted_error(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT
    asker.changes = {"nonce": "abc"}

    refused(wallet, asker.link)

    assert [set(form) for form in posted(world, asker)] == [{"response"}]
    assert asker.given == [{"error": "invalid_request", "state": asker.state}]


@pytest.mark.parametrize(
    "keys",
    [
        [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1", "alg": "ECDH-ES"}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1"}],
    ],
    ids=["no point", "no key for it"],
)
def test_an_error_goes_in_clear_where_no_key_fits(
    wallet: Wallet, world: World, keys: list[dict[str, str]]
) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT
    asker.keys = keys
    asker.changes = {"nonce": "abc"}

    refused(wallet, asker.link)

    assert posted(world, asker) == [{"error": "invalid_request", "state": asker.state}]


@pytest.mark.parametrize("state", [None, "a b", "", "s" * 513, 7])
def test_a_state_that_is_none_is_not_sent_back(wallet: Wallet, world: World, state: object) -> None:
    asker = Asker(world.web)
    asker.changes = {"state": state, "nonce": "abc"}

    refused(wallet, asker.link)

    assert posted(world, asker) == [{"error": "invalid_request"}]


def other_asker() -> str:
    return f"decentralized_identifier:{did_jwk_of(signer('other').public_jwk)}"


SILENT: dict[str, Callable[[], dict[str, Any]]] = {
    "another asker inside": lambda: {"client_id": other_asker()},
    "no asker inside": lambda: {"client_id": None},
    "another asker, and ended": lambda: {"client_id": other_asker(), "exp": NOW - 1000},
    "for somebody else": lambda: {"aud": "https://wallet.example"},
    "for somebody else, and ended": lambda: {"aud": "https://wallet.example", "exp": NOW - 1000},
    "an answer by redirect": lambda: {"response_mode": "fragment"},
    "no way to answer": lambda: {"response_mode": None},
    "no address": lambda: {"response_uri": None},
    "an address that is none": lambda: {"response_uri": "javascript:alert(1)"},
    "an address of another kind": lambda: {"response_uri": ["https://buyer.example/response/1"]},
}


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_sent_where_the_asker_or_its_address_is_not_sure(
    wallet: Wallet, world: World, name: str
) -> None:
    asker = Asker(world.web)
    asker.changes = {"nonce": "abc"} | SILENT[name]()

    refused(wallet, asker.link)

    assert world.web.sent[-1].url != f"{asker.url}/response/1"
    assert posted(world, asker) == []


def test_nothing_is_sent_for_another_fetch_than_this(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.changes = {"nonce": "abc", "wallet_nonce": "of-another-fetch-22-signs"}

    refused(wallet, asker.link + "&request_uri_method=post")

    assert posted(world, asker) == []


def test_nothing_is_sent_to_an_asker_whose_signature_does_not_hold(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)
    asker.changes = {"nonce": "abc"}
    asker.signer = signer("somebody else")

    assert refused(wallet, asker.link).kind is ErrorKind.REQUEST_UNTRUSTED
    assert posted(world, asker) == []


@pytest.mark.parametrize(
    "changes", [{"nonce": "abc"}, {"dcql_query": MDOC}], ids=["rule", "format"]
)
def test_nothing_is_sent_to_an_asker_nobody_signs_for(
    wallet: Wallet, world: World, changes: dict[str, Any]
) -> None:
    asker = Asker(world.web)
    asker.changes = changes

    refused(wallet, asker.unsigned_link())

    assert posted(world, asker) == []


def test_too_much_work_over_what_she_holds_is_told_to_nobody(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)

    with pytest.raises(RequestRefusedError):
        wallet.prepare(asker.link, lang="en", now=NOW, choice={"safety": ["no such card"]})

    assert posted(world, asker) == []


@pytest.mark.parametrize("host_is_down", [True, False])
def test_an_error_that_does_not_arrive_changes_nothing_for_her(
    wallet: Wallet, world: World, host_is_down: bool
) -> None:
    asker = Asker(world.web)
    asker.changes = {"nonce": "abc"}
    if host_is_down:
        del world.web.handlers[f"{asker.url}/response/1"]
    asker.status = 400

    assert refused(wallet, asker.link).wire_code == "invalid_request"


@pytest.mark.parametrize(
    ("host", "told"),
    [("buyer.example", True), ("BUYER.example", True), ("evil.example", False)],
)
def test_a_certificate_names_the_host_an_error_may_go_to(host: str, told: bool) -> None:
    claims = {
        "client_id": "x509_san_dns:buyer.example",
        "response_mode": "direct_post",
        "response_uri": f"https://{host}/response/1",
    }
    route = error_route(
        claims, client_id=parse_client_id("x509_san_dns:buyer.example"), wallet_nonce=None
    )

    assert (route is not None) is told


def test_the_codes_are_not_access_denied() -> None:
    """`access_denied` stays the one answer about the person and what she holds."""
    assert "access_denied" not in {code for _, code in BROKEN.values()}
