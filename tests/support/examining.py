"""A verifier's library at work: a simulated issuer, what is trusted, and one examination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carnet_schemas.dcql import parse_dcql
from carnet_securing import strict_json
from carnet_securing.held import Selection
from carnet_securing.key_binding import bind, bind_shown
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer
from carnet_trust.trust_file import TrustData
from carnet_verifier import (
    Asked,
    BearerCopy,
    Check,
    CheckId,
    ExaminedAnswer,
    NoFurtherCondition,
    Question,
    Report,
    Shown,
    Surroundings,
    examine_answer,
    examine_single,
)
from support.keys import signer as key_called
from support.looking_up import on_demand
from support.simulator import NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb

AUDIENCE = "x509_san_dns:shop.example"
NONCE = "n-0S6_WzA2Mj-n-0S6_WzA2Mj-n-0S6_WzA2Mj-123"
ASKED = Asked(audience=AUDIENCE, nonce=NONCE)
COPY = BearerCopy()
WORKER = key_called("worker")


@dataclass
class Bench:
    """One issuer on a web, trusted unless told otherwise, and examinations of its documents."""

    web: SimulatedWeb = field(default_factory=SimulatedWeb)
    issuer: SimulatedIssuer = field(init=False)
    trust: TrustData = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = SimulatedIssuer(self.web)
        self.trust = TrustData.of([self.issuer.entry()])

    def issue(self, claims: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A certificate of the worker's, with every disclosure and a status."""
        members: dict[str, Any] = {
            "holder_key": WORKER.public_jwk,
            "status": self.issuer.next_status(),
        }
        return self.issuer.issue(claims, **(members | changes))

    def around(self, **changes: Any) -> Surroundings:
        """The surroundings, with whatever should differ."""
        members: dict[str, Any] = {
            "trust": self.trust,
            "lookups": on_demand(self.web),
            "policy": NoFurtherCondition(),
            "now": NOW,
            "check": check_signature,
            "limits": PRESENTATION,
        }
        return Surroundings(**(members | changes))

    def examine(
        self, document: str, binding: Asked | Shown | BearerCopy = COPY, **changes: Any
    ) -> ExaminedAnswer:
        """Examine one document."""
        return examine_single(document, binding=binding, surroundings=self.around(**changes))

    def report(
        self, document: str, binding: Asked | Shown | BearerCopy = COPY, **changes: Any
    ) -> Report:
        """The report on one document."""
        return self.examine(document, binding, **changes).report

    def answer(
        self, token: Mapping[str, Sequence[str]], query: Mapping[str, Any], **changes: Any
    ) -> ExaminedAnswer:
        """Examine an answer to `query`, asked under `AUDIENCE` and `NONCE`."""
        return examine_answer(
            strict_json.dumps({name: list(texts) for name, texts in token.items()}),
            question=Question(query=parse_dcql(dict(query)), audience=AUDIENCE, nonce=NONCE),
            surroundings=self.around(**changes),
        )


def bound(
    issued: str,
    *,
    key: Signer = WORKER,
    now: int = NOW,
    audience: str = AUDIENCE,
    nonce: str = NONCE,
) -> str:
    """The whole document, bound to `AUDIENCE` and `NONCE` unless told otherwise."""
    selection = _whole(issued)
    return bind(selection, audience=audience, nonce=nonce, now=now, signer=key).decode("ascii")


def on_screen(issued: str, *, code: str | None = None, now: int = NOW) -> str:
    """The whole document as a code on a screen."""
    return bind_shown(_whole(issued), now=now, signer=WORKER, code=code).decode("ascii")


def one_query(*paths: Sequence[str | int | None], **members: Any) -> dict[str, Any]:
    """A question for one skill certificate, called `c`."""
    asked: dict[str, Any] = {
        "id": "c",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": [SKILL_CERTIFICATE]},
    }
    if paths:
        asked["claims"] = [{"path": list(path)} for path in paths]
    return {"credentials": [asked | members]}


def line(report: Report, check: CheckId) -> Check:
    """The one line about a check."""
    (found,) = [one for one in report.checks if one.id is check]
    return found


def _whole(issued: str) -> Selection:
    return Selection.of(issued.encode("ascii"), hash_algorithm="sha-256")
