"""The type metadata of a Carnet type (SD-JWT VC-19 section 5), built from its table.

The documents under `documents/` are what is served and hashed; this builds them, and a
test compares. Rendering is the `simple` method with colours only: a logo would be fetched
and would tell where a certificate is shown.
"""

from carnet_schemas.claim_table import Claim, CredentialType
from carnet_schemas.languages import LANGUAGES
from carnet_schemas.paths import JsonObject, Path


def build_type_metadata(credential_type: CredentialType) -> JsonObject:
    """The type metadata document of a type, in the order it is written."""
    mandatory = {claim.path for claim in credential_type.claims if claim.mandatory}
    return {
        "vct": credential_type.vct,
        "name": credential_type.title["en"],
        "description": credential_type.description["en"],
        "display": [
            {
                "locale": language,
                "name": credential_type.title[language],
                "description": credential_type.description[language],
                "rendering": {
                    "simple": {
                        "background_color": credential_type.background,
                        "text_color": credential_type.text_colour,
                    }
                },
            }
            for language in LANGUAGES
        ],
        "claims": [_claim(claim, mandatory) for claim in credential_type.claims],
    }


def _claim(claim: Claim, mandatory: set[Path]) -> JsonObject:
    return {
        "path": list(claim.path),
        "display": [
            {"locale": "fr", "label": claim.fr},
            {"locale": "en", "label": claim.en},
        ],
        "sd": claim.sd,
        "mandatory": _always_there(claim.path, mandatory),
    }


def _always_there(path: Path, mandatory: set[Path]) -> bool:
    """Whether the claim and all above it are mandatory.

    Section 5.6.3 speaks of the whole credential: a claim required only inside an optional
    parent is left to the JSON Schema, or a reader would miss it where its parent is absent.
    """
    return all(
        path[:end] in mandatory for end in range(1, len(path) + 1) if path[end - 1] is not None
    )
