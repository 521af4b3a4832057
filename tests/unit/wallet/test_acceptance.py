"""Nothing an issuer sends is kept unless every check of every copy holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.catalog import concealable_paths
from carnet_securing import base64url, strict_json
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.status_list import StatusReference
from carnet_wallet.errors import ClaimRefusedError
from support.keys import signer as key_called
from support.simulator import SKILL_CERTIFICATE, SimulatedIssuer
from support.wallet_world import NOW, OfferingIssuer, World

DAY = 86_400
FAILURE = [{"notification_id": "note-1", "event": "credential_failure"}]

Make = Callable[[Any, int], str]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


def refused(world: World, issuer: OfferingIssuer, *, now: int = NOW) -> CarnetError:
    """Claim, be refused, and check that nothing of it stayed."""
    with world.open() as wallet:
        with pytest.raises(CarnetError) as caught:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=now)
        assert wallet.list(now=now) == ()
        assert wallet._vault.ids("copy") == ()
    return caught.value


def with_claims(issuer: OfferingIssuer, **changes: Any) -> Make:
    claims = {k: v for k, v in {**issuer.claims, **changes}.items() if v is not None}

    def make(key: Any, number: int) -> str:
        return issuer.signing.issue(
            claims, holder_key=key, status=issuer.signing.next_status(), issued_at=NOW - DAY
        )

    return make


def one_bad_copy(issuer: OfferingIssuer, bad: Callable[[str], str]) -> Make:
    """Nine good copies, and the last one changed."""

    def make(key: Any, number: int) -> str:
        good = issuer.copy_for(key, number)
        return bad(good) if number == 9 else good

    return make


def flip(text: str, position: int) -> str:
    other = "A" if text[position] != "A" else "B"
    return text[:position] + other + text[position + 1 :]


BAD_COPIES = {
    "signature": (lambda t: flip(t, t.index("~") - 40), ErrorKind.BAD_SIGNATURE),
    "payload": (lambda t: flip(t, t.index(".") + 40), ErrorKind.ISSUER_MISMATCH),
    "disclosure": (lambda t: flip(t, t.index("~") + 12), ErrorKind.DISCLOSURE_UNREFERENCED),
    "a disclosure twice": (lambda t: t + t.split("~")[1] + "~", ErrorKind.DIGEST_DUPLICATE),
    "a foreign disclosure": (
        lambda t: t + "WyJzYWx0c2FsdHNhbHRzYWx0IiwiYSIsMV0~",
        ErrorKind.DISCLOSURE_UNREFERENCED,
    ),
    "no tilde at the end": (lambda t: t[:-1], ErrorKind.MALFORMED),
    "garbage": (lambda _: "garbage", ErrorKind.MALFORMED),
    "empty": (lambda _: "~", ErrorKind.MALFORMED),
    "a disclosure left out": (
        lambda t: "~".join([t.split("~")[0], *t.split("~")[2:]]),
        ErrorKind.CONFLICT,
    ),
}


@pytest.mark.parametrize("name", BAD_COPIES)
def test_one_bad_copy_of_ten_refuses_them_all(world: World, name: str) -> None:
    bad, kind = BAD_COPIES[name]
    issuer = OfferingIssuer(world.web)
    issuer.make = one_bad_copy(issuer, bad)

    error = refused(world, issuer)

    assert isinstance(error, ClaimRefusedError)
    assert error.kind is kind
    assert issuer.notified == FAILURE


def test_a_copy_that_is_no_text_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.response_changes = {"credentials": [{"credential": {"an": "object"}}]}

    assert refused(world, issuer).kind is ErrorKind.MALFORMED


def test_more_copies_than_keys_are_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web, batch=2)
    issuer.extra_copies = 1

    assert refused(world, issuer).kind is ErrorKind.CONFLICT


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_unsigned_copy_is_never_kept(world: World, algorithm: str) -> None:
    issuer = OfferingIssuer(world.web)

    def unsigned(text: str) -> str:
        jwt, rest = text.split("~", 1)
        header = base64url.encode(f'{{"alg":"{algorithm}","typ":"dc+sd-jwt"}}'.encode())
        return f"{header}.{jwt.split('.')[1]}.~{rest}"

    issuer.make = one_bad_copy(issuer, unsigned)

    assert refused(world, issuer).kind is ErrorKind.ALG_NOT_ALLOWED


def test_a_copy_signed_by_somebody_else_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    thief = key_called("thief")
    issuer.make = lambda key, _: issuer.signing.issue(
        holder_key=key, status=issuer.signing.next_status(), signer=thief
    )

    assert refused(world, issuer).kind is ErrorKind.KEY_NOT_FOUND


def test_a_certificate_of_another_issuer_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    other = SimulatedIssuer(world.web, url="https://other.example", name="other")
    issuer.make = lambda key, _: other.issue(holder_key=key, status=other.next_status())

    assert refused(world, issuer).kind is ErrorKind.ISSUER_MISMATCH
    # Whom nobody named is not even asked for keys.
    assert not [url for url in world.web.calls if url.startswith("https://other.example")]


def test_a_certificate_of_another_issuer_on_her_own_list_is_kept(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    other = SimulatedIssuer(world.web, url="https://other.example", name="other")
    issuer.make = lambda key, _: other.issue(holder_key=key, status=other.next_status())
    world.trust = (other.entry(),)

    with world.open() as wallet:
        (card,) = wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)

    assert card.issuer == other.url


def test_a_listed_issuer_may_issue_only_the_types_it_is_listed_for(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.trust = (issuer.signing.entry(types=("urn:carnet:mission:1",)),)

    assert refused(world, issuer).kind is ErrorKind.POLICY_UNMET


def test_an_entry_that_has_ended_carries_nothing(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    world.trust = (issuer.signing.entry(until=NOW - DAY),)

    assert refused(world, issuer).kind is ErrorKind.POLICY_UNMET


def test_a_copy_bound_to_a_key_that_is_not_hers_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    stranger = key_called("stranger").public_jwk
    issuer.make = lambda key, number: issuer.copy_for(stranger if number == 3 else key, number)

    assert refused(world, issuer).kind is ErrorKind.KB_KEY_INVALID


def test_two_copies_bound_to_one_key_are_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    first: list[Any] = []

    def make(key: Any, number: int) -> str:
        first.append(key)
        return issuer.copy_for(first[0], number)

    issuer.make = make

    assert refused(world, issuer).kind is ErrorKind.KB_KEY_INVALID


def test_a_copy_bound_to_nobody_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = lambda _, number: issuer.copy_for(None, number)

    assert refused(world, issuer).kind is ErrorKind.KB_KEY_INVALID


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ({"expires_at": NOW - 61}, ErrorKind.EXPIRED),
        ({"issued_at": NOW + 3_600}, ErrorKind.NOT_YET_VALID),
    ],
    ids=["expired", "from the future"],
)
def test_a_copy_outside_its_time_is_refused(
    world: World, times: dict[str, Any], kind: ErrorKind
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = lambda key, _: issuer.signing.issue(
        holder_key=key, status=issuer.signing.next_status(), **times
    )

    assert refused(world, issuer).kind is kind


def test_a_copy_of_another_type_than_offered_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = lambda key, _: issuer.signing.issue(
        {"a": 1}, vct="https://school.example/types/other", holder_key=key
    )

    assert refused(world, issuer).kind is ErrorKind.VCT_MISMATCH


@pytest.mark.parametrize(
    "claims",
    [
        {"nationality": "FR"},
        {"birth_date": "1990-01-01"},
        {"photo": "data:image/png;base64,AAAA"},
        {"health": {"fit": True}},
        {"home_address": "1 rue X"},
        {"acceptance_rate": 0.9},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_claim_of_the_never_list_is_refused(world: World, claims: dict[str, Any]) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = with_claims(issuer, **claims)

    assert refused(world, issuer).kind is ErrorKind.POLICY_UNMET
    assert issuer.notified == FAILURE


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"nature": None}, ErrorKind.CLAIM_MISSING),
        ({"title": None}, ErrorKind.CLAIM_MISSING),
        ({"hours": "many"}, ErrorKind.MALFORMED),
        ({"month": "2026-13"}, ErrorKind.MALFORMED),
        ({"unheard_of": 1}, ErrorKind.MALFORMED),
    ],
)
def test_claims_the_type_does_not_allow_are_refused(
    world: World, claims: dict[str, Any], kind: ErrorKind
) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = with_claims(issuer, **claims)

    assert refused(world, issuer).kind is kind


def test_a_claim_that_must_be_hidden_and_is_not_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    paths = concealable_paths(SKILL_CERTIFICATE, issuer.claims)
    conceal = [path for path in paths if path != ("family_name",)]
    issuer.make = lambda key, _: issuer.signing.issue(
        issuer.claims, holder_key=key, status=issuer.signing.next_status(), conceal=conceal
    )

    assert refused(world, issuer).kind is ErrorKind.POLICY_UNMET


def test_copies_that_say_different_things_are_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    other = with_claims(issuer, hours=15)
    issuer.make = lambda key, number: (issuer.copy_for if number else other)(key, number)

    assert refused(world, issuer).kind is ErrorKind.CONFLICT


def test_copies_that_share_a_place_in_the_status_list_are_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    shared = StatusReference(uri=issuer.signing.status_uri, index=7)
    issuer.make = lambda key, _: issuer.signing.issue(holder_key=key, status=shared)

    assert refused(world, issuer).kind is ErrorKind.STATUS_INDEX


def test_a_copy_without_the_status_its_siblings_have_is_refused(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    issuer.make = lambda key, number: issuer.signing.issue(
        holder_key=key, status=issuer.signing.next_status() if number else None
    )

    assert refused(world, issuer).kind is ErrorKind.STATUS_INDEX


def test_keys_that_cannot_be_fetched_now_leave_the_claim_waiting(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    keys = f"{issuer.url}/.well-known/jwt-vc-issuer"
    page = world.web.pages[keys]
    world.web.fail(keys)
    with world.open() as wallet:
        with pytest.raises(CarnetError) as caught:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        assert caught.value.kind is ErrorKind.FETCH_FAILED
        assert issuer.notified == []
        assert wallet.unfinished_claims() == (issuer.url,)
    world.web.pages[keys] = page

    with world.open() as wallet:
        wallet.claim(wallet.open_offer(issuer.link), tx_code=None, now=NOW + 120)
        assert len(wallet.list(now=NOW + 120)) == 1


def test_a_type_nobody_describes_is_kept_without_labels_when_it_holds_nothing_forbidden(
    world: World,
) -> None:
    issuer = OfferingIssuer(world.web)
    vct = "https://school.example/types/local"
    world.web.take_away(vct)
    configuration = strict_configuration(vct)
    issuer.metadata_changes = {"credential_configurations_supported": configuration}
    issuer.make = lambda key, _: issuer.signing.issue(
        {"course": "Bicycle care"}, vct=vct, holder_key=key, status=issuer.signing.next_status()
    )

    with world.open() as wallet:
        (card,) = wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)

    assert card.types == (vct,)
    assert card.labels.title == {}


def test_the_never_list_holds_for_types_nobody_describes(world: World) -> None:
    issuer = OfferingIssuer(world.web)
    vct = "https://school.example/types/local"
    world.web.take_away(vct)
    issuer.metadata_changes = {"credential_configurations_supported": strict_configuration(vct)}
    issuer.make = lambda key, _: issuer.signing.issue(
        {"residence_permit": "x"}, vct=vct, holder_key=key, status=issuer.signing.next_status()
    )

    assert refused(world, issuer).kind is ErrorKind.POLICY_UNMET


@pytest.mark.parametrize("lost", ["https://school.example/types/local", "https://x.example/base"])
def test_V20_a_type_whose_description_cannot_be_had_is_not_kept_unchecked(
    world: World, lost: str
) -> None:
    issuer = OfferingIssuer(world.web)
    vct = "https://school.example/types/local"
    described = {"vct": vct, "extends": "https://x.example/base", "claims": []}
    world.web.put(vct, strict_json.dumps_bytes(described))
    world.web.fail(lost)
    issuer.metadata_changes = {"credential_configurations_supported": strict_configuration(vct)}
    issuer.make = lambda key, _: issuer.signing.issue(
        {"course": "Bicycle care"}, vct=vct, holder_key=key, status=issuer.signing.next_status()
    )

    assert refused(world, issuer).kind is ErrorKind.FETCH_FAILED


def strict_configuration(vct: str) -> dict[str, Any]:
    return {
        "skill_certificate_sd_jwt": {
            "format": "dc+sd-jwt",
            "vct": vct,
            "cryptographic_binding_methods_supported": ["jwk"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        }
    }
