"""Which certificate answers, by which copy, and exactly what that would show."""

from dataclasses import replace
from typing import Any

import pytest

from carnet_schemas.catalog import concealable_paths
from carnet_schemas.dcql import QueryUnmetError, UnmetReason, parse_dcql
from carnet_schemas.oid4vp import ClientMetadata
from carnet_securing.credential import IssuerKey, parse_credential, verify_credential
from carnet_securing.held import HeldSdJwt
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_wallet.cards import HeldCard
from carnet_wallet.matching import ReadableSignatures, match, preview_card
from carnet_wallet.records import Card, Copy, HolderKey, Labels
from support.simulator import SimulatedIssuer, SimulatedWeb
from support.wallet_world import NOW

ALL = ReadableSignatures()
VCT = "urn:carnet:skill-certificate:1"
NESTED = {
    "open": {"always": 1, "secret": 2},
    "list": ["a", "b", "c"],
    "deep": {"er": {"est": True}},
}
NESTED_CONCEALED = [
    ("open", "secret"),
    ("list", 0),
    ("list", 1),
    ("list", 2),
    ("deep",),
    ("deep", "er"),
    ("deep", "er", "est"),
]


def held(claims: dict[str, Any], conceal: list[Any] | None, vct: str = VCT) -> HeldSdJwt:
    issuer = SimulatedIssuer(SimulatedWeb())
    paths = concealable_paths(vct, claims) if conceal is None else conceal
    key = HolderKey.fresh("ES256").public
    text = issuer.issue(claims, vct=vct, conceal=paths, holder_key=key)
    signer = IssuerKey(
        issuer=issuer.iss, key=issuer.signer.public_jwk, route=IssuerKeyRoute.METADATA
    )
    verified = verify_credential(
        parse_credential(text, limits=ISSUED),
        issuer_key=signer,
        vcts={vct},
        now=NOW,
        check=check_signature,
        limits=ISSUED,
    )
    return HeldSdJwt.of(verified.sd_jwt)


def card(
    name: str, kept: HeldSdJwt, *, claimed_at: int = NOW, ends: int | None = None, copies: int = 3
) -> HeldCard:
    return HeldCard(
        card=Card(
            card_id=name,
            configuration_id="c",
            types=("urn:test",),
            issuer="https://school.example",
            claimed_at=claimed_at,
            expires_at=ends,
            copies=tuple(f"{name}{n}" for n in range(copies)),
            labels=Labels(title={}, claims=()),
        ),
        copies=tuple(
            Copy(
                copy_id=f"{name}{n}",
                card_id=name,
                key=HolderKey.fresh("ES256"),
                held=kept,
                status=None,
            )
            for n in range(copies)
        ),
    )


@pytest.fixture(scope="module")
def nested() -> HeldSdJwt:
    return held(NESTED, NESTED_CONCEALED, vct="urn:test")


def asked(*paths: list[Any], vct: str = "urn:test") -> Any:
    return parse_dcql(
        {
            "credentials": [
                {
                    "id": "q",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": [vct]},
                    "claims": [{"path": path} for path in paths],
                }
            ]
        }
    )


SHOWN = [
    (["open", "always"], set()),
    (["open", "secret"], {("open", "secret")}),
    (["open"], {("open", "secret")}),
    (["list", 1], {("list", 1)}),
    (["list", None], {("list", 0), ("list", 1), ("list", 2)}),
    (["list"], {("list", 0), ("list", 1), ("list", 2)}),
    (["deep"], {("deep", "er", "est")}),
    (["deep", "er", "est"], {("deep", "er", "est")}),
]


@pytest.mark.parametrize(("path", "shown"), SHOWN)
def test_the_preview_shows_exactly_what_the_bytes_show(
    nested: HeldSdJwt, path: list[Any], shown: set[Any]
) -> None:
    one = card("a", nested)
    (found,) = match(asked(path), [one], readable=ALL, now=NOW).smallest

    preview = preview_card(found, one, asker="x", now=NOW)

    assert {claim.path for claim in preview.shown} == shown
    assert {claim.path for claim in preview.always_shown} == {("open", "always")}
    opened = readable(nested, found.paths)
    told = {claim.path for claim in (*preview.shown, *preview.always_shown)}
    assert told == opened


def readable(kept: HeldSdJwt, paths: Any) -> set[Any]:
    """Every single value a verifier reads from the selection, where it stood originally."""
    texts = kept.select(paths).split(b"~")[1:-1]
    everything = {text: path for path, text in zip(kept.paths(), texts_of(kept), strict=True)}
    opened = {everything[text] for text in texts}
    found = set()
    for leaf in [
        ("open", "always"), ("open", "secret"), ("list", 0), ("list", 1), ("list", 2),
        ("deep", "er", "est"),
    ]:  # fmt: skip
        above = [leaf[:end] for end in range(1, len(leaf) + 1)]
        if all(path in opened for path in above if path in kept.paths()):
            found.add(leaf)
    return found


def texts_of(kept: HeldSdJwt) -> list[bytes]:
    return kept.whole().split(b"~")[1:-1]


def test_the_newest_certificate_answers_first(nested: HeldSdJwt) -> None:
    old, new = card("old", nested, claimed_at=NOW - 9), card("new", nested, claimed_at=NOW)

    (found,) = match(asked(["list", 1]), [old, new], readable=ALL, now=NOW).smallest

    assert found.candidate_id == "new"


def test_an_ended_one_only_when_nothing_else_does(nested: HeldSdJwt) -> None:
    ended = card("ended", nested, claimed_at=NOW, ends=NOW)
    good = card("good", nested, claimed_at=NOW - 9, ends=NOW + 1)

    (found,) = match(asked(["list", 1]), [ended, good], readable=ALL, now=NOW).smallest
    (last,) = match(asked(["list", 1]), [ended], readable=ALL, now=NOW).smallest

    assert found.candidate_id == "good"
    assert last.candidate_id == "ended"


@pytest.mark.parametrize("path", [["nothing"], ["list", 9], ["open", 0], ["deep", "er", "x"]])
def test_what_is_not_there_is_not_matched(nested: HeldSdJwt, path: list[Any]) -> None:
    with pytest.raises(QueryUnmetError):
        match(asked(path), [card("a", nested)], readable=ALL, now=NOW)


def test_an_empty_wallet_answers_nothing() -> None:
    with pytest.raises(QueryUnmetError):
        match(asked(["list"]), [], readable=ALL, now=NOW)


def test_copies_go_round_by_asker(nested: HeldSdJwt) -> None:
    one = card("a", nested)
    first = one.copy_for("x")
    assert first.copy.copy_id == "a0"
    assert not first.seen_by_others

    seen = replace(one, copies=(replace(one.copies[0], shown_to=("x",)), *one.copies[1:]))
    assert seen.copy_for("x").copy.copy_id == "a0"
    assert not seen.copy_for("x").seen_by_others
    assert seen.copy_for("y").copy.copy_id == "a1"

    spent = replace(
        one,
        copies=tuple(replace(copy, shown_to=(f"v{n}",)) for n, copy in enumerate(one.copies)),
    )
    assert spent.copy_for("y").copy.copy_id == "a2"
    assert spent.copy_for("y").seen_by_others
    assert spent.copy_for("v0").copy.copy_id == "a0"
    assert not spent.copy_for("v0").seen_by_others


def test_the_whole_is_kept_as_issued(nested: HeldSdJwt) -> None:
    again = HeldSdJwt.from_json(nested.to_json())

    assert again.whole() == nested.whole()


def metadata(**algorithms: list[str]) -> ClientMetadata:
    named = {name.replace("_alg", "-jwt_alg"): values for name, values in algorithms.items()}
    return ClientMetadata.parse({"vp_formats_supported": {"dc+sd-jwt": named}})


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({}, True),
        ({"sd_alg_values": ["ES256"]}, True),
        ({"sd_alg_values": ["ES384", "ES256"], "kb_alg_values": ["ES256"]}, True),
        ({"sd_alg_values": ["EdDSA"]}, False),
        ({"kb_alg_values": ["Ed25519"]}, False),
        ({"sd_alg_values": []}, False),
    ],
    ids=repr,
)
def test_an_asker_is_shown_only_what_it_can_check(
    nested: HeldSdJwt, said: dict[str, list[str]], fits: bool
) -> None:
    readable = ReadableSignatures.said_in(metadata(**said))
    one = card("a", nested)

    assert readable.fits(one) is fits
    if not fits:
        with pytest.raises(QueryUnmetError):
            match(asked(["list"]), [one], readable=readable, now=NOW)


def test_both_names_of_one_algorithm_fit() -> None:
    readable = ReadableSignatures.said_in(metadata(kb_alg_values=["EdDSA"]))

    assert readable.of_holder == frozenset({"EdDSA", "Ed25519"})


OWN_TYPE = "https://school.example/types/scaffolding/1"


def of_type(name: str, kept: HeldSdJwt, *types: str) -> HeldCard:
    one = card(name, kept)
    return replace(one, card=replace(one.card, types=types))


@pytest.mark.parametrize(
    "wanted",
    ["urn:test", "urn:test:base", OWN_TYPE + "/", OWN_TYPE + "0", OWN_TYPE.upper(), "urn:carnet:x"],
)
def test_a_certificate_answers_for_no_type_but_its_own(nested: HeldSdJwt, wanted: str) -> None:
    one = of_type("sub", nested, OWN_TYPE, "urn:test", "urn:test:base")

    with pytest.raises(QueryUnmetError) as caught:
        match(asked(["list"], vct=wanted), [one], now=NOW)

    assert [part.reason for part in caught.value.parts] == [UnmetReason.NO_SUCH_TYPE]


def test_a_certificate_of_an_issuers_own_type_is_found_by_that_type(nested: HeldSdJwt) -> None:
    one = of_type("sub", nested, OWN_TYPE, "urn:test")

    (found,) = match(asked(["list"], vct=OWN_TYPE), [one, card("a", nested)], now=NOW).smallest

    assert found.candidate_id == "sub"
