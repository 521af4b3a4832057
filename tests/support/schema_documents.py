"""Write the documents and tables that follow from the credential types.

    python tests/support/schema_documents.py

Tests compare what is committed with what this makes.
"""

import json
import sys
from pathlib import Path

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.json_schema import build_json_schema
from carnet_schemas.type_metadata import build_type_metadata

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = REPOSITORY / "schemas/src/carnet_schemas/documents"


def _bytes(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def expected_documents() -> dict[Path, bytes]:
    """Every generated file with the bytes it must have."""
    expected = {}
    for each in CREDENTIAL_TYPES.values():
        expected[DOCUMENTS / f"{each.slug}-1.vct.json"] = _bytes(build_type_metadata(each))
        expected[DOCUMENTS / f"{each.slug}-1.schema.json"] = _bytes(build_json_schema(each))
    return expected


if __name__ == "__main__":
    for path, content in expected_documents().items():
        path.write_bytes(content)
        sys.stdout.write(f"{path.relative_to(REPOSITORY)}\n")
