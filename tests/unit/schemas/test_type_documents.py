"""The shipped documents: made from the models, valid by their own rules, saying the same."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from carnet_schemas.catalog import (
    CREDENTIAL_TYPES,
    credential_type,
    json_schema_bytes,
    type_metadata_bytes,
    validate_claims,
)
from carnet_schemas.errors import SchemaError
from carnet_schemas.never_list import topic_of
from carnet_schemas.paths import select
from support.credential_samples import COMPLETE, changed, without
from support.schema_documents import DOCUMENTS, expected_documents

TYPES = list(COMPLETE)
IDS = [vct.split(":")[2] for vct in TYPES]


def schema_of(vct: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(json_schema_bytes(vct))
    return schema


def metadata_of(vct: str) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(type_metadata_bytes(vct))
    return metadata


def test_documents_are_what_the_models_make() -> None:
    expected = expected_documents()
    assert {path for path in DOCUMENTS.iterdir() if path.suffix == ".json"} <= set(expected)
    for path, content in expected.items():
        assert path.read_bytes() == content, (
            f"{path.name} is stale: run python tests/support/schema_documents.py"
        )


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_type_metadata_has_the_form_of_draft_19(vct: str) -> None:
    metadata = metadata_of(vct)
    assert metadata["vct"] == vct
    assert set(metadata) == {"vct", "name", "description", "display", "claims"}
    assert [each["locale"] for each in metadata["display"]] == ["fr", "en"]
    for display in metadata["display"]:
        assert display["name"]
        assert display["description"]
        simple = display["rendering"]["simple"]
        assert set(simple) == {"background_color", "text_color"}, "no logo: nothing is fetched"
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in simple.values())
    for claim in metadata["claims"]:
        assert set(claim) == {"path", "display", "sd", "mandatory"}
        assert claim["sd"] in {"always", "never"}
        assert [each["locale"] for each in claim["display"]] == ["fr", "en"]
        assert all(each["label"] for each in claim["display"])
    paths = [tuple(claim["path"]) for claim in metadata["claims"]]
    assert len(set(paths)) == len(paths)
    assert len(type_metadata_bytes(vct)) < 256 * 1024


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_words_for_people_are_short_and_plain(vct: str) -> None:
    words = [
        text
        for item in (*metadata_of(vct)["display"], *metadata_of(vct)["claims"])
        for part in item.get("display", [item])
        for text in (part.get("name", ""), part.get("label", ""), part.get("description", ""))
    ]
    refused = ("credential", "jeton", "diplôme", "score", "réputation", "·", "livret")
    for text in words:
        assert len(text.split()) <= 15, text
        assert not any(word in text.lower() for word in refused), text


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_text_colour_can_be_read(vct: str) -> None:
    """WCAG 2.2 AA, 1.4.3: a contrast of 4.5 to 1."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for display in metadata_of(vct)["display"]:
        simple = display["rendering"]["simple"]
        light, dark = sorted(
            (luminance(simple["text_color"]), luminance(simple["background_color"])), reverse=True
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def _closed_lists(schema: dict[str, Any]) -> Iterator[tuple[tuple[str | None, ...], set[str]]]:
    for path, part in _schema_parts(schema):
        if "enum" in part:
            yield path, set(part["enum"])
        if part.get("type") == "integer" and part.get("maximum") == 8:
            yield path, {str(level) for level in range(part["minimum"], 9)}


def _schema_paths(schema: dict[str, Any]) -> Iterator[tuple[str | None, ...]]:
    for path, _ in _schema_parts(schema):
        yield path


def _schema_parts(
    schema: dict[str, Any],
) -> Iterator[tuple[tuple[str | None, ...], dict[str, Any]]]:
    definitions = schema.get("$defs", {})

    def walk(part: dict[str, Any], path: tuple[str | None, ...]) -> Iterator[Any]:
        if "$ref" in part:
            part = definitions[part["$ref"].rpartition("/")[2]]
        if path:
            yield path, part
        for name, inner in part.get("properties", {}).items():
            yield from walk(inner, (*path, name))
        if "items" in part:
            yield from walk(part["items"], (*path, None))

    return walk(schema, ())


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_model_and_metadata_know_the_same_claims(vct: str) -> None:
    registered = {
        "iss",
        "iat",
        "nbf",
        "exp",
        "cnf",
        "vct",
        "vct#integrity",
        "aka_vcts",
        "status",
    }
    in_model = {path for path in _schema_paths(schema_of(vct)) if path[0] not in registered}
    in_metadata = {tuple(claim["path"]) for claim in metadata_of(vct)["claims"]}
    assert in_model == in_metadata


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_every_closed_list_has_words_in_both_languages(vct: str) -> None:
    listed: dict[tuple[Any, ...], set[str]] = dict(_closed_lists(schema_of(vct)))
    for claim in credential_type(vct).claims:
        assert set(claim.words) >= listed.get(claim.path, set()), claim.path
        assert bool(claim.words) is (claim.path in listed), claim.path
        assert all(set(words) == {"fr", "en"} for words in claim.words.values())


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_parents_come_before_children_and_are_never_tighter(vct: str) -> None:
    seen: set[tuple[Any, ...]] = set()
    for claim in credential_type(vct).claims:
        assert len(claim.path) == 1 or claim.path[:-1] in seen, claim.path
        seen.add(claim.path)


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_mandatory_in_metadata_means_there_in_every_complete_sample(vct: str) -> None:
    for claim in metadata_of(vct)["claims"]:
        if claim["mandatory"]:
            for sample in COMPLETE[vct]:
                assert list(select(sample, tuple(claim["path"]))), claim["path"]


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_no_claim_of_ours_is_on_the_never_list(vct: str) -> None:
    for claim in credential_type(vct).claims:
        assert all(topic_of(step) is None for step in claim.path if type(step) is str), claim.path


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_json_schema_is_valid_and_closed(vct: str) -> None:
    schema = schema_of(vct)
    Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            assert part["additionalProperties"] is False


def _faults(vct: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every complete sample with one thing wrong that a JSON Schema can see."""
    for sample in COMPLETE[vct]:
        for claim in credential_type(vct).claims:
            for path, value in list(select(sample, claim.path))[:2]:
                yield f"null {path}", changed(sample, *path, to=None)
                wrong = [value] if type(value) is not list else {"a": value}
                yield f"wrapped {path}", changed(sample, *path, to=wrong)
                yield f"true {path}", changed(sample, *path, to=1 if type(value) is bool else True)
                if type(value) is str:
                    yield f"control {path}", changed(sample, *path, to=value + "\u202e")
                    yield f"long {path}", changed(sample, *path, to=value + "x" * 2000)
                    yield f"empty {path}", changed(sample, *path, to="")
                if type(value) in (dict, list):
                    yield f"emptied {path}", changed(sample, *path, to=type(value)())
                if type(value) is dict:
                    yield f"extra {path}", changed(sample, *path, "zz9", to=1)
                if type(value) in (int, float):
                    yield f"negative {path}", changed(sample, *path, to=-1)
                    yield f"huge {path}", changed(sample, *path, to=10**9)
                if claim.mandatory and type(path[-1]) is str:
                    yield f"without {path}", without(sample, *path)


@pytest.mark.parametrize("vct", TYPES, ids=IDS)
def test_model_and_json_schema_refuse_the_same(vct: str) -> None:
    validator = Draft202012Validator(schema_of(vct))
    profile = {"iss": "https://issuer.example", "vct": vct}
    for sample in COMPLETE[vct]:
        validator.validate(profile | sample)
    count = 0
    for name, claims in _faults(vct):
        count += 1
        assert not validator.is_valid(profile | claims), f"the JSON Schema accepts: {name}"
        with pytest.raises(SchemaError):
            validate_claims(vct, claims, complete=True)
    assert count > 3 * len(COMPLETE[vct])


def test_every_type_has_both_documents() -> None:
    assert len(list(DOCUMENTS.glob("*.vct.json"))) == len(CREDENTIAL_TYPES)
    assert len(list(DOCUMENTS.glob("*.schema.json"))) == len(CREDENTIAL_TYPES)
