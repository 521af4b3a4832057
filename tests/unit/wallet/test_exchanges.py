"""Each message to and from an issuer or an asker, when the other side answers oddly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.catalog import concealable_paths
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Posted
from carnet_securing.jwe import DecryptionKey
from carnet_wallet.claiming import CollectionCodeNeededError
from carnet_wallet.states import CardState
from carnet_wallet.wallet import Wallet
from support.wallet_world import (
    CONFIGURATION,
    NOW,
    Asker,
    OfferingIssuer,
    Sent,
    World,
    answer,
    claimed_wallet,
)

VCT = "urn:carnet:skill-certificate:1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


def refusal(wallet: Wallet, issuer: OfferingIssuer) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
    return caught.value


def always(posted: Posted) -> Callable[[Sent], Posted]:
    return lambda _: posted


def raw(status: int, body: bytes, media_type: str = "application/json") -> Posted:
    return Posted(status=status, media_type=media_type, unverified_body=body)


def token(text: str) -> Posted:
    return answer(200, {"access_token": text, "token_type": "Bearer"})


TOKEN_ANSWERS = {
    "no token": (answer(200, {"token_type": "Bearer"}), ErrorKind.MALFORMED, False),
    "a token with a line break": (token("t\r\nX-Evil: 1"), ErrorKind.MALFORMED, False),
    "a token that ends a line": (token("t\n"), ErrorKind.MALFORMED, False),
    "a token beyond ASCII": (token("t\u20ac"), ErrorKind.MALFORMED, False),
    "a token with a zero": (token("t\u0000 x"), ErrorKind.MALFORMED, False),
    "a token of two words": (token("t x"), ErrorKind.MALFORMED, False),
    "an empty token": (token(""), ErrorKind.MALFORMED, False),
    "another type of token": (
        answer(200, {"access_token": "t", "token_type": "DPoP"}),
        ErrorKind.UNSUPPORTED_VERSION,
        False,
    ),
    "invalid_request": (answer(400, {"error": "invalid_request"}), ErrorKind.FORBIDDEN, False),
    "invalid_client": (answer(401, {"error": "invalid_client"}), ErrorKind.FORBIDDEN, False),
    "no reason": (raw(400, b""), ErrorKind.FORBIDDEN, False),
    "a page": (raw(400, b"<html>", "text/html"), ErrorKind.FORBIDDEN, False),
    "a number as reason": (answer(400, {"error": 7}), ErrorKind.FORBIDDEN, False),
    "too busy": (answer(429, {}), ErrorKind.RATE_LIMITED, True),
    "a fault": (answer(500, {"error": "invalid_grant"}), ErrorKind.FETCH_FAILED, True),
    "a redirect": (raw(302, b""), ErrorKind.FETCH_FAILED, True),
    "not JSON": (raw(200, b"token"), ErrorKind.FETCH_FAILED, True),
    "a page instead": (raw(200, b"<html>", "text/html"), ErrorKind.FETCH_FAILED, True),
    "a member twice": (raw(400, b'{"error":"a","error":"b"}'), ErrorKind.FETCH_FAILED, True),
}


@pytest.mark.parametrize("name", TOKEN_ANSWERS)
def test_an_odd_answer_to_the_code(world: World, name: str) -> None:
    posted, kind, waits = TOKEN_ANSWERS[name]
    issuer = OfferingIssuer(world.web)
    world.web.handlers[f"{issuer.url}/token"] = always(posted)

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is kind
        assert bool(wallet.unfinished_claims()) is waits, (
            "an answer ends the claim, a lost one does not"
        )
        assert wallet.list(now=NOW) == ()


CREDENTIAL_ANSWERS = {
    "nothing": (answer(200, {}), ErrorKind.MALFORMED, True),
    "an empty list": (answer(200, {"credentials": []}), ErrorKind.MALFORMED, True),
    "too many": (
        answer(200, {"credentials": [{"credential": "x"}] * 101}),
        ErrorKind.MALFORMED,
        True,
    ),
    "denied": (answer(400, {"error": "credential_request_denied"}), ErrorKind.FORBIDDEN, False),
    "bad proof": (answer(400, {"error": "invalid_proof"}), ErrorKind.FORBIDDEN, False),
    "no entry": (answer(401, {"error": "invalid_token"}), ErrorKind.EXPIRED, False),
    "a fault": (answer(503, {}), ErrorKind.FETCH_FAILED, True),
    "a page": (raw(200, b"<html>", "text/html"), ErrorKind.FETCH_FAILED, True),
}


@pytest.mark.parametrize("name", CREDENTIAL_ANSWERS)
def test_an_odd_answer_to_the_request_for_a_certificate(world: World, name: str) -> None:
    posted, kind, waits = CREDENTIAL_ANSWERS[name]
    issuer = OfferingIssuer(world.web)
    world.web.handlers[f"{issuer.url}/credential"] = always(posted)

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is kind
        assert bool(wallet.unfinished_claims()) is waits
        assert wallet.list(now=NOW) == ()
    assert issuer.notified == []


@pytest.mark.parametrize("body", [b"a.b.c.d.e", b"", b"{}"])
def test_an_encrypted_answer_that_does_not_open(world: World, body: bytes) -> None:
    issuer = OfferingIssuer(world.web, encryption="required")
    world.web.handlers[f"{issuer.url}/credential"] = always(raw(200, body, "application/jwt"))

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.MALFORMED
        assert wallet.unfinished_claims() == (issuer.url,)


def test_a_key_for_something_else_is_passed_over(world: World) -> None:
    issuer = OfferingIssuer(world.web, encryption="offered")
    good = issuer.encryption_key.public_jwk.to_json()
    other = DecryptionKey.generate().public_jwk.to_json() | {"use": "sig", "kid": "s"}
    broken = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "b", "alg": "ECDH-ES"}
    no_point = good | {"y": good["x"], "kid": "n"}
    for_signing = good | {"key_ops": ["sign"], "kid": "o"}
    issuer.metadata_changes = {
        "credential_request_encryption": {
            "jwks": {"keys": [other, broken, no_point, for_signing, good]},
            "enc_values_supported": ["A256GCM"],
            "encryption_required": True,
        }
    }

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1


def test_an_issuer_without_nonces_gets_proofs_without(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.metadata_changes = {"nonce_endpoint": None}
    issuer.nonces = {None}  # type: ignore[arg-type]

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1

    assert world.web.to(f"{issuer.url}/nonce") == []


@pytest.mark.parametrize("missing", ["endpoint", "id"])
def test_an_issuer_that_wants_no_notification_gets_none(world: World, missing: str) -> None:
    issuer = OfferingIssuer(world.web)
    if missing == "endpoint":
        issuer.metadata_changes = {"notification_endpoint": None}
    else:
        issuer.notification_id = None

    with claimed_wallet(world, issuer) as wallet:
        assert wallet._vault.ids("claim") == ()

    assert world.web.to(f"{issuer.url}/notification") == []


def test_copies_that_hide_different_things_are_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    paths = concealable_paths(VCT, issuer.claims)
    more = [*paths, ("assessment", "result")]
    issuer.make = lambda key, number: issuer.signing.issue(
        issuer.claims,
        holder_key=key,
        status=issuer.signing.next_status(),
        conceal=more if number == 2 else paths,
    )

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.POLICY_UNMET


def test_copies_of_an_undescribed_type_that_hide_different_things_are_refused(
    world: World,
) -> None:
    issuer = OfferingIssuer(world.web)
    vct = "https://school.example/types/local"
    world.web.take_away(vct)
    issuer.metadata_changes = {
        "credential_configurations_supported": {
            CONFIGURATION: {
                "format": "dc+sd-jwt",
                "vct": vct,
                "cryptographic_binding_methods_supported": ["jwk"],
                "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            }
        }
    }
    issuer.make = lambda key, number: issuer.signing.issue(
        {"course": "x", "place": "y"},
        vct=vct,
        holder_key=key,
        conceal=[("course",)] if number else [("place",)],
    )

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.CONFLICT


def test_a_certificate_without_status_is_valid_until_it_ends(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = lambda key, _: issuer.signing.issue(holder_key=key)

    with claimed_wallet(world, issuer) as wallet:
        assert wallet.list(now=NOW)[0].state is CardState.VALID
        assert wallet.list(now=NOW + 366 * 86_400)[0].state is CardState.EXPIRED


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        "openid-credential-offer://",
        "openid-credential-offer://?credential_offer=x",
        "openid-credential-offer://?credential_offer=%7B%7D",
        "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https://a.example/",
        "openid-credential-offer://?credential_offer_uri=file:///etc/passwd",
        "openid-credential-offer://?credential_offer=" + "%5B" * 40,
        "\udcff",
    ],
)
def test_a_link_that_is_no_offer(world: World, link: str) -> None:
    with world.open() as wallet, pytest.raises(CarnetError):
        wallet.open_offer(link)

    assert world.web.total == 0


def test_an_offer_served_as_a_page_is_none(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.put(f"{issuer.url}/offers/1", b"<html>", media_type="text/html")

    with world.open() as wallet, pytest.raises(UndeterminedError):
        wallet.open_offer(issuer.link)


def test_an_issuer_whose_servers_take_no_code_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    servers = [f"https://as{number}.example" for number in range(2)]
    issuer.metadata_changes = {"authorization_servers": servers}
    for server in servers:
        members = {"issuer": server, "token_endpoint": f"{server}/token"}
        world.web.put(
            f"{server}/.well-known/oauth-authorization-server", strict_json.dumps_bytes(members)
        )

    with world.open() as wallet, pytest.raises(CarnetError) as caught:
        wallet.open_offer(issuer.link)

    assert caught.value.kind is ErrorKind.POLICY_UNMET


ANONYMOUS = "pre-authorized_grant_anonymous_access_supported"


@pytest.mark.parametrize(
    "changes",
    [
        {ANONYMOUS: False},
        {ANONYMOUS: False, "grant_types_supported": None},
        {ANONYMOUS: False, "token_endpoint_auth_methods_supported": ["none"]},
    ],
    ids=["grant named", "no grant named", "no authentication"],
)
def test_a_server_that_wants_known_wallets_is_not_sent_the_code(
    world: World, changes: dict[str, Any]
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.server_changes = changes

    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert wallet.unfinished_claims() == ()

    assert error.kind is ErrorKind.POLICY_UNMET
    assert "registered" in error.message
    assert world.web.sent == []
    assert not issuer.redeemed


@pytest.mark.parametrize("flag", [True, None])
def test_a_server_that_does_not_say_no_is_asked_without_a_client_id(
    world: World, flag: bool | None
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.server_changes = {ANONYMOUS: flag}

    claimed_wallet(world, issuer).close()

    (sent,) = world.web.to(f"{issuer.url}/token")
    assert "client_id" not in sent.form


def test_of_two_servers_the_one_that_takes_any_wallet_is_asked(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    closed = "https://as.example"
    issuer.metadata_changes = {"authorization_servers": [closed, issuer.url]}
    members = {"issuer": closed, "token_endpoint": f"{closed}/token", ANONYMOUS: False}
    world.web.put(
        f"{closed}/.well-known/oauth-authorization-server", strict_json.dumps_bytes(members)
    )

    claimed_wallet(world, issuer).close()

    assert world.web.to(f"{closed}/token") == []
    assert issuer.redeemed


def test_the_collection_code_is_asked_for_before_anything_is_sent(world: World) -> None:
    issuer = OfferingIssuer(world.web)

    with world.open() as wallet:
        opened = wallet.open_offer(issuer.link)
        assert opened.needs_code
        with pytest.raises(CollectionCodeNeededError):
            wallet.claim(opened, tx_code=None, now=NOW)

    assert world.web.sent == []


# Requests


@pytest.mark.parametrize(
    ("media_type", "body", "kind"),
    [
        ("text/html", b"<html>", ErrorKind.REQUEST_UNTRUSTED),
        ("application/json", b"{}", ErrorKind.REQUEST_UNTRUSTED),
        ("application/oauth-authz-req+jwt", b"nonsense", ErrorKind.MALFORMED),
        ("application/oauth-authz-req+jwt", b"", ErrorKind.MALFORMED),
        ("application/oauth-authz-req+jwt", b"x" * 70_000, ErrorKind.FETCH_TOO_LARGE),
    ],
    ids=["page", "json", "nonsense", "nothing", "too large"],
)
def test_what_is_fetched_is_no_request(
    world: World, media_type: str, body: bytes, kind: ErrorKind
) -> None:
    asker = Asker(world.web)
    world.web.put(f"{asker.url}/request/1", body, media_type=media_type)

    with claimed_wallet(world) as wallet, pytest.raises(CarnetError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW)

    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ({"exp": NOW - 61}, ErrorKind.EXPIRED),
        ({"nbf": NOW + 61}, ErrorKind.NOT_YET_VALID),
        ({"iat": NOW + 3_600}, ErrorKind.NOT_YET_VALID),
    ],
    ids=repr,
)
def test_a_request_outside_its_time(world: World, times: dict[str, int], kind: ErrorKind) -> None:
    asker = Asker(world.web)
    asker.changes = dict(times)

    with claimed_wallet(world) as wallet, pytest.raises(CarnetError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW)

    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "code"},
        {"response_mode": "fragment"},
        {"response_mode": "dc_api"},
        {"response_uri": None},
        {"redirect_uri": "https://buyer.example/back"},
        {"scope": "age"},
        {"dcql_query": None},
        {"dcql_query": {"credentials": []}},
        {"aud": "https://another-wallet.example"},
        {"state": "with space"},
        {"client_metadata": {"vp_formats_supported": {"mso_mdoc": {}}}},
    ],
    ids=repr,
)
def test_a_request_that_breaks_a_rule_is_refused_and_gets_no_certificate(
    world: World, changes: dict[str, Any]
) -> None:
    asker = Asker(world.web)
    asker.changes = dict(changes)

    with claimed_wallet(world) as wallet, pytest.raises(CarnetError):
        wallet.prepare(asker.link, lang="en", now=NOW)

    assert all("vp_token" not in given and given["error"] for given in asker.given)


def test_a_request_without_state_is_answered_without(world: World) -> None:
    asker = Asker(world.web)
    asker.changes = {"state": None}

    with claimed_wallet(world) as wallet:
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        assert question.preview is not None
        wallet.present(question, question.preview.agree(), now=NOW)

    assert set(asker.given[0]) == {"vp_token"}


@pytest.mark.parametrize("reply", [{"redirect_uri": 7}, {"redirect_uri": ""}, {"other": 1}, {}])
def test_an_odd_reply_to_an_answer_is_no_place_to_go(world: World, reply: dict[str, Any]) -> None:
    asker = Asker(world.web)
    asker.reply = reply

    with claimed_wallet(world) as wallet:
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        assert question.preview is not None
        assert wallet.present(question, question.preview.agree(), now=NOW).continue_at is None


def test_an_asker_that_cannot_be_told_no_is_no_concern_of_hers(world: World) -> None:
    asker = Asker(world.web)

    with claimed_wallet(world) as wallet:
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        world.web.handlers.pop(f"{asker.url}/response/1")
        assert wallet.decline(question) is False
