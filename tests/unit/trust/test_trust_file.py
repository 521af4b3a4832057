"""The plain file behind `--trust`: one entry or many, and no way to be misread."""

import json
from typing import Any

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_trust.trust_file import TrustData, parse_trust_file, trust_file_bytes

ENTRY: dict[str, Any] = {
    "iss": "https://a.example",
    "route": "metadata",
    "types": ["urn:carnet:skill-certificate:1"],
    "name": {"fr": "A"},
    "class": "employer",
    "asker": ["x509_san_dns:a.example"],
}
OTHER = ENTRY | {"iss": "https://b.example", "asker": ["x509_san_dns:b.example"]}


def as_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def test_one_entry_or_a_list_of_entries() -> None:
    assert parse_trust_file(as_bytes(ENTRY)).entries == (
        parse_trust_file(as_bytes({"entries": [ENTRY]})).entries
    )
    assert parse_trust_file(as_bytes({"entries": []})).entries == ()


def test_finds_by_exact_issuer_and_asker() -> None:
    trust = parse_trust_file(as_bytes({"entries": [ENTRY, OTHER]}))
    entry = trust.entry_for("https://a.example")
    assert entry is not None
    assert trust.entry_for_asker("x509_san_dns:a.example") is entry
    for near in ("https://a.example/", "https://A.example", "a.example", ""):
        assert trust.entry_for(near) is None
    for near in ("a.example", "x509_san_dns:A.example", "x509_hash:a.example"):
        assert trust.entry_for_asker(near) is None


def test_nothing_is_trusted_by_default() -> None:
    assert TrustData.EMPTY.entries == ()
    assert TrustData.EMPTY.entry_for("https://a.example") is None


def test_writes_what_it_reads() -> None:
    trust = parse_trust_file(as_bytes({"entries": [ENTRY, OTHER]}))
    assert parse_trust_file(trust_file_bytes(trust)) == trust


@pytest.mark.parametrize(
    "second",
    [ENTRY, OTHER | {"iss": ENTRY["iss"]}, OTHER | {"asker": ENTRY["asker"]}],
)
def test_two_entries_never_compete(second: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_trust_file(as_bytes({"entries": [ENTRY, second]}))
    assert caught.value.kind is ErrorKind.CONFLICT


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ErrorKind.MALFORMED),
        (b"[]", ErrorKind.MALFORMED),
        (b"{}", ErrorKind.MALFORMED),
        (b'{"entries": {}}', ErrorKind.MALFORMED),
        (b'{"entries": null}', ErrorKind.MALFORMED),
        (b'{"entries": [], "version": 1}', ErrorKind.MALFORMED),
        (b'{"entries": [], "entries": []}', ErrorKind.DUPLICATE_MEMBER),
        (as_bytes(ENTRY)[:-1] + b', "types": ["x"]}', ErrorKind.DUPLICATE_MEMBER),
        (as_bytes(ENTRY).decode().encode("utf-16"), ErrorKind.MALFORMED),
        (b'{"entries": [' + b"7," * 10_000 + b"7]}", ErrorKind.MALFORMED),
        (b" " * (8 * 2**20 + 1), ErrorKind.TOO_LARGE),
        (b'{"entries":' + b"[" * 40 + b"]" * 40 + b"}", ErrorKind.TOO_DEEP),
    ],
)
def test_a_file_that_says_something_else(data: bytes, kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_trust_file(data)
    assert caught.value.kind is kind


def test_the_hint_says_which_entry() -> None:
    with pytest.raises(InvalidError) as caught:
        parse_trust_file(as_bytes({"entries": [ENTRY, OTHER | {"class": "person"}]}))
    assert "entry 2" in caught.value.hint
