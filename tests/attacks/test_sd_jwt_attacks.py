"""Rows D01 to D45: attacks on selective disclosure, through every way an SD-JWT comes in."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from carnet_securing.credential import check_validity, holder_key_of
from carnet_securing.credential_issue import issue_credential
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt
from carnet_securing.limits import ISSUED, PRESENTATION
from carnet_securing.sd_jwt import parse_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support.bounded_work import least_cpu
from support.keys import signer
from support.sd_jwts import (
    ISSUER,
    VCT,
    WAYS_IN,
    WayIn,
    authentic,
    base64url,
    digest,
    disclosure,
    forge,
    jwt,
    payload,
    verified,
)
from support.simulator import NOW

ways = pytest.mark.parametrize("way", WAYS_IN, ids=lambda way: way.name)
# What follows from the credential profile, not from SD-JWT itself.
profiled = pytest.mark.parametrize(
    "way", [way for way in WAYS_IN if way.name != "sd-jwt"], ids=lambda way: way.name
)

NAME = disclosure("salt-1", "given_name", "Amina")
ELEMENT = disclosure("salt-2", "DE")
OUTER = disclosure("salt-3", "site", {"_sd": [digest(NAME)], "country": "FR"})

NO_NAMES: list[Any] = [7, None, [], {}, True, ["a"], 1.5]
NO_SALTS: list[Any] = [7, None, [], {}, True]
NO_DIGESTS: list[Any] = [1, ["h"], None, {}, True]


def attack(row: str, token: str, *kinds: ErrorKind) -> Any:
    return pytest.param(token, kinds, id=f"SEC-{row}")


@ways
@pytest.mark.parametrize(
    ("token", "kinds"),
    [
        attack(
            "D01-disclosed",
            forge({"_sd": [digest(NAME), digest(NAME)]}, NAME),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack("D01-undisclosed", forge({"_sd": ["same", "same"]}), ErrorKind.DIGEST_DUPLICATE),
        attack(
            "D01-two-objects",
            forge({"a": {"_sd": [digest(NAME)]}, "b": {"_sd": [digest(NAME)]}}, NAME),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D01-undisclosed-two-objects",
            forge({"a": {"_sd": ["same"]}, "b": {"_sd": ["same"]}}),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D03-disclosed",
            forge({"_sd": [digest(NAME)], "list": [{"...": digest(NAME)}]}, NAME),
            ErrorKind.DIGEST_DUPLICATE,
            ErrorKind.DISCLOSURE_MALFORMED,
        ),
        attack(
            "D03-undisclosed",
            forge({"_sd": ["same"], "list": [{"...": "same"}]}),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D03-twice-in-array",
            forge({"list": [{"...": "same"}, {"...": "same"}]}),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D03-twice-in-mixed-array",
            forge({"list": [1, {"...": "same"}, {"...": "same"}]}),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D04-top-level-again",
            forge({"_sd": [digest(OUTER), digest(NAME)]}, OUTER, NAME),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D04-never-disclosed",
            forge(
                {"_sd": [digest(hidden := disclosure("s", "a", {"_sd": ["same"]})), "same"]},
                hidden,
            ),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D04-own-digest-in-array",
            forge(
                {"_sd": [digest(hidden := disclosure("s", "a", [{"...": "same"}])), "same"]},
                hidden,
            ),
            ErrorKind.DIGEST_DUPLICATE,
        ),
        attack(
            "D06",
            forge({"_sd": [digest(named := disclosure("s", "_sd", ["x"]))]}, named),
            ErrorKind.DISCLOSURE_RESERVED_NAME,
        ),
        attack(
            "D06-nested",
            forge({"a": {"_sd": [digest(named)]}}, named),
            ErrorKind.DISCLOSURE_RESERVED_NAME,
        ),
        attack(
            "D06-escaped",
            forge(
                {"_sd": [digest(named := base64url(b'["s","\\u005fsd",["x"]]'))]},
                named,
            ),
            ErrorKind.DISCLOSURE_RESERVED_NAME,
        ),
        attack(
            "D07",
            forge({"_sd": [digest(named := disclosure("s", "...", "x"))]}, named),
            ErrorKind.DISCLOSURE_RESERVED_NAME,
        ),
        attack(
            "D08-plain-claim",
            forge({"given_name": "Bruno", "_sd": [digest(NAME)]}, NAME),
            ErrorKind.DISCLOSURE_COLLISION,
        ),
        attack(
            "D08-vct",
            forge({"_sd": [digest(named := disclosure("s", "vct", "urn:other"))]}, named),
            ErrorKind.DISCLOSURE_COLLISION,
        ),
        attack(
            "D08-iss",
            forge({"_sd": [digest(named := disclosure("s", "iss", "https://evil"))]}, named),
            ErrorKind.DISCLOSURE_COLLISION,
        ),
        attack(
            "D08-two-disclosures",
            forge(
                {"_sd": [digest(NAME), digest(named := disclosure("s", "given_name", "Eve"))]},
                NAME,
                named,
            ),
            ErrorKind.DISCLOSURE_COLLISION,
        ),
        attack(
            "D08-nested",
            forge({"a": {"given_name": "B", "_sd": [digest(NAME)]}}, NAME),
            ErrorKind.DISCLOSURE_COLLISION,
        ),
        attack("D10", forge({"_sd": ["other"]}, NAME), ErrorKind.DISCLOSURE_UNREFERENCED),
        attack("D10-no-digest", forge({}, NAME), ErrorKind.DISCLOSURE_UNREFERENCED),
        attack(
            "D10-beside-a-good-one",
            forge({"_sd": [digest(NAME)]}, NAME, ELEMENT),
            ErrorKind.DISCLOSURE_UNREFERENCED,
        ),
        attack(
            "D11",
            forge({"_sd": [digest(NAME)]}, NAME, NAME),
            ErrorKind.DISCLOSURE_UNREFERENCED,
            ErrorKind.DIGEST_DUPLICATE,
        ),
        *[
            attack(
                f"D12-property-of-{len(content)}",
                forge({"_sd": [digest(shown := disclosure(*content))]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for content in ((), ("s",), ("s", "name"), ("s", "name", 1, 2))
        ],
        *[
            attack(
                f"D12-element-of-{len(content)}",
                forge({"list": [{"...": digest(shown := disclosure(*content))}]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for content in ((), ("s",), ("s", "name", 1), ("s", 1, 2, 3))
        ],
        *[
            attack(
                f"D12-no-array-{raw!a}",
                forge({"_sd": [digest(shown := base64url(raw))]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for raw in (b'{"0":"s","1":"n","2":1}', b'"sn1"', b"3", b"null", b"[", b"\xff")
        ],
        *[
            attack(
                f"D13-{json.dumps(name)}",
                forge({"_sd": [digest(shown := disclosure("s", name, "v"))]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for name in NO_NAMES
        ],
        *[
            attack(
                f"D14-{json.dumps(salt)}",
                forge({"_sd": [digest(shown := disclosure(salt, "n", "v"))]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for salt in NO_SALTS
        ],
        *[
            attack(
                f"D14-element-{json.dumps(salt)}",
                forge({"list": [{"...": digest(shown := disclosure(salt, "v"))}]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for salt in NO_SALTS
        ],
        attack(
            "D15-disclosed",
            forge({"list": [{"...": digest(ELEMENT), "k": 1}]}, ELEMENT),
            ErrorKind.DISCLOSURE_MALFORMED,
        ),
        attack(
            "D15-undisclosed",
            forge({"list": [{"...": digest(ELEMENT), "k": 1}]}),
            ErrorKind.DISCLOSURE_MALFORMED,
        ),
        attack(
            "D15-member-first",
            forge({"list": [{"k": 1, "...": digest(ELEMENT)}, 2]}),
            ErrorKind.DISCLOSURE_MALFORMED,
        ),
        attack(
            "D15-with-sd",
            forge({"list": [{"...": "h", "_sd": []}]}),
            ErrorKind.DISCLOSURE_MALFORMED,
        ),
        attack(
            "D15-twice",
            "~".join((jwt(json.dumps(payload())[:-1] + ',"l":[{"...":"a","...":"b"}]}'), "")),
            ErrorKind.DUPLICATE_MEMBER,
        ),
        *[
            attack(
                f"D16-{json.dumps(wrong)}", forge({"list": [{"...": wrong}]}), ErrorKind.MALFORMED
            )
            for wrong in NO_DIGESTS
        ],
        attack("D16-among-others", forge({"list": ["x", {"...": 1}]}), ErrorKind.MALFORMED),
        attack("D16-no-element", forge({"claim": {"...": "h"}}), ErrorKind.MALFORMED),
        attack("D16-top", forge({"...": "h"}), ErrorKind.MALFORMED),
        *[
            attack(f"D17-{json.dumps(wrong)}", forge({"_sd": wrong}), ErrorKind.MALFORMED)
            for wrong in ("abc", {"a": "b"}, [1], [None], None, 1, True, [["h"]], ["h", {}])
        ],
        attack("D17-nested", forge({"a": {"b": {"_sd": "abc"}}}), ErrorKind.MALFORMED),
        attack("D17-in-array", forge({"a": [{"_sd": [1]}]}), ErrorKind.MALFORMED),
        attack("D19-nested", forge({"a": {"_sd_alg": "sha-512"}}), ErrorKind.MALFORMED),
        attack("D19-in-array", forge({"a": [{"_sd_alg": "sha-256"}]}), ErrorKind.MALFORMED),
        attack(
            "D19-disclosed",
            forge({"_sd": [digest(named := disclosure("s", "_sd_alg", "sha-256"))]}, named),
            ErrorKind.MALFORMED,
        ),
        attack(
            "D19-inside-a-disclosure",
            forge({"_sd": [digest(named := disclosure("s", "a", {"_sd_alg": "sha-256"}))]}, named),
            ErrorKind.MALFORMED,
        ),
        *[
            attack(
                f"D19-{json.dumps(name)}",
                forge({"_sd_alg": name}),
                ErrorKind.HASH_ALG_NOT_ALLOWED,
            )
            for name in ("md5", "sha-1", "sha-256-32", "SHA-256", "", None, 256, ["sha-256"])
        ],
        attack(
            "D21",
            forge(
                {"_sd": [digest(NAME)]},
                base64url(b'["salt-1","given_name","Amina"]'),
            ),
            ErrorKind.DISCLOSURE_UNREFERENCED,
        ),
        attack(
            "D21-digest-of-the-decoded-bytes",
            forge({"_sd": [digest('["salt-1", "given_name", "Amina"]')]}, NAME),
            ErrorKind.DISCLOSURE_UNREFERENCED,
        ),
        *[
            attack(
                f"D22-{name}",
                forge({"_sd": [digest(shown)]}, shown),
                ErrorKind.DISCLOSURE_MALFORMED,
            )
            for name, shown in {
                "padding": base64url(b'["s","n","ab"]') + "=",
                "white-space": base64url(b'["s","n","a"]') + "\n",
                "foreign-character": base64url(b'["s","n","a"]') + "!",
                "standard-alphabet": base64url(b'["s","n","\xc3\xbf\xc3\xbe>>>"]').replace(
                    "-", "+"
                ),
                "trailing-bits": base64url(b'["s","n","ab"]')[:-1] + "R",
                "one-character-too-many": base64url(b'["s","n","a"]') + "A",
            }.items()
        ],
        attack(
            "D22-duplicate-member",
            forge({"_sd": [digest(shown := base64url(b'["s","n",{"a":1,"a":2}]'))]}, shown),
            ErrorKind.DUPLICATE_MEMBER,
        ),
        attack(
            "D22-duplicate-member-beside-a-digest",
            forge(
                {"_sd": [digest(shown := base64url(b'["s","n",{"_sd":[],"a":1,"a":2}]'))]}, shown
            ),
            ErrorKind.DUPLICATE_MEMBER,
        ),
        attack("D26", forge({"_sd": [digest(OUTER)]}, NAME), ErrorKind.DISCLOSURE_UNREFERENCED),
        attack(
            "D37",
            forge({"_sd": [digest(NAME)]}, disclosure("salt-1", "given_name", "Bruno")),
            ErrorKind.DISCLOSURE_UNREFERENCED,
        ),
        attack("D30", forge({"_sd": [digest(NAME)]}, tail=NAME), ErrorKind.MALFORMED),
        attack("D31-doubled", forge({}, ""), ErrorKind.MALFORMED),
        attack("D31-doubled-inside", forge({"_sd": [digest(NAME)]}, "", NAME), ErrorKind.MALFORMED),
        attack("D31-doubled-at-end", forge({"_sd": [digest(NAME)]}, NAME, ""), ErrorKind.MALFORMED),
        attack("D31-leading", "~" + forge({}), ErrorKind.MALFORMED),
        attack("D31-only", "~", ErrorKind.MALFORMED),
        attack("D31-nothing", "", ErrorKind.MALFORMED),
        attack("D32", jwt(payload()), ErrorKind.MALFORMED),
        attack("D32-two-parts", forge({}).replace(".", "", 1), ErrorKind.MALFORMED),
    ],
)
def test_forged_disclosures(way: WayIn, token: str, kinds: tuple[ErrorKind, ...]) -> None:
    assert way.kind_of(token) in kinds


def nested(depth: int, *, members: Any = "deep") -> tuple[dict[str, Any], list[str]]:
    """Claims whose disclosure holds a digest whose disclosure holds a digest, `depth` times."""
    value, shown = members, []
    for level in range(depth):
        text = disclosure(f"s{level}", "a", value)
        shown.append(text)
        value = {"_sd": [digest(text)]}
    return value, shown


@ways
@pytest.mark.parametrize("depth", [32, 33, 400])
def test_D27_recursion_bomb(way: WayIn, depth: int) -> None:
    members, shown = nested(depth)
    limit = PRESENTATION.disclosures
    assert depth <= limit
    assert way.kind_of(forge(members, *shown)) is ErrorKind.TOO_DEEP


@pytest.mark.parametrize("in_array", [False, True])
def test_D27_depth_is_that_of_the_processed_claims(in_array: bool) -> None:
    members, shown = nested(31)
    assert len(verified(forge(members, *shown)).disclosed) == 31

    value: Any = "deep"
    shown = []
    for level in range(31 if in_array else 0):
        text = disclosure(f"s{level}", [value])
        shown.append(text)
        value = {"...": digest(text)}
    with pytest.raises(InvalidError) as caught:
        verified(forge({"list": [value] * (1 if in_array else 0), "a": _deep(31)}, *shown))
    assert caught.value.kind is ErrorKind.TOO_DEEP


def _deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("hidden", [b'["s","a",%s]', b'["s","_sd_","a",%s]'])
def test_D27_plain_depth_inside_a_deep_disclosure(hidden: bytes) -> None:
    """A value of allowed depth, hidden where only half of that depth is left."""
    inner = base64url(b'["s","a",' + b"[" * 20 + b"]" * 20 + b"]")
    members, shown = nested(15, members={"_sd": [digest(inner)]})
    with pytest.raises(InvalidError) as caught:
        verified(forge(members, inner, *shown))
    assert caught.value.kind is ErrorKind.TOO_DEEP
    allowed, shown = nested(10, members={"_sd": [digest(inner)]})
    assert verified(forge(allowed, inner, *shown))


@pytest.mark.parametrize("count", [257, 1_025, 100_000])
def test_D28_recursion_bomb_in_width(count: int) -> None:
    limits = replace(PRESENTATION, disclosures=256, compact_bytes=8 * 1024 * 1024)
    token = jwt(payload()) + "~" + "WyJzIl0~" * count

    def kind() -> ErrorKind:
        with pytest.raises(InvalidError) as caught:
            parse_sd_jwt(token, limits=limits)
        return caught.value.kind

    found, seconds = least_cpu(kind)
    assert found is ErrorKind.TOO_LARGE
    assert seconds < 0.1


@pytest.mark.parametrize(
    ("limits", "count"), [(PRESENTATION, 1_024), (ISSUED, 16_384)], ids=["presented", "issued"]
)
def test_D28_at_the_limit_and_one_more(limits: Any, count: int) -> None:
    shown = [disclosure(str(place), place) for place in range(count + 1)]
    limits = replace(limits, compact_bytes=ISSUED.compact_bytes)
    claims = {"list": [{"...": digest(one)} for one in shown]}
    at_limit = verified(forge(claims, *shown[:-1]), limits=limits)
    assert at_limit.claims["list"] == list(range(count))
    with pytest.raises(InvalidError) as caught:
        verified(forge(claims, *shown), limits=limits)
    assert caught.value.kind is ErrorKind.TOO_LARGE


@ways
def test_D28_largest_presentation_is_bounded_work(way: WayIn) -> None:
    """As many disclosures as fit, each with an object: 100 ms of CPU at most."""
    shown = [disclosure("s" * 8, f"n{place}", {"a": place}) for place in range(1_000)]
    claims = {"_sd": [digest(one) for one in shown[1:]]}
    token = forge(claims, *shown)
    assert len(token) < PRESENTATION.compact_bytes
    found, seconds = least_cpu(lambda: way.kind_of(token))
    assert found is ErrorKind.DISCLOSURE_UNREFERENCED
    assert seconds < 0.1


@profiled
@pytest.mark.parametrize(
    "claim",
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"],
)
def test_D24_D36_security_claim_hidden_and_shown(way: WayIn, claim: str) -> None:
    values = {
        **payload(),
        "nbf": NOW - 50,
        "vct#integrity": "sha256-abc",
        "aka_vcts": ["urn:other"],
        "status": {"status_list": {"idx": 1, "uri": "https://school.example/status/1"}},
    }
    shown = disclosure("s", claim, values[claim])
    members = {key: value for key, value in payload().items() if key != claim}
    token = "~".join((jwt({**members, "_sd": [digest(shown)]}), shown, ""))
    assert verified(token).claims[claim] == values[claim]  # as an SD-JWT it is in order
    expected = {
        # Without these in clear there is nobody to ask for a key.
        "iss": (ErrorKind.MALFORMED, ErrorKind.KEY_NOT_TRUSTED),
    }.get(claim, (ErrorKind.MALFORMED,))
    assert way.kind_of(token) in expected


@profiled
@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("cnf", {"jwk": {"kty": "EC", "_sd": ["h"]}}),
        ("cnf", {"_sd": ["h"]}),
        ("status", {"status_list": {"idx": 1, "_sd": ["h"]}}),
        ("status", {"_sd": ["h"]}),
        ("aka_vcts", ["urn:other", {"...": "h"}]),
        ("aka_vcts", [{"...": "h"}]),
        ("vct", [{"...": "h"}]),
    ],
)
def test_D24_part_of_a_security_claim_hidden(way: WayIn, claim: str, value: Any) -> None:
    token = forge({claim: value})
    assert way.kind_of(token) in (ErrorKind.MALFORMED, ErrorKind.VCT_MISMATCH)


@pytest.mark.parametrize(
    ("claim", "kind"),
    [("vct", ErrorKind.VCT_MISMATCH), ("iss", ErrorKind.ISSUER_MISMATCH)],
)
def test_D24_required_claim_hidden_and_not_shown(claim: str, kind: ErrorKind) -> None:
    members = {key: value for key, value in payload().items() if key != claim}
    with pytest.raises(InvalidError) as caught:
        authentic(jwt({**members, "_sd": ["h"]}) + "~")
    assert caught.value.kind is kind


def test_D24_hidden_holder_key_is_no_holder_key() -> None:
    members = {key: value for key, value in payload().items() if key != "cnf"}
    credential = authentic(jwt({**members, "_sd": ["h"]}) + "~")
    with pytest.raises(InvalidError) as caught:
        holder_key_of(credential)
    assert caught.value.kind is ErrorKind.KB_KEY_INVALID


def test_D25_required_claim_undisclosed() -> None:
    """A digest is no claim: what is not shown cannot be selected (answers: rows Q06, Q08)."""
    shown = verified(forge({"_sd": [digest(disclosure("s", "employer", "Moulin"))]}))
    assert "employer" not in shown.claims
    with pytest.raises(InvalidError) as caught:
        HeldSdJwt.of(shown).select([("employer",)])
    assert caught.value.kind is ErrorKind.CLAIM_MISSING


TIMES = [
    pytest.param({"exp": 1}, ErrorKind.EXPIRED, id="SEC-D34-expired"),
    pytest.param({"nbf": 9_999_999_999}, ErrorKind.NOT_YET_VALID, id="SEC-D34-not-yet"),
    pytest.param({"exp": -5}, ErrorKind.EXPIRED, id="SEC-D34-negative"),
    pytest.param({"exp": NOW - 60}, ErrorKind.EXPIRED, id="SEC-D35-exp-at-leeway"),
    pytest.param({"nbf": NOW + 61}, ErrorKind.NOT_YET_VALID, id="SEC-D35-nbf-over-leeway"),
    pytest.param({"exp": 1e10}, ErrorKind.MALFORMED, id="SEC-D35-fraction"),
    pytest.param({"exp": "9999999999"}, ErrorKind.MALFORMED, id="SEC-D35-text"),
    pytest.param({"exp": True}, ErrorKind.MALFORMED, id="SEC-D35-boolean"),
    pytest.param({"exp": None}, ErrorKind.MALFORMED, id="SEC-D35-null"),
    pytest.param({"nbf": [1]}, ErrorKind.MALFORMED, id="SEC-D35-array"),
]


@profiled
@pytest.mark.parametrize(("members", "kind"), TIMES)
def test_D34_D35_times(way: WayIn, members: dict[str, Any], kind: ErrorKind) -> None:
    assert way.kind_of(forge(members)) is kind


@pytest.mark.parametrize("leeway", [0, 30, 60])
@pytest.mark.parametrize(
    ("claim", "offset", "kind"),
    [
        ("exp", 1, None),
        ("exp", 0, ErrorKind.EXPIRED),
        ("exp", -1, ErrorKind.EXPIRED),
        ("nbf", -1, None),
        ("nbf", 0, None),
        ("nbf", 1, ErrorKind.NOT_YET_VALID),
        ("iat", 0, None),
        ("iat", 1, ErrorKind.NOT_YET_VALID),
    ],
)
def test_D35_boundaries(leeway: int, claim: str, offset: int, kind: ErrorKind | None) -> None:
    """`exp` ends and `nbf` begins exactly the leeway away from now."""
    edge = NOW - leeway if claim == "exp" else NOW + leeway
    credential = authentic(forge({claim: edge + offset}))
    if kind is None:
        assert check_validity(credential, now=NOW, leeway=leeway).claims[claim] == edge + offset
        return
    with pytest.raises(InvalidError) as caught:
        check_validity(credential, now=NOW, leeway=leeway)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "claims",
    [
        {"_sd": ["x"]},
        {"_sd": []},
        {"...": "x"},
        {"_sd_alg": "sha-256"},
        {"a": {"_sd": ["x"]}},
        {"a": {"_sd_alg": "x"}},
        {"a": [{"...": "x"}]},
        {"a": [[{"b": {"...": 1}}]]},
    ],
)
@pytest.mark.parametrize("conceal", [[], [("b",)], [("a",), ("b",)]])
def test_D38_reserved_name_is_never_issued(
    claims: dict[str, Any], conceal: list[tuple[str, ...]]
) -> None:
    claims = {"a": 1, "b": {"c": 1}, **claims}
    with pytest.raises(InvalidError) as caught:
        issue_sd_jwt(claims, conceal=conceal, signer=signer("school"), typ="dc+sd-jwt")
    assert caught.value.kind is ErrorKind.CONFLICT


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
def test_D38_reserved_name_is_never_concealed(name: str) -> None:
    for claims, path in (({name: 1}, (name,)), ({"a": {name: 1}}, ("a", name))):
        with pytest.raises(InvalidError) as caught:
            issue_sd_jwt(claims, conceal=[path], signer=signer("school"), typ="dc+sd-jwt")
        assert caught.value.kind is ErrorKind.CONFLICT


def test_D38_a_value_that_looks_like_a_reserved_name_is_data() -> None:
    claims = {"a": '"_sd":[', 'x"_sd': 1, "b": {"c": '"...":', "d": "_sd"}}
    token = issue_sd_jwt(
        claims, conceal=[("a",), ("b",), ("b", "c")], signer=signer("school"), typ="dc+sd-jwt"
    )
    assert verified(token).claims == claims


def json_form(**changes: Any) -> str:
    token = forge({"_sd": [digest(NAME)]}, NAME)
    protected, body, signature = token.split("~")[0].split(".")
    flat: dict[str, Any] = {
        "payload": body,
        "protected": protected,
        "signature": signature,
        "header": {"disclosures": [NAME]},
    }
    return json.dumps({**flat, **changes})


@ways
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(json_form(), id="SEC-D39-flattened"),
        pytest.param(
            json_form(
                signatures=[{"header": {}}, {"header": {"disclosures": [NAME]}}],
            ),
            id="SEC-D39-second-header",
        ),
        pytest.param(
            json_form(header={"disclosures": [NAME], "kb_jwt": "a.b.c"}), id="SEC-D40-kb-jwt"
        ),
        pytest.param(
            forge({"_sd": [digest(NAME)]}, NAME, tail=json_form()), id="SEC-D40-in-the-tail"
        ),
        pytest.param(json_form(header={"disclosures": [1]}), id="SEC-D41-not-strings"),
        pytest.param(json_form(header={"disclosures": NAME}), id="SEC-D41-no-array"),
    ],
)
def test_D39_D40_D41_json_serialisation_is_not_read(way: WayIn, token: str) -> None:
    assert way.kind_of(token) is ErrorKind.MALFORMED


@ways
def test_D41_disclosures_in_the_protected_header_disclose_nothing(way: WayIn) -> None:
    claims = way.claims_of(forge({"_sd": [digest(NAME)]}, disclosures=[NAME]))
    assert claims["vct"] == VCT
    assert "given_name" not in claims


def test_D42_salts_are_long_and_never_repeat() -> None:
    claims = {f"claim{place}": True for place in range(200)}
    paths = [(name,) for name in claims]
    salts: Counter[str] = Counter()
    digests: Counter[str] = Counter()
    for _ in range(500):
        token = issue_sd_jwt(
            claims, conceal=paths, signer=signer("school", "EdDSA"), typ="x+sd-jwt"
        )
        for text in token.split("~")[1:-1]:
            salts[json.loads(_decoded(text))[0]] += 1
            digests[digest(text)] += 1
    assert len(salts) == len(digests) == 100_000
    assert {len(salt) for salt in salts} == {22}  # 128 bits
    # Each of the 64 characters at each place (but the last, of 2 bits): the whole 128 are used.
    for place in range(21):
        assert len({salt[place] for salt in salts}) == 64
    assert {salt[21] for salt in salts} == set("AQgw")


def _decoded(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_D42_copies_of_one_certificate_share_nothing() -> None:
    def copy() -> str:
        return issue_credential(
            {"given_name": "Amina", "skills": ["a", "b"]},
            vct=VCT,
            issuer=ISSUER,
            conceal=[("given_name",), ("skills", None)],
            holder_key=signer("worker").public_jwk,
            status=None,
            issued_at=NOW,
            expires_at=None,
            vct_integrity=None,
            signer=signer("school"),
        )

    parts = Counter(part for _ in range(10) for part in copy().split("~")[1:-1])
    assert set(parts.values()) == {1}


def test_D43_order_of_digests_says_nothing() -> None:
    """The digest of each claim stands at each place about equally often."""
    names = ["a", "b", "c", "d"]
    places: Counter[tuple[str, int]] = Counter()
    rounds = 400
    for _ in range(rounds):
        token = issue_sd_jwt(
            dict.fromkeys(names, 1),
            conceal=[(name,) for name in names],
            signer=signer("school", "EdDSA"),
            typ="x+sd-jwt",
        )
        listed = json.loads(_decoded(token.split(".")[1]))["_sd"]
        for text in token.split("~")[1:-1]:
            places[json.loads(_decoded(text))[1], listed.index(digest(text))] += 1
    assert len(places) == 16
    # Mean 100, standard deviation 8.7: six of them either way.
    assert all(48 <= count <= 152 for count in places.values())


def test_D43_decoys_in_arrays_stand_anywhere() -> None:
    places: Counter[int] = Counter()
    for _ in range(300):
        token = issue_sd_jwt(
            {"list": ["a", "b"]},
            conceal=[("list", None)],
            signer=signer("school", "EdDSA"),
            typ="x+sd-jwt",
            decoys=1,
        )
        real = {digest(text) for text in token.split("~")[1:-1]}
        listed = json.loads(_decoded(token.split(".")[1]))["list"]
        places[[one["..."] in real for one in listed].index(False)] += 1
    assert sorted(places) == [0, 1, 2]
    assert min(places.values()) > 50


def test_D44_holder_refuses_a_document_already_bound() -> None:
    token = forge({"_sd": [digest(NAME)]}, NAME, tail="a.b.c")
    with pytest.raises(InvalidError) as caught:
        HeldSdJwt.of(verified(token))
    assert caught.value.kind is ErrorKind.KB_UNEXPECTED
    wallet = next(way for way in WAYS_IN if way.name == "wallet")
    assert wallet.kind_of(token) is ErrorKind.KB_UNEXPECTED


TRICKS = [
    "__proto__",
    "__class__",
    "constructor",
    "",
    "x" * 10_000,
    "\u0000",
    "a.b",
    "*",
    "0",
    "_sd ",
    "....",
    "\u202egnp",
]


@pytest.mark.parametrize("name", TRICKS, ids=lambda name: ascii(name[:12]))
def test_D45_names_are_data(name: str) -> None:
    hidden = disclosure("s", name, {"b": 1})
    shown = verified(forge({"_sd": [digest(hidden)]}, hidden))
    assert shown.claims[name] == {"b": 1}
    assert [path for path, _ in shown.disclosed] == [(name,)]
    held = HeldSdJwt.of(shown)
    assert verified(bytes(held.select([(name,)]))).claims[name] == {"b": 1}
    issued = issue_sd_jwt(
        {name: {"b": 1}}, conceal=[(name,)], signer=signer("school"), typ="dc+sd-jwt"
    )
    assert verified(issued).claims == {name: {"b": 1}}


def test_D45_paths_are_not_joined_by_dots() -> None:
    claims = {"a.b": 1, "a": {"b": 2}, "list": ["x"], "list.0": "y"}
    conceal: list[tuple[str | int, ...]] = [("a.b",), ("a", "b"), ("list", 0), ("list.0",)]
    held = HeldSdJwt.of(
        verified(issue_sd_jwt(claims, conceal=conceal, signer=signer("school"), typ="dc+sd-jwt"))
    )
    assert verified(bytes(held.select([("a.b",)]))).claims == {"a.b": 1, "a": {}, "list": []}
    assert verified(bytes(held.select([("a", "b")]))).claims == {"a": {"b": 2}, "list": []}
    assert verified(bytes(held.select([("list", 0)]))).claims == {"a": {}, "list": ["x"]}
    for missing in (("a", "b", "c"), ("list", "0"), ("a.b", "c")):
        with pytest.raises(CarnetError):
            held.select([missing])


@ways
def test_honest_documents_come_in(way: WayIn) -> None:
    """Without this, every refusal above could have another cause."""
    hidden = {"_sd": [digest(NAME), "decoy"], "list": [1, {"...": digest(ELEMENT)}]}
    shown = way.claims_of(forge(hidden, NAME))
    assert (shown["given_name"], shown["list"]) == ("Amina", [1])
    nested = way.claims_of(forge({"_sd": [digest(OUTER)]}, OUTER, NAME))
    assert nested["site"] == {"country": "FR", "given_name": "Amina"}
    assert way.claims_of(forge({}))["vct"] == VCT
