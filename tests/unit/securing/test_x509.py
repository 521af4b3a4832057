"""Certificate chains; the fifteen faults of row V08 are in test_issuer_key_attacks.py."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing import base64url
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION
from carnet_securing.x509 import (
    ASKER_PURPOSES,
    ISSUER_PURPOSES,
    DnsName,
    IssuerName,
    LeafExpectation,
    LeafHash,
    SubjectName,
    UnverifiedLeaf,
    VerifiedLeaf,
    decode_x5c,
    encode_x5c,
    read_unverified_leaf,
    verify_chain,
)
from support.certificates import (
    DAY,
    DOCUMENT_SIGNING,
    NOW,
    SERVER_AUTH,
    Chain,
    Recipe,
    chain,
    issue,
    private_key,
    rsa_key,
)
from support.fuzzing import fuzz
from support.keys import signer

ISSUER = IssuerName("https://issuer.example")


def verify(
    made: Chain,
    *,
    expected: LeafExpectation = ISSUER,
    purposes: frozenset[str] = ISSUER_PURPOSES,
    now: int = NOW,
) -> VerifiedLeaf:
    return verify_chain(
        made.ders,
        roots=[made.root.der],
        expected=expected,
        purposes=purposes,
        now=now,
        limits=PRESENTATION,
    )


def kind_of(made: Chain, **expectations: object) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        verify(made, **expectations)  # type: ignore[arg-type]
    return caught.value.kind


def test_a_good_chain_gives_the_key_of_its_leaf() -> None:
    made = chain()

    leaf = verify(made)

    assert leaf.key == signer("leaf").public_jwk.bare()
    assert leaf.subject == "CN=leaf"
    assert leaf.dns_names == ("issuer.example",)
    assert leaf.uris == ("https://issuer.example",)
    assert leaf.der == made.leaf.der
    assert leaf.root == made.root.der


def test_a_chain_may_be_of_p384_and_of_one_certificate() -> None:
    root = issue(Recipe(name="root", ca=True, algorithm="ES384"))
    leaf = issue(Recipe(name="leaf", algorithm="ES384", dns=["issuer.example"]), by=root)

    verified = verify(Chain(root=root, intermediates=(), leaf=leaf, name="leaf"))

    assert verified.key.crv == "P-384"
    assert verified.key == signer("leaf", "ES384").public_jwk.bare()


def test_any_of_several_roots_will_do() -> None:
    made, other = chain(), issue(Recipe(name="other root", ca=True))

    leaf = verify_chain(
        made.ders,
        roots=[other.der, made.root.der],
        expected=ISSUER,
        purposes=ISSUER_PURPOSES,
        now=NOW,
        limits=PRESENTATION,
    )

    assert leaf.root == made.root.der


def test_an_intermediate_may_be_the_root_that_is_trusted() -> None:
    made = chain()
    pinned = made.intermediates[0]

    leaf = verify_chain(
        [made.leaf.der],
        roots=[pinned.der],
        expected=ISSUER,
        purposes=ISSUER_PURPOSES,
        now=NOW,
        limits=PRESENTATION,
    )

    assert leaf.root == pinned.der


def test_without_roots_nobody_is_trusted() -> None:
    with pytest.raises(InvalidError) as caught:
        verify_chain(
            chain().ders,
            roots=[],
            expected=ISSUER,
            purposes=ISSUER_PURPOSES,
            now=NOW,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.KEY_NOT_TRUSTED


def test_an_empty_chain_leads_nowhere() -> None:
    with pytest.raises(InvalidError) as caught:
        verify_chain(
            [],
            roots=[chain().root.der],
            expected=ISSUER,
            purposes=ISSUER_PURPOSES,
            now=NOW,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        (IssuerName("https://issuer.example"), True),
        (IssuerName("https://issuer.example/t/1"), True),
        (IssuerName("https://ISSUER.example:8443"), True),
        (IssuerName("https://other.example"), False),
        (IssuerName("http://issuer.example"), False),
        (IssuerName("https://issuer.example@other.example"), False),
        (IssuerName("https://other.example?issuer.example"), False),
        (IssuerName("https://sub.issuer.example"), False),
        (IssuerName("issuer.example"), False),
        (IssuerName(""), False),
        (DnsName("issuer.example"), True),
        (DnsName("Issuer.Example"), True),
        (DnsName("other.example"), False),
        (DnsName("example"), False),
        (DnsName("*.example"), False),
        (DnsName(""), False),
        (SubjectName("CN=leaf"), True),
        (SubjectName("CN=Leaf"), False),
        (SubjectName(""), False),
        (LeafHash(""), False),
        (LeafHash("A" * 43), False),
    ],
    ids=repr,
)
def test_the_leaf_must_be_the_one_expected(expected: LeafExpectation, matches: bool) -> None:
    if matches:
        verify(chain(), expected=expected)
    else:
        assert kind_of(chain(), expected=expected) is ErrorKind.CHAIN_INVALID


def test_a_leaf_can_be_expected_by_its_hash() -> None:
    made = chain()
    digest = base64url.encode(hashlib.sha256(made.leaf.der).digest())

    assert verify(made, expected=LeafHash(digest)).der == made.leaf.der
    assert kind_of(made, expected=LeafHash(digest + "=")) is ErrorKind.CHAIN_INVALID


def test_a_wildcard_names_nobody() -> None:
    made = chain(leaf=Recipe(name="leaf", dns=["*.example"]))

    for expected in (DnsName("issuer.example"), ISSUER):
        assert kind_of(made, expected=expected) is ErrorKind.CHAIN_INVALID


def test_a_common_name_is_no_host() -> None:
    made = chain(leaf=Recipe(name="issuer.example"))

    assert kind_of(made, expected=DnsName("issuer.example")) is ErrorKind.CHAIN_INVALID


@pytest.mark.parametrize(
    ("purposes", "issuing", "asking"),
    [
        ([], True, True),
        ([DOCUMENT_SIGNING], True, True),
        ([SERVER_AUTH], False, True),
        ([SERVER_AUTH, DOCUMENT_SIGNING], True, True),
        ([x509.ObjectIdentifier("2.5.29.37.0")], True, True),
        ([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")], False, False),
        ([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9")], False, False),
    ],
)
def test_a_leaf_is_used_for_its_purpose(
    purposes: list[x509.ObjectIdentifier], issuing: bool, asking: bool
) -> None:
    made = chain(leaf=Recipe(name="leaf", dns=["issuer.example"], purposes=purposes))

    for allowed, wanted in ((ISSUER_PURPOSES, issuing), (ASKER_PURPOSES, asking)):
        if wanted:
            verify(made, purposes=allowed)
        else:
            assert kind_of(made, purposes=allowed) is ErrorKind.CHAIN_INVALID


def test_no_purpose_allowed_allows_no_purpose() -> None:
    made = chain(leaf=Recipe(name="leaf", dns=["issuer.example"], purposes=[DOCUMENT_SIGNING]))

    assert kind_of(made, purposes=frozenset()) is ErrorKind.CHAIN_INVALID


def test_a_purpose_of_the_authority_does_not_matter() -> None:
    """An authority limited to document signing is not a TLS authority, and need not be."""
    made = chain(intermediate=Recipe(name="intermediate", ca=True, purposes=[DOCUMENT_SIGNING]))

    assert verify(made).subject == "CN=leaf"


@pytest.mark.parametrize(
    "without", [x509.KeyUsage, x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier]
)
def test_what_rfc_5280_does_not_check_may_be_missing(
    without: type[x509.ExtensionType],
) -> None:
    """Authorities made by hand with common tools lack one or the other."""
    made = chain(
        root=Recipe(name="root", ca=True, without=[without]),
        intermediate=Recipe(name="intermediate", ca=True, without=[without]),
        leaf=Recipe(name="leaf", dns=["issuer.example"], without=[without]),
    )

    assert verify(made).subject == "CN=leaf"


@pytest.mark.parametrize("part", ["root", "intermediate"])
def test_an_authority_must_say_that_it_is_one(part: str) -> None:
    recipe = Recipe(name=part, ca=True, without=[x509.BasicConstraints])
    made = chain(root=recipe) if part == "root" else chain(intermediate=recipe)

    assert kind_of(made) is ErrorKind.CHAIN_INVALID


@pytest.mark.parametrize(
    "leaf",
    [
        Recipe(name="leaf", ca=True, dns=["issuer.example"]),
        Recipe(name="leaf", digital_signature=False, dns=["issuer.example"]),
    ],
    ids=["authority", "no-signing"],
)
def test_a_leaf_must_be_meant_for_signing(leaf: Recipe) -> None:
    assert kind_of(chain(leaf=leaf)) is ErrorKind.CHAIN_INVALID


@pytest.mark.parametrize("part", ["root", "intermediate", "leaf"])
def test_validity_is_checked_at_the_time_given(part: str) -> None:
    def short_lived(recipe: Recipe) -> Recipe:
        if recipe.name != part:
            return recipe
        return replace(recipe, not_before=NOW - DAY, not_after=NOW + DAY)

    made = chain(
        root=short_lived(Recipe(name="root", ca=True)),
        intermediate=short_lived(Recipe(name="intermediate", ca=True)),
        leaf=short_lived(Recipe(name="leaf", dns=["issuer.example"])),
    )

    for now in (NOW - DAY, NOW, NOW + DAY):
        verify(made, now=now)
    for now in (NOW - DAY - 1, NOW + DAY + 1):
        assert kind_of(made, now=now) is ErrorKind.CHAIN_INVALID


def test_another_authority_of_the_same_name_is_another() -> None:
    made = chain()
    impostor = issue(replace(Recipe(name="root", ca=True), key=private_key("impostor")))

    with pytest.raises(InvalidError) as caught:
        verify_chain(
            made.ders,
            roots=[impostor.der],
            expected=ISSUER,
            purposes=ISSUER_PURPOSES,
            now=NOW,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_the_header_is_written_and_read() -> None:
    made = chain()

    assert encode_x5c(made.ders) == made.x5c
    assert decode_x5c(made.x5c, limits=PRESENTATION) == made.ders


@pytest.mark.parametrize(
    "value",
    [
        None,
        "AAAA",
        [],
        {},
        {"AAAA": 1},
        [1],
        [None],
        [["AAAA"]],
        ["AAA"],
        ["AAAB="],
        ["AA=="[:3]],
        ["AB=="],
        ["AA-_"],
        ["AA\nAA"],
        [" AAAA"],
        ["AAAA="],
        ["é"],
        ["A" * 12_000],
        ["AAAA"] * 6,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_malformed_header_is_refused(value: object) -> None:
    with pytest.raises(InvalidError) as caught:
        decode_x5c(value, limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_five_certificates_are_the_most() -> None:
    assert len(decode_x5c(["AAAA"] * 5, limits=PRESENTATION)) == 5
    tight = replace(PRESENTATION, x5c_certificates=1)
    with pytest.raises(InvalidError):
        verify_chain(
            chain().ders,
            roots=[chain().root.der],
            expected=ISSUER,
            purposes=ISSUER_PURPOSES,
            now=NOW,
            limits=tight,
        )


def test_a_chain_of_five_leads_to_its_root() -> None:
    root = issue(Recipe(name="root", ca=True))
    authorities = [root]
    for number in range(4):
        authorities.append(issue(Recipe(name=f"authority {number}", ca=True), by=authorities[-1]))
    leaf = issue(Recipe(name="leaf", dns=["issuer.example"]), by=authorities[-1])
    made = Chain(root=root, intermediates=tuple(reversed(authorities[1:])), leaf=leaf, name="leaf")

    assert len(made.ders) == 5
    assert verify(made).root == root.der


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_serial_number_is_positive() -> None:
    """The library only warns; nothing but our own check refuses a negative one."""
    der = chain().leaf.der
    start = der.index(b"\x02\x10") + 2
    negative = der[:start] + b"\x80" + der[start + 1 :]

    with pytest.raises(InvalidError) as caught:
        read_unverified_leaf(negative)
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_a_leaf_nobody_vouches_for_says_so_in_its_type() -> None:
    leaf: object = read_unverified_leaf(chain().leaf.der)

    assert isinstance(leaf, UnverifiedLeaf)

    assert leaf.unverified_subject == "CN=leaf"
    assert leaf.unverified_dns_names == ("issuer.example",)


@pytest.mark.parametrize(
    "der",
    [
        issue(Recipe(name="rsa", key=rsa_key(2048))).der,
        issue(Recipe(name="p521", key=ec.derive_private_key(7, ec.SECP521R1()))).der,
        chain().leaf.der + bytes(8192),
        b"",
    ],
    ids=["rsa", "p-521", "too-large", "empty"],
)
def test_a_leaf_of_another_kind_is_not_read(der: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        read_unverified_leaf(der)
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_a_certificate_has_one_form() -> None:
    """The count of unused bits before the signature; 1 is honest when the last bit is 0."""
    for name in ("a", "b", "c", "d", "e", "f"):
        authority = issue(Recipe(name=name))
        signature = authority.certificate.signature
        der = authority.der.replace(b"\x00" + signature, b"\x01" + signature)

        read_unverified_leaf(authority.der)
        with pytest.raises(InvalidError) as caught:
            read_unverified_leaf(der)
        assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_names_of_a_kind_nobody_supports_are_refused() -> None:
    """An ediPartyName among the alternative names: the library has an error class for it."""
    der = chain().leaf.der.replace(b"\x86\x16https://", b"\xa5\x16https://")

    with pytest.raises(InvalidError) as caught:
        read_unverified_leaf(der)
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def outcome(der: bytes) -> ErrorKind | None:
    try:
        read_unverified_leaf(der)
        verify_chain(
            [der, chain().intermediates[0].der],
            roots=[chain().root.der],
            expected=ISSUER,
            purposes=ISSUER_PURPOSES,
            now=NOW,
            limits=PRESENTATION,
        )
    except CarnetError as error:
        return error.kind
    return None


GOOD = chain()


@fuzz(400)
@given(st.integers(0, len(GOOD.leaf.der) - 1), st.integers(0, 255))
def test_any_changed_byte_breaks_the_chain(position: int, value: int) -> None:
    der = bytearray(GOOD.leaf.der)
    changed = der[position] != value
    der[position] = value

    assert outcome(bytes(der)) is (ErrorKind.CHAIN_INVALID if changed else None)


@fuzz(200)
@given(st.binary(max_size=64) | st.integers(0, 600).map(lambda size: GOOD.leaf.der[:size]))
def test_any_bytes_are_a_leaf_or_a_typed_error(der: bytes) -> None:
    assert outcome(der) in (None, ErrorKind.CHAIN_INVALID)


def test_the_library_is_imported_on_use() -> None:
    code = (
        "import sys, carnet_securing.issuer_key, carnet_securing.x509;"
        "sys.exit('cryptography' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
