"""Whatever is decoded JSON gets a model or a SchemaError, never another exception."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_schemas.catalog import concealable_paths, credential_type, validate_claims
from carnet_schemas.errors import SchemaError
from support.credential_samples import COMPLETE

_NAMES = st.sampled_from(
    sorted(
        {
            step
            for vct in COMPLETE
            for claim in credential_type(vct).claims
            for step in claim.path
            if type(step) is str
        }
        | {"", "...", "_sd", "__proto__", "__class__", "constructor", "a.b", "\u0000", "\ud800"}
    )
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=20,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if type(value) is dict else enumerate(value)
    found = [path] if path else []
    for step, each in inner:
        found += places(each, (*path, step)) if type(each) in (dict, list) else [(*path, step)]
    return found


def read_or_refuse(vct: str, claims: Any) -> None:
    for complete in (True, False):
        try:
            model = validate_claims(vct, claims, complete=complete)
        except SchemaError:
            continue
        assert type(model) is credential_type(vct).model


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
@settings(max_examples=60, deadline=None)
@given(claims=_JSON)
def test_any_json_is_read_or_refused(vct: str, claims: Any) -> None:
    read_or_refuse(vct, claims)
    concealable_paths(vct, claims)


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_sample_with_one_place_replaced_is_read_or_refused(vct: str, data: st.DataObject) -> None:
    claims = copy.deepcopy(COMPLETE[vct][0])
    *above, last = data.draw(st.sampled_from(places(claims)))
    here: Any = claims
    for step in above:
        here = here[step]
    here[last] = data.draw(_JSON)
    read_or_refuse(vct, claims)
