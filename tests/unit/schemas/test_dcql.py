"""DCQL queries: what is read, what is refused, and the verifier's check of an answer."""

from typing import Any

import pytest

from carnet_schemas.dcql import DcqlQuery, check_answer, parse_dcql
from carnet_schemas.errors import SchemaError
from support.questions import VCT, asking, query, shown


def whole(*credentials: Any, **members: Any) -> dict[str, Any]:
    return {"credentials": list(credentials), **members}


def test_a_query_is_written_as_it_is_read() -> None:
    claims = [
        {"id": "a", "path": ["x", None, 0], "values": ["1", 1, True]},
        {"id": "b", "path": ["y"]},
    ]
    value = whole(
        asking(
            *claims,
            claim_sets=[["a", "b"], ["b"]],
            multiple=True,
            require_cryptographic_holder_binding=False,
            trusted_authorities=[{"type": "aki", "values": ["x"]}],
        ),
        asking(name="d-_9"),
        credential_sets=[{"options": [["c"], ["d-_9", "c"]], "required": False}],
    )
    assert parse_dcql(value).to_json() == value


def test_defaults() -> None:
    asked = query(asking()).credentials[0]
    assert not asked.allows_several
    assert asked.needs_holder_binding
    assert asked.claim_options == ((),)
    assert asked.vct_values == (VCT,)
    assert not query(asking()).needs_state
    assert query(asking(require_cryptographic_holder_binding=False)).needs_state
    assert query(asking(), sets=[{"options": [["c"]]}]).credential_sets[0].is_required  # type: ignore[index]  # it was given


def test_claim_sets_keep_the_askers_order() -> None:
    claims = [{"id": name, "path": [name]} for name in "abc"]
    asked = query(asking(*claims, claim_sets=[["c", "a"], ["b"]])).credentials[0]
    assert [[claim.id for claim in option] for option in asked.claim_options] == [["c", "a"], ["b"]]


def test_other_formats_are_read_and_have_no_types_of_ours() -> None:
    value = whole({"id": "m", "format": "mso_mdoc", "meta": {"doctype_value": "x"}})
    assert parse_dcql(value).credentials[0].vct_values == ()
    assert parse_dcql(whole({"id": "m", "format": "x", "meta": {}})).credential("m")
    assert parse_dcql(whole({"id": "m", "format": "x", "meta": {}})).credential("n") is None


A = {"id": "a", "path": ["a"]}
B = {"id": "b", "path": ["b"]}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="array"),
        pytest.param("{}", id="text"),
        pytest.param({}, id="no-credentials"),
        pytest.param(whole(), id="empty-credentials"),
        pytest.param({"credentials": asking()}, id="credentials-no-array"),
        pytest.param(whole(None), id="credential-null"),
        pytest.param(whole({**asking(), "id": None}), id="id-null"),
        pytest.param(whole({"format": "x", "meta": {}}), id="id-missing"),
        pytest.param(whole(asking(name="")), id="id-empty"),
        pytest.param(whole(asking(name="a.b")), id="id-dot"),
        pytest.param(whole(asking(name="a b")), id="id-blank"),
        pytest.param(whole(asking(name="é")), id="id-accent"),
        pytest.param(whole(asking(name="a\n")), id="id-line-end"),
        pytest.param(whole(asking(name="a/b")), id="id-slash"),
        pytest.param(whole(asking(), asking()), id="id-twice"),
        pytest.param(whole({"id": "a", "meta": {}}), id="format-missing"),
        pytest.param(whole({"id": "a", "format": "", "meta": {}}), id="format-empty"),
        pytest.param(whole({"id": "a", "format": "dc+sd-jwt"}), id="meta-missing"),
        pytest.param(whole({**asking(), "meta": []}), id="meta-array"),
        pytest.param(whole({**asking(), "meta": {}}), id="types-missing"),
        pytest.param(whole({**asking(), "meta": {"vct_values": []}}), id="types-empty"),
        pytest.param(whole({**asking(), "meta": {"vct_values": VCT}}), id="types-text"),
        pytest.param(whole({**asking(), "meta": {"vct_values": [5]}}), id="types-number"),
        pytest.param(whole({**asking(), "meta": {"vct_values": [""]}}), id="types-nameless"),
        pytest.param(whole({**asking(), "meta": {"vct_values": ["x"] * 65}}), id="types-many"),
        pytest.param(whole(asking(multiple="true")), id="multiple-text"),
        pytest.param(whole(asking(multiple=1)), id="multiple-number"),
        pytest.param(
            whole(asking(require_cryptographic_holder_binding="false")), id="binding-text"
        ),
        pytest.param(whole(asking(trusted_authorities=[])), id="authorities-empty"),
        pytest.param(
            whole(asking(trusted_authorities=[{"type": "aki"}])), id="authority-no-values"
        ),
        pytest.param(
            whole(asking(trusted_authorities=[{"type": "aki", "values": []}])), id="authority-empty"
        ),
        pytest.param(
            whole(asking(trusted_authorities=[{"values": ["x"]}])), id="authority-no-type"
        ),
        pytest.param(whole(asking(claims=[])), id="claims-empty"),
        pytest.param(whole(asking(claims={})), id="claims-object"),
        pytest.param(whole(asking({"id": "a"})), id="claim-no-path"),
        pytest.param(whole(asking({"id": "", "path": ["a"]})), id="claim-id-empty"),
        pytest.param(whole(asking({"id": "a.b", "path": ["a"]})), id="claim-id-dot"),
        pytest.param(whole(asking(A, {**B, "id": "a"})), id="claim-id-twice"),
        pytest.param(whole(asking({**A, "values": []})), id="values-empty"),
        pytest.param(whole(asking({**A, "values": "x"})), id="values-text"),
        pytest.param(whole(asking({**A, "values": [1.5]})), id="values-float"),
        pytest.param(whole(asking({**A, "values": [None]})), id="values-null"),
        pytest.param(whole(asking({**A, "values": [["x"]]})), id="values-array"),
        pytest.param(whole(asking({**A, "values": [{}]})), id="values-object"),
        pytest.param(whole(asking(claim_sets=[["a"]])), id="claim-sets-without-claims"),
        pytest.param(whole(asking(A, claim_sets=[])), id="claim-sets-empty"),
        pytest.param(whole(asking(A, claim_sets=[[]])), id="claim-set-empty"),
        pytest.param(whole(asking(A, claim_sets=["a"])), id="claim-set-text"),
        pytest.param(whole(asking(A, claim_sets=[["b"]])), id="claim-set-unknown"),
        pytest.param(whole(asking(A, {"path": ["b"]}, claim_sets=[["a"]])), id="claim-set-no-id"),
        pytest.param(whole(asking(), credential_sets=[]), id="sets-empty"),
        pytest.param(whole(asking(), credential_sets={}), id="sets-object"),
        pytest.param(whole(asking(), credential_sets=[{}]), id="set-no-options"),
        pytest.param(whole(asking(), credential_sets=[{"options": []}]), id="options-empty"),
        pytest.param(whole(asking(), credential_sets=[{"options": [[]]}]), id="option-empty"),
        pytest.param(whole(asking(), credential_sets=[{"options": ["c"]}]), id="option-text"),
        pytest.param(whole(asking(), credential_sets=[{"options": [["d"]]}]), id="option-unknown"),
        pytest.param(
            whole(asking(), credential_sets=[{"options": [["c"]], "required": "no"}]),
            id="required-text",
        ),
    ],
)
def test_query_malformed(value: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dcql(value)
    assert caught.value.kind == "malformed"
    assert caught.value.pointer.startswith("/dcql_query")


def test_pointer_is_where_the_query_stands() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dcql(whole(asking({"path": [-1]})), pointer="/query")
    assert caught.value.pointer == "/query/credentials/0/claims/0/path"


def test_several_presentations_where_several_may_answer() -> None:
    question = query(asking(["a"], multiple=True))
    checked = check_answer(question, {"c": [shown({"a": 1}), shown({"a": 2})]})
    assert [each.selected for each in checked.by_query["c"]] == [((("a",), 1),), ((("a",), 2),)]
    with pytest.raises(SchemaError) as caught:
        check_answer(question, {"c": [shown({"a": 1}), shown({})]})
    assert caught.value.pointer == "/c/1"
    with pytest.raises(SchemaError):
        check_answer(question, {"c": [shown({"a": 1})] * 101})


def test_no_claims_asked_is_answered_by_the_credential_alone() -> None:
    checked = check_answer(query(asking()), {"c": [shown({"a": 1})]})
    assert checked.by_query["c"][0].selected == ()


def test_answer_without_holders_proof_where_none_was_asked() -> None:
    question = query(asking(["a"], require_cryptographic_holder_binding=False))
    check_answer(question, {"c": [shown({"a": 1}, holder_binding=False)]})


def test_sub_type_answers_for_the_type_it_extends() -> None:
    check_answer(query(asking()), {"c": [shown({}, vcts=("https://sub.example/1", VCT))]})


def test_one_fitting_element_answers_and_only_it_is_selected() -> None:
    question = query(asking({"path": ["s", None, "label"], "values": ["b"]}))
    labels = {"s": [{"label": "a"}, {"label": "b"}]}
    checked = check_answer(question, {"c": [shown(labels)]})
    assert checked.by_query["c"][0].selected == ((("s", 1, "label"), "b"),)


def test_index_counts_the_hidden_elements_too() -> None:
    """The worker shows the third skill alone: it is still the third."""
    question = query(asking(["s", 2]))
    third = shown({"s": ["c"]}, original_indices={("s",): (2,)})
    checked = check_answer(question, {"c": [third]})
    assert checked.by_query["c"][0].selected == ((("s", 2), "c"),)
    first = shown({"s": ["a"]}, original_indices={("s",): (0,)})
    with pytest.raises(SchemaError):
        check_answer(question, {"c": [first]})
    with pytest.raises(SchemaError):
        check_answer(question, {"c": [shown({"s": ["c"]})]})
    nested = query(asking(["p", 4, "m", None]))
    inside = shown(
        {"p": [{"m": ["x", "y"]}]}, original_indices={("p",): (4,), ("p", 4, "m"): (1, 3)}
    )
    checked = check_answer(nested, {"c": [inside]})
    assert checked.by_query["c"][0].selected == (
        (("p", 4, "m", 1), "x"),
        (("p", 4, "m", 3), "y"),
    )


def test_optional_set_alone_may_be_answered() -> None:
    optional = query(asking(["a"]), sets=[{"options": [["c"]], "required": False}])
    check_answer(optional, {"c": [shown({"a": 1})]})
    with pytest.raises(SchemaError):
        check_answer(optional, {})


def test_either_option_answers() -> None:
    question: DcqlQuery = query(
        asking(["a"], name="a"),
        asking(["b"], name="b"),
        asking(["d"], name="d"),
        sets=[{"options": [["a"], ["b", "d"]]}],
    )
    check_answer(question, {"a": [shown({"a": 1})]})
    check_answer(question, {"b": [shown({"b": 1})], "d": [shown({"d": 1})]})
    for half in ("b", "d"):
        with pytest.raises(SchemaError):
            check_answer(question, {half: [shown({half: 1})]})


def test_reprs_show_no_claim() -> None:
    presented = shown({"a": "s3cr3t"})
    checked = check_answer(query(asking(["a"])), {"c": [presented]})
    assert "s3cr3t" not in repr(presented) + repr(checked)
