"""A request looked at, agreed to or not, answered by one copy, and remembered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.dcql import UnmetReason
from carnet_schemas.oid4vp import ResponseMode
from carnet_securing import strict_json
from carnet_securing.credential import IssuerKey, holder_key_of, parse_credential, verify_credential
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.key_binding import verify_key_binding, verify_shown
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.askers import AskerKind
from carnet_trust.entries import OrganisationClass, TrustEntry
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.fail_points import Moment
from carnet_wallet.showings import Outcome
from carnet_wallet.wallet import Wallet
from support.simulator import SKILL_CERTIFICATE
from support.wallet_world import (
    NOW,
    QUESTION,
    Asker,
    EndAt,
    OfferingIssuer,
    WalletEndedError,
    World,
    answer,
    claimed_wallet,
)

DENIED = "access_denied"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


@pytest.fixture
def issuer(world: World) -> OfferingIssuer:
    return OfferingIssuer(world.web)


@pytest.fixture
def wallet(world: World, issuer: OfferingIssuer) -> Iterator[Wallet]:
    with claimed_wallet(world, issuer) as opened:
        yield opened


def show(wallet: Wallet, asker: Asker, now: int = NOW) -> None:
    question = wallet.prepare(asker.link, lang="en", now=now)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=now)


def presentation(asker: Asker, number: int = -1) -> str:
    (texts,) = asker.given[number]["vp_token"].values()
    (text,) = texts
    assert isinstance(text, str)
    return text


def verified(text: str, issuer: OfferingIssuer, asker: Asker, now: int = NOW) -> dict[str, Any]:
    """Check a presentation as a verifier does; returns its readable claims."""
    key = IssuerKey(
        issuer=issuer.url, key=issuer.signing.signer.public_jwk, route=IssuerKeyRoute.METADATA
    )
    credential = verify_credential(
        parse_credential(text, limits=PRESENTATION),
        issuer_key=key,
        vcts={SKILL_CERTIFICATE},
        now=now,
        check=check_signature,
        limits=PRESENTATION,
    )
    verify_key_binding(
        credential.sd_jwt,
        holder_key=holder_key_of(credential),
        audience=asker.client_id,
        nonce=asker.nonce,
        now=now,
        check=check_signature,
        algorithms={"ES256"},
        limits=PRESENTATION,
    )
    own = {"iss", "iat", "exp", "cnf", "vct", "vct#integrity", "status"}
    return {name: value for name, value in credential.claims.items() if name not in own}


def test_what_was_agreed_to_and_nothing_else_arrives(
    wallet: Wallet, issuer: OfferingIssuer, world: World
) -> None:
    asker = Asker(world.web)

    show(wallet, asker)

    claims = verified(presentation(asker), issuer, asker)
    assert set(claims) == {"nature", "title", "month"}
    assert asker.given[0]["state"] == asker.state
    assert list(asker.given[0]["vp_token"]) == ["safety"]


def test_the_preview_tells_exactly_what_arrives(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)

    question = wallet.prepare(asker.link, lang="fr", now=NOW)

    assert question.preview is not None
    (card,) = question.preview.cards
    assert {claim.path[0] for claim in card.shown} == {"title", "month"}
    assert {claim.path[0] for claim in card.always_shown} == {"nature"}
    assert {"fr": "Prénom", "en": "First name"} in card.hidden
    assert question.preview.answer_goes_to == f"{asker.url}/response/1"
    assert not question.preview.asks_too_much
    assert asker.given == []


def test_an_encrypted_answer_is_encrypted_to_the_asker(
    wallet: Wallet, issuer: OfferingIssuer, world: World
) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT

    show(wallet, asker)

    assert set(world.web.to(f"{asker.url}/response/1")[0].form) == {"response"}
    assert set(verified(presentation(asker), issuer, asker)) == {"nature", "title", "month"}


def test_a_request_fetched_by_post_carries_the_wallets_own_number(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)

    question = wallet.prepare(asker.link + "&request_uri_method=post", lang="en", now=NOW)

    (sent,) = world.web.to(f"{asker.url}/request/1")
    assert len(sent.form["wallet_nonce"]) >= 22
    assert question.preview is not None


def test_what_the_wallet_says_of_itself_names_algorithms_fully(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)

    wallet.prepare(asker.link + "&request_uri_method=post", lang="en", now=NOW)

    (sent,) = world.web.to(f"{asker.url}/request/1")
    said = strict_json.loads_object(sent.form["wallet_metadata"].encode(), max_bytes=10**4)
    assert said["vp_formats_supported"]["dc+sd-jwt"] == {
        "sd-jwt_alg_values": ["ES256", "ES384", "Ed25519"],
        "kb-jwt_alg_values": ["ES256", "Ed25519"],
    }


@pytest.mark.parametrize("name", ["Ed25519", "EdDSA"])
def test_an_asker_that_reads_other_signatures_is_told_no_more_than_no(
    wallet: Wallet, world: World, name: str
) -> None:
    asker = Asker(world.web)
    formats = {"dc+sd-jwt": {"sd-jwt_alg_values": [name], "kb-jwt_alg_values": [name]}}
    asker.changes = {"client_metadata": {"vp_formats_supported": formats}}

    question = wallet.prepare(asker.link, lang="en", now=NOW)

    assert question.preview is None
    assert asker.given == []
    wallet.decline(question)
    assert asker.given == [{"error": DENIED, "state": asker.state}]


def test_an_asker_on_her_list_is_called_by_its_listed_name(world: World) -> None:
    asker = Asker(world.web)
    world.trust = (
        TrustEntry(
            iss="https://buyer.example",
            route=IssuerKeyRoute.METADATA,
            types=(),
            name={"fr": "Mairie de Sainte-Foy"},
            klass=OrganisationClass.BUYER,
            asker=(asker.client_id,),
        ),
    )
    with claimed_wallet(world) as wallet:
        question = wallet.prepare(asker.link, lang="fr", now=NOW)

    assert question.asker.kind is AskerKind.KNOWN
    assert question.asker.name == "Mairie de Sainte-Foy"


def test_an_unknown_asker_has_no_name_of_its_own_choosing(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.changes = {
        "client_metadata": {"client_name": "La Poste", "vp_formats_supported": {"dc+sd-jwt": {}}}
    }

    question = wallet.prepare(asker.link, lang="fr", now=NOW)

    assert question.asker.kind is AskerKind.UNKNOWN
    assert "Poste" not in question.asker.name


def test_an_unsigned_request_comes_from_an_unknown_asker(
    wallet: Wallet, issuer: OfferingIssuer, world: World
) -> None:
    asker = Asker(world.web)

    question = wallet.prepare(asker.unsigned_link(), lang="en", now=NOW)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=NOW)

    assert question.asker.kind is AskerKind.UNKNOWN
    assert set(verified(presentation(asker), issuer, asker)) == {"nature", "title", "month"}


def test_the_history_knows_what_was_shown_to_whom(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)

    show(wallet, asker)

    (line,) = wallet.history()
    assert line.at == NOW
    assert line.asker == asker.client_id
    assert line.outcome is Outcome.RECEIVED
    assert {path[0] for path in line.cards[0].paths} == {"title", "month"}


def test_each_asker_gets_a_copy_of_its_own_and_the_same_one_again(
    wallet: Wallet, world: World
) -> None:
    first, second = Asker(world.web), Asker(world.web, url="https://b.example", name="b")

    show(wallet, first)
    show(wallet, second)
    show(wallet, first)

    jwts = [text.split("~")[0] for text in (presentation(first, 0), presentation(second, 0))]
    assert jwts[0] != jwts[1]
    assert presentation(first, 1).split("~")[0] == jwts[0]


def test_when_copies_run_out_the_last_one_is_used_again_with_a_word(world: World) -> None:
    issuer = OfferingIssuer(world.web, batch=2)
    with claimed_wallet(world, issuer) as wallet:
        askers = [Asker(world.web, url=f"https://b{n}.example", name=f"b{n}") for n in range(4)]
        seen = []
        for asker in askers:
            question = wallet.prepare(asker.link, lang="en", now=NOW)
            assert question.preview is not None
            seen.append(question.preview.cards[0].copy_seen_before)
            wallet.present(question, question.preview.agree(), now=NOW)

    assert seen == [False, False, True, True]
    jwts = [presentation(asker).split("~")[0] for asker in askers]
    assert jwts[1] == jwts[2] == jwts[3] != jwts[0]


def test_declining_sends_access_denied_and_nothing_else(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    question = wallet.prepare(asker.link, lang="en", now=NOW)

    assert wallet.decline(question) is True

    assert asker.given == [{"error": DENIED, "state": asker.state}]
    assert wallet.history() == ()


def test_declining_an_encrypted_request_is_encrypted_too(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.mode = ResponseMode.DIRECT_POST_JWT

    assert wallet.decline(wallet.prepare(asker.link, lang="en", now=NOW)) is True

    assert asker.given == [{"error": DENIED, "state": asker.state}]
    assert set(world.web.to(f"{asker.url}/response/1")[0].form) == {"response"}


def test_an_asker_nobody_authenticated_is_told_nothing(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    question = wallet.prepare(asker.unsigned_link(), lang="en", now=NOW)

    assert wallet.decline(question) is False
    assert asker.given == []


def question_about(**claims: Any) -> dict[str, Any]:
    asked = [
        {"path": [name]} | ({} if values is None else {"values": values})
        for name, values in claims.items()
    ]
    return {"credentials": [QUESTION["credentials"][0] | {"claims": asked}]}


UNANSWERABLE = {
    "type": (
        {"credentials": [QUESTION["credentials"][0] | {"meta": {"vct_values": ["urn:other"]}}]},
        UnmetReason.NO_SUCH_TYPE,
    ),
    "claim": (question_about(driving=None), UnmetReason.CLAIM_MISSING),
    "value": (question_about(month=["1999-01"]), UnmetReason.VALUE_DIFFERS),
    "authority": (
        {
            "credentials": [
                QUESTION["credentials"][0]
                | {"trusted_authorities": [{"type": "aki", "values": ["AAAA"]}]}
            ]
        },
        UnmetReason.OTHER_AUTHORITY,
    ),
}


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_she_learns_which_part_fails_and_the_asker_only_no(
    wallet: Wallet, world: World, name: str
) -> None:
    question_json, reason = UNANSWERABLE[name]
    asker = Asker(world.web, question=question_json)

    question = wallet.prepare(asker.link, lang="en", now=NOW)

    assert question.preview is None
    assert [part.reason for part in question.missing] == [reason]
    assert asker.given == []
    wallet.decline(question)
    assert asker.given == [{"error": DENIED, "state": asker.state}]


def test_an_asker_that_refuses_the_answer_is_remembered_as_such(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)
    asker.status = 400
    question = wallet.prepare(asker.link, lang="en", now=NOW)
    assert question.preview is not None

    with pytest.raises(RequestRefusedError) as caught:
        wallet.present(question, question.preview.agree(), now=NOW)

    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert wallet.history()[0].outcome is Outcome.REFUSED


def test_an_answer_that_may_have_arrived_says_so(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    world.web.lose_answers(f"{asker.url}/response/1")
    question = wallet.prepare(asker.link, lang="en", now=NOW)
    assert question.preview is not None

    with pytest.raises(UndeterminedError):
        wallet.present(question, question.preview.agree(), now=NOW)

    assert wallet.history()[0].outcome is Outcome.LEAVING


@pytest.mark.parametrize(
    ("moment", "lines", "posts"),
    [
        (Moment.BEFORE_HISTORY, 0, 0),
        (Moment.AFTER_HISTORY, 1, 0),
        (Moment.BEFORE_SEND, 1, 0),
    ],
)
def test_the_history_is_written_before_anything_leaves(
    world: World, moment: Moment, lines: int, posts: int
) -> None:
    claimed_wallet(world).close()
    world.fail_points = EndAt(moment)
    asker = Asker(world.web)
    with world.open() as wallet:
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        assert question.preview is not None
        with pytest.raises(WalletEndedError):
            wallet.present(question, question.preview.agree(), now=NOW)

    with world.open() as wallet:
        assert len(wallet.history()) == lines
        one = wallet.card(wallet.list(now=NOW)[0].card.card_id)
        assert sum(bool(copy.shown_to) for copy in one.copies) == lines
    assert len(asker.given) == posts


def test_nothing_leaves_when_the_history_cannot_be_written(world: World) -> None:
    claimed_wallet(world).close()
    asker = Asker(world.web)
    with world.open() as wallet:
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        assert question.preview is not None
        wallet._vault._folder._broken = True
        with pytest.raises(CarnetError) as caught:
            wallet.present(question, question.preview.agree(), now=NOW)

    assert caught.value.kind is ErrorKind.STORAGE_FULL
    assert asker.given == []


def test_the_asker_may_send_the_browser_on(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)
    asker.reply = {"redirect_uri": "https://buyer.example/done#code=1"}
    question = wallet.prepare(asker.link, lang="en", now=NOW)
    assert question.preview is not None

    sent = wallet.present(question, question.preview.agree(), now=NOW)

    assert sent.continue_at == "https://buyer.example/done#code=1"


def test_she_can_pick_another_certificate_for_a_part(world: World) -> None:
    first = OfferingIssuer(world.web)
    second = OfferingIssuer(world.web, url="https://second.example", name="second")
    with claimed_wallet(world, first) as wallet:
        (other,) = wallet.claim(wallet.open_offer(second.link), tx_code=second.tx_code, now=NOW)
        asker = Asker(world.web)
        question = wallet.prepare(
            asker.link, lang="en", now=NOW, choice={"safety": [other.card_id]}
        )
        assert question.preview is not None
        assert set(question.choices["safety"]) > {other.card_id}
        wallet.present(question, question.preview.agree(), now=NOW)

    assert set(verified(presentation(asker), second, asker)) == {"nature", "title", "month"}


def test_a_pick_that_does_not_answer_is_refused(wallet: Wallet, world: World) -> None:
    asker = Asker(world.web)

    with pytest.raises(RequestRefusedError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW, choice={"safety": ["no such card"]})

    assert caught.value.kind is ErrorKind.QUERY_UNMET


def test_an_expired_certificate_is_only_offered_when_nothing_else_is_and_said_so(
    wallet: Wallet, world: World
) -> None:
    asker = Asker(world.web)

    question = wallet.prepare(asker.link, lang="en", now=NOW + 400 * 86_400)

    assert question.preview is not None
    assert question.preview.cards[0].has_ended


def test_a_code_on_the_screen_shows_what_was_chosen(wallet: Wallet, issuer: OfferingIssuer) -> None:
    card_id = wallet.list(now=NOW)[0].card.card_id

    shown = wallet.screen(card_id, claims=["title", "skills"], code="493012", now=NOW + 59)

    key = IssuerKey(
        issuer=issuer.url, key=issuer.signing.signer.public_jwk, route=IssuerKeyRoute.METADATA
    )
    credential = verify_credential(
        parse_credential(shown.text, limits=PRESENTATION),
        issuer_key=key,
        vcts={SKILL_CERTIFICATE},
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )
    showing = verify_shown(
        credential.sd_jwt,
        holder_key=holder_key_of(credential),
        now=NOW + 60,
        max_age=300,
        code="493012",
        check=check_signature,
        algorithms={"ES256"},
        limits=PRESENTATION,
    )
    assert showing.live
    assert showing.issued_at % 60 == 0
    assert credential.claims["skills"] == issuer.claims["skills"]
    assert "family_name" not in credential.claims
    assert wallet.history()[0].outcome is Outcome.ON_SCREEN


def test_each_viewer_of_the_screen_gets_another_copy_until_the_last(world: World) -> None:
    with claimed_wallet(world, OfferingIssuer(world.web, batch=3)) as wallet:
        card_id = wallet.list(now=NOW)[0].card.card_id
        codes = [wallet.screen(card_id, claims=[], code=None, now=NOW) for _ in range(5)]

    assert [code.copy_seen_before for code in codes] == [False, False, False, True, True]
    assert len({code.text.split("~")[0] for code in codes}) == 3


@pytest.mark.parametrize("claims", [["driving"], ["title", "nothing"], ["*"], ["all"]])
def test_a_part_that_is_not_there_cannot_be_shown(wallet: Wallet, claims: list[str]) -> None:
    card_id = wallet.list(now=NOW)[0].card.card_id

    with pytest.raises(RequestRefusedError) as caught:
        wallet.screen(card_id, claims=claims, code=None, now=NOW)

    assert caught.value.kind is ErrorKind.CLAIM_MISSING
    assert wallet.history() == ()


@pytest.mark.parametrize("code", ["", "49301", "4930123", "49 301", "abcdef", "４９３０１２"])
def test_a_code_of_another_form_spends_no_copy(wallet: Wallet, code: str) -> None:
    card_id = wallet.list(now=NOW)[0].card.card_id

    with pytest.raises(RequestRefusedError) as caught:
        wallet.screen(card_id, claims=["title"], code=code, now=NOW)

    assert caught.value.kind is ErrorKind.MALFORMED
    assert caught.value.hint
    assert wallet.history() == ()


def test_the_passphrase_changes_and_everything_is_still_there(world: World) -> None:
    from carnet_wallet.errors import VaultError
    from support.vaults import PASSPHRASE

    with claimed_wallet(world) as wallet:
        wallet.change_passphrase("une autre phrase")
    with pytest.raises(VaultError):
        Wallet.open(world.folder, passphrase=PASSPHRASE, surroundings=world.surroundings())
    with Wallet.open(
        world.folder, passphrase="une autre phrase", surroundings=world.surroundings()
    ) as wallet:
        show(wallet, Asker(world.web))


GONE = [(404, ErrorKind.NOT_FOUND), (410, ErrorKind.EXPIRED)]


@pytest.mark.parametrize(("status", "kind"), GONE)
def test_a_request_its_asker_has_taken_away_has_ended(
    wallet: Wallet, world: World, status: int, kind: ErrorKind
) -> None:
    asker = Asker(world.web)
    world.web.take_away(f"{asker.url}/request/1", status)

    with pytest.raises(RequestRefusedError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW)

    error = caught.value
    assert error.kind is kind
    assert (error.message, error.hint) == (
        "This request has ended.",
        "Nothing was shown. Ask for a new code.",
    )
    assert (asker.given, error.route, wallet.history()) == ([], None, ())


@pytest.mark.parametrize(("status", "kind"), GONE)
def test_a_posted_request_its_asker_has_taken_away_has_ended(
    wallet: Wallet, world: World, status: int, kind: ErrorKind
) -> None:
    asker = Asker(world.web)
    world.web.handlers[f"{asker.url}/request/1"] = lambda _: answer(status, {})

    with pytest.raises(RequestRefusedError) as caught:
        wallet.prepare(f"{asker.link}&request_uri_method=post", lang="en", now=NOW)

    assert (caught.value.kind, caught.value.message) == (kind, "This request has ended.")


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_request_that_cannot_be_fetched_is_not_called_ended(
    wallet: Wallet, world: World, status: int
) -> None:
    asker = Asker(world.web)
    world.web.take_away(f"{asker.url}/request/1", status)

    with pytest.raises(UndeterminedError) as caught:
        wallet.prepare(asker.link, lang="en", now=NOW)

    assert caught.value.kind is ErrorKind.FETCH_FAILED
