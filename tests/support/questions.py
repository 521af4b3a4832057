"""Questions and held credentials for tests, small enough to read at a glance."""

from typing import Any

from carnet_schemas.dcql import Candidate, DcqlQuery, PresentedCredential, parse_dcql

VCT = "urn:carnet:skill-certificate:1"


def query(*credentials: dict[str, Any], sets: list[dict[str, Any]] | None = None) -> DcqlQuery:
    """A whole question."""
    value: dict[str, Any] = {"credentials": list(credentials)}
    if sets is not None:
        value["credential_sets"] = sets
    return parse_dcql(value)


def asking(*paths: Any, name: str = "c", vct: str = VCT, **members: Any) -> dict[str, Any]:
    """A credential query for claims; a path is a list, or a whole claim query."""
    asked: dict[str, Any] = {"id": name, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}}
    if paths:
        asked["claims"] = [path if isinstance(path, dict) else {"path": path} for path in paths]
    return {**asked, **members}


def held(
    claims: dict[str, Any], *hidden: tuple[str | int, ...], name: str = "1", **members: Any
) -> Candidate:
    """A held credential; all its top members are hidden unless `hidden` says which places are."""
    disclosable = list(hidden) or [(member,) for member in claims]
    return Candidate(
        **{"id": name, "vcts": (VCT,), "claims": claims, "disclosable": disclosable, **members}
    )


def shown(claims: dict[str, Any], **members: Any) -> PresentedCredential:
    """A verified presentation."""
    return PresentedCredential(
        **{
            "format": "dc+sd-jwt",
            "vcts": (VCT,),
            "claims": claims,
            "holder_binding": True,
            **members,
        }
    )
