"""Attacks on token status lists: rows T01 to T26 and T30 of the threat catalogue.

T28 is about another format. T16 and T17 need a server and are in test_fetch_attacks.py. Rows
that are decided above this layer are tested here as far as this layer carries them, and again
where they are decided: T18 to T20 in the verifier, T23 and T24 in the issuer.
"""

import inspect
import logging
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from carnet_securing import base64url
from carnet_securing import status_list as status_list_module
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetched
from carnet_securing.limits import PRESENTATION
from carnet_securing.status_list import (
    TTL_CEILING,
    Status,
    fetch_status_token,
    inflate,
    parse_status,
)
from carnet_securing.status_list_build import StatusListBuilder
from support.bounded_work import least_cpu
from support.keys import signer
from support.status_tokens import DROP, NOW, URI, status_list, token, verify


def kind_of(text: str | bytes, **expectations: object) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        verify(text, **expectations)  # type: ignore[arg-type]
    return caught.value.kind


def with_lst(data: bytes) -> str:
    return token({"status_list": status_list(lst=base64url.encode(data))})


BOMB = """
import resource, sys
from carnet_securing.errors import InvalidError
sys.path.insert(0, "tests")
from support.status_tokens import verify
text = sys.stdin.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    verify(text)
except InvalidError as error:
    print(error.kind, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_T01_a_decompression_bomb_costs_little_memory() -> None:
    """102 kB that inflate to 100 MiB; a process of its own, so that the peak is its own."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
    assert len(bomb) < 110_000

    ran = subprocess.run(
        [sys.executable, "-c", BOMB],
        input=with_lst(bomb),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    kind, growth_kib = ran.stdout.split()
    assert kind == ErrorKind.STATUS_INVALID
    assert int(growth_kib) < 16 * 1024


def test_T01_a_bomb_costs_little_time() -> None:
    bomb = with_lst(zlib.compress(bytes(100 << 20), 9))

    kind, seconds = least_cpu(lambda: kind_of(bomb))

    assert kind is ErrorKind.STATUS_INVALID
    assert seconds < 0.1


def preset_dictionary() -> bytes:
    packer = zlib.compressobj(zdict=bytes(32))
    return packer.compress(bytes(16)) + packer.flush()


def raw_deflate() -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(bytes(16)) + packer.flush()


def gzip_stream() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(bytes(16)) + packer.flush()


def two_streams_in_one() -> bytes:
    return zlib.compress(b"") + zlib.compress(bytes(16))


GOOD = zlib.compress(bytes(16))


def named(value: object) -> str:
    """A name that is the same in every process."""
    return "absent" if value is DROP else repr(value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD + b"\x00", id="trailing-zero"),
        pytest.param(GOOD + b"junk", id="trailing-junk"),
        pytest.param(GOOD + GOOD, id="second-stream"),
        pytest.param(two_streams_in_one(), id="empty-then-full"),
        pytest.param(preset_dictionary(), id="preset-dictionary"),
        pytest.param(raw_deflate(), id="raw-deflate"),
        pytest.param(gzip_stream(), id="gzip"),
        pytest.param(GOOD[:-1], id="cut-checksum"),
        pytest.param(GOOD[:-4], id="no-checksum"),
        pytest.param(GOOD[:3], id="cut-data"),
        pytest.param(GOOD[:2], id="header-only"),
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[:-1] + bytes([GOOD[-1] ^ 1]), id="wrong-checksum"),
        pytest.param(b"\x78\x9d" + GOOD[2:], id="wrong-header-check"),
        pytest.param(b"\x79\x9c" + GOOD[2:], id="wrong-method"),
        pytest.param(b"\x88\x1c" + GOOD[2:], id="window-too-large"),
        pytest.param(bytes(16), id="not-compressed"),
        pytest.param(zlib.compress(GOOD)[::-1], id="backwards"),
    ],
)
def test_T02_anything_but_one_whole_zlib_stream_is_refused(data: bytes) -> None:
    assert kind_of(with_lst(data)) is ErrorKind.STATUS_INVALID


def test_T02_a_nested_stream_stays_compressed() -> None:
    verified = verify(with_lst(zlib.compress(GOOD)))

    assert verified.entries == GOOD


@pytest.mark.parametrize(("level", "header"), [(0, "7801"), (2, "785e"), (6, "789c"), (9, "78da")])
def test_T03_every_compression_level_is_read(level: int, header: str) -> None:
    data = zlib.compress(bytes([0b10]) + bytes(4095), level)
    assert data[:2].hex() == header

    verified = verify(with_lst(data))

    assert verified.status(0) is Status.SUSPENDED
    assert len(verified) == 4 * 4096


@pytest.mark.parametrize("beyond", [0, 1, 2**31, 2**53 - 64, 2**63])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_T04_a_place_outside_of_the_list_is_refused(bits: int, beyond: int) -> None:
    verified = verify(token({"status_list": status_list(bytes(16), bits=bits)}))
    size = 128 // bits
    assert len(verified) == size
    assert verified.status(size - 1) is Status.VALID

    with pytest.raises(InvalidError) as caught:
        verified.status(size + beyond)
    assert caught.value.kind is ErrorKind.STATUS_INDEX


BAD_INDICES = [-1, "5", 5.0, 1e3, True, False, None, float("nan"), [5], {"idx": 5}, 2**53 + 1]


@pytest.mark.parametrize("index", BAD_INDICES, ids=named)
def test_T05_a_place_that_is_no_natural_number_is_refused(index: object) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_status({"status_list": {"idx": index, "uri": URI}})
    assert caught.value.kind is ErrorKind.STATUS_INDEX

    verified = verify(token())
    with pytest.raises(InvalidError) as caught:
        verified.status(index)  # type: ignore[arg-type]
    assert caught.value.kind is ErrorKind.STATUS_INDEX


def test_T05_a_missing_place_is_refused() -> None:
    with pytest.raises(InvalidError) as caught:
        parse_status({"status_list": {"uri": URI}})
    assert caught.value.kind is ErrorKind.STATUS_INDEX


@pytest.mark.parametrize(
    ("bits", "packed", "statuses"),
    [
        (1, b"\xb9\xa3", [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
        (2, b"\xc9\x44\xf9", [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
        (4, b"\x21\x0f", [1, 2, 15, 0]),
        (8, b"\x02\x01\xff", [2, 1, 255]),
    ],
)
def test_T06_the_least_significant_bits_come_first(
    bits: int, packed: bytes, statuses: list[int]
) -> None:
    """The first two rows are the examples of the draft, section "Compressed Byte Array"."""
    verified = verify(token({"status_list": status_list(packed, bits=bits)}))

    assert [int(verified.status(index)) for index in range(len(verified))] == statuses


@pytest.mark.parametrize(
    "bits", [0, 3, 5, 6, 7, 16, -1, "1", 1.0, True, None, [1], DROP], ids=named
)
def test_T07_no_other_size_of_entry_exists(bits: object) -> None:
    assert kind_of(token({"status_list": status_list(bits=bits)})) is ErrorKind.STATUS_INVALID


def test_T07_each_version_of_a_list_is_read_with_its_own_bits() -> None:
    """A list that changes its bits cannot be read with those of the version before."""
    before = verify(token({"status_list": status_list(b"\x02" * 16, bits=2)}))
    after = verify(token({"iat": NOW + 1, "status_list": status_list(b"\x02" * 16, bits=8)}))

    assert (before.status(0), before.status(1)) == (2, 0)
    assert (after.status(0), after.status(1)) == (2, 2)
    with pytest.raises(InvalidError):
        after.status(63)


@pytest.mark.parametrize(
    "subject",
    [
        "https://issuer.example/status/2",
        "https://issuer.example/status/1/",
        "https://issuer.example/status/1#",
        "https://issuer.example/status/1#x",
        "https://issuer.example/status/1?",
        "https://issuer.example/Status/1",
        "HTTPS://issuer.example/status/1",
        "https://issuer.example:443/status/1",
        "https://issuer.example/status/%31",
        "https://other.example/status/1",
        "",
        None,
        1,
        [URI],
        {"uri": URI},
        DROP,
    ],
    ids=named,
)
def test_T08_a_list_for_another_address_says_nothing(subject: object) -> None:
    assert kind_of(token({"sub": subject})) is ErrorKind.STATUS_INVALID


@pytest.mark.parametrize("late", [60, 61, 3600, 10**9])
def test_T11_an_expired_list_leaves_the_status_open(late: int) -> None:
    with pytest.raises(UndeterminedError) as caught:
        verify(token({"exp": NOW}), now=NOW + late)
    assert caught.value.kind is ErrorKind.STATUS_UNAVAILABLE


def test_T11_the_leeway_is_kept_and_no_more() -> None:
    assert verify(token({"exp": NOW}), now=NOW + 59).expires_at == NOW


def test_T12_an_older_list_does_not_bring_a_withdrawn_credential_back() -> None:
    old = token({"iat": NOW - 7200})

    assert verify(old, newest_seen_iat=NOW - 7200).issued_at == NOW - 7200
    assert kind_of(old, newest_seen_iat=NOW - 7199) is ErrorKind.STATUS_INVALID
    assert kind_of(old, newest_seen_iat=NOW) is ErrorKind.STATUS_INVALID


def test_T12_what_was_seen_before_must_be_said() -> None:
    parameter = inspect.signature(status_list_module.verify_status_list).parameters[
        "newest_seen_iat"
    ]

    assert parameter.default is inspect.Parameter.empty
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize(
    "issued",
    [DROP, None, "1", 1.5, True, -1, [NOW], NOW + 61, NOW + 10**9, 2**53 + 1],
    ids=named,
)
def test_T14_a_list_without_a_sound_date_is_refused(issued: object) -> None:
    kind = kind_of(token({"iat": issued}))

    # A number beyond 2^53 is no JSON number that two readers agree on.
    assert kind in (ErrorKind.STATUS_INVALID, ErrorKind.MALFORMED)
    assert kind is ErrorKind.STATUS_INVALID or issued == 2**53 + 1


class Served:
    """A `Fetch` that gives one token with the headers of its choice."""

    def __init__(self, body: str, headers: dict[str, str] | None = None) -> None:
        self._body, self._headers = body, headers or {}
        self.asked: list[str] = []

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        self.asked.append(url)
        return Fetched(
            url=url,
            media_type="application/statuslist+jwt",
            unverified_body=self._body.encode(),
            headers=self._headers,
        )


def test_T15_http_caching_headers_have_no_say() -> None:
    body = token({"ttl": 60, "exp": DROP})
    fetch = Served(body, {"cache-control": "max-age=31536000, immutable", "age": "0"})

    unverified = fetch_status_token(URI, fetch=fetch, limits=PRESENTATION)
    verified = verify(body)

    assert unverified.unverified_algorithm == "ES256"
    assert verified.fresh_until(NOW) == NOW + 60


@pytest.mark.parametrize("ttl", [TTL_CEILING + 1, 31_536_000, 2**53])
def test_T15_a_list_cannot_freeze_its_readers(ttl: int) -> None:
    assert verify(token({"ttl": ttl, "exp": DROP})).fresh_until(NOW) == NOW + TTL_CEILING


class Unreachable:
    """A `Fetch` that fails as a network does."""

    def __init__(self, kind: ErrorKind) -> None:
        self._kind = kind

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        raise UndeterminedError(self._kind, "unreachable")


@pytest.mark.parametrize(
    "kind", [ErrorKind.FETCH_FAILED, ErrorKind.FETCH_BLOCKED, ErrorKind.FETCH_TOO_LARGE]
)
def test_T18_an_unreachable_list_is_neither_valid_nor_withdrawn(kind: ErrorKind) -> None:
    with pytest.raises(UndeterminedError) as caught:
        fetch_status_token(URI, fetch=Unreachable(kind), limits=PRESENTATION)

    assert caught.value.kind is ErrorKind.STATUS_UNAVAILABLE
    assert not isinstance(caught.value, InvalidError)


def test_T19_reading_a_list_fetches_nothing() -> None:
    """Only `fetch_status_token` fetches, and only with the `Fetch` it is handed."""
    for function in (
        status_list_module.parse_status,
        status_list_module.parse_status_token,
        status_list_module.verify_status_list,
        status_list_module.VerifiedStatusList.status,
    ):
        assert "fetch" not in inspect.signature(function).parameters


def test_T20_a_list_knows_nothing_of_the_credential() -> None:
    """VALID in a list never outweighs `exp`: the list gives a number and no verdict."""
    assert verify(token()).status(0) == 0
    assert isinstance(verify(token()).status(0), Status)


@pytest.mark.parametrize("value", [3, 4, 11, 12, 15, 128, 255])
def test_T21_an_unknown_value_is_not_valid(value: int) -> None:
    status = verify(token({"status_list": status_list(bytes([value]), bits=8)})).status(0)

    assert status == value
    assert status not in (Status.VALID, Status.INVALID, Status.SUSPENDED)


def test_T22_suspended_is_its_own_answer() -> None:
    builder = StatusListBuilder(size=64, bits=2)
    builder.set(5, Status.SUSPENDED)

    status = verify(token({"status_list": status_list(builder.packed())})).status(5)

    assert status is Status.SUSPENDED
    assert status not in (Status.VALID, Status.INVALID)


def test_T23_neighbours_do_not_touch_each_other() -> None:
    """One place per credential is the issuer's promise; the array keeps them apart."""
    for bits in (1, 2, 4, 8):
        builder = StatusListBuilder(size=64, bits=bits)
        for index in range(0, 64, 2):
            builder.set(index, 1)
        assert [builder.get(index) for index in range(64)] == [1, 0] * 32


def test_T24_an_index_is_not_shown() -> None:
    """Unpredictable indices are the issuer's; a reference does not print its own."""
    reference = parse_status({"status_list": {"idx": 424_242, "uri": URI}})

    assert "424242" not in repr(reference)


@pytest.mark.parametrize("value", [Status.VALID, Status.SUSPENDED, 3])
def test_T26_a_withdrawal_is_not_undone(value: int) -> None:
    builder = StatusListBuilder(size=64, bits=2)
    builder.set(7, Status.INVALID)

    with pytest.raises(InvalidError) as caught:
        builder.set(7, value)

    assert caught.value.kind is ErrorKind.CONFLICT
    assert builder.get(7) is Status.INVALID
    builder.set(7, Status.INVALID)


def test_T26_a_pause_can_be_undone_or_made_final() -> None:
    builder = StatusListBuilder(size=64, bits=2)
    for value in (Status.SUSPENDED, Status.VALID, Status.SUSPENDED, Status.INVALID):
        builder.set(7, value)
        assert builder.get(7) is value


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_T30_neither_place_nor_address_is_logged_or_quoted(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    uri = "https://issuer.example/status/secret-path"
    reference = parse_status({"status_list": {"idx": 424_242, "uri": uri}})
    messages = []
    for act in (
        lambda: parse_status({"status_list": {"idx": "424242", "uri": uri}}),
        lambda: verify(token({"sub": uri})),
        lambda: verify(token()).status(424_242),
        lambda: fetch_status_token(
            uri, fetch=Unreachable(ErrorKind.FETCH_FAILED), limits=PRESENTATION
        ),
    ):
        with pytest.raises(CarnetError) as caught:
            act()
        messages.append(f"{caught.value} {caught.value.hint} {caught.value!r}")

    written = " ".join([*messages, repr(reference), everything_logged.text])
    assert "424242" not in written
    assert "secret-path" not in written


# The signature comes first, whatever is inside.


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param(token(by=signer("somebody")), ErrorKind.BAD_SIGNATURE, id="other-key"),
        pytest.param(token(typ="JWT"), ErrorKind.TYP_MISMATCH, id="typ-jwt"),
        pytest.param(token(typ="dc+sd-jwt"), ErrorKind.TYP_MISMATCH, id="typ-credential"),
        pytest.param(token(typ="StatusList+jwt"), ErrorKind.TYP_MISMATCH, id="typ-case"),
        pytest.param(
            token(typ="application/statuslist+jwt"), ErrorKind.TYP_MISMATCH, id="typ-media-type"
        ),
        pytest.param(
            token(by=signer("issuer", "ES384")), ErrorKind.ALG_NOT_ALLOWED, id="other-algorithm"
        ),
    ],
)
def test_J38_a_list_needs_the_right_key_and_type(text: str, kind: ErrorKind) -> None:
    assert kind_of(text) is kind


def test_J38_a_list_without_signature_is_refused() -> None:
    header = base64url.encode(b'{"alg":"none","typ":"statuslist+jwt"}')
    payload = token().split(".")[1]

    assert kind_of(f"{header}.{payload}.") is ErrorKind.ALG_NOT_ALLOWED


def test_T01_a_bomb_with_a_bad_signature_is_not_inflated() -> None:
    bomb = with_lst(zlib.compress(bytes(64 << 20), 9))
    head, payload, _ = bomb.split(".")
    forged = f"{head}.{payload}.{token(by=signer('somebody')).split('.')[2]}"

    assert kind_of(forged) is ErrorKind.BAD_SIGNATURE


def test_T01_the_bound_can_be_tightened() -> None:
    tight = replace(PRESENTATION, status_inflated_bytes=15)

    assert kind_of(token(), limits=tight) is ErrorKind.STATUS_INVALID
    with pytest.raises(InvalidError):
        inflate(GOOD, max_bytes=15)
    assert inflate(GOOD, max_bytes=16) == bytes(16)
