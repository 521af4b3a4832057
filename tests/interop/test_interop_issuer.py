"""A stranger's issuer (npm: @openid4vc, @sd-jwt) gives our wallet certificates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.wallet_edge import opened_wallet
from carnet_securing.errors import CarnetError
from carnet_wallet.states import CardState
from carnet_wallet.wallet import Wallet
from support.certificates import write_server_files
from support.interop import PASSPHRASE, Stranger, carnet, need_npm, now

pytestmark = pytest.mark.interop

OURS = "urn:carnet:skill-certificate:1"
CERTIFICATE = {
    "nature": "attendance",
    "title": {"fr": "Conduite de chariots", "en": "Forklift driving"},
    "month": "2026-10",
    "hours": 21,
    "skills": [{"framework": "own", "label": "Conduire un chariot", "lang": "fr"}],
}
HIDDEN = {"_sd": ["title", "month", "hours", "skills"], "skills": {"_sd": [0]}}
LICENCE = {
    "vct": "URL/types/licence",
    "name": "Licence",
    "display": [{"locale": "en", "name": "Forklift licence"}],
    "claims": [{"path": ["category"], "sd": "always", "mandatory": True}],
}
BADGE = {"vct": "URL/types/badge", "extends": OURS, "display": [{"locale": "en", "name": "Badge"}]}


@dataclass
class Place:
    """A stranger's issuer and a wallet of ours that trusts the test's root and nobody's name."""

    issuer: Stranger
    url: str
    wallet: Path
    root: Path

    def offer(self, configuration: str, **options: Any) -> str:
        defaults = {"claims": CERTIFICATE, "hidden": HIDDEN}
        made = self.issuer.do("offer", configuration=configuration, **(defaults | options))
        offer: str = made["offer"]
        return offer

    def claim(self, offer: str, *options: str) -> tuple[int, Any, str]:
        """`carnet wallet claim`, in a process of its own."""
        return carnet("wallet", "claim", str(self.wallet), offer, *options, ca_file=self.root)


@pytest.fixture(scope="module")
def place(house: Path) -> Iterator[Place]:
    need_npm()
    root, server = write_server_files(house)
    code, _, said = carnet("wallet", "init", str(house / "wallet"))
    assert code == 0, said
    with Stranger.node("issuer.mjs", log=house / "issuer.log", TEST_TLS=str(server)) as issuer:
        url = issuer.do(
            "start",
            vcts={"ours": OURS, "licence": "/types/licence", "badge": "/types/badge"},
            documents={"/types/licence": LICENCE, "/types/badge": BADGE},
        )["url"]
        yield Place(issuer=issuer, url=url, wallet=house / "wallet", root=root)


@pytest.fixture
def opened(place: Place, tmp_path: Path) -> Iterator[Wallet]:
    """The same wallet, opened here: a refusal needs no process of its own."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    with opened_wallet(place.wallet, passphrase, loopback=True, ca_file=place.root) as wallet:
        yield wallet


def test_our_type_is_claimed_with_its_code(place: Place) -> None:
    code, card, said = place.claim(place.offer("ours", txCode="493536"), "--tx-code", "493536")
    assert code == 0, said
    assert (card["type"], card["issuer"], card["copies"]) == (OURS, place.url, 4)
    assert place.issuer.do("told")["told"][-1] == "credential_accepted"


def test_a_type_of_its_own_is_claimed_and_named(place: Place, opened: Wallet) -> None:
    offer = place.offer("licence", claims={"category": "3"}, hidden={"_sd": ["category"]})
    (card,) = opened.claim(opened.open_offer(offer), tx_code=None, now=now())
    assert card.vct == f"{place.url}/types/licence"
    assert card.labels.title == {"en": "Forklift licence"}


def test_a_type_that_extends_ours_is_claimed(place: Place, opened: Wallet) -> None:
    (card,) = opened.claim(opened.open_offer(place.offer("badge")), tx_code=None, now=now())
    assert card.types == (f"{place.url}/types/badge", OURS)


@pytest.mark.parametrize(
    ("configuration", "fault", "kind"),
    [
        ("ours", "bound-to-another-key", "kb_key_invalid"),
        ("ours", "another-issuer", "issuer_mismatch"),
        ("ours", "another-type", "vct_mismatch"),
        ("ours", "expired", "expired"),
        ("badge", "changed-type", "metadata_integrity"),
    ],
)
def test_a_bad_certificate_is_not_kept(
    place: Place, opened: Wallet, configuration: str, fault: str, kind: str
) -> None:
    before = len(opened.list(now=now()))
    offer = opened.open_offer(place.offer(configuration, fault=fault))
    with pytest.raises(CarnetError) as caught:
        opened.claim(offer, tx_code=None, now=now())
    assert caught.value.kind == kind
    assert place.issuer.do("told")["told"][-1] == "credential_failure"
    assert len(opened.list(now=now())) == before


@pytest.mark.parametrize(
    ("claims", "hidden", "kind"),
    [
        (CERTIFICATE | {"nationality": "FR"}, HIDDEN, "policy_unmet"),
        (CERTIFICATE, {"_sd": ["title"]}, "policy_unmet"),
        (CERTIFICATE | {"hours": "21"}, HIDDEN, "malformed"),
        ({**CERTIFICATE, "nature": "rncp"}, HIDDEN, "policy_unmet"),
    ],
    ids=["never-list", "not-hidden", "hours-as-text", "rncp-without-sheet"],
)
def test_content_our_type_does_not_allow_is_not_kept(
    place: Place, opened: Wallet, claims: dict[str, Any], hidden: dict[str, Any], kind: str
) -> None:
    before = len(opened.list(now=now()))
    offer = opened.open_offer(place.offer("ours", claims=claims, hidden=hidden))
    with pytest.raises(CarnetError) as caught:
        opened.claim(offer, tx_code=None, now=now())
    assert caught.value.kind == kind
    assert len(opened.list(now=now())) == before


def test_a_wrong_code_is_told_and_the_offer_stays(place: Place, opened: Wallet) -> None:
    offer = opened.open_offer(place.offer("ours", txCode="493536"))
    with pytest.raises(CarnetError) as caught:
        opened.claim(offer, tx_code="000000", now=now())
    assert caught.value.kind == "forbidden"
    assert opened.claim(offer, tx_code="493536", now=now())


def test_its_status_list_is_read(place: Place, opened: Wallet) -> None:
    opened.claim(opened.open_offer(place.offer("ours")), tx_code=None, now=now())
    assert {each.state for each in opened.list(now=now())} == {CardState.VALID}
    place.issuer.do("revokeAll")
    later = now() + 120  # its `ttl` is a minute
    assert {each.state for each in opened.list(now=later)} == {CardState.WITHDRAWN}
