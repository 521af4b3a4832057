"""Write the documents and tables that follow from the credential types.

    python tests/support/schema_documents.py

Tests compare what is committed with what this makes.
"""

import json
import sys
from pathlib import Path

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.claim_table import CredentialType
from carnet_schemas.json_schema import build_json_schema
from carnet_schemas.type_metadata import build_type_metadata

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = REPOSITORY / "schemas/src/carnet_schemas/documents"


def _bytes(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


_PAGE_START = """# Credential types

Made by `python tests/support/schema_documents.py` from the tables in `carnet_schemas`; a test
compares. The normative documents ship in `schemas/src/carnet_schemas/documents/`: SD-JWT VC type
metadata (`*.vct.json`, served as it is at `{issuer}/types/<type>/1` and hashed into every
credential) and a JSON Schema of the credential as issued (`*.schema.json`).

**Hidden**: *each* means that issuing conceals the claim and the worker shows it or not; *never*
means that it stands in clear wherever its parent does. **Needed**: issuing refuses a credential
without it, or without it inside its parent.

Every type refuses the never-list (`carnet_schemas.never_list`), unknown claims, null, and text with
control, bidirectional or invisible characters. Claims of the SD-JWT VC profile (`iss`, `iat`,
`nbf`, `exp`, `cnf`, `vct`, `vct#integrity`, `aka_vcts`, `status`) belong to `carnet_securing` and
are never hidden. `sub` and `jti` are refused: they would link the copies of one credential.

Checked by the model and not by the JSON Schema: white space at the ends of a text and piles of
combining marks; two decimals of hours and ratings; a rating on its scale; and, in a mission
history, sums, months in order, bands against totals and the distribution that comes with ratings
(`types/mission_history_rules.py`).
"""


def _dotted(path: tuple[str | int | None, ...]) -> str:
    text = ""
    for step in path:
        text += "[]" if step is None else f".{step}" if text else str(step)
    return text


def _section(known: CredentialType) -> str:
    lines = [
        f"\n## {known.title['en']} ({known.title['fr']})",
        "",
        f"`{known.vct}`: {known.description['en']} Signed by: "
        + ", ".join(f"`{name}`" for name in sorted(known.signers))
        + ".",
        "",
        "| claim | meaning | French | hidden | needed |",
        "|---|---|---|---|---|",
    ]
    for claim in known.claims:
        meaning = f"{claim.en}. {claim.means}" if claim.means else claim.en
        if claim.words:
            meaning += ": " + ", ".join(f"`{value}`" for value in claim.words)
        hidden = "never" if claim.sd == "never" else "each"
        needed = "yes" if claim.mandatory else ""
        lines.append(f"| `{_dotted(claim.path)}` | {meaning} | {claim.fr} | {hidden} | {needed} |")
    return "\n".join(lines) + "\n"


def types_page() -> str:
    """The text of docs/credential-types.md."""
    return _PAGE_START + "".join(_section(each) for each in CREDENTIAL_TYPES.values())


def expected_documents() -> dict[Path, bytes]:
    """Every generated file with the bytes it must have."""
    expected = {REPOSITORY / "docs/credential-types.md": types_page().encode()}
    for each in CREDENTIAL_TYPES.values():
        expected[DOCUMENTS / f"{each.slug}-1.vct.json"] = _bytes(build_type_metadata(each))
        expected[DOCUMENTS / f"{each.slug}-1.schema.json"] = _bytes(build_json_schema(each))
    return expected


if __name__ == "__main__":
    for path, content in expected_documents().items():
        path.write_bytes(content)
        sys.stdout.write(f"{path.relative_to(REPOSITORY)}\n")
