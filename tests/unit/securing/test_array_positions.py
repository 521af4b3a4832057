"""Positions of shown elements: what a question that names an index is about."""

from typing import Any

import pytest

from carnet_securing.array_positions import original_positions
from carnet_securing.held import HeldSdJwt
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support.keys import signer

CLAIMS: dict[str, Any] = {
    "plain": [1, 2],
    "mixed": ["a", "b", "c", "d"],
    "periods": [
        {"pages": [["m0", "m1", "m2"], ["m3"]]},
        {"pages": [["m4", "m5"]]},
        {"from": "2026-01"},
    ],
    "nested": [["x", "y"], ["z"]],
}
CONCEAL: list[tuple[str | int, ...]] = [
    ("mixed", 1),
    ("mixed", 3),
    ("periods",),
    *[("periods", period) for period in range(3)],
    *[("periods", 0, "pages", 0, mission) for mission in range(3)],
    ("periods", 0, "pages", 1, 0),
    *[("periods", 1, "pages", 0, mission) for mission in range(2)],
    ("nested", 0),
    ("nested", 0, 1),
    ("nested", 1, 0),
]


def verified(text: str | bytes) -> VerifiedSdJwt:
    return verify_sd_jwt(
        parse_sd_jwt(text, limits=PRESENTATION),
        key=signer("issuer").public_jwk,
        algorithms={"ES256"},
        types={"example+sd-jwt"},
        check=check_signature,
        limits=PRESENTATION,
    )


@pytest.fixture(scope="module")
def held() -> HeldSdJwt:
    issued = issue_sd_jwt(CLAIMS, conceal=CONCEAL, signer=signer("issuer"), typ="example+sd-jwt")
    return HeldSdJwt.of(verified(issued))


@pytest.mark.parametrize(
    ("opened", "claims", "positions"),
    [
        (
            [],
            {"plain": [1, 2], "mixed": ["a", "c"], "nested": [[]]},
            {("mixed",): (0, 2), ("nested",): (1,), ("nested", 1): ()},
        ),
        (
            [("mixed", 3)],
            {"plain": [1, 2], "mixed": ["a", "c", "d"], "nested": [[]]},
            {("mixed",): (0, 2, 3), ("nested",): (1,), ("nested", 1): ()},
        ),
        (
            [("nested", 0, 1), ("nested", 1, 0), ("mixed", 1), ("mixed", 3)],
            {"plain": [1, 2], "mixed": ["a", "b", "c", "d"], "nested": [["x", "y"], ["z"]]},
            {},
        ),
        (
            [("periods", 1, "pages", 0, 1)],
            {
                "plain": [1, 2],
                "mixed": ["a", "c"],
                "nested": [[]],
                "periods": [{"pages": [["m5"]]}],
            },
            {
                ("mixed",): (0, 2),
                ("nested",): (1,),
                ("nested", 1): (),
                ("periods",): (1,),
                ("periods", 1, "pages", 0): (1,),
            },
        ),
        (
            [("periods", 2)],
            {
                "plain": [1, 2],
                "mixed": ["a", "c"],
                "nested": [[]],
                "periods": [{"from": "2026-01"}],
            },
            {("mixed",): (0, 2), ("nested",): (1,), ("nested", 1): (), ("periods",): (2,)},
        ),
    ],
)
def test_positions_are_those_before_hiding(
    held: HeldSdJwt, opened: Any, claims: Any, positions: Any
) -> None:
    shown = verified(held.select(opened))
    assert shown.claims == claims
    assert original_positions(shown) == positions
