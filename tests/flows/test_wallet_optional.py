"""A question of which nothing is required: nothing is ticked, and no tick is a plain no."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet_securing.errors import ErrorKind
from carnet_wallet import telling
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.questions import Question
from carnet_wallet.wallet import Wallet
from support.wallet_world import NOW, QUESTION, Asker, World, claimed_wallet

DENIED = "access_denied"


def part(name: str, *claims: str, **changes: Any) -> dict[str, Any]:
    asked: dict[str, Any] = dict(QUESTION["credentials"][0])
    return asked | {"id": name, "claims": [{"path": [c]} for c in claims]} | changes


PARTS = [
    part("safety", "title", "month"),
    part("hours", "hours"),
    part("licence", "title", meta={"vct_values": ["urn:other"]}),
]


def optional(*options: list[list[str]], parts: list[dict[str, Any]] | None = None) -> Any:
    sets = [{"options": option, "required": False} for option in options]
    return {"credentials": parts or PARTS, "credential_sets": sets}


EACH = optional([["safety"]], [["hours"]], [["licence"]])
TOGETHER = optional([["safety", "hours"]], [["licence"]])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


@pytest.fixture
def wallet(world: World) -> Iterator[Wallet]:
    with claimed_wallet(world) as opened:
        yield opened


def prepared(wallet: Wallet, asker: Asker, **choice: Any) -> Question:
    question = wallet.prepare(asker.link, lang="en", now=NOW, **choice)
    assert question.preview is not None
    return question


@pytest.mark.parametrize("asked", [EACH, TOGETHER], ids=["each", "together"])
def test_optional_parts_are_offered_and_none_is_ticked(
    wallet: Wallet, world: World, asked: Any
) -> None:
    asker = Asker(world.web, question=asked)

    preview = prepared(wallet, asker).preview

    assert preview is not None
    assert {card.query_id for card in preview.cards} == {"safety", "hours"}
    assert preview.nothing_is_ticked
    for lang in ("fr", "en"):
        lines = telling.preview_lines(preview, issuers={}, host="buyer.example", lang=lang)
        assert telling.word("optional", lang) in lines
        assert any(line.endswith(f"hours={preview.cards[0].card_id}") for line in lines)
    assert asker.given == []


@pytest.mark.parametrize(
    ("asked", "ticked"),
    [
        (EACH, None),
        (EACH, []),
        (EACH, ["title"]),
        (EACH, ["title", "hours"]),
        (EACH, ["hours", "given_name"]),
        (EACH, ["safety"]),
        (EACH, ["hours", "everything"]),
        (TOGETHER, ["hours"]),
        (TOGETHER, ["title", "month"]),
    ],
    ids=[
        "plain yes", "no tick", "half a part", "half and whole", "not asked for", "name of a part",
        "nothing of that name", "one of two", "other of two",
    ],
)  # fmt: skip
def test_what_is_not_a_whole_part_shows_nothing(
    wallet: Wallet, world: World, asked: Any, ticked: list[str] | None
) -> None:
    asker = Asker(world.web, question=asked)
    preview = prepared(wallet, asker).preview
    assert preview is not None

    with pytest.raises(RequestRefusedError) as caught:
        preview.agree(ticked=ticked)

    assert caught.value.kind is ErrorKind.POLICY_UNMET
    assert asker.given == []


def test_one_tick_never_stands_for_two_parts(wallet: Wallet, world: World) -> None:
    twice = [part("a", "title"), part("b", "title", "hours")]
    asker = Asker(world.web, question=optional([["a"]], [["b"]], parts=twice))
    preview = prepared(wallet, asker).preview
    assert preview is not None

    for ticked in (["title"], ["title", "hours"]):
        with pytest.raises(RequestRefusedError):
            preview.agree(ticked=ticked)


def test_a_part_that_hides_nothing_is_not_shown_by_an_empty_tick(
    wallet: Wallet, world: World
) -> None:
    bare = {name: value for name, value in part("bare").items() if name != "claims"}
    asker = Asker(world.web, question=optional([["bare"]], parts=[bare]))
    preview = prepared(wallet, asker).preview
    assert preview is not None

    for ticked in ([], ["bare"], ["nature"]):
        with pytest.raises(RequestRefusedError):
            preview.agree(ticked=ticked)


@pytest.mark.parametrize(
    ("asked", "ticked", "shown"),
    [
        (EACH, ["hours"], {"hours"}),
        (EACH, ["month", "title"], {"safety"}),
        (EACH, ["month", "title", "hours"], {"safety", "hours"}),
        (TOGETHER, ["month", "title", "hours"], {"safety", "hours"}),
    ],
    ids=["hours", "safety", "both", "together"],
)
def test_the_parts_she_ticks_whole_are_shown_and_no_others(
    wallet: Wallet, world: World, asked: Any, ticked: list[str], shown: set[str]
) -> None:
    asker = Asker(world.web, question=asked)
    question = prepared(wallet, asker)
    assert question.preview is not None

    consent = question.preview.agree(ticked=ticked)
    wallet.present(question, consent, now=NOW)

    assert consent.parts == shown
    assert set(asker.given[0]["vp_token"]) == shown
    assert all("error" not in given for given in asker.given)


def test_a_part_she_picks_by_its_certificate_is_an_ordinary_question(
    wallet: Wallet, world: World
) -> None:
    card_id = wallet.list(now=NOW)[0].card.card_id
    asker = Asker(world.web, question=EACH)

    question = prepared(wallet, asker, choice={"hours": [card_id]})
    assert question.preview is not None
    assert not question.preview.nothing_is_ticked
    wallet.present(question, question.preview.agree(), now=NOW)

    assert set(asker.given[0]["vp_token"]) == {"hours"}


def test_no_tick_is_the_same_answer_as_nothing_held(wallet: Wallet, world: World) -> None:
    bodies = []
    for number, asked in enumerate((EACH, optional([["licence"]]))):
        asker = Asker(world.web, url=f"https://b{number}.example", question=asked)
        asker.state = "s" * 32
        question = wallet.prepare(asker.link, lang="en", now=NOW)
        assert (question.preview is None) is (number == 1)
        assert asker.given == []
        wallet.decline(question)
        assert asker.given == [{"error": DENIED, "state": asker.state}]
        bodies.append(world.web.to(f"{asker.url}/response/1")[0].body)

    assert bodies[0] == bodies[1]
    assert wallet.history() == ()


def test_beside_a_required_part_optional_ones_are_left_out(wallet: Wallet, world: World) -> None:
    asked = optional([["hours"]])
    asked["credential_sets"].append({"options": [["safety"]]})
    asker = Asker(world.web, question=asked)
    question = prepared(wallet, asker)
    assert question.preview is not None

    wallet.present(question, question.preview.agree(), now=NOW)

    assert set(asker.given[0]["vp_token"]) == {"safety"}
