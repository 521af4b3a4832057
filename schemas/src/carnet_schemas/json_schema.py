"""The JSON Schema (2020-12) of a credential as issued, built from the claims model.

It describes the processed payload with every disclosure: what a presentation hides is
missing from it, so a presentation is read with `validate_claims(..., complete=False)`.
Rules across claims that JSON Schema cannot say (the sums of a history) stay with the
model; docs/credential-types.md lists them.
"""

from typing import Any, Final

from carnet_schemas.claim_table import Claim, CredentialType
from carnet_schemas.paths import JsonObject

# Claims of the SD-JWT VC profile itself; carnet_securing gives them their meaning.
REGISTERED_CLAIMS: Final = frozenset(
    {"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
)


def build_json_schema(credential_type: CredentialType) -> JsonObject:
    """The JSON Schema document of a type, in the order it is written."""
    generated: JsonObject = credential_type.model.model_json_schema(by_alias=True)
    definitions = {name: _tidy(part) for name, part in generated.pop("$defs", {}).items()}
    own: JsonObject = _tidy(generated)
    for claim in credential_type.claims:
        if claim.mandatory:
            _require(own, definitions, claim)
    properties = _registered(credential_type.vct) | own.pop("properties")
    required = ["iss", "vct", *own.pop("required", [])]
    return (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{credential_type.vct}:schema",
            "title": credential_type.title["en"],
            "description": credential_type.description["en"],
            "type": own.pop("type"),
            "properties": properties,
            "required": required,
        }
        | own
        | {"$defs": definitions}
    )


def _registered(vct: str) -> JsonObject:
    seconds = {"type": "integer", "minimum": 0}
    return {
        "iss": {"type": "string"},
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds,
        "cnf": {"type": "object"},
        "vct": {"const": vct},
        "vct#integrity": {"type": "string"},
        "aka_vcts": {"type": "array", "items": {"type": "string"}},
        "status": {"type": "object"},
    }


def _tidy(part: Any) -> Any:
    """Undo what pydantic adds for Python: titles, null alternatives, class docstrings."""
    if type(part) is list:
        return [_tidy(element) for element in part]
    if type(part) is not dict:
        return part
    kept = {name: value for name, value in part.items() if name not in {"title", "default"}}
    if "properties" in kept:
        kept.pop("description", None)
        kept["properties"] = {name: _tidy(value) for name, value in kept["properties"].items()}
    alternatives = [each for each in kept.get("anyOf", []) if each != {"type": "null"}]
    if len(alternatives) == 1:
        del kept["anyOf"]
        kept |= alternatives[0]
    tidied = {name: value if name == "properties" else _tidy(value) for name, value in kept.items()}
    if tidied.get("type") == "array":
        tidied.setdefault("minItems", 1)
    if tidied.get("type") == "object" and not tidied.get("required"):
        tidied.setdefault("minProperties", 1)
    if "patternProperties" in tidied:
        tidied["additionalProperties"] = False
    return tidied


def _require(own: JsonObject, definitions: JsonObject, claim: Claim) -> None:
    """Make a claim that the table calls mandatory required where its parent is."""
    here: JsonObject = own
    for step in claim.path[:-1]:
        here = here["properties"][step] if type(step) is str else here["items"]
        if "$ref" in here:
            here = definitions[here["$ref"].rpartition("/")[2]]
    name = claim.path[-1]
    if type(name) is str and name not in here.get("required", []):
        here.setdefault("required", []).append(name)
