"""What two copies, or two verifiers, can be linked by: salts, order, places, times, keys."""

from collections import Counter
from typing import Any

import pytest

from carnet_issuer.minting import Intent, mint
from carnet_issuer.status_registry import draw_indices
from carnet_schemas import catalog
from carnet_securing import strict_json
from carnet_securing.base64url import decode
from carnet_securing.errors import InvalidError
from carnet_securing.limits import ISSUED
from support.issuer_service import NOW, payload_of
from support.keys import signer

VCT = "urn:carnet:skill-certificate:1"
CLAIMS: dict[str, Any] = {
    "nature": "end_of_training",
    "title": {"fr": "Sécurité électrique", "en": "Electrical safety"},
    "skills": [{"framework": "own", "label": f"skill {n}", "lang": "en"} for n in range(6)],
    "level": {"eqf": 3},
    "assessment": {"result": "acquis", "month": "2026-06"},
    "hours": 14,
    "month": "2026-06",
    "given_name": "Maïssa",
    "family_name": "Abélia",
    "usual_name": "Maïssa Abélia",
}
ISSUER_WIDE = {"iss", "vct", "vct#integrity", "iat", "exp", "_sd_alg", "nature"}


def copies(count: int, **changed: Any) -> list[str]:
    intent = Intent(
        vct=VCT,
        claims=CLAIMS | changed,
        keys=tuple(signer(f"copy {n}").public_jwk for n in range(count)),
        status_uri="https://issuer.example/status/x",
        indices=draw_indices(2**20, count),
        issued_at=NOW - NOW % 86_400,
        expires_at=NOW + 86_400 * 365 - NOW % 86_400,
    )
    return list(mint(intent, issuer="https://issuer.example", signer=signer("issuer")))


def disclosures(copy: str) -> list[list[Any]]:
    return [strict_json.loads(decode(part), max_bytes=100_000) for part in copy.split("~")[1:-1]]


def digests(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = list(value.get("_sd", []))
        return found + [d for inner in value.values() for d in digests(inner)]
    if isinstance(value, list):
        return [d for inner in value for d in digests(inner)]
    return []


@pytest.mark.parametrize(("mebibytes", "count"), [(1, 5), (2, 2), (7, 1)])
def test_fewer_copies_are_made_when_they_are_large(mebibytes: int, count: int) -> None:
    made = copies(10, title="x" * (mebibytes << 20))
    assert len(made) == count
    assert count == 1 or sum(map(len, made)) <= ISSUED.compact_bytes


def test_D42_every_salt_has_128_bits_and_is_its_own() -> None:
    salts = [
        decode(each[0]) for _ in range(200) for copy in copies(10) for each in disclosures(copy)
    ]
    assert len(salts) > 20_000
    assert {len(salt) for salt in salts} == {16}
    assert len(set(salts)) == len(salts)
    ones = sum(byte.bit_count() for salt in salts for byte in salt)
    bits = 128 * len(salts)
    assert abs(ones - bits / 2) < 5 * (bits / 4) ** 0.5


def test_D43_the_order_of_digests_says_nothing() -> None:
    first: Counter[str] = Counter()
    for copy in (copy for _ in range(60) for copy in copies(5)):
        named = {
            catalog_digest(part): strict_json.loads(decode(part), max_bytes=100_000)[1]
            for part in copy.split("~")[1:-1]
            if len(strict_json.loads(decode(part), max_bytes=100_000)) == 3
        }
        order = [named[d] for d in payload_of(copy)["_sd"] if d in named]
        assert len(order) == 9
        first[order[0]] += 1
    assert len(first) == 9
    assert max(first.values()) < 300 / 9 * 2.2


def catalog_digest(part: str) -> str:
    import hashlib

    from carnet_securing.base64url import encode

    return encode(hashlib.sha256(part.encode()).digest())


def test_Y01_two_copies_share_nothing_but_what_all_share() -> None:
    for batch in (copies(10) for _ in range(20)):
        payloads = [payload_of(copy) for copy in batch]
        first = payloads[0]
        for payload in payloads[1:]:
            assert {name for name in payload if payload[name] == first[name]} == ISSUER_WIDE
            assert payload["iat"] % 86_400 == payload["exp"] % 86_400 == 0
        assert len({copy.split("~")[0].split(".")[2] for copy in batch}) == len(batch)
        assert len({p["status"]["status_list"]["idx"] for p in payloads}) == len(batch)
        every = [d for payload in payloads for d in digests(payload)]
        assert len(set(every)) == len(every)
        parts = [part for copy in batch for part in copy.split("~")[1:-1]]
        assert len(set(parts)) == len(parts)


def test_Y12_each_copy_is_bound_to_a_key_of_its_own() -> None:
    for batch in (copies(10) for _ in range(5)):
        bound = [strict_json.dumps(payload_of(copy)["cnf"]) for copy in batch]
        assert len(set(bound)) == len(bound)
        assert not any("kid" in text for text in bound)


def test_everything_that_may_be_hidden_is_hidden() -> None:
    (copy,) = copies(1)
    payload = payload_of(copy)
    assert set(payload) <= ISSUER_WIDE | {"_sd", "cnf", "status"}
    names = {each[1] for each in disclosures(copy) if len(each) == 3}
    assert names >= set(CLAIMS) - {"nature"}
    assert sum(len(each) == 2 for each in disclosures(copy)) == len(CLAIMS["skills"])
    assert catalog.concealable_paths(VCT, CLAIMS)


@pytest.mark.parametrize("name", ["_sd", "...", "iss", "exp", "cnf", "vct", "status", "iat"])
def test_D38_claims_with_reserved_names_are_never_signed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CLAIMS, name, ["x"])
    with pytest.raises(InvalidError) as caught:
        copies(1)
    assert caught.value.kind in {"conflict", "disclosure_reserved_name"}
