"""A claim from offer to kept certificate, and every way in which it may be interrupted."""

import time
from pathlib import Path
from typing import Any

import pytest

from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Posted
from carnet_securing.limits import ISSUED
from carnet_wallet.claiming import CollectionCodeNeededError, MaybeCollectedError
from carnet_wallet.errors import ClaimRefusedError, VaultError
from carnet_wallet.fail_points import Moment
from carnet_wallet.states import CardState
from carnet_wallet.wallet import Wallet
from support.simulator import SKILL_CERTIFICATE
from support.wallet_world import (
    NOW,
    EndAt,
    OfferingIssuer,
    Sent,
    WalletEndedError,
    World,
    answer,
    claimed_wallet,
)

ACCEPTED = [{"notification_id": "note-1", "event": "credential_accepted"}]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


def claim(wallet: Wallet, issuer: OfferingIssuer, code: str | None = "493536") -> None:
    wallet.claim(wallet.open_offer(issuer.link), tx_code=code, now=NOW)


def refusal(wallet: Wallet, issuer: OfferingIssuer, code: str | None = "493536") -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        claim(wallet, issuer, code)
    return caught.value


def test_ten_copies_are_kept_under_one_card_and_the_issuer_is_told(world: World) -> None:
    issuer = OfferingIssuer(world.web)

    with claimed_wallet(world, issuer) as wallet:
        (listed,) = wallet.list(now=NOW)
        one = wallet.card(listed.card.card_id)

    assert listed.state is CardState.VALID
    assert listed.card.vct == SKILL_CERTIFICATE
    assert listed.card.issuer == issuer.url
    assert len(one.copies) == 10
    assert len({copy.key.public.thumbprint for copy in one.copies}) == 10
    assert issuer.notified == ACCEPTED


def test_it_is_there_after_closing_and_opening_again(world: World) -> None:
    claimed_wallet(world).close()

    with world.open() as wallet:
        (listed,) = wallet.list(now=NOW)
        assert wallet.raw(listed.card.card_id).endswith("~")
        assert wallet.unfinished_claims() == ()


@pytest.mark.parametrize(("batch", "copies"), [(None, 1), (2, 2), (10, 10), (50, 10)])
def test_as_many_copies_as_the_issuer_gives_but_ten_at_most(
    world: World, batch: int | None, copies: int
) -> None:
    issuer = OfferingIssuer(world.web, batch=batch)

    with claimed_wallet(world, issuer) as wallet:
        (listed,) = wallet.list(now=NOW)

    assert len(listed.card.copies) == copies


def test_fewer_copies_than_asked_for_are_taken(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.most_copies = 3

    with claimed_wallet(world, issuer) as wallet:
        (listed,) = wallet.list(now=NOW)

    assert len(listed.card.copies) == 3


LARGEST_COPY = ISSUED.compact_bytes


def padded_to(issuer: OfferingIssuer, length: int, copies: int = 10) -> None:
    """Let answers with so many copies, or more, be as long as that."""
    original = issuer.give_credentials

    def give(sent: Sent) -> Posted:
        issuer.response_changes = {}
        many = len(issuer._opened(sent)["proofs"]["jwt"]) >= copies
        if many:
            issuer.response_changes = {"padding": "x" * length}
        return original(sent)

    issuer.web.handlers[f"{issuer.url}/credential"] = give


@pytest.mark.parametrize("encryption", ["none", "required"])
def test_one_copy_is_asked_for_where_ten_are_too_large(world: World, encryption: str) -> None:
    issuer = OfferingIssuer(world.web, encryption=encryption)
    padded_to(issuer, 2 * LARGEST_COPY)

    with claimed_wallet(world, issuer) as wallet:
        (listed,) = wallet.list(now=NOW)

    assert len(listed.card.copies) == 1
    assert [len(keys) for keys in issuer.proof_keys] == [10, 1]
    assert set(issuer.proof_keys[1]) < set(issuer.proof_keys[0])


@pytest.mark.parametrize("encryption", ["none", "required"])
def test_an_answer_as_large_as_one_copy_may_be_is_read(world: World, encryption: str) -> None:
    issuer = OfferingIssuer(world.web, encryption=encryption)
    padded_to(issuer, LARGEST_COPY)

    with claimed_wallet(world, issuer) as wallet:
        (listed,) = wallet.list(now=NOW)

    assert len(listed.card.copies) == 10


def test_an_answer_that_is_always_too_large_waits(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    padded_to(issuer, 2 * LARGEST_COPY, copies=1)

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.FETCH_TOO_LARGE
        assert wallet.list(now=NOW) == ()
        assert wallet.unfinished_claims() == (issuer.url,)
    assert len(world.web.to(f"{issuer.url}/credential")) == 3


@pytest.mark.parametrize("encryption", ["offered", "required"])
def test_the_exchange_is_encrypted_where_the_issuer_can(world: World, encryption: str) -> None:
    issuer = OfferingIssuer(world.web, encryption=encryption)

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1

    (sent,) = world.web.to(f"{issuer.url}/credential")
    assert sent.content_type == "application/jwt"
    assert sent.body.count(b".") == 4


def test_an_offer_by_value_is_taken(world: World) -> None:
    issuer = OfferingIssuer(world.web)

    with world.open() as wallet:
        wallet.claim(wallet.open_offer(issuer.link_by_value), tx_code="493536", now=NOW)
        assert len(wallet.list(now=NOW)) == 1


def test_a_credential_identifier_of_the_token_is_used(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.identifiers = ["safety-2026"]
    seen = []
    original = issuer.give_credentials

    def watch(sent: Sent) -> Posted:
        seen.append({name for name in sent.json if name != "proofs"})
        return original(sent)

    world.web.handlers[f"{issuer.url}/credential"] = watch
    claimed_wallet(world, issuer).close()

    assert seen == [{"credential_identifier"}]


def test_two_identifiers_give_two_certificates(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.identifiers = ["safety-2026", "height-2026"]

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 2

    first, second = issuer.proof_keys
    assert not set(first) & set(second)


def test_the_same_identifier_twice_gives_one_certificate(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.identifiers = ["safety-2026", "safety-2026"]

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1


def test_a_token_for_more_certificates_than_anybody_earns_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.identifiers = [str(number) for number in range(500)]

    with world.open() as wallet:
        began = time.process_time()
        error = refusal(wallet, issuer)
        assert time.process_time() - began < 0.5, "no key is made for what is not taken"
        assert wallet.unfinished_claims() == ()

    assert isinstance(error, ClaimRefusedError)
    assert error.kind is ErrorKind.TOO_LARGE


def test_an_offer_of_more_certificates_than_anybody_earns_is_refused_early(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    names = [str(number) for number in range(500)]
    offer = issuer.offer() | {"credential_configuration_ids": names}
    issuer.offer = lambda: offer  # type: ignore[method-assign]

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.TOO_LARGE

    assert world.web.sent == []


def test_no_collection_code_is_sent_when_none_is_asked_for(world: World) -> None:
    issuer = OfferingIssuer(world.web, tx_code=None)

    with world.open() as wallet:
        claim(wallet, issuer, "999999")

    assert "tx_code" not in world.web.to(f"{issuer.url}/token")[0].form


@pytest.mark.parametrize("code", [None, "", "12345", "1234567", "abcdef", "１２３４５６"])
def test_a_collection_code_of_another_form_is_not_even_sent(world: World, code: str | None) -> None:
    issuer = OfferingIssuer(world.web)

    with world.open() as wallet:
        error = refusal(wallet, issuer, code)

    assert isinstance(error, CollectionCodeNeededError)
    assert world.web.to(f"{issuer.url}/token") == []


def test_a_wrong_collection_code_loses_nothing(world: World) -> None:
    issuer = OfferingIssuer(world.web)

    with world.open() as wallet:
        error = refusal(wallet, issuer, "000000")
        assert error.kind is ErrorKind.FORBIDDEN
        assert "code" in error.hint
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1


def test_an_offer_used_before_is_refused_in_plain_words(world: World) -> None:
    issuer = OfferingIssuer(world.web, tx_code=None)
    issuer.redeemed = True

    with world.open() as wallet:
        error = refusal(wallet, issuer, None)
        assert wallet.unfinished_claims() == ()

    assert error.kind is ErrorKind.FORBIDDEN
    assert "new offer" in error.hint


@pytest.mark.parametrize(("status", "kind"), [(404, ErrorKind.NOT_FOUND), (410, ErrorKind.EXPIRED)])
def test_an_offer_the_issuer_has_taken_away_says_what_to_ask_for(
    world: World, status: int, kind: ErrorKind
) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.take_away(f"{issuer.url}/offers/1", status)

    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert wallet.unfinished_claims() == ()

    assert isinstance(error, ClaimRefusedError)
    assert (error.kind, world.web.sent) == (kind, [])
    assert error.message == "This offer was already collected or has ended."
    assert error.hint == "Ask for a new offer."


@pytest.mark.parametrize("status", [None, 400, 401, 403, 429, 500, 503])
def test_an_offer_that_cannot_be_read_is_not_called_used(world: World, status: int | None) -> None:
    issuer = OfferingIssuer(world.web)
    if status is None:
        world.web.fail(f"{issuer.url}/offers/1")
    else:
        world.web.take_away(f"{issuer.url}/offers/1", status)

    with world.open() as wallet:
        error = refusal(wallet, issuer)

    assert isinstance(error, UndeterminedError)
    assert (error.kind, world.web.sent) == (ErrorKind.FETCH_FAILED, [])
    assert "Try again later" in error.hint


def test_metadata_that_is_not_there_does_not_say_the_offer_is_used(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.take_away(f"{issuer.url}/.well-known/openid-credential-issuer")

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.FETCH_FAILED


def test_an_issuer_that_takes_no_anonymous_code_by_name_is_tried_all_the_same(
    world: World,
) -> None:
    issuer = OfferingIssuer(world.web)
    server = {"issuer": issuer.url, "token_endpoint": f"{issuer.url}/token"}
    world.web.put(
        f"{issuer.url}/.well-known/oauth-authorization-server", strict_json.dumps_bytes(server)
    )

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1


MOMENTS_BEFORE_TOKEN = [Moment.BEFORE_KEY_STORE, Moment.AFTER_KEY_STORE]
MOMENTS_AFTER_TOKEN = [
    Moment.AFTER_TOKEN,
    Moment.BEFORE_CREDENTIAL_STORE,
    Moment.AFTER_CREDENTIAL_STORE,
    Moment.BEFORE_NOTIFICATION,
    Moment.AFTER_NOTIFICATION,
]


@pytest.mark.parametrize("moment", MOMENTS_BEFORE_TOKEN + MOMENTS_AFTER_TOKEN)
def test_ended_at_any_moment_the_same_offer_goes_on(world: World, moment: Moment) -> None:
    issuer = OfferingIssuer(world.web)
    world.fail_points = EndAt(moment)
    with world.open() as wallet, pytest.raises(WalletEndedError):
        claim(wallet, issuer)
    assert not issuer.notified or moment is Moment.AFTER_NOTIFICATION

    with world.open() as wallet:
        kept_before = len(wallet.list(now=NOW))
        if not kept_before:
            claim(wallet, issuer)
        else:
            wallet.settle_notifications(now=NOW)
        (listed,) = wallet.list(now=NOW)
        assert wallet.unfinished_claims() == ()

    assert len(listed.card.copies) == 10
    assert len(set(map(tuple, issuer.proof_keys))) == 1, "the stored keys were used again"
    assert ACCEPTED[0] in issuer.notified
    assert kept_before == (moment in MOMENTS_AFTER_TOKEN[2:])


def test_claiming_again_after_the_end_settles_and_is_not_done_twice(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.fail_points = EndAt(Moment.AFTER_CREDENTIAL_STORE)
    with world.open() as wallet, pytest.raises(WalletEndedError):
        claim(wallet, issuer)

    with world.open() as wallet:
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1

    assert issuer.notified == ACCEPTED


def test_a_lost_credential_answer_is_asked_for_again_with_the_same_keys(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.lose_answers(f"{issuer.url}/credential")

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1

    assert len(issuer.proof_keys) == 2
    assert issuer.proof_keys[0] == issuer.proof_keys[1]
    assert len(set(issuer.used_nonces)) == 2
    assert len(world.web.to(f"{issuer.url}/token")) == 1


def test_when_the_credential_answer_stays_away_the_claim_waits(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.lose_answers(f"{issuer.url}/credential", times=9)
    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert isinstance(error, UndeterminedError)
        assert "same offer again" in error.hint
        assert wallet.unfinished_claims() == (issuer.url,)
    world.web.lost.clear()

    with world.open() as wallet:
        opened = wallet.open_offer(issuer.link)
        assert not opened.needs_code
        wallet.claim(opened, tx_code=None, now=NOW)
        assert len(wallet.list(now=NOW)) == 1

    assert len(set(map(tuple, issuer.proof_keys))) == 1


def test_a_lost_token_answer_needs_a_new_offer_and_says_so(world: World) -> None:
    issuer = OfferingIssuer(world.web, tx_code=None)
    world.web.lose_answers(f"{issuer.url}/token")
    with world.open() as wallet:
        lost = refusal(wallet, issuer, None)
        assert isinstance(lost, UndeterminedError)
        error = refusal(wallet, issuer, None)
        assert error.kind is ErrorKind.FORBIDDEN
        assert "lost" in error.message
        assert "new offer" in error.hint
        assert wallet.unfinished_claims() == ()


def lost_token(world: World, issuer: OfferingIssuer) -> None:
    """A claim whose token was given and never arrived."""
    world.web.lose_answers(f"{issuer.url}/token")
    with world.open() as wallet:
        assert isinstance(refusal(wallet, issuer), UndeterminedError)


def test_a_lost_token_answer_with_the_right_code_says_it_may_be_collected(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    lost_token(world, issuer)

    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert wallet.unfinished_claims() == ()

    assert isinstance(error, MaybeCollectedError)
    assert error.kind is ErrorKind.FORBIDDEN
    assert "lost" in error.message
    assert "collected already" in error.message
    assert "ask for a new offer" in error.hint


def test_a_lost_token_answer_of_an_offer_that_is_gone_needs_a_new_one(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    lost_token(world, issuer)
    world.web.take_away(f"{issuer.url}/offers/1")

    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert error.kind is ErrorKind.FORBIDDEN
        assert "lost" in error.message
        assert "collection code" not in error.hint
        assert "new offer" in error.hint
        assert wallet.unfinished_claims() == ()


def test_a_claim_nobody_goes_on_with_is_forgotten_after_a_month(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    lost_token(world, issuer)

    with world.open() as wallet:
        wallet.settle_notifications(now=NOW + 30 * 86_400)
        assert wallet.unfinished_claims() == (issuer.url,)
        wallet.settle_notifications(now=NOW + 30 * 86_400 + 1)
        assert wallet.unfinished_claims() == ()
        assert wallet._vault.ids("claim") == ()


@pytest.mark.parametrize("readable", [True, False])
def test_a_wrong_code_after_a_request_that_never_arrived_can_be_corrected(
    world: World, readable: bool
) -> None:
    issuer = OfferingIssuer(world.web)
    handler = world.web.handlers.pop(f"{issuer.url}/token")
    with world.open() as wallet:
        refusal(wallet, issuer)
        world.web.handlers[f"{issuer.url}/token"] = handler
        if not readable:
            world.web.fail(f"{issuer.url}/offers/1")
        assert isinstance(refusal(wallet, issuer, "000000"), MaybeCollectedError)
        assert bool(wallet.unfinished_claims()) is not readable
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1
        assert wallet.unfinished_claims() == ()


def test_a_link_that_shows_its_offer_once_still_goes_on(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.fail_points = EndAt(Moment.AFTER_KEY_STORE)
    with world.open() as wallet, pytest.raises(WalletEndedError):
        claim(wallet, issuer)
    world.web.take_away(f"{issuer.url}/offers/1")

    with world.open() as wallet:
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1


def test_a_new_offer_under_the_same_link_is_taken_after_a_lost_answer(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    lost_token(world, issuer)
    issuer.redeemed, issuer.code = False, "code-2"

    with world.open() as wallet:
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1
        assert wallet.unfinished_claims() == ()


def test_a_token_that_fits_no_header_is_not_kept_and_a_new_offer_is_taken(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.token = "t\r\nX-Evil: 1"
    with world.open() as wallet:
        error = refusal(wallet, issuer)
        assert error.kind is ErrorKind.MALFORMED
        assert error.hint == "Ask for a new offer."
        assert world.web.to(f"{issuer.url}/credential") == []

        issuer.redeemed, issuer.code, issuer.token = False, "code-2", "token-2"
        claim(wallet, issuer)
        assert len(wallet.list(now=NOW)) == 1
        assert wallet.unfinished_claims() == ()


def test_a_token_request_that_never_arrived_is_simply_repeated(world: World) -> None:
    issuer = OfferingIssuer(world.web, tx_code=None)
    handler = world.web.handlers.pop(f"{issuer.url}/token")
    with world.open() as wallet:
        assert isinstance(refusal(wallet, issuer, None), UndeterminedError)
        world.web.handlers[f"{issuer.url}/token"] = handler
        claim(wallet, issuer, None)
        assert len(wallet.list(now=NOW)) == 1


def test_a_refused_nonce_is_replaced(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.refuse_nonces = 1

    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1


def test_an_issuer_that_refuses_every_nonce_is_given_up(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.refuse_nonces = 1000

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.UNAVAILABLE
        assert wallet.list(now=NOW) == ()

    assert len(world.web.to(f"{issuer.url}/credential")) == 3


def test_a_token_that_has_ended_needs_a_new_offer(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.lose_answers(f"{issuer.url}/credential", times=3)
    with world.open() as wallet:
        refusal(wallet, issuer)
        with pytest.raises(ClaimRefusedError) as caught:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=None, now=NOW + 601)
        assert caught.value.kind is ErrorKind.EXPIRED
        assert wallet.unfinished_claims() == ()


def test_a_token_the_issuer_no_longer_takes_needs_a_new_offer(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    original = issuer.give_token

    def other(sent: Sent) -> Posted:
        posted = original(sent)
        issuer.token = "another"
        return posted

    world.web.handlers[f"{issuer.url}/token"] = other
    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.EXPIRED


def test_a_notification_that_cannot_be_sent_is_no_failure_and_is_sent_later(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    handler = world.web.handlers.pop(f"{issuer.url}/notification")
    with claimed_wallet(world, issuer) as wallet:
        assert len(wallet.list(now=NOW)) == 1
        assert wallet.unfinished_claims() == ()
        world.web.handlers[f"{issuer.url}/notification"] = handler
        wallet.settle_notifications(now=NOW)
        wallet.settle_notifications(now=NOW)

    assert issuer.notified == ACCEPTED


def test_a_notification_whose_token_has_ended_is_given_up(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.web.handlers.pop(f"{issuer.url}/notification")
    with claimed_wallet(world, issuer) as wallet:
        wallet.settle_notifications(now=NOW + 601)
        assert wallet._vault.ids("claim") == ()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"credential_issuer": "https://school.example/"}, ErrorKind.ISSUER_MISMATCH),
        ({"credential_issuer": "https://other.example"}, ErrorKind.ISSUER_MISMATCH),
        ({"credential_configurations_supported": {}}, ErrorKind.NOT_FOUND),
        ({"credential_endpoint": None}, ErrorKind.MALFORMED),
        ({"credential_endpoint": "javascript:1"}, ErrorKind.MALFORMED),
        ({"authorization_servers": ["https://nobody.example"]}, ErrorKind.FETCH_FAILED),
    ],
    ids=repr,
)
def test_metadata_that_does_not_fit_stops_before_the_code_is_used(
    world: World, changes: dict[str, object], kind: ErrorKind
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.metadata_changes = dict(changes)

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is kind

    assert world.web.sent == []


CONFIGURATION_CHANGES = [
    ({"format": "mso_mdoc"}, ErrorKind.UNSUPPORTED_VERSION),
    ({"proof_types_supported": None}, ErrorKind.MALFORMED),
    ({"cryptographic_binding_methods_supported": ["cose_key"]}, ErrorKind.ALG_NOT_ALLOWED),
    (
        {"proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["RS256"]}}},
        ErrorKind.ALG_NOT_ALLOWED,
    ),
    (
        {"proof_types_supported": {"ldp_vp": {"proof_signing_alg_values_supported": ["x"]}}},
        ErrorKind.ALG_NOT_ALLOWED,
    ),
    (
        {
            "proof_types_supported": {
                "jwt": {
                    "proof_signing_alg_values_supported": ["ES256"],
                    "key_attestations_required": {},
                }
            }
        },
        ErrorKind.POLICY_UNMET,
    ),
]


@pytest.mark.parametrize(("changes", "kind"), CONFIGURATION_CHANGES, ids=repr)
def test_a_certificate_this_wallet_cannot_take_is_refused_early(
    world: World, changes: dict[str, object], kind: ErrorKind
) -> None:
    issuer = OfferingIssuer(world.web)
    configuration = {
        "format": "dc+sd-jwt",
        "vct": SKILL_CERTIFICATE,
        "cryptographic_binding_methods_supported": ["jwk"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    } | changes
    issuer.metadata_changes = {
        "credential_configurations_supported": {
            "skill_certificate_sd_jwt": {k: v for k, v in configuration.items() if v is not None}
        }
    }

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is kind

    assert world.web.sent == []


def test_an_offer_that_wants_a_sign_in_is_refused_with_a_hint(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    offer = issuer.offer() | {"grants": {"authorization_code": {}}}
    issuer.offer = lambda: offer  # type: ignore[method-assign]

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.POLICY_UNMET


@pytest.mark.parametrize(
    "encryption",
    [
        {
            "credential_response_encryption": {
                "alg_values_supported": ["ECDH-ES"],
                "enc_values_supported": ["A128GCM"],
                "encryption_required": True,
            }
        },
        {
            "credential_response_encryption": {
                "alg_values_supported": ["RSA-OAEP"],
                "enc_values_supported": ["A128GCM"],
                "encryption_required": True,
            }
        },
        {
            "credential_request_encryption": {
                "jwks": {
                    "keys": [
                        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1", "alg": "RSA-OAEP"}
                    ]
                },
                "enc_values_supported": ["A128GCM"],
                "encryption_required": True,
            }
        },
    ],
    ids=["no key for the request", "another algorithm", "another key"],
)
def test_an_encryption_that_is_required_and_not_made_here_is_not_left_out(
    world: World, encryption: dict[str, object]
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.metadata_changes = dict(encryption)

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.ALG_NOT_ALLOWED
        assert wallet.unfinished_claims() == ()

    assert world.web.sent == [], "the code was not used"


def test_an_answer_that_should_be_encrypted_and_is_not_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web, encryption="offered")

    def in_clear(request: dict[str, Any], response: dict[str, Any]) -> Posted:
        return answer(200, response)

    issuer._closed = in_clear  # type: ignore[method-assign]

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.POLICY_UNMET
        assert wallet.list(now=NOW) == ()


def test_a_deferred_answer_waits(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.response_changes = {
        "credentials": None,
        "notification_id": None,
        "transaction_id": "t",
        "interval": 60,
    }

    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.UNAVAILABLE
        assert wallet.unfinished_claims() == (issuer.url,)


def test_a_full_disk_while_keeping_leaves_a_claim_to_go_on_with(world: World) -> None:
    issuer = OfferingIssuer(world.web)

    class FullWhenKeeping:
        """Makes the vault's folder refuse writes when credentials are about to be kept."""

        def reach(self, moment: Moment) -> None:
            if moment is Moment.BEFORE_CREDENTIAL_STORE:
                raise VaultError(ErrorKind.STORAGE_FULL, "full")

    world.fail_points = FullWhenKeeping()
    with world.open() as wallet:
        assert refusal(wallet, issuer).kind is ErrorKind.STORAGE_FULL
        assert wallet.list(now=NOW) == ()
        assert issuer.notified == []
    world.fail_points = EndAt(Moment.BEFORE_SEND)

    with world.open() as wallet:
        wallet.claim(wallet.open_offer(issuer.link), tx_code=None, now=NOW)
        assert len(wallet.list(now=NOW)) == 1


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("none", CardState.VALID),
        ("withdraw", CardState.WITHDRAWN),
        ("pause", CardState.PAUSED),
        ("other", CardState.UNKNOWN),
        ("down", CardState.UNKNOWN),
        ("garbage", CardState.UNKNOWN),
    ],
)
def test_the_state_of_a_card(world: World, change: str, state: CardState) -> None:
    issuer = OfferingIssuer(world.web)
    with claimed_wallet(world, issuer) as wallet:
        one = wallet.card(wallet.list(now=NOW)[0].card.card_id)
        later = NOW + 3_600
        issuer.signing.now = later
        status = one.copies[4].status
        assert status is not None
        match change:
            case "withdraw":
                issuer.signing.withdraw(status)
            case "pause":
                issuer.signing.pause(status)
            case "other":
                issuer.signing.statuses.set(status.index, 3)
            case "down":
                world.web.fail(issuer.signing.status_uri)
                later = NOW + 30 * 86_400
            case "garbage":
                world.web.put(issuer.signing.status_uri, b"nothing")
                later = NOW + 30 * 86_400

        (listed,) = wallet.list(now=later)

    assert listed.state is state


def test_a_card_ends_with_the_first_of_its_copies(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    days = [300, 300, 200] + [300] * 7
    issuer.make = lambda key, number: issuer.signing.issue(
        issuer.claims,
        holder_key=key,
        status=issuer.signing.next_status(),
        expires_at=NOW + days[number] * 86_400,
    )

    with claimed_wallet(world, issuer) as wallet:
        assert wallet.list(now=NOW + 200 * 86_400 - 1)[0].state is not CardState.EXPIRED
        assert wallet.list(now=NOW + 200 * 86_400)[0].state is CardState.EXPIRED


def test_an_expired_card_is_expired_whatever_its_list_says(world: World) -> None:
    with claimed_wallet(world) as wallet:
        (listed,) = wallet.list(now=NOW + 400 * 86_400)

    assert listed.state is CardState.EXPIRED
