"""The published vectors of Token Status List: the JWT ones used, the CWT ones with their reason."""

import json
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.limits import PRESENTATION
from carnet_securing.status_list import inflate, parse_status_token
from carnet_securing.status_list_build import StatusListBuilder
from support.keys import signer
from support.shared import vectors
from support.status_tokens import NOW, token, verify

FOLDER = vectors("token-status-list")

NO_CWT = "CWT or CBOR: Carnet's status lists are JWTs (SD-JWT VC requires that), so it is not read"
NOT_SUPPORTED = {
    "examples/referenced_token_cwt.txt": NO_CWT,
    "examples/referenced_token_cwt_diag.txt": NO_CWT,
    "examples/status_list_cwt.txt": NO_CWT,
    "examples/status_list_cwt_diag.txt": NO_CWT,
    "examples/status_list_encoding1_long_cbor.txt": NO_CWT,
    "examples/status_list_encoding2_cbor.txt": NO_CWT,
    "examples/status_list_encoding2_cbor_diag.txt": NO_CWT,
    "examples/status_list_encoding2_long_cbor.txt": NO_CWT,
    "examples/status_list_encoding4_cbor.txt": NO_CWT,
    "examples/status_list_encoding8_cbor.txt": NO_CWT,
    "examples/status_list_encoding_cbor.txt": NO_CWT,
    "examples/status_list_encoding_cbor_diag.txt": NO_CWT,
    "PROVENANCE.md": "says where the files come from",
}
SHORT = {
    "examples/status_list_encoding_json.txt": [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1],
    "examples/status_list_encoding2_json.txt": [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3],
}
LONG = {
    "examples/status_list_encoding1_long_json.txt": 1,
    "examples/status_list_encoding2_long_json.txt": 2,
    "examples/status_list_encoding4_json.txt": 4,
    "examples/status_list_encoding8_json.txt": 8,
}
TOKENS = {
    "status_list_token.jwt",
    "examples/status_list_jwt_raw.txt",
    "examples/status_list_jwt.txt",
}

LISTS: list[dict[str, Any]] = json.loads((FOLDER / "test-vectors.json").read_text())
EXAMPLE_URI = "https://example.com/statuslists/1"
ISSUED_AT, EXPIRES_AT = 1_686_920_170, 2_291_720_170


def embedded(name: str) -> dict[str, Any]:
    """The JSON object of an example, whose long strings are wrapped over lines."""
    text = (FOLDER / name).read_text()
    whole: dict[str, Any] = json.loads("".join(text[text.index("{") :].split()))
    return whole


def test_every_file_is_used_or_has_its_reason() -> None:
    files = {str(f.relative_to(FOLDER)) for f in FOLDER.rglob("*") if f.is_file()}

    assert files == {"test-vectors.json", *NOT_SUPPORTED, *SHORT, *LONG, *TOKENS}


@pytest.mark.parametrize("vector", LISTS, ids=lambda vector: f"bits-{vector['bits']}")
def test_each_entry_of_a_long_list_is_read(vector: dict[str, Any]) -> None:
    verified = verify(token({"status_list": vector["json"]}))
    expected = {int(index): value for index, value in vector["non_zero_or_listed"].items()}

    assert len(verified) == vector["size"] == 2**20
    assert {index: int(verified.status(index)) for index in expected} == expected
    default = vector["default"]
    others = sum(
        verified.status(index) != default for index in range(2**20) if index not in expected
    )
    assert others == 0


@pytest.mark.parametrize("vector", LISTS, ids=lambda vector: f"bits-{vector['bits']}")
def test_each_long_list_is_built_the_same(vector: dict[str, Any]) -> None:
    builder = StatusListBuilder(size=vector["size"], bits=vector["bits"])
    builder.update((int(i), value) for i, value in vector["non_zero_or_listed"].items())

    published = inflate(base64url.decode(vector["json"]["lst"]), max_bytes=2**20)
    assert builder.packed() == published


@pytest.mark.parametrize("vector", LISTS, ids=lambda vector: f"bits-{vector['bits']}")
def test_each_long_list_ends_where_it_ends(vector: dict[str, Any]) -> None:
    verified = verify(token({"status_list": vector["json"]}))

    with pytest.raises(InvalidError) as caught:
        verified.status(2**20)
    assert caught.value.kind is ErrorKind.STATUS_INDEX


@pytest.mark.parametrize("vector", LISTS, ids=lambda vector: f"bits-{vector['bits']}")
def test_the_cbor_form_holds_the_same_compressed_list(vector: dict[str, Any]) -> None:
    """The map is not read here, but the byte string at its end is the one JSON encodes."""
    assert vector["cbor_hex"].endswith(base64url.decode(vector["json"]["lst"]).hex())


@pytest.mark.parametrize("name", LONG)
def test_the_long_examples_are_the_vectors(name: str) -> None:
    vector = next(vector for vector in LISTS if vector["bits"] == LONG[name])

    assert embedded(name) == vector["json"]


@pytest.mark.parametrize("name", SHORT)
def test_the_short_examples_are_read(name: str) -> None:
    verified = verify(token({"status_list": embedded(name)}))

    assert [int(verified.status(index)) for index in range(len(verified))] == SHORT[name]


def raw_token() -> str:
    return (FOLDER / "status_list_token.jwt").read_text().strip()


def test_the_published_token_is_taken_apart() -> None:
    unverified = parse_status_token(raw_token(), limits=PRESENTATION)

    assert unverified.unverified_kid == "12"
    assert unverified.unverified_algorithm == "ES256"
    wrapped = (FOLDER / "examples/status_list_jwt_raw.txt").read_text()
    assert "".join(wrapped.split()) == raw_token()


def test_the_published_token_is_signed_by_a_key_that_is_not_published() -> None:
    with pytest.raises(InvalidError) as caught:
        verify(raw_token(), uri=EXAMPLE_URI, now=ISSUED_AT)

    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


def example_claims() -> dict[str, Any]:
    """Header and claims of `status_list_jwt.txt`, shown there one after the other."""
    header, claims = (FOLDER / "examples/status_list_jwt.txt").read_text().split("\n.\n")
    assert json.loads(header) == {"alg": "ES256", "kid": "12", "typ": "statuslist+jwt"}
    whole: dict[str, Any] = json.loads(claims)
    return whole


def test_the_published_claims_hold_under_a_key_of_ours() -> None:
    signed = token(example_claims(), header={"kid": "12"})

    verified = verify(signed, uri=EXAMPLE_URI, now=ISSUED_AT)

    assert [int(verified.status(index)) for index in range(16)] == SHORT[
        "examples/status_list_encoding_json.txt"
    ]
    assert (verified.issued_at, verified.expires_at, verified.ttl) == (
        ISSUED_AT,
        EXPIRES_AT,
        43_200,
    )


def test_the_published_claims_hold_only_in_their_time_and_for_their_address() -> None:
    signed = token(example_claims())

    with pytest.raises(UndeterminedError):
        verify(signed, uri=EXAMPLE_URI, now=EXPIRES_AT + 60)
    for expectation in (
        {"uri": EXAMPLE_URI, "now": ISSUED_AT - 61},
        {"uri": EXAMPLE_URI + "/", "now": ISSUED_AT},
        {"uri": EXAMPLE_URI, "now": NOW, "newest_seen_iat": ISSUED_AT + 1},
    ):
        with pytest.raises(InvalidError) as caught:
            verify(signed, **expectation)  # type: ignore[arg-type]
        assert caught.value.kind is ErrorKind.STATUS_INVALID
    assert signer("issuer").public_jwk.kid != "12"
