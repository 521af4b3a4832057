"""Questions for two readers of DCQL: ours and npm `dcql`. Each is asked of the same holder."""

from typing import Any

from carnet_schemas.dcql import QueryUnmetError, evaluate, parse_dcql
from carnet_schemas.errors import SchemaError
from support.questions import VCT, asking, held

CERTIFICATE: dict[str, Any] = {
    "title": {"fr": "Conduite de chariots", "en": "Forklift driving"},
    "month": "2026-09",
    "hours": 21,
    "rate": 2.5,
    "passed": True,
    "nothing": None,
    "skills": [{"label": "a", "uri": "urn:a"}, {"label": "b"}],
    "level": {"eqf": 4},
    "empty": [],
    "rows": [[1, 2], [3]],
    "0": "a name, not a place",
}
OTHER_VCT = "urn:carnet:learning-activity:1"
HELD = [(VCT, CERTIFICATE), (OTHER_VCT, {"kind": "course", "hours": 7})]

Verdict = str | dict[str, list[int]]
"""`refused`, `unmet`, or which held credentials answer each part."""


def ours(query: Any) -> Verdict:
    """What our evaluation says."""
    candidates = [
        held(claims, name=str(index), vcts=(vct,)) for index, (vct, claims) in enumerate(HELD)
    ]
    try:
        matches = evaluate(parse_dcql(query), candidates)
    except QueryUnmetError:
        return "unmet"
    except SchemaError:
        return "refused"
    return {
        name: sorted({int(each.candidate_id) for each in found})
        for name, found in matches.by_query.items()
    }


def _one(*paths: Any, **members: Any) -> dict[str, Any]:
    return {"credentials": [asking(*paths, **members)]}


def _named(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "path": [name]} for name in names]


def _sets(*sets: dict[str, Any]) -> dict[str, Any]:
    """Three parts: one that is held, one that is not, one of the other type."""
    parts = [
        asking(["title"], name="held"),
        asking(["salary"], name="missing"),
        asking(["kind"], name="other", vct=OTHER_VCT),
    ]
    return {"credentials": parts, "credential_sets": list(sets)}


def questions() -> dict[str, Any]:
    """Every question by name."""
    return {**_paths(), **_values(), **_claim_sets(), **_credential_sets(), **_forms()}


def _paths() -> dict[str, Any]:
    paths: dict[str, list[Any]] = {
        "top": ["title"],
        "absent": ["salary"],
        "nested": ["title", "fr"],
        "nested-absent": ["title", "de"],
        "index": ["skills", 0],
        "index-then-name": ["skills", 1, "label"],
        "index-then-absent": ["skills", 1, "uri"],
        "index-too-far": ["skills", 5],
        "index-into-object": ["title", 0],
        "name-into-array": ["skills", "label"],
        "name-that-is-a-number": ["0"],
        "every": ["skills", None],
        "every-then-name": ["skills", None, "label"],
        "every-then-name-of-some": ["skills", None, "uri"],
        "every-then-name-of-none": ["skills", None, "code"],
        "every-of-every": ["rows", None, None],
        "every-then-index-of-some": ["rows", None, 1],
        "every-of-nothing": ["empty", None],
        "every-of-object": ["title", None],
        "through-text": ["month", "x"],
        "null-value": ["nothing"],
        "negative-index": ["skills", -1],
        "boolean-step": ["skills", True],
        "fractional-step": ["skills", 0.5],
        "no-step": [],
    }
    return {f"path-{name}": _one(path) for name, path in paths.items()}


def _values() -> dict[str, Any]:
    asked: dict[str, dict[str, Any]] = {
        "text": {"path": ["month"], "values": ["2026-09"]},
        "text-other": {"path": ["month"], "values": ["2026-10"]},
        "one-of": {"path": ["month"], "values": ["2026-10", "2026-09"]},
        "number": {"path": ["hours"], "values": [21]},
        "number-as-text": {"path": ["hours"], "values": ["21"]},
        "fraction": {"path": ["rate"], "values": [2.5]},
        "boolean": {"path": ["passed"], "values": [True]},
        "boolean-for-number": {"path": ["passed"], "values": [1]},
        "null": {"path": ["nothing"], "values": [None]},
        "object": {"path": ["title"], "values": [{"fr": "Conduite de chariots"}]},
        "none": {"path": ["month"], "values": []},
        "some-element": {"path": ["skills", None, "label"], "values": ["b"]},
        "no-element": {"path": ["skills", None, "label"], "values": ["c"]},
    }
    return {f"values-{name}": _one(claim) for name, claim in asked.items()}


def _claim_sets() -> dict[str, Any]:
    def one(sets: Any, *names: str) -> dict[str, Any]:
        return _one(*_named(*names), claim_sets=sets)

    return {
        "claim-sets-first": one([["title"], ["month"]], "title", "month"),
        "claim-sets-second": one([["salary"], ["month"]], "salary", "month"),
        "claim-sets-none": one([["salary"], ["age", "title"]], "salary", "age", "title"),
        "claim-sets-unknown-name": one([["nobody"]], "title"),
        "claim-sets-without-claims": _one(claim_sets=[["title"]]),
        "claim-sets-empty": one([], "title"),
        "claim-sets-empty-set": one([[]], "title"),
        "claim-sets-of-unnamed-claims": _one(["title"], claim_sets=[["title"]]),
        "claim-names-twice": _one(*_named("title", "title")),
        "claim-name-with-space": _one({"id": "a b", "path": ["title"]}),
    }


def _credential_sets() -> dict[str, Any]:
    return {
        "sets-held": _sets({"options": [["held"]]}),
        "sets-missing": _sets({"options": [["missing"]]}),
        "sets-either": _sets({"options": [["missing"], ["held"]]}),
        "sets-both": _sets({"options": [["held", "other"]]}),
        "sets-both-one-missing": _sets({"options": [["held", "missing"]]}),
        "sets-optional-missing": _sets(
            {"options": [["held"]]}, {"options": [["missing"]], "required": False}
        ),
        "sets-two-required-one-missing": _sets({"options": [["held"]]}, {"options": [["missing"]]}),
        "sets-unknown-part": _sets({"options": [["nobody"]]}),
        "sets-no-option": _sets({"options": []}),
        "sets-empty-option": _sets({"options": [[]]}),
        "sets-none": {**_sets(), "credential_sets": []},
    }


def _forms() -> dict[str, Any]:
    good = asking(["title"])
    return {
        "form-plain": {"credentials": [good]},
        "form-no-claims": _one(),
        "form-empty-claims": _one(claims=[]),
        "form-other-type": _one(["title"], vct="urn:other"),
        "form-two-types": _one(["title"], meta={"vct_values": ["urn:other", VCT]}),
        "form-no-type": _one(["title"], meta={"vct_values": []}),
        "form-empty-meta": _one(["title"], meta={}),
        "form-no-meta": {
            "credentials": [{name: good[name] for name in ("id", "format", "claims")}]
        },
        "form-no-credentials": {"credentials": []},
        "form-nothing": {},
        "form-same-name-twice": {"credentials": [good, good]},
        "form-name-with-dot": {"credentials": [good | {"id": "a.b"}]},
        "form-empty-name": {"credentials": [good | {"id": ""}]},
        "form-unknown-members": {"credentials": [good | {"x": 1}], "y": 2},
        "form-unknown-format": {"credentials": [good | {"format": "ldp_zz"}]},
        "form-multiple": {"credentials": [good | {"multiple": True}]},
        "form-multiple-as-text": {"credentials": [good | {"multiple": "true"}]},
        "form-without-binding": {
            "credentials": [good | {"require_cryptographic_holder_binding": False}]
        },
        "form-unknown-authority": {
            "credentials": [good | {"trusted_authorities": [{"type": "aki", "values": ["AAAA"]}]}]
        },
        "form-no-authority": {"credentials": [good | {"trusted_authorities": []}]},
    }
