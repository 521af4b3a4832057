"""Type metadata: documents read alone, chains merged from the base up, and tightened only."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_trust.integrity import integrity_of
from carnet_trust.lookups import Dated, Source
from carnet_trust.type_claims import check_claims
from carnet_trust.type_document import Concealment, parse_type_document
from carnet_trust.type_metadata import TypeMetadata, resolve_type, shipped_type
from support.keys import signer
from support.shared import vectors

BASE, CHILD = "https://example.com/base-type-metadata", "https://example.com/custom-type-metadata"


def as_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def document(vct: str, **members: Any) -> bytes:
    return as_bytes({"vct": vct} | {name.replace("__", "#"): v for name, v in members.items()})


def resolve(documents: dict[str, bytes], vct: str, integrity: str | None = None) -> TypeMetadata:
    def read(name: str, _integrity: str | None) -> Dated[bytes]:
        if name not in documents:
            raise UndeterminedError(ErrorKind.UNAVAILABLE, "Not there.")
        return Dated(value=documents[name], fetched_at=7, source=Source.CACHE)

    return resolve_type(vct, integrity=integrity, read=read, limits=PRESENTATION).value


def kind_of(call: Callable[[], object]) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value.kind


@pytest.fixture(scope="module")
def blocks() -> dict[str, Any]:
    folder = vectors("sd-jwt-vc") / "spec-text-blocks"
    return {path.name[:3]: json.loads(path.read_bytes()) for path in folder.glob("0*.json")}


def test_the_merging_example_of_the_specification(blocks: dict[str, Any]) -> None:
    """Blocks 023 (base), 024 (child) and 025 (what must come out)."""
    merged = resolve({BASE: as_bytes(blocks["023"]), CHILD: as_bytes(blocks["024"])}, CHILD)
    assert merged.lineage == (CHILD, BASE)
    effective = [
        {
            "path": list(rule.path),
            "display": [{"label": label.text, "locale": label.locale} for label in rule.labels],
        }
        for rule in merged.claims
    ]
    assert {"claims": effective} == blocks["025"]


def test_the_full_example_of_the_specification(blocks: dict[str, Any]) -> None:
    """Block 062, with every property."""
    block = blocks["062"]
    parsed = parse_type_document(as_bytes(block), vct=block["vct"], limits=PRESENTATION)
    assert parsed.extends == block["extends"]
    assert parsed.extends_integrity == block["extends#integrity"]
    assert parsed.labels is not None
    assert [label.locale for label in parsed.labels] == ["en-US", "de-DE"]
    assert [list(claim.path) for claim in parsed.claims] == [c["path"] for c in block["claims"]]


def test_the_example_credential_keeps_the_rules_of_its_type(blocks: dict[str, Any]) -> None:
    """Block 061 issued as block 062 says, then once more with one claim hidden too many."""
    block = {key: value for key, value in blocks["062"].items() if "extends" not in key}
    metadata = resolve({block["vct"]: as_bytes(block)}, block["vct"])
    always = [tuple(c["path"]) for c in block["claims"] if c["sd"] == "always"]
    check_claims(metadata, issued(blocks["061"], always), complete=True)
    with pytest.raises(InvalidError) as caught:
        check_claims(metadata, issued(blocks["061"], [*always, ("degrees",)]), complete=True)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


def issued(claims: dict[str, Any], conceal: list[tuple[Any, ...]]) -> VerifiedSdJwt:
    key = signer("type metadata")
    token = issue_sd_jwt(claims, conceal=conceal, signer=key, typ="x")
    return verify_sd_jwt(
        parse_sd_jwt(token, limits=PRESENTATION),
        key=key.public_jwk,
        algorithms={"ES256"},
        types={"x"},
        check=check_signature,
        limits=PRESENTATION,
    )


def test_the_short_example_extends_by_hash(blocks: dict[str, Any]) -> None:
    """Block 021: another base under the same name is refused."""
    short = blocks["021"]
    other = document(short["extends"])
    documents = {short["vct"]: as_bytes(short), short["extends"]: other}
    assert kind_of(lambda: resolve(documents, short["vct"])) is ErrorKind.METADATA_INTEGRITY


@pytest.mark.parametrize("vct", sorted(CREDENTIAL_TYPES))
def test_our_own_types_are_well_formed(vct: str) -> None:
    merged = shipped_type(vct)
    assert merged is not None
    assert merged.lineage == (vct,)
    assert {label.locale for label in merged.labels} == {"fr", "en"}
    for rule in merged.claims:
        assert {label.locale for label in rule.labels} == {"fr", "en"}


@pytest.mark.parametrize("vct", ["", "urn:carnet:unknown:1", "URN:carnet:skill-certificate:1"])
def test_another_type_does_not_ship(vct: str) -> None:
    assert shipped_type(vct) is None


def test_unknown_properties_are_ignored() -> None:
    parsed = parse_type_document(
        document(BASE, future={"a": 1}, claims=[{"path": ["a"], "future": 1}]),
        vct=BASE,
        limits=PRESENTATION,
    )
    assert parsed.claims[0].path == ("a",)
    assert parsed.claims[0].sd is None


@pytest.mark.parametrize("vct", [CHILD, BASE + "/", BASE.upper(), "", None, 7, [BASE]])
def test_a_document_for_another_type(vct: object) -> None:
    data = as_bytes({"vct": vct})
    kind = ErrorKind.VCT_MISMATCH if isinstance(vct, str) else ErrorKind.MALFORMED
    assert kind_of(lambda: parse_type_document(data, vct=BASE, limits=PRESENTATION)) is kind


@pytest.mark.parametrize(
    "members",
    [
        {"name": 7},
        {"name": ""},
        {"description": {}},
        {"extends": 7},
        {"extends": ""},
        {"extends__integrity": 7},
        {"display": {}},
        {"display": [7]},
        {"display": [{"locale": "en"}]},
        {"display": [{"name": "x"}]},
        {"display": [{"name": "x", "locale": "en_US"}]},
        {"display": [{"name": "x", "locale": ""}]},
        {"display": [{"name": "x", "locale": "en", "description": 7}]},
        {"claims": {}},
        {"claims": [7]},
        {"claims": [{}]},
        {"claims": [{"path": []}]},
        {"claims": [{"path": "a"}]},
        {"claims": [{"path": [-1]}]},
        {"claims": [{"path": [1.0]}]},
        {"claims": [{"path": [True]}]},
        {"claims": [{"path": [["a"]]}]},
        {"claims": [{"path": ["a"] * 33}]},
        {"claims": [{"path": ["a"], "mandatory": "true"}]},
        {"claims": [{"path": ["a"], "mandatory": 1}]},
        {"claims": [{"path": ["a"], "mandatory": None}]},
        {"claims": [{"path": ["a"], "sd": "sometimes"}]},
        {"claims": [{"path": ["a"], "sd": None}]},
        {"claims": [{"path": ["a"], "sd": True}]},
        {"claims": [{"path": ["a"], "display": [{"locale": "en", "name": "x"}]}]},
        {"claims": [{"path": ["a"], "svg_id": "1a"}]},
        {"claims": [{"path": ["a"], "svg_id": "a-b"}]},
        {"claims": [{"path": ["a"], "svg_id": "é"}]},
        {"claims": [{"path": ["a"]}, {"path": ["a"]}]},
        {"claims": [{"path": ["a"], "svg_id": "x"}, {"path": ["b"], "svg_id": "x"}]},
    ],
)
def test_malformed_documents(members: dict[str, Any]) -> None:
    data = document(BASE, **members)
    kind = kind_of(lambda: parse_type_document(data, vct=BASE, limits=PRESENTATION))
    assert kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[]", ErrorKind.MALFORMED),
        (b"", ErrorKind.MALFORMED),
        (b'{"vct":"a","vct":"b"}', ErrorKind.DUPLICATE_MEMBER),
        (b'{"vct":"' + b"a" * 262_144 + b'"}', ErrorKind.TOO_LARGE),
        (document(BASE, claims=[{"path": [n]} for n in range(513)]), ErrorKind.TOO_LARGE),
        (document(BASE, name="x" * 2_049), ErrorKind.TOO_LARGE),
    ],
)
def test_what_is_no_document(data: bytes, kind: ErrorKind) -> None:
    assert kind_of(lambda: parse_type_document(data, vct=BASE, limits=PRESENTATION)) is kind


def claim(path: str = "a", **members: Any) -> list[dict[str, Any]]:
    return [{"path": [path]} | members]


@pytest.mark.parametrize(
    ("base", "child", "expected"),
    [
        ({}, {}, (False, "allowed")),
        ({}, {"sd": "always"}, (False, "always")),
        ({"sd": "allowed"}, {"sd": "never", "mandatory": True}, (True, "never")),
        ({"sd": "never"}, {"sd": "never"}, (False, "never")),
        ({"sd": "always", "mandatory": True}, {}, (True, "always")),
        ({"mandatory": True}, {"mandatory": True}, (True, "allowed")),
        ({"mandatory": False}, {"mandatory": True}, (True, "allowed")),
    ],
)
def test_a_child_may_tighten(
    base: dict[str, Any], child: dict[str, Any], expected: tuple[bool, str]
) -> None:
    documents = {
        BASE: document(BASE, claims=claim(**base)),
        CHILD: document(CHILD, extends=BASE, claims=claim(**child)),
    }
    (rule,) = resolve(documents, CHILD).claims
    assert (rule.mandatory, rule.sd) == (expected[0], Concealment(expected[1]))


@pytest.mark.parametrize(
    ("base", "child"),
    [
        ({"sd": "always"}, {"sd": "never"}),
        ({"sd": "always"}, {"sd": "allowed"}),
        ({"sd": "never"}, {"sd": "always"}),
        ({"sd": "never"}, {"sd": "allowed"}),
        ({"mandatory": True}, {"mandatory": False}),
    ],
)
def test_a_child_may_not_loosen(base: dict[str, Any], child: dict[str, Any]) -> None:
    documents = {
        BASE: document(BASE, claims=claim(**base)),
        CHILD: document(CHILD, extends=BASE, claims=claim(**child)),
    }
    assert kind_of(lambda: resolve(documents, CHILD)) is ErrorKind.MALFORMED


def test_loosening_is_seen_across_a_document_between() -> None:
    middle = "https://example.com/middle"
    documents = {
        BASE: document(BASE, claims=claim(sd="never", mandatory=True)),
        middle: document(middle, extends=BASE),
        CHILD: document(CHILD, extends=middle, claims=claim(sd="always")),
    }
    assert kind_of(lambda: resolve(documents, CHILD)) is ErrorKind.MALFORMED


def test_display_of_the_type_is_replaced_whole_or_inherited() -> None:
    display = [{"locale": "fr", "name": "Base"}, {"locale": "en", "name": "Base"}]
    base = document(BASE, display=display)
    inherited = resolve({BASE: base, CHILD: document(CHILD, extends=BASE)}, CHILD)
    assert [label.text for label in inherited.labels] == ["Base", "Base"]
    own = document(CHILD, extends=BASE, display=[{"locale": "fr", "name": "Enfant"}])
    replaced = resolve({BASE: base, CHILD: own}, CHILD)
    assert [label.text for label in replaced.labels] == ["Enfant"]
    emptied = resolve({BASE: base, CHILD: document(CHILD, extends=BASE, display=[])}, CHILD)
    assert emptied.labels == ()


def chain_of(length: int, *, last_extends: str | None = None) -> dict[str, bytes]:
    """`length` documents, each extending the next."""
    names = [f"https://example.com/{number}" for number in range(length)]
    following = [*names[1:], last_extends]
    return {
        name: document(name, **({} if after is None else {"extends": after}))
        for name, after in zip(names, following, strict=True)
    }


def test_eight_steps_up_and_no_ninth() -> None:
    assert len(resolve(chain_of(9), "https://example.com/0").lineage) == 9
    assert kind_of(lambda: resolve(chain_of(10), "https://example.com/0")) is ErrorKind.TOO_DEEP


@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_cycles(length: int) -> None:
    documents = chain_of(length, last_extends="https://example.com/0")
    kind = kind_of(lambda: resolve(documents, "https://example.com/0"))
    assert kind is ErrorKind.METADATA_CYCLE


def test_a_missing_base_leaves_the_type_unknown() -> None:
    with pytest.raises(UndeterminedError):
        resolve({CHILD: document(CHILD, extends=BASE)}, CHILD)


def test_each_reference_is_checked_by_its_own_hash() -> None:
    base = document(BASE)
    child = document(CHILD, extends=BASE, extends__integrity=integrity_of(base))
    resolve({BASE: base, CHILD: child}, CHILD, integrity_of(child))
    changed = {BASE: base + b" ", CHILD: child}
    assert kind_of(lambda: resolve(changed, CHILD)) is ErrorKind.METADATA_INTEGRITY
    wrong = integrity_of(b"other")
    kind = kind_of(lambda: resolve({BASE: base, CHILD: child}, CHILD, wrong))
    assert kind is ErrorKind.METADATA_INTEGRITY


def test_bytes_that_fail_their_hash_are_never_parsed() -> None:
    kind = kind_of(lambda: resolve({CHILD: b"not json"}, CHILD, integrity_of(b"x")))
    assert kind is ErrorKind.METADATA_INTEGRITY


def test_a_merged_type_is_as_old_as_its_oldest_part() -> None:
    dates = {
        CHILD: Dated(value=document(CHILD, extends=BASE), fetched_at=50, source=Source.CACHE),
        BASE: Dated(value=document(BASE), fetched_at=20, source=Source.FETCHED),
    }
    merged = resolve_type(
        CHILD, integrity=None, read=lambda name, _: dates[name], limits=PRESENTATION
    )
    assert (merged.fetched_at, merged.source) == (20, Source.FETCHED)
