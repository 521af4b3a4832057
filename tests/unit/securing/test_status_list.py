"""Building, signing and reading status lists."""

import time
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing import base64url
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetched
from carnet_securing.limits import PRESENTATION
from carnet_securing.status_list import (
    TTL_CEILING,
    TTL_DEFAULT,
    TTL_FLOOR,
    Status,
    StatusReference,
    fetch_status_token,
    inflate,
    parse_status,
    parse_status_token,
)
from carnet_securing.status_list_build import StatusListBuilder, compress, sign_status_list
from support.fuzzing import fuzz
from support.keys import signer
from support.status_tokens import DROP, NOW, SMALL, URI, status_list, token, verify


def kind_of(text: str | bytes, **expectations: object) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        verify(text, **expectations)  # type: ignore[arg-type]
    return caught.value.kind


# Building


@fuzz(200)
@given(
    bits=st.sampled_from([1, 2, 4, 8]),
    entries=st.lists(st.tuples(st.integers(0, 63), st.integers(0, 255)), max_size=40),
)
def test_a_builder_gives_back_what_was_set(bits: int, entries: list[tuple[int, int]]) -> None:
    builder = StatusListBuilder(size=64, bits=bits)
    expected: dict[int, int] = {}
    for index, value in entries:
        status = value & ((1 << bits) - 1)
        if expected.get(index) == Status.INVALID:
            continue
        builder.set(index, status)
        expected[index] = status

    assert [builder.get(index) for index in range(64)] == [expected.get(i, 0) for i in range(64)]
    assert zlib.decompress(compress(builder.packed())) == builder.packed()


@pytest.mark.parametrize("bits", [0, 3, 5, 16, -1, True, "1", 2.0])
def test_a_builder_has_one_two_four_or_eight_bits(bits: object) -> None:
    with pytest.raises(InvalidError) as caught:
        StatusListBuilder(size=64, bits=bits)  # type: ignore[arg-type]
    assert caught.value.kind is ErrorKind.STATUS_INVALID


@pytest.mark.parametrize("size", [0, -8, 3, True, 8.0])
def test_a_builder_fills_whole_bytes(size: object) -> None:
    with pytest.raises(InvalidError) as caught:
        StatusListBuilder(size=size, bits=1)  # type: ignore[arg-type]
    assert caught.value.kind is ErrorKind.STATUS_INVALID


@pytest.mark.parametrize("index", [-1, 64, 2**31, True, "1", 1.0, None])
def test_a_builder_refuses_places_outside(index: object) -> None:
    builder = StatusListBuilder(size=64, bits=2)
    for act in (lambda: builder.get(index), lambda: builder.set(index, 1)):  # type: ignore[arg-type]
        with pytest.raises(InvalidError) as caught:
            act()
        assert caught.value.kind is ErrorKind.STATUS_INDEX


@pytest.mark.parametrize("value", [-1, 4, 256, True, "1", 1.0, None])
def test_a_builder_refuses_values_its_bits_cannot_hold(value: object) -> None:
    builder = StatusListBuilder(size=64, bits=2)
    with pytest.raises(InvalidError) as caught:
        builder.set(0, value)  # type: ignore[arg-type]
    assert caught.value.kind is ErrorKind.STATUS_INVALID
    assert builder.packed() == bytes(16)


def test_a_million_entries_are_built_packed_signed_and_read_quickly() -> None:
    builder = StatusListBuilder()
    started = time.process_time()
    builder.update((index * 97 % 2**20, Status.INVALID) for index in range(10_000))
    signed = sign_status_list(
        builder.packed(),
        bits=2,
        uri=URI,
        issued_at=NOW,
        expires_at=NOW + 3600,
        ttl=300,
        aggregation_uri=None,
        signer=signer("issuer"),
    )
    verified = verify(signed)
    elapsed = time.process_time() - started

    assert len(verified) == 2**20
    assert verified.entries == builder.packed()
    # About 0.04 s; the bound only catches a loop over entries.
    assert elapsed < 1


def test_a_builder_knows_its_size() -> None:
    builder = StatusListBuilder(size=64, bits=4)

    assert (len(builder), builder.bits) == (64, 4)
    assert (len(StatusListBuilder()), StatusListBuilder().bits) == (2**20, 2)


# Signing


def sign(**changes: object) -> str:
    arguments: dict[str, object] = {
        "bits": 2,
        "uri": URI,
        "issued_at": NOW,
        "expires_at": NOW + 3600,
        "ttl": 300,
        "aggregation_uri": "https://issuer.example/status",
        "signer": signer("issuer"),
        **changes,
    }
    return sign_status_list(bytes(16), **arguments)  # type: ignore[arg-type]


def test_a_signed_list_says_what_it_must() -> None:
    parsed = parse_status_token(sign(), limits=PRESENTATION)
    verified = verify(sign())

    assert parsed.unverified_kid == signer("issuer").public_jwk.kid
    assert parsed.unverified_algorithm == "ES256"
    assert parsed.unverified_x5c is None
    assert parsed.jws.unverified_header["typ"] == "statuslist+jwt"
    assert (verified.issued_at, verified.expires_at, verified.ttl) == (NOW, NOW + 3600, 300)
    assert verified.aggregation_uri == "https://issuer.example/status"


def test_a_token_may_be_taken_apart_first() -> None:
    parsed = parse_status_token(sign(), limits=PRESENTATION)

    assert verify(parsed) == verify(sign())


def test_what_is_optional_may_be_left_out() -> None:
    verified = verify(sign(expires_at=None, ttl=None, aggregation_uri=None))

    assert (verified.expires_at, verified.ttl, verified.aggregation_uri) == (None, None, None)


def test_certificates_go_into_the_header() -> None:
    parsed = parse_status_token(sign(x5c=["AAAA"]), limits=PRESENTATION)

    assert parsed.unverified_x5c == ["AAAA"]


@pytest.mark.parametrize(
    "changes", [{"bits": 3}, {"ttl": 0}, {"ttl": -1}, {"expires_at": NOW}, {"expires_at": NOW - 1}]
)
def test_a_list_that_nobody_would_accept_is_not_signed(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidError) as caught:
        sign(**changes)
    assert caught.value.kind is ErrorKind.STATUS_INVALID


def test_ed25519_signs_lists_too() -> None:
    signed = token(by=signer("issuer", "EdDSA"))
    # The key type decides: the ES256 key of the same name does not verify it.
    assert kind_of(signed) is ErrorKind.ALG_NOT_ALLOWED


# References


def test_a_reference_is_read_and_written() -> None:
    claim = {"status_list": {"idx": 0, "uri": URI}, "other": 1}

    reference = parse_status(claim)

    assert (reference.index, reference.uri) == (0, URI)
    assert reference.to_json() == {"status_list": {"idx": 0, "uri": URI}}
    assert URI not in repr(reference)


@pytest.mark.parametrize(
    "claim",
    [
        None,
        "x",
        [],
        {},
        True,
        {"status_list": None},
        {"status_list": []},
        {"status_list": {}},
        {"status_list": {"idx": 0}},
        {"status_list": {"idx": 0, "uri": 1}},
        {"status_list": {"idx": 0, "uri": ""}},
        {"status_list": {"idx": 0, "uri": "/status/1"}},
        {"status_list": {"idx": 0, "uri": "https://i.example/a b"}},
        {"status_list": {"idx": 0, "uri": "https://i.example/\n"}},
        {"status_list": {"idx": 0, "uri": "https://i.example/é"}},
        {"status_list": {"idx": 0, "uri": "https://i.example/" + "a" * 2048}},
    ],
)
def test_a_malformed_reference_is_refused(claim: object) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_status(claim)
    assert caught.value.kind is ErrorKind.STATUS_INVALID


def test_an_unknown_status_method_could_not_be_checked() -> None:
    with pytest.raises(UndeterminedError) as caught:
        parse_status({"identifier_list": {"id": "x", "uri": URI}})
    assert caught.value.kind is ErrorKind.STATUS_UNAVAILABLE


# Reading


def test_values_without_a_name_keep_their_number() -> None:
    verified = verify(token({"status_list": status_list(bytes([0, 1, 2, 3, 11, 255]), bits=8)}))

    assert [int(verified.status(index)) for index in range(6)] == [0, 1, 2, 3, 11, 255]
    assert verified.status(3) is not Status.VALID
    assert verified.status(5) == 255
    assert Status.VALID.name == "VALID"
    assert verified.status(5).name == "OTHER_255"


@pytest.mark.parametrize("value", [-1, 256, "0", None, 0.5])
def test_nothing_else_is_a_status(value: object) -> None:
    with pytest.raises(ValueError, match="not a valid Status"):
        Status(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ttl", "exp", "expected"),
    [
        (DROP, DROP, TTL_DEFAULT),
        (300, DROP, 300),
        (1, DROP, TTL_FLOOR),
        (0.5, DROP, TTL_FLOOR),
        (10**9, DROP, TTL_CEILING),
        (43_200, NOW + 600, 600),
        (43_200, NOW + 1, TTL_FLOOR),
        (120.9, NOW + 3600, 120),
    ],
)
def test_ttl_and_exp_decide_how_long_a_list_is_fresh(
    ttl: object, exp: object, expected: int
) -> None:
    verified = verify(token({"ttl": ttl, "exp": exp}))

    assert verified.fresh_until(NOW) == NOW + expected


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": NOW + 60},
        {"iat": 0},
        {"nbf": NOW + 60},
        {"nbf": 0},
        {"exp": NOW - 59, "iat": 0},
        {"iss": "https://issuer.example"},
        {"jti": "x", "other": {"a": [1]}},
    ],
    ids=repr,
)
def test_times_within_the_leeway_and_unknown_claims_pass(claims: dict[str, object]) -> None:
    assert verify(token(claims)).status(0) is Status.VALID


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"ttl": 0}, ErrorKind.STATUS_INVALID),
        ({"ttl": -5}, ErrorKind.STATUS_INVALID),
        ({"ttl": "300"}, ErrorKind.STATUS_INVALID),
        ({"ttl": True}, ErrorKind.STATUS_INVALID),
        ({"ttl": None}, ErrorKind.STATUS_INVALID),
        ({"exp": "1"}, ErrorKind.STATUS_INVALID),
        ({"exp": True}, ErrorKind.STATUS_INVALID),
        ({"exp": 1.5}, ErrorKind.STATUS_INVALID),
        ({"nbf": NOW + 61}, ErrorKind.STATUS_INVALID),
        ({"nbf": "0"}, ErrorKind.STATUS_INVALID),
        ({"aud": "somebody"}, ErrorKind.STATUS_INVALID),
        ({"status_list": DROP}, ErrorKind.STATUS_INVALID),
        ({"status_list": []}, ErrorKind.STATUS_INVALID),
        ({"status_list": status_list(lst=DROP)}, ErrorKind.STATUS_INVALID),
        ({"status_list": status_list(lst=7)}, ErrorKind.STATUS_INVALID),
        ({"status_list": status_list(lst="")}, ErrorKind.STATUS_INVALID),
        ({"status_list": status_list(lst="****")}, ErrorKind.STATUS_INVALID),
        ({"status_list": status_list(aggregation_uri=1)}, ErrorKind.STATUS_INVALID),
    ],
)
def test_a_malformed_list_is_refused(claims: dict[str, object], kind: ErrorKind) -> None:
    assert kind_of(token(claims)) is kind


def test_padding_in_lst_is_refused() -> None:
    padded = base64url.encode(zlib.compress(bytes(17))) + "="

    assert kind_of(token({"status_list": status_list(lst=padded)})) is ErrorKind.STATUS_INVALID


def test_an_empty_list_has_no_place() -> None:
    verified = verify(token({"status_list": status_list(b"")}))

    assert len(verified) == 0
    with pytest.raises(InvalidError) as caught:
        verified.status(0)
    assert caught.value.kind is ErrorKind.STATUS_INDEX


def test_a_list_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    at_limit = status_list(bytes(SMALL.status_inflated_bytes))
    above = status_list(bytes(SMALL.status_inflated_bytes + 1))

    assert len(verify(token({"status_list": at_limit}), limits=SMALL).entries) == 1024
    assert kind_of(token({"status_list": above}), limits=SMALL) is ErrorKind.STATUS_INVALID


def test_a_token_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    text = token()

    verify(text, limits=replace(PRESENTATION, status_token_bytes=len(text)))
    tight = replace(PRESENTATION, status_token_bytes=len(text) - 1)
    assert kind_of(text, limits=tight) is ErrorKind.TOO_LARGE


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_inflating_joins_its_pieces(size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]

    assert inflate(compress(data), max_bytes=size) == data


class OneDocument:
    """A `Fetch` that has one answer."""

    def __init__(self, body: bytes | UndeterminedError, media_type: str) -> None:
        self._body, self._media_type = body, media_type
        self.asked: list[tuple[str, str, int, int]] = []

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        self.asked.append((url, accept, max_bytes, max_redirects))
        if isinstance(self._body, UndeterminedError):
            raise self._body
        return Fetched(url=url, media_type=self._media_type, unverified_body=self._body)


def test_a_token_is_fetched_by_its_media_type_and_within_its_limits() -> None:
    fetch = OneDocument(token().encode(), "application/statuslist+jwt")

    unverified = fetch_status_token(URI, fetch=fetch, limits=PRESENTATION)

    assert fetch.asked == [(URI, "application/statuslist+jwt", 2 * 1024 * 1024, 3)]
    assert unverified.unverified_kid is None
    assert unverified.unverified_algorithm == "ES256"


# Any input


@fuzz(300)
@given(st.binary(max_size=200))
def test_any_bytes_inflate_or_fail_as_status_invalid(data: bytes) -> None:
    for candidate in (data, b"\x78\x9c" + data, compress(data) + data[:1], compress(data)[:-1]):
        try:
            inflated = inflate(candidate, max_bytes=150)
        except InvalidError as error:
            kind: ErrorKind | None = error.kind
        else:
            kind = None
            assert len(inflated) <= 150
        assert kind in (None, ErrorKind.STATUS_INVALID)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@fuzz(200)
@given(json_values | st.fixed_dictionaries({"status_list": json_values}))
def test_any_status_claim_is_a_reference_or_a_typed_error(claim: object) -> None:
    try:
        parsed: object = parse_status(claim)
    except CarnetError as error:
        parsed = error.kind
    assert isinstance(parsed, StatusReference | ErrorKind)


@fuzz(150)
@given(
    name=st.sampled_from(["sub", "iat", "exp", "nbf", "ttl", "aud", "status_list"]),
    value=json_values | st.fixed_dictionaries({"bits": json_values, "lst": json_values}),
)
def test_any_signed_claims_are_a_list_or_a_typed_error(name: str, value: object) -> None:
    try:
        verify(token({name: value}))
    except CarnetError as error:
        outcome: ErrorKind | None = error.kind
    else:
        outcome = None
    assert outcome is None or isinstance(outcome, ErrorKind)


@fuzz(200)
@given(st.binary(max_size=120) | st.text(max_size=120).map(str.encode))
def test_any_bytes_are_a_token_or_a_typed_error(data: bytes) -> None:
    assert isinstance(kind_of(data), ErrorKind)
