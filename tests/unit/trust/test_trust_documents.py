"""The words about trust say what the code does."""

import re
from types import SimpleNamespace

from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.entries import MEMBERS, EndReason, OrganisationClass
from carnet_trust.trust_file import TrustData, parse_trust_file, trust_file_bytes
from support.shared import REPOSITORY
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

ENTRY_PAGE = (REPOSITORY / "docs" / "trust-entry.md").read_text(encoding="utf-8")
README = (REPOSITORY / "trust" / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_example_file_can_be_read() -> None:
    (example,) = blocks(ENTRY_PAGE, "json")
    assert len(parse_trust_file(example.encode()).entries) == 2


def test_the_page_names_every_member_and_value() -> None:
    named = set(re.findall(r"`([a-z_0-9]+)`", ENTRY_PAGE))
    assert {*MEMBERS, *IssuerKeyRoute, *OrganisationClass, *EndReason} <= named


def test_the_table_of_members_is_in_the_order_they_are_written() -> None:
    members = ENTRY_PAGE.partition("## Members")[2].partition("**Routes.**")[0]
    assert tuple(re.findall(r"^\| `([a-z]+)` \| ", members, re.MULTILINE)) == MEMBERS


def test_the_readme_example_runs() -> None:
    (source,) = blocks(README, "python")
    names = SimpleNamespace()
    exec(compile(source, "trust/README.md", "exec"), names.__dict__)  # noqa: S102 - our own page
    issuer = SimulatedIssuer(SimulatedWeb())
    entry = issuer.entry(route=IssuerKeyRoute.PINNED, keys=(issuer.signer.public_jwk,))
    listed = trust_file_bytes(TrustData.of([entry]))
    assert names.who_signed(issuer.issue().encode(), listed, NOW) == "Mill Training Centre"


def test_the_readme_names_every_module() -> None:
    named = set(re.findall(r"`([a-z_0-9]+)`", README))
    modules = {path.stem for path in (REPOSITORY / "trust/src/carnet_trust").glob("*.py")}
    assert modules - {"__init__"} <= named
