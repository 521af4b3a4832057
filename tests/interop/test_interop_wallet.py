"""A stranger's wallet (npm: @openid4vc, @sd-jwt, dcql, jose) at our issuer and our verifier."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from carnet_verifier.service.asking import AskedQuestion
from support.interop import Stranger
from support.interop_services import Buyer, School, routes

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def wallet(house: Path, askers_root: Path, shop: Buyer) -> Iterator[Stranger]:
    """The stranger's wallet; what it claims stays in it for the tests after."""
    with Stranger.node(
        "wallet.mjs",
        log=house / "wallet.log",
        TEST_INSECURE="1",
        TEST_ROOT=str(askers_root),
        TEST_ROUTES=routes(shop),
    ) as running:
        yield running


@pytest.fixture(scope="module")
def claimed(wallet: Stranger, the_school: School) -> dict[str, Any]:
    """A certificate in three copies, with the id of its record."""
    offer = the_school.offer()
    got = wallet.do("claim", offer=offer.offer_uri, txCode=offer.tx_code, copies=3)
    return got | {"record": offer.record_id}


def _claims(buyer: Buyer, asked: AskedQuestion) -> dict[str, Any]:
    (shown,) = buyer.result(asked)["claims"]["certificate"]
    claims: dict[str, Any] = shown["claims"]
    return claims


def test_claims_copies_and_says_so(claimed: dict[str, Any], the_school: School) -> None:
    assert claimed["draft"] == "V1"
    assert "skill_certificate_sd_jwt" in claimed["known"]
    assert len(set(claimed["credentials"])) == 3
    assert claimed["notified"] == 204
    assert the_school.state(claimed["record"]) == "issued"


def test_claims_an_offer_by_value_without_code(wallet: Stranger, the_school: School) -> None:
    offer = the_school.offer(by_value=True, with_code=False)
    assert wallet.do("claim", offer=offer.offer_uri)["notified"] == 204


def test_claims_from_an_https_issuer(house: Path, college: School) -> None:
    offer = college.offer()
    log = house / "strict-wallet.log"
    with Stranger.node("wallet.mjs", log=log, TEST_ROUTES=routes(college)) as strict:
        got = strict.do("claim", offer=offer.offer_uri, txCode=offer.tx_code, copies=10)
    assert len(set(got["credentials"])) == 10


def test_a_wrong_collection_code_is_told_and_burns_nothing(
    wallet: Stranger, the_school: School
) -> None:
    offer = the_school.offer()
    wrong = "0" * len(offer.tx_code or "")
    assert "invalid_grant" in wallet.ask("claim", offer=offer.offer_uri, txCode=wrong)["refused"]
    assert "tx_code" in wallet.ask("claim", offer=offer.offer_uri)["refused"]
    assert wallet.do("claim", offer=offer.offer_uri, txCode=offer.tx_code)["credentials"]
    again = wallet.ask("claim", offer=offer.offer_uri, txCode=offer.tx_code)
    assert "refused" in again


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_answers_encrypted(
    wallet: Stranger, claimed: dict[str, Any], shop: Buyer, enc: str
) -> None:
    asked = shop.ask(["title"], ["month"])
    sent = wallet.do(
        "present", request=asked.request_uri, credential=claimed["credentials"][0], enc=enc
    )
    assert (sent["status"], sent["responseMode"]) == (200, "direct_post.jwt")
    assert sent["asker"] == {
        "prefix": "decentralized_identifier",
        "identifier": "did:web:shop.example",
        "signed": True,
    }
    assert shop.judged(asked) == ("verified", None)
    assert {"title", "month"} <= set(_claims(shop, asked))
    assert "given_name" not in _claims(shop, asked)


def test_answers_plainly_to_an_asker_with_a_certificate(
    wallet: Stranger, claimed: dict[str, Any], gate: Buyer
) -> None:
    asked = gate.ask(["skills", None, "label"], ["title", "fr"])
    sent = wallet.do("present", request=asked.request_uri, credential=claimed["credentials"][1])
    assert (sent["status"], sent["responseMode"]) == (200, "direct_post")
    assert sent["asker"] == {"prefix": "x509_san_dns", "identifier": "localhost", "signed": True}
    assert gate.judged(asked) == ("verified", None)
    assert all(skill["label"] for skill in _claims(gate, asked)["skills"])


def test_a_holder_with_an_ed25519_key_is_served(
    wallet: Stranger, claimed: dict[str, Any], the_school: School, shop: Buyer
) -> None:
    offer = the_school.offer(with_code=False)
    got = wallet.do("claim", offer=offer.offer_uri, alg="EdDSA")
    asked = shop.ask(["title"])
    wallet.do("present", request=asked.request_uri, credential=got["credentials"][0])
    assert shop.judged(asked) == ("verified", None)


def test_answers_a_request_nobody_signed(
    wallet: Stranger, claimed: dict[str, Any], shop: Buyer
) -> None:
    asked = shop.ask(["title"], unsigned=True)
    sent = wallet.do("present", request=asked.request_uri, credential=claimed["credentials"][0])
    assert (sent["asker"]["prefix"], sent["asker"]["signed"]) == ("redirect_uri", False)
    assert shop.judged(asked) == ("verified", None)


def test_fetches_the_request_by_post(
    wallet: Stranger, claimed: dict[str, Any], shop: Buyer
) -> None:
    asked = shop.ask(["title"])
    wallet.do(
        "present",
        request=f"{asked.request_uri}&request_uri_method=post",
        credential=claimed["credentials"][0],
    )
    assert shop.judged(asked) == ("verified", None)


def test_a_replayed_answer_is_refused(
    wallet: Stranger, claimed: dict[str, Any], shop: Buyer
) -> None:
    asked = shop.ask(["title"])
    sent = wallet.do("present", request=asked.request_uri, credential=claimed["credentials"][0])
    address = f"{shop.listening}/response/{asked.id}"
    assert httpx2.post(address, data={"response": sent["jwe"]}).status_code >= 400
    other = shop.ask(["title"])
    again = httpx2.post(f"{shop.listening}/response/{other.id}", data={"response": sent["jwe"]})
    assert again.status_code >= 400
    assert shop.judged(other) == (None, None)


def test_a_refusal_says_nothing_about_the_person(wallet: Stranger, shop: Buyer) -> None:
    asked = shop.ask(["title"])
    assert wallet.do("decline", request=asked.request_uri)["status"] == 200
    result = shop.result(asked)
    assert (result["standing"], result["report"]) == ("declined", None)


def test_a_withdrawn_certificate_is_named_so(
    wallet: Stranger, claimed: dict[str, Any], the_school: School, gate: Buyer
) -> None:
    the_school.withdraw(claimed["record"])
    gate.refresh()
    asked = gate.ask(["title"])
    assert (
        wallet.do("present", request=asked.request_uri, credential=claimed["credentials"][2])[
            "status"
        ]
        == 200
    )
    assert gate.judged(asked) == ("rejected", "withdrawn")
