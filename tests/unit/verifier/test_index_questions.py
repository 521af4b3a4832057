"""A question that names an index means the place before hiding (OpenID4VP 1.0 section 7)."""

from pathlib import Path
from typing import Any

import pytest

from support.credential_samples import OTHER_SKILL, SKILL
from support.credential_samples import SKILL_CERTIFICATE as CLAIMS
from support.simulator import SKILL_CERTIFICATE
from support.verifier_world import Worker, World


def question(index: int) -> dict[str, Any]:
    asked = {
        "id": "certificate",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": [SKILL_CERTIFICATE]},
        "claims": [{"path": ["skills", index]}],
    }
    return {"credentials": [asked]}


@pytest.mark.parametrize(
    ("index", "shown", "outcome"),
    [
        (1, 1, "verified"),
        (0, 0, "verified"),
        (1, 0, "rejected"),
        (0, 1, "rejected"),
    ],
)
def test_the_second_skill_alone_is_still_the_second(
    tmp_path: Path, index: int, shown: int, outcome: str
) -> None:
    world = World.make(tmp_path)
    worker = Worker.with_certificate(
        world.issuer, claims={**CLAIMS, "skills": [SKILL, OTHER_SKILL]}
    )
    asked = world.ask(question(index))
    request = world.request_claims(asked)
    presentation = worker.present(
        audience=request["client_id"], nonce=request["nonce"], paths=[("skills", shown)]
    )
    assert world.answer(asked, presentation).status_code == 200
    assert world.judged(asked) == (outcome, None if outcome == "verified" else "policy_unmet")
