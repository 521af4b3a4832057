"""Every credential type, issued, presented in part and read again: only bytes in between."""

from typing import Any

import pytest

from carnet_schemas.catalog import (
    concealable_paths,
    credential_type,
    type_metadata_integrity,
    validate_claims,
)
from carnet_schemas.errors import SchemaError
from carnet_schemas.paths import select
from carnet_securing.errors import InvalidError
from carnet_securing.held import HeldSdJwt
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_securing.signer import SoftwareSigner
from carnet_trust.type_claims import check_claims
from carnet_trust.type_metadata import shipped_type
from support.credential_samples import COMPLETE

TYPES = [(vct, samples[0]) for vct, samples in COMPLETE.items()]
IDS = [vct.split(":")[2] for vct in COMPLETE]
SIGNER = SoftwareSigner.generate("ES256")


def verified(data: str | bytes) -> VerifiedSdJwt:
    return verify_sd_jwt(
        parse_sd_jwt(data, limits=ISSUED),
        key=SIGNER.public_jwk,
        algorithms={"ES256"},
        types={"dc+sd-jwt"},
        check=check_signature,
        limits=ISSUED,
    )


def read(vct: str, credential: VerifiedSdJwt, *, complete: bool) -> object:
    """What the holder (complete) and the verifier do: the type's rules, then its claims."""
    metadata = shipped_type(vct)
    assert metadata is not None
    check_claims(metadata, credential, complete=complete)
    return validate_claims(vct, credential.claims, complete=complete)


def issued(vct: str, claims: dict[str, Any]) -> VerifiedSdJwt:
    profile = {
        "iss": "https://issuer.example/t/a",
        "vct": vct,
        "vct#integrity": type_metadata_integrity(vct),
    }
    conceal = concealable_paths(vct, claims)
    return verified(issue_sd_jwt(profile | claims, conceal=conceal, signer=SIGNER, typ="dc+sd-jwt"))


@pytest.mark.parametrize(("vct", "claims"), TYPES, ids=IDS)
def test_whole_credential_is_complete(vct: str, claims: dict[str, Any]) -> None:
    whole = issued(vct, claims)
    assert whole.claims | claims == whole.claims
    assert type(read(vct, whole, complete=True)) is credential_type(vct).model


@pytest.mark.parametrize(("vct", "claims"), TYPES, ids=IDS)
def test_each_claim_is_shown_alone(vct: str, claims: dict[str, Any]) -> None:
    held = HeldSdJwt.of(issued(vct, claims))
    assert set(held.paths()) == set(concealable_paths(vct, claims))
    for path in held.paths()[:40]:
        assert read(vct, verified(held.select([path])), complete=False)
    hidden = verified(held.select([]))
    assert read(vct, hidden, complete=False)
    nothing = hidden.claims
    for claim in credential_type(vct).claims:
        if claim.sd == "never" and len(claim.path) == 1 and claim.path[0] in claims:
            assert claim.path[0] in nothing
        if claim.sd == "always":
            assert not list(select(nothing, claim.path))


def test_five_missions_of_a_history_are_shown_beside_the_signed_totals() -> None:
    vct = "urn:carnet:mission-history:1"
    held = HeldSdJwt.of(issued(vct, COMPLETE[vct][0]))
    chosen: list[tuple[str | int, ...]] = [
        ("periods", 0, "pages", 0, number) for number in (1, 2, 5)
    ]
    chosen += [("periods", 1, "pages", 0, 3), ("periods", 1, "pages", 0, 4)]
    presented = verified(held.select([*chosen, ("totals", "missions")]))
    assert read(vct, presented, complete=False)
    shown = presented.claims
    assert shown["totals"] == {"missions": 40}
    assert [len(page) for period in shown["periods"] for page in period["pages"]] == [3, 2]
    assert all("rating" not in each and "counterparty" not in each for each in _missions(shown))
    with pytest.raises(SchemaError):
        validate_claims(vct, shown, complete=True)


def test_one_band_is_shown_without_the_total() -> None:
    vct = "urn:carnet:mission-history:1"
    held = HeldSdJwt.of(issued(vct, COMPLETE[vct][0]))
    presented = verified(held.select([("bands", "missions", "25")]))
    assert read(vct, presented, complete=False)
    shown = presented.claims
    assert shown["bands"]["missions"] == {"25": True}
    assert shown["totals"] == {}
    assert "periods" not in shown


@pytest.mark.parametrize(("vct", "claims"), TYPES, ids=IDS)
def test_V20_claim_the_type_hides_or_shows_is_not_signed_otherwise(
    vct: str, claims: dict[str, Any]
) -> None:
    metadata = shipped_type(vct)
    assert metadata is not None
    profile = {"iss": "https://issuer.example", "vct": vct}
    conceal = concealable_paths(vct, claims)
    never = [
        path
        for claim in credential_type(vct).claims
        if claim.sd == "never" and len(claim.path) == 1
        for path, _ in select(claims, claim.path)
    ]
    wrong = [[path for path in conceal if path != left_out] for left_out in conceal[:30]]
    wrong += [[*conceal, path] for path in never]
    for hidden in wrong:
        signed = issue_sd_jwt(profile | claims, conceal=hidden, signer=SIGNER, typ="dc+sd-jwt")
        with pytest.raises(InvalidError) as caught:
            check_claims(metadata, verified(signed), complete=True)
        assert caught.value.kind == "policy_unmet"


def _missions(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for period in shown["periods"] for page in period["pages"] for each in page]
