"""Whatever comes in, out comes a value or one of our errors, in little time."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_securing.errors import CarnetError
from carnet_securing.limits import PRESENTATION
from carnet_trust.aggregation import parse_aggregation
from carnet_trust.askers import asker_name
from carnet_trust.clean_text import clean_text
from carnet_trust.display_name import host_name, identifier_name
from carnet_trust.entries import entry_from_json, entry_to_json
from carnet_trust.integrity import check_integrity
from carnet_trust.issuer_home import home_of, is_under
from carnet_trust.trust_file import TrustData, parse_trust_file
from carnet_trust.type_document import parse_type_document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
ENTRY: dict[str, Any] = {
    "iss": "https://a.example",
    "route": "metadata",
    "types": ["urn:x:1"],
    "name": {"fr": "A", "en": "B"},
    "class": "union",
    "since": "2026-01-01T00:00:00Z",
    "until": "2027-01-01T00:00:00Z",
    "reason": "closed",
    "asker": ["x509_san_dns:a.example"],
}
DOCUMENT: dict[str, Any] = {
    "vct": "urn:x:1",
    "name": "X",
    "extends": "urn:x:0",
    "display": [{"locale": "fr", "name": "X", "description": "Y"}],
    "claims": [
        {
            "path": ["a", None, 1],
            "sd": "never",
            "mandatory": True,
            "svg_id": "a_1",
            "display": [{"locale": "fr", "label": "A"}],
        }
    ],
}


def places(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [so_far] if so_far else []
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            found += places(inner, (*so_far, step))
    return found


def damaged(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = new
    return changed


@given(JSON)
def test_any_value_as_an_entry(value: Any) -> None:
    try:
        entry_from_json(value)
    except CarnetError:
        return
    raise AssertionError("an arbitrary value was read as an entry")


@given(st.sampled_from(places(ENTRY)), JSON)
@settings(max_examples=300)
def test_an_entry_damaged_at_one_place(place: tuple[Any, ...], new: Any) -> None:
    changed = damaged(ENTRY, place, new)
    try:
        entry = entry_from_json(changed)
    except CarnetError:
        return
    assert entry_to_json(entry) == changed


@given(st.binary(max_size=200))
def test_any_bytes_as_a_file(data: bytes) -> None:
    for parse in (
        parse_trust_file,
        parse_aggregation,
        lambda raw: parse_type_document(raw, vct="x", limits=PRESENTATION),
    ):
        try:
            parse(data)
        except CarnetError:
            continue


@given(st.sampled_from(places(DOCUMENT)), JSON)
@settings(max_examples=300)
def test_a_type_description_damaged_at_one_place(place: tuple[Any, ...], new: Any) -> None:
    try:
        data = json.dumps(damaged(DOCUMENT, place, new)).encode()
        parse_type_document(data, vct="urn:x:1", limits=PRESENTATION)
    except CarnetError:
        return


@given(st.text(max_size=300), st.integers(min_value=1, max_value=80))
def test_any_text_becomes_one_short_line(text: str, length: int) -> None:
    cleaned = clean_text(text, max_length=length)
    assert len(cleaned.text) <= length
    assert cleaned.text.isprintable()
    assert clean_text(cleaned.text, max_length=length).text == cleaned.text


@given(st.text(max_size=100))
def test_any_text_as_a_name_of_somebody(text: str) -> None:
    for prefix in (
        "",
        "x509_san_dns:",
        "redirect_uri:https://",
        "decentralized_identifier:did:web:",
    ):
        named = asker_name(prefix + text, trust=TrustData.EMPTY, lang="fr", now=0)
        assert named.name.removeprefix("…").isascii()
    assert host_name(text).text.removeprefix("…").isascii()
    identifier_name(text)
    home = home_of(text)
    assert home is None or not is_under(home, home)


@given(st.binary(max_size=50), st.text(max_size=100))
def test_any_text_as_an_integrity_value(document: bytes, integrity: str) -> None:
    try:
        check_integrity(document, integrity)
    except CarnetError:
        return
    raise AssertionError("an arbitrary text was accepted as integrity metadata")
