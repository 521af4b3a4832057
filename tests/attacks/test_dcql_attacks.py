"""Hostile questions and dishonest answers: rows P17, P18, P19, P21, P22, Q06, Q07, Q08."""

from collections.abc import Callable
from typing import Any

import pytest

from carnet_schemas.claim_selection import (
    MAX_COMBINATIONS,
    MAX_VISITS,
    Work,
    matching,
    resolve,
)
from carnet_schemas.dcql import (
    Candidate,
    QueryUnmetError,
    UnmetReason,
    check_answer,
    evaluate,
    parse_dcql,
)
from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp import (
    AuthorizationErrorCode,
    RequestError,
    check_authorization_request,
    parse_client_id,
)
from support.bounded_work import least_cpu
from support.questions import VCT, asking, held, query, shown

CPU_SECONDS = 0.1
HISTORY = {
    "periods": [
        {"pages": [[{"role": f"r{page}", "hours": page} for page in range(24)]] * 4}
        for _ in range(16)
    ]
}
HIDDEN: list[tuple[str | int, ...]] = [
    ("periods",),
    *[("periods", period) for period in range(16)],
    *[("periods", p, "pages", q, m) for p in range(16) for q in range(4) for m in range(24)],
]
MANY = {f"n{index}": index for index in range(64)}


def ids(letter: str, count: int) -> list[str]:
    return [f"{letter}{index}" for index in range(count)]


def claim_sets_in_every_query() -> tuple[Any, list[Candidate]]:
    claims = [{"id": f"k{index}", "path": [f"n{index}"]} for index in range(64)]
    rotated = [ids("k", 64)[turn:] + ids("k", 64)[:turn] for turn in range(64)]
    queries = [asking(*claims, name=name, claim_sets=rotated) for name in ids("q", 32)]
    return {"credentials": queries}, [held(MANY, name=str(number)) for number in range(8)]


def credential_sets_to_the_bound() -> tuple[Any, list[Candidate]]:
    queries = [asking([f"n{turn}"], name=name) for turn, name in enumerate(ids("q", 32))]
    sets = [
        {"options": [[f"q{(needed + option) % 32}"] for option in range(16)]}
        for needed in range(16)
    ]
    return {"credentials": queries, "credential_sets": sets}, [held(MANY)]


def long_options() -> tuple[Any, list[Candidate]]:
    queries = [asking([f"n{turn}"], name=name) for turn, name in enumerate(ids("q", 32))]
    sets = [
        {"options": [[f"q{(i + j + k) % 32}" for k in range(24)] for j in range(16)]}
        for i in range(16)
    ]
    return {"credentials": queries, "credential_sets": sets}, [held(MANY)]


def wildcards_over_a_history() -> tuple[Any, list[Candidate]]:
    path = ["periods", None, "pages", None, None, "hours"]
    wide = [{"path": path, "values": list(range(50, 114))} for _ in range(64)]
    queries = [asking(*wide, name=name) for name in ids("q", 32)]
    return {"credentials": queries}, [held(HISTORY, *HIDDEN)]


def whole_history_again_and_again() -> tuple[Any, list[Candidate]]:
    queries = [asking(["periods"], name=name) for name in ids("q", 32)]
    return {"credentials": queries}, [held(HISTORY, *HIDDEN, name=str(n)) for n in range(8)]


def deep_nulls() -> tuple[Any, list[Candidate]]:
    nested: Any = "x"
    for _ in range(16):
        nested = [nested, nested]
    queries = [asking(["a", *[None] * 16], name=name) for name in ids("q", 32)]
    return {"credentials": queries}, [held({"a": nested})]


HOSTILE: list[Callable[[], tuple[Any, list[Candidate]]]] = [
    claim_sets_in_every_query,
    credential_sets_to_the_bound,
    long_options,
    wildcards_over_a_history,
    whole_history_again_and_again,
    deep_nulls,
]


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: f"P17-{make.__name__}")
def test_P17_hostile_question_stops_within_its_budget(
    make: Callable[[], tuple[Any, list[Candidate]]],
) -> None:
    value, candidates = make()

    def kind() -> str:
        with pytest.raises(SchemaError) as caught:
            evaluate(parse_dcql(value), candidates)
        return caught.value.kind

    found, spent = least_cpu(kind)
    assert found == "too_large"
    # The bound is on work counted, not on this machine; three times it means the count is wrong.
    assert spent < CPU_SECONDS * 3


def test_P17_the_budgets_are_those_of_the_limits() -> None:
    assert MAX_COMBINATIONS == 10_000
    assert MAX_VISITS <= 200_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"credentials": [asking(["a", *[None] * 1000])]}, id="P17-1000-nulls"),
        pytest.param({"credentials": [asking(name=n) for n in ids("q", 33)]}, id="P17-33-queries"),
        pytest.param({"credentials": [asking(*[["a"]] * 65)]}, id="P17-65-claims"),
        pytest.param(
            {"credentials": [asking({"id": "a", "path": ["a"]}, claim_sets=[["a"]] * 65)]},
            id="P17-65-claim-sets",
        ),
        pytest.param(
            {"credentials": [asking()], "credential_sets": [{"options": [["c"]]}] * 17},
            id="P17-17-credential-sets",
        ),
        pytest.param(
            {"credentials": [asking()], "credential_sets": [{"options": [["c"]] * 17}]},
            id="P17-17-options",
        ),
        pytest.param(
            {"credentials": [asking({"path": ["a"], "values": list(range(65))})]},
            id="P17-65-values",
        ),
    ],
)
def test_P17_past_a_bound_is_too_large_and_an_invalid_request(value: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dcql(value)
    assert caught.value.kind == "too_large"
    with pytest.raises(RequestError) as refused:
        check_authorization_request(
            {
                "client_id": "x509_san_dns:a.example",
                "response_type": "vp_token",
                "response_mode": "direct_post",
                "response_uri": "https://a.example/r",
                "nonce": "n" * 22,
                "dcql_query": value,
            },
            client_id=parse_client_id("x509_san_dns:a.example"),
            signed=True,
            wallet_nonce=None,
        )
    assert refused.value.error is AuthorizationErrorCode.INVALID_REQUEST


def test_P17_at_every_bound_at_once_the_question_is_still_read() -> None:
    claims = [{"id": f"k{index}", "path": ["a", *[None] * 31]} for index in range(64)]
    value = {
        "credentials": [
            asking(*claims, name=name, claim_sets=[ids("k", 64)] * 64) for name in ids("q", 32)
        ],
        "credential_sets": [{"options": [ids("q", 32)] * 16}] * 16,
    }
    assert len(parse_dcql(value).credentials) == 32


def test_P17_unknown_members_are_ignored_at_every_level() -> None:
    strange: dict[str, Any] = {"x": {"y": [None]}}
    value = {
        "credentials": [asking({"path": ["a"], **strange}, **strange)],
        "credential_sets": [{"options": [["c"]], **strange}],
        **strange,
    }
    assert evaluate(parse_dcql(value), [held({"a": 1})]).smallest


PROBES = {
    "no credential": ([], UnmetReason.NO_SUCH_FORMAT),
    "another type": ([held({"a": "x"}, vcts=("urn:other",))], UnmetReason.NO_SUCH_TYPE),
    "claim missing": ([held({"b": "x"})], UnmetReason.CLAIM_MISSING),
    "value differs": ([held({"a": "x"})], UnmetReason.VALUE_DIFFERS),
    "no holder key": ([held({"a": "x"}, holder_binding=False)], UnmetReason.NO_HOLDER_BINDING),
}


@pytest.mark.parametrize("case", PROBES, ids=lambda case: f"P18-{case.replace(' ', '-')}")
def test_P18_whatever_is_missing_the_error_says_the_same(case: str) -> None:
    candidates, reason = PROBES[case]
    question = query(asking({"path": ["a"], "values": ["pregnant"]}))
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(question, candidates)
    error = caught.value
    assert (error.kind, error.pointer, str(error)) == (
        "query_unmet",
        "",
        "The question cannot be answered. [query_unmet]",
    )
    assert "pregnant" not in repr(error)
    # The worker is told which part; these words never stand in the error itself.
    assert [part.reason for part in error.parts] == [reason]


def test_P18_the_work_of_a_differing_value_is_the_work_of_a_fitting_one() -> None:
    claim = query(asking({"path": ["a", None], "values": ["x", "y"]})).credentials[0].claims
    assert claim is not None
    spent = []
    for value in ("x", "z"):
        work = Work()
        places = resolve({"a": [value] * 50}, claim[0].path, work=work, original_indices={})
        matching(places, claim[0], work=work)
        spent.append(work._visits)
    assert spent[0] == spent[1]


CLAIMS = {
    "name": "Arthur",
    "a.b": "dotted",
    "a": {"b": "nested", "0": "zero"},
    "list": ["x", "y", ["z"]],
    "mixed": [{"v": 1}, "text", {"v": 2}],
    "objects": [{"v": 1}, {"w": 2}, {"v": 3}],
    "empty": [],
    "": "nameless",
    "flag": True,
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        pytest.param(["a.b"], [("a.b",)], id="P19-dot-is-part-of-a-name"),
        pytest.param(["a", "b"], [("a", "b")], id="P19-nested"),
        pytest.param(["a", "0"], [("a", "0")], id="P19-digit-name-of-an-object"),
        pytest.param(["list", 1], [("list", 1)], id="P19-index"),
        pytest.param(["list", None], [("list", 0), ("list", 1), ("list", 2)], id="P19-null"),
        pytest.param(
            ["objects", None, "v"],
            [("objects", 0, "v"), ("objects", 2, "v")],
            id="P19-missing-in-one-element-drops-it",
        ),
        pytest.param([""], [("",)], id="P19-empty-name"),
        pytest.param(["nothing"], [("nothing",)], id="P19-null-value-is-a-value"),
    ],
)
def test_P19_path_selects(path: list[Any], selected: list[tuple[str | int, ...]]) -> None:
    (match,) = evaluate(query(asking(path)), [held(CLAIMS)]).smallest
    assert list(match.selected) == selected


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(["list", "1"], id="P19-string-on-an-array"),
        pytest.param(["list", "length"], id="P19-name-on-an-array"),
        pytest.param(["a", 0], id="P19-index-on-an-object"),
        pytest.param(["a", None], id="P19-null-on-an-object"),
        pytest.param(["name", None], id="P19-null-on-text"),
        pytest.param(["name", 0], id="P19-index-on-text"),
        pytest.param(["list", 3], id="P19-index-past-the-end"),
        pytest.param(["list", None, 0], id="P19-one-element-is-no-array"),
        pytest.param(["mixed", None, "v"], id="P19-one-element-is-no-object-aborts"),
        pytest.param(["empty", None], id="P19-nothing-in-the-array"),
        pytest.param(["objects", None, "absent"], id="P19-absent-everywhere"),
        pytest.param(["a", "b", "c"], id="P19-through-text"),
        pytest.param(["nothing", "x"], id="P19-through-null"),
        pytest.param(["__class__"], id="P19-attribute-of-python"),
    ],
)
def test_P19_path_that_aborts_or_selects_nothing_is_a_missing_claim(path: list[Any]) -> None:
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(query(asking(path)), [held(CLAIMS)])
    assert caught.value.parts[0].reason is UnmetReason.CLAIM_MISSING
    with pytest.raises(SchemaError) as answered:
        check_answer(query(asking(path)), {"c": [shown(CLAIMS)]})
    assert answered.value.kind == "query_unmet"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param([-1], id="P19-negative-first"),
        pytest.param(["list", -1], id="P19-negative-index"),
        pytest.param(["list", 1.0], id="P19-float"),
        pytest.param(["list", True], id="P19-bool"),
        pytest.param(["list", ["a"]], id="P19-array"),
        pytest.param(["list", {}], id="P19-object"),
        pytest.param([], id="P19-empty"),
        pytest.param("name", id="P19-text"),
        pytest.param(None, id="P19-none"),
    ],
)
def test_P19_path_of_the_wrong_shape_is_refused(path: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dcql({"credentials": [asking({"path": path})]})
    assert caught.value.kind == "malformed"
    assert caught.value.pointer.startswith("/dcql_query/credentials/0/claims/0/path")


WANTED = asking(["a"], name="wanted")
EXTRA = asking(["b"], name="extra")
OPTIONAL: list[dict[str, Any]] = [
    {"options": [["wanted"]]},
    {"options": [["extra"]], "required": False},
]


def test_P21_missing_optional_set_does_not_stop_the_answer() -> None:
    matches = evaluate(query(WANTED, EXTRA, sets=OPTIONAL), [held({"a": 1})])
    assert [match.query_id for match in matches.smallest] == ["wanted"]
    assert matches.optional == ()
    check_answer(query(WANTED, EXTRA, sets=OPTIONAL), {"wanted": [shown({"a": 1})]})


def test_P21_optional_set_that_could_be_met_is_offered_and_not_taken() -> None:
    matches = evaluate(query(WANTED, EXTRA, sets=OPTIONAL), [held({"a": 1, "b": 2})])
    assert [match.query_id for match in matches.smallest] == ["wanted"]
    assert matches.optional == (("extra",),)


def test_P22_required_set_without_answer_sends_nothing() -> None:
    required = [{"options": [["wanted"]]}, {"options": [["extra"]]}]
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(query(WANTED, EXTRA, sets=required), [held({"a": 1})])
    assert [part.query_id for part in caught.value.parts] == ["extra"]


def test_P22_one_of_two_queries_without_sets_sends_nothing() -> None:
    with pytest.raises(QueryUnmetError):
        evaluate(query(WANTED, EXTRA), [held({"b": 1})])


def test_P22_only_optional_sets_and_none_met_sends_nothing() -> None:
    with pytest.raises(QueryUnmetError):
        evaluate(query(EXTRA, sets=[{"options": [["extra"]], "required": False}]), [])


TWO = query(asking(["a"], name="one"), asking(["b"], name="two"))
FULL = {"one": [shown({"a": 1})], "two": [shown({"b": 2})]}


def test_a_full_answer_is_taken_and_reduced_to_what_was_asked() -> None:
    checked = check_answer(TWO, {**FULL, "one": [shown({"a": 1, "secret": 5})]})
    assert checked.by_query["one"][0].selected == ((("a",), 1),)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="Q06-nothing"),
        pytest.param({"one": FULL["one"]}, id="Q06-fewer-credentials"),
        pytest.param({**FULL, "three": FULL["one"]}, id="Q06-extra-credential-id"),
        pytest.param({**FULL, "one": []}, id="Q06-empty-array"),
        pytest.param({**FULL, "one": FULL["one"] * 2}, id="Q06-several-where-one-was-asked"),
        pytest.param({**FULL, "one": [shown({"b": 1})]}, id="Q06-fewer-claims"),
        pytest.param({**FULL, "one": [shown({})]}, id="Q06-no-claims"),
        pytest.param({**FULL, "one": [shown({"a": 1}, format="mso_mdoc")]}, id="Q06-wrong-format"),
        pytest.param({**FULL, "one": [shown({"a": 1}, format="vc+sd-jwt")]}, id="Q06-old-format"),
        pytest.param({"two": FULL["one"], "one": FULL["two"]}, id="Q06-answers-swapped"),
        pytest.param(
            {**FULL, "one": [shown({"a": 1}, holder_binding=False)]}, id="Q14-no-holder-binding"
        ),
        pytest.param({**FULL, "one": [shown({"a": 1}, vcts=("urn:other",))]}, id="Q07-wrong-type"),
        pytest.param({**FULL, "one": [shown({"a": 1}, vcts=(VCT + "0",))]}, id="Q07-longer-type"),
        pytest.param({**FULL, "one": [shown({"a": 1}, vcts=())]}, id="Q07-no-type"),
    ],
)
def test_dishonest_answer_is_query_unmet(answer: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        check_answer(TWO, answer)
    assert caught.value.kind == "query_unmet"


def test_Q07_another_issuer_than_the_accepted_authorities() -> None:
    accepted = [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]
    question = query(asking(["a"], trusted_authorities=accepted))
    for authorities in [
        (),
        (("aki", "other"),),
        (("etsi_tl", "s9tIpPmhxdiuNkHMEWNpYim8S8Y"),),
    ]:
        with pytest.raises(SchemaError) as caught:
            check_answer(question, {"c": [shown({"a": 1}, authorities=authorities)]})
        assert caught.value.kind == "query_unmet"
    fitting = shown({"a": 1}, authorities=(("aki", "s9tIpPmhxdiuNkHMEWNpYim8S8Y"),))
    check_answer(question, {"c": [fitting]})


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        pytest.param(["yes"], "no", id="Q08-other-text"),
        pytest.param([1], True, id="Q08-true-is-not-one"),
        pytest.param([True], 1, id="Q08-one-is-not-true"),
        pytest.param([0], False, id="Q08-false-is-not-zero"),
        pytest.param([1], 1.0, id="Q08-one-is-not-one-point-zero"),
        pytest.param([1], "1", id="Q08-text-is-not-a-number"),
        pytest.param(["true"], True, id="Q08-text-is-not-a-truth"),
        pytest.param(["a"], ["a"], id="Q08-array-is-not-its-element"),
        pytest.param(["a"], {"a": "a"}, id="Q08-object"),
        pytest.param(["a"], None, id="Q08-null"),
        pytest.param(["a"], "A", id="Q08-case"),
        pytest.param(["é"], "e\u0301", id="Q08-no-normalisation"),
    ],
)
def test_Q08_value_the_wallet_did_not_hold_to_is_checked_again(wanted: Any, given: Any) -> None:
    question = query(asking({"path": ["a"], "values": wanted}))
    with pytest.raises(SchemaError) as caught:
        check_answer(question, {"c": [shown({"a": given})]})
    assert caught.value.kind == "query_unmet"
    with pytest.raises(QueryUnmetError):
        evaluate(question, [held({"a": given})])


@pytest.mark.parametrize(
    ("wanted", "given"), [(["x", "yes"], "yes"), ([1, 7], 7), ([False], False), ([""], "")]
)
def test_value_among_those_named_answers(wanted: Any, given: Any) -> None:
    question = query(asking({"path": ["a"], "values": wanted}))
    check_answer(question, {"c": [shown({"a": given})]})
    assert evaluate(question, [held({"a": given})]).smallest


def test_Q06_set_of_claims_may_not_be_mixed_from_two() -> None:
    claims = [{"id": name, "path": [name]} for name in "abcd"]
    question = query(asking(*claims, claim_sets=[["a", "b"], ["c", "d"]]))
    with pytest.raises(SchemaError):
        check_answer(question, {"c": [shown({"a": 1, "c": 1})]})
    check_answer(question, {"c": [shown({"c": 1, "d": 1})]})


def test_Q06_query_that_no_set_names_was_not_asked() -> None:
    question = query(WANTED, EXTRA, sets=[{"options": [["wanted"]]}])
    with pytest.raises(SchemaError):
        check_answer(question, {"wanted": [shown({"a": 1})], "extra": [shown({"b": 1})]})


def test_Q06_required_option_half_met() -> None:
    question = query(WANTED, EXTRA, sets=[{"options": [["wanted", "extra"]]}])
    with pytest.raises(SchemaError):
        check_answer(question, {"wanted": [shown({"a": 1})]})


def test_Q06_hostile_answer_to_a_large_question_stops_within_its_budget() -> None:
    value, _held = wildcards_over_a_history()
    answer = {f"q{index}": [shown(HISTORY)] for index in range(32)}

    def kind() -> str:
        with pytest.raises(SchemaError) as caught:
            check_answer(parse_dcql(value), answer)
        return caught.value.kind

    found, spent = least_cpu(kind)
    assert found in {"too_large", "query_unmet"}
    assert spent < CPU_SECONDS * 3
