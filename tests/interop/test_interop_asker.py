"""A stranger's verifier (npm: @openid4vc, @sd-jwt, dcql) asks our wallet, under every name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.wallet_edge import opened_wallet
from carnet_verifier.service.settings import Identification
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.wallet import Wallet
from support.certificates import Recipe, issue, write_server_files
from support.interop import PASSPHRASE, Stranger, carnet, need_npm, now
from support.interop_services import (
    LONG_AGO,
    School,
    asking_certificate,
    private_pem,
    skill_question,
)

pytestmark = pytest.mark.interop

QUESTION = skill_question(["title"], ["skills", None, "label"])
SIGNED = ["decentralized_identifier", "x509_san_dns", "x509_hash"]
MODES = ["direct_post", "direct_post.jwt"]


@dataclass
class Meeting:
    """A wallet of ours with one certificate, and a stranger who asks."""

    asker: Stranger
    wallet: Path
    root: Path
    server: Path

    def ask(self, **options: Any) -> str:
        defaults: dict[str, Any] = {"mode": "direct_post.jwt", "query": QUESTION}
        link: str = self.asker.do("ask", **(defaults | options))["request"]
        return link

    def answer(self) -> dict[str, Any]:
        """What the stranger made of the answer."""
        answer: dict[str, Any] = self.asker.line()["answer"]
        return answer


@pytest.fixture(scope="module")
def meeting(house: Path, the_school: School) -> Iterator[Meeting]:
    need_npm()
    folder = house / "meeting"
    folder.mkdir()
    root, server = write_server_files(folder)
    wallet, offer = folder / "wallet", the_school.offer()
    assert offer.tx_code is not None
    assert carnet("wallet", "init", str(wallet))[0] == 0
    claimed = ("wallet", "claim", str(wallet), offer.offer_uri, "--tx-code", offer.tx_code)
    assert carnet(*claimed)[0] == 0
    with Stranger.node("asker.mjs", log=folder / "asker.log", TEST_TLS=str(server)) as asker:
        asker.do("start")
        yield Meeting(asker=asker, wallet=wallet, root=root, server=server)


@pytest.fixture
def opened(meeting: Meeting, tmp_path: Path) -> Iterator[Wallet]:
    """The wallet, opened here."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    with opened_wallet(meeting.wallet, passphrase, loopback=True, ca_file=meeting.root) as wallet:
        yield wallet


def _show(wallet: Wallet, link: str) -> None:
    question = wallet.prepare(link, lang="en", now=now())
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=now())


def _check_shown(answer: dict[str, Any]) -> None:
    assert answer.get("satisfied") is True, answer
    (shown,) = answer["shown"]["certificate"]
    assert shown["claims"]["title"]["fr"]
    assert all(skill["label"] for skill in shown["claims"]["skills"])
    assert not {"given_name", "family_name", "month", "hours"} & set(shown["claims"])


def test_the_command_answers_a_signed_request(meeting: Meeting) -> None:
    link = meeting.ask(**{"as": "x509_hash"})
    present = ("wallet", "present", str(meeting.wallet), link, "--yes")
    code, shown, said = carnet(*present, ca_file=meeting.root)
    assert code == 0, said
    assert shown["shown"] is True
    answer = meeting.answer()
    _check_shown(answer)
    assert answer["encrypted"] == "Encrypted"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*SIGNED, "redirect_uri"])
def test_answers_under_every_name(meeting: Meeting, opened: Wallet, name: str, mode: str) -> None:
    _show(opened, meeting.ask(mode=mode, **{"as": name}))
    _check_shown(meeting.answer())


@pytest.mark.parametrize("name", SIGNED)
def test_a_request_fetched_by_post_holds_our_nonce(
    meeting: Meeting, opened: Wallet, name: str
) -> None:
    _show(opened, meeting.ask(post=True, **{"as": name}))
    _check_shown(meeting.answer())


@pytest.mark.parametrize("mode", MODES)
def test_declining_tells_no_reason(meeting: Meeting, opened: Wallet, mode: str) -> None:
    link = meeting.ask(mode=mode, **{"as": "x509_hash"})
    opened.decline(opened.prepare(link, lang="en", now=now()))
    assert meeting.answer() == {"error": "access_denied", "said": ["error", "state"]}


def test_what_she_does_not_have_looks_the_same(meeting: Meeting, opened: Wallet) -> None:
    question = skill_question(["certification", "sheet"])
    link = meeting.ask(query=question, **{"as": "x509_hash"})
    asked = opened.prepare(link, lang="en", now=now())
    assert asked.preview is None
    opened.decline(asked)
    assert meeting.answer() == {"error": "access_denied", "said": ["error", "state"]}


def test_a_request_for_another_audience_is_refused(meeting: Meeting, opened: Wallet) -> None:
    # The library's own default is the address of the request, against OpenID4VP 1.0 section
    # 5.8, which wants https://self-issued.me/v2 (disagreements.md).
    link = meeting.ask(aud=None, **{"as": "x509_hash"})
    with pytest.raises(RequestRefusedError) as caught:
        opened.prepare(link, lang="en", now=now())
    assert caught.value.kind == "request_untrusted"


def test_a_chain_to_another_root_is_refused(
    meeting: Meeting, opened: Wallet, tmp_path: Path
) -> None:
    root, _ = asking_certificate(Identification.X509_HASH)
    leaf = issue(Recipe(name="impostor", dns=["localhost"], not_before=LONG_AGO), by=root)
    chain = tmp_path / "impostor.pem"
    chain.write_bytes(leaf.pem + private_pem(leaf))
    with Stranger.node(
        "asker.mjs",
        log=tmp_path / "impostor.log",
        TEST_TLS=str(meeting.server),
        TEST_ASKER=str(chain),
    ) as impostor:
        impostor.do("start")
        asked = {"as": "x509_san_dns", "mode": "direct_post", "query": QUESTION}
        link = impostor.do("ask", **asked)["request"]
        with pytest.raises(RequestRefusedError) as caught:
            opened.prepare(link, lang="en", now=now())
    assert caught.value.kind == "request_untrusted"
