"""Attacks on finding an issuer's key: V04 to V08, V26, W02, W03, W05, W10 and W12.

V26 and W12 are also about caches, whose time to live is tested where the cache is.
"""

import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from carnet_securing.did import (
    did_jwk_of,
    did_web_url,
    key_of_did_url,
    resolve_did_jwk,
    resolve_did_key,
)
from carnet_securing.did_document import ASSERTION_METHOD, fetch_did_web, parse_did_document
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.issuer_key import (
    fetch_issuer_keys,
    metadata_url,
    parse_issuer_metadata,
    replaced_under_same_kid,
    resolve_from_x5c,
    select_issuer_key,
)
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.strict_json import dumps_bytes
from carnet_securing.x509 import IssuerName, decode_x5c
from support.certificates import (
    DAY,
    NOW,
    SERVER_AUTH,
    Authority,
    Recipe,
    chain,
    issue,
    rsa_key,
    sign_with_sha1,
)
from support.documents import Documents
from support.keys import signer

ISSUER = "https://issuer.example"
DID = "did:web:issuer.example"


def jwk(name: str, **members: Any) -> dict[str, Any]:
    return {**signer(name).public_jwk.to_json(), **members}


def metadata(named: object, **members: Any) -> dict[str, Any]:
    return {"issuer": named, "jwks": {"keys": [jwk("issuer")]}, **members}


def keys(
    issuer: str,
    documents: Documents,
    route: IssuerKeyRoute = IssuerKeyRoute.METADATA,
    *,
    loopback_http: bool = False,
) -> tuple[PublicJwk, ...]:
    return fetch_issuer_keys(
        issuer, route=route, fetch=documents, limits=PRESENTATION, loopback_http=loopback_http
    )


def kind_of(act: Callable[[], object]) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        act()
    return caught.value.kind


# V04: whose metadata


@pytest.mark.parametrize(
    "named",
    [
        "https://evil.example",
        "https://issuer.example/",
        "https://issuer.example:443",
        "HTTPS://issuer.example",
        "https://Issuer.example",
        "http://issuer.example",
        "https://issuer.example/t/1",
        "",
        None,
        1,
        ["https://issuer.example"],
    ],
    ids=repr,
)
def test_V04_metadata_of_another_issuer_gives_no_keys(named: object) -> None:
    documents = Documents({metadata_url(ISSUER): metadata(named)})

    assert kind_of(lambda: keys(ISSUER, documents)) is ErrorKind.ISSUER_MISMATCH


def test_V04_metadata_without_issuer_gives_no_keys() -> None:
    documents = Documents({metadata_url(ISSUER): {"jwks": {"keys": [jwk("issuer")]}}})

    assert kind_of(lambda: keys(ISSUER, documents)) is ErrorKind.ISSUER_MISMATCH


def test_V04_the_issuer_named_twice_is_refused() -> None:
    body = dumps_bytes(metadata(ISSUER)).replace(b"{", b'{"issuer":"https://evil.example",', 1)

    kind = kind_of(lambda: parse_issuer_metadata(body, issuer=ISSUER, limits=PRESENTATION))

    assert kind is ErrorKind.DUPLICATE_MEMBER


# V05: where metadata stands


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://h.example", "https://h.example/.well-known/jwt-vc-issuer"),
        ("https://h.example/", "https://h.example/.well-known/jwt-vc-issuer"),
        ("https://h.example/t1", "https://h.example/.well-known/jwt-vc-issuer/t1"),
        ("https://h.example/t/1/", "https://h.example/.well-known/jwt-vc-issuer/t/1"),
        ("https://h.example:8443/t", "https://h.example:8443/.well-known/jwt-vc-issuer/t"),
    ],
)
def test_V05_the_well_known_string_goes_before_the_path(issuer: str, url: str) -> None:
    documents = Documents({url: metadata(issuer)})

    assert [key.thumbprint for key in keys(issuer, documents)] == [
        signer("issuer").public_jwk.thumbprint
    ]
    assert documents.asked == [url]


def test_V05_metadata_under_the_path_is_not_looked_for() -> None:
    """A tenant could write there; the host could not be told apart from it."""
    issuer = "https://h.example/t1"
    documents = Documents(
        {
            "https://h.example/t1/.well-known/jwt-vc-issuer": metadata(issuer),
            "https://h.example/.well-known/jwt-vc-issuer": metadata(issuer),
        }
    )

    assert kind_of(lambda: keys(issuer, documents)) is ErrorKind.FETCH_FAILED
    assert documents.asked == ["https://h.example/.well-known/jwt-vc-issuer/t1"]


# V06: identifiers that look like others


@pytest.mark.parametrize(
    ("issuer", "kind"),
    [
        ("https://good@evil.example/", ErrorKind.ISSUER_MISMATCH),
        ("https://good:x@evil.example/", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example?x", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example/?", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example/#x", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example#", ErrorKind.ISSUER_MISMATCH),
        ("https://ｉ.example", ErrorKind.ISSUER_MISMATCH),
        ("https://аpple.example", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example\\@evil.example", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example/../t1", ErrorKind.ISSUER_MISMATCH),
        ("https://i.example/%2e%2e/t1", ErrorKind.ISSUER_MISMATCH),
        ("HTTPS://i.example", ErrorKind.ISSUER_MISMATCH),
        ("ftp://i.example", ErrorKind.ISSUER_MISMATCH),
        ("i.example", ErrorKind.ISSUER_MISMATCH),
        ("", ErrorKind.ISSUER_MISMATCH),
        ("http://i.example", ErrorKind.FETCH_BLOCKED),
        ("http://localhost:8000", ErrorKind.FETCH_BLOCKED),
        ("https://localhost", ErrorKind.FETCH_BLOCKED),
        ("https://127.0.0.1", ErrorKind.FETCH_BLOCKED),
        ("https://[::1]", ErrorKind.FETCH_BLOCKED),
        ("https://i.example:0", ErrorKind.FETCH_BLOCKED),
        ("https://i.example:99999", ErrorKind.FETCH_BLOCKED),
        ("https://intranet", ErrorKind.FETCH_BLOCKED),
        ("https://2130706433", ErrorKind.FETCH_BLOCKED),
    ],
)
def test_V06_no_other_form_of_identifier_is_followed(issuer: str, kind: ErrorKind) -> None:
    documents = Documents()

    assert kind_of(lambda: keys(issuer, documents)) is kind
    assert documents.asked == []


def test_V06_loopback_needs_the_flag() -> None:
    issuer = "http://localhost:8000"
    documents = Documents({metadata_url(issuer): metadata(issuer)})

    assert len(keys(issuer, documents, loopback_http=True)) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "http://issuer.example/jwks",
        "https://127.0.0.1/jwks",
        "https://user@issuer.example/jwks",
        "file:///etc/passwd",
        "https://issuer.example/jwks#x",
        "",
        "/jwks",
    ],
)
def test_V06_keys_are_not_fetched_from_a_forbidden_place(uri: str) -> None:
    document = {"issuer": ISSUER, "jwks_uri": uri}
    documents = Documents({metadata_url(ISSUER): document})

    assert kind_of(lambda: keys(ISSUER, documents)) is ErrorKind.FETCH_BLOCKED
    assert documents.asked == [metadata_url(ISSUER)]


# V07: the route is pinned


@pytest.mark.parametrize("route", [IssuerKeyRoute.X5C, IssuerKeyRoute.PINNED])
def test_V07_an_issuer_of_another_route_is_not_looked_up(route: IssuerKeyRoute) -> None:
    documents = Documents({metadata_url(ISSUER): metadata(ISSUER)})

    assert kind_of(lambda: keys(ISSUER, documents, route)) is ErrorKind.KEY_NOT_TRUSTED
    assert documents.asked == []


@pytest.mark.parametrize(
    ("issuer", "route"),
    [
        (DID, IssuerKeyRoute.DID_JWK),
        (DID, IssuerKeyRoute.DID_KEY),
        (did_jwk_of(signer("issuer").public_jwk), IssuerKeyRoute.DID_WEB),
        (did_jwk_of(signer("issuer").public_jwk), IssuerKeyRoute.DID_KEY),
    ],
)
def test_V07_a_did_of_another_method_is_not_resolved(issuer: str, route: IssuerKeyRoute) -> None:
    documents = Documents({"https://issuer.example/.well-known/did.json": {}})

    assert kind_of(lambda: keys(issuer, documents, route)) is ErrorKind.KEY_NOT_TRUSTED
    assert documents.asked == []


def test_V07_a_did_is_no_metadata_issuer_and_an_address_is_no_did() -> None:
    documents = Documents()

    assert kind_of(lambda: keys(DID, documents)) is ErrorKind.ISSUER_MISMATCH
    for route in (IssuerKeyRoute.DID_WEB, IssuerKeyRoute.DID_JWK, IssuerKeyRoute.DID_KEY):
        assert kind_of(lambda route=route: keys(ISSUER, documents, route)) is (  # type: ignore[misc]
            ErrorKind.MALFORMED
        )
    assert documents.asked == []


# V08: fifteen faults of a chain


def x5c(*certificates: Authority | bytes) -> list[bytes]:
    return [c if isinstance(c, bytes) else c.der for c in certificates]


GOOD = chain()
LEAF, MIDDLE, ROOT = GOOD.leaf, GOOD.intermediates[0], GOOD.root


def leaf(**says: Any) -> Recipe:
    return replace(Recipe(name="leaf", dns=["issuer.example"]), **says)


def middle(**says: Any) -> Recipe:
    return replace(Recipe(name="intermediate", ca=True), **says)


def constraint(name: str) -> tuple[x509.ExtensionType, bool]:
    return x509.NameConstraints([x509.DNSName(name)], None), True


UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)


def of(
    leaf_recipe: Recipe | None = None,
    middle_recipe: Recipe | None = None,
    root_recipe: Recipe | None = None,
) -> tuple[list[bytes], bytes]:
    made = chain(root=root_recipe, intermediate=middle_recipe, leaf=leaf_recipe)
    return list(made.ders), made.root.der


def long_path() -> tuple[list[bytes], bytes]:
    """Root with path length 0, yet two authorities below it."""
    root = issue(Recipe(name="root", ca=True, path_length=0))
    first = issue(middle(), by=root)
    second = issue(Recipe(name="second", ca=True), by=first)
    return x5c(issue(leaf(), by=second), second, first), root.der


def fifty() -> tuple[list[bytes], bytes]:
    authorities = [issue(Recipe(name="root", ca=True))]
    for number in range(49):
        authorities.append(issue(Recipe(name=f"authority {number}", ca=True), by=authorities[-1]))
    end = issue(leaf(), by=authorities[-1])
    return x5c(end, *reversed(authorities[1:])), authorities[0].der


def weak_root() -> tuple[list[bytes], bytes]:
    root = issue(Recipe(name="root", ca=True, key=rsa_key(1024)))
    between = issue(middle(), by=root)
    return x5c(issue(leaf(), by=between), between), root.der


def ed25519_root() -> tuple[list[bytes], bytes]:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    root = issue(Recipe(name="root", ca=True, key=key, digest=None))
    between = issue(middle(digest=None), by=root)
    return x5c(issue(leaf(), by=between), between), root.der


def sha1(part: str) -> tuple[list[bytes], bytes]:
    if part == "leaf":
        return x5c(sign_with_sha1(LEAF, by=MIDDLE), MIDDLE), ROOT.der
    return x5c(LEAF, sign_with_sha1(MIDDLE, by=ROOT)), ROOT.der


FAULTS: dict[str, Callable[[], tuple[Sequence[bytes], bytes]]] = {
    "01-self-signed-leaf": lambda: (x5c(issue(leaf())), issue(leaf()).der),
    "01-self-signed-leaf-of-nobody": lambda: (x5c(issue(leaf())), ROOT.der),
    "02-root-included": lambda: (x5c(LEAF, MIDDLE, ROOT), ROOT.der),
    "02-pinned-authority-included": lambda: (x5c(LEAF, MIDDLE), MIDDLE.der),
    "02-leaf-is-the-root": lambda: (x5c(LEAF), LEAF.der),
    "03-unordered": lambda: (x5c(MIDDLE, LEAF), ROOT.der),
    "03-more-than-the-path": lambda: (
        x5c(LEAF, MIDDLE, issue(Recipe(name="stray", ca=True), by=ROOT)),
        ROOT.der,
    ),
    "03-twice": lambda: (x5c(LEAF, MIDDLE, MIDDLE), ROOT.der),
    "03-gap": lambda: (x5c(LEAF), ROOT.der),
    "04-expired-leaf": lambda: of(leaf(not_after=NOW - 1)),
    "04-expired-authority": lambda: of(None, middle(not_after=NOW - 1)),
    "04-expired-root": lambda: of(None, None, Recipe(name="root", ca=True, not_after=NOW - 1)),
    "05-not-yet-valid-leaf": lambda: of(leaf(not_before=NOW + 1)),
    "05-not-yet-valid-authority": lambda: of(None, middle(not_before=NOW + DAY)),
    "06-wrong-purpose": lambda: of(leaf(purposes=[SERVER_AUTH])),
    "07-authority-that-is-none": lambda: of(None, middle(ca=False, cert_sign=True)),
    "07-authority-that-signs-no-certificates": lambda: of(None, middle(cert_sign=False)),
    "08-path-too-long": long_path,
    "09-outside-of-its-names": lambda: of(None, middle(extensions=[constraint("other.example")])),
    "09-constraint-nobody-understands": lambda: of(
        None,
        middle(
            extensions=[
                (
                    x509.NameConstraints([x509.UniformResourceIdentifier("issuer.example")], None),
                    True,
                )
            ]
        ),
    ),
    "10-unknown-critical-leaf": lambda: of(leaf(extensions=[UNKNOWN])),
    "10-unknown-critical-authority": lambda: of(None, middle(extensions=[UNKNOWN])),
    "11-sha-1-leaf": lambda: sha1("leaf"),
    "11-sha-1-authority": lambda: sha1("intermediate"),
    "12-rsa-1024-leaf": lambda: of(leaf(key=rsa_key(1024))),
    "12-rsa-2048-leaf": lambda: of(leaf(key=rsa_key(2048))),
    "12-rsa-1024-root": weak_root,
    "12-p-521-authority": lambda: of(None, middle(key=ec.derive_private_key(7, ec.SECP521R1()))),
    "12-ed25519-root": ed25519_root,
    "13-somebody-else": lambda: of(leaf(dns=["other.example"], uris=["https://other.example"])),
    "13-nobody": lambda: of(leaf(dns=[])),
    "13-name-of-a-part": lambda: of(leaf(dns=["example"], uris=["https://issuer.example/t"])),
    "14-fifty-certificates": fifty,
    "14-six-certificates": lambda: (x5c(LEAF, MIDDLE) * 3, ROOT.der),
    "15-trailing-byte": lambda: (x5c(LEAF.der + b"\x00", MIDDLE), ROOT.der),
    "15-trailing-byte-of-authority": lambda: (x5c(LEAF, MIDDLE.der + b"\x00"), ROOT.der),
    "15-cut": lambda: (x5c(LEAF.der[:-1], MIDDLE), ROOT.der),
    "15-not-minimal-length": lambda: (
        x5c(b"\x30\x83\x00" + LEAF.der[2:], MIDDLE),
        ROOT.der,
    ),
}


@pytest.mark.parametrize("fault", [pytest.param(f, id=f"SEC-V08-{n}") for n, f in FAULTS.items()])
def test_V08_a_chain_with_one_fault_leads_nowhere(
    fault: Callable[[], tuple[Sequence[bytes], bytes]],
) -> None:
    certificates, root = fault()

    with pytest.raises(InvalidError) as caught:
        resolve_from_x5c(
            certificates,
            roots=[root],
            expected=IssuerName(ISSUER),
            now=NOW,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


def test_V08_the_same_chain_without_a_fault_leads_to_its_key() -> None:
    found = resolve_from_x5c(
        decode_x5c(GOOD.x5c, limits=PRESENTATION),
        roots=[ROOT.der],
        expected=IssuerName(ISSUER),
        now=NOW,
        limits=PRESENTATION,
    )

    assert found.key.thumbprint == signer("leaf").public_jwk.thumbprint


def test_V08_names_within_their_constraint_pass() -> None:
    """The fault above is the name, not the extension."""
    certificates, root = of(leaf(), middle(extensions=[constraint("issuer.example")]))

    found = resolve_from_x5c(
        certificates, roots=[root], expected=IssuerName(ISSUER), now=NOW, limits=PRESENTATION
    )

    assert found.dns_names == ("issuer.example",)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: text[:64] + "\n" + text[64:],
        lambda text: " " + text,
        lambda text: "-----BEGIN CERTIFICATE-----\n" + text,
        lambda text: text[:-4] + "A===",
    ],
)
def test_V08_a_certificate_has_one_spelling(spelling: Callable[[str], str]) -> None:
    text = binascii.b2a_base64(LEAF.der + bytes(-len(LEAF.der) % 3 + 1), newline=False).decode()
    assert text.endswith("==")

    with pytest.raises(InvalidError) as caught:
        decode_x5c([spelling(text)], limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.CHAIN_INVALID


# V26 and W12: keys that went away, and keys that changed under one name


def test_V26_a_key_that_was_taken_off_is_not_found() -> None:
    old, new = signer("old").public_jwk, signer("new").public_jwk
    url = metadata_url(ISSUER)
    documents = Documents({url: metadata(ISSUER, jwks={"keys": [old.to_json(), new.to_json()]})})
    before = keys(ISSUER, documents)
    documents.bodies[url] = metadata(ISSUER, jwks={"keys": [new.to_json()]})
    after = keys(ISSUER, documents)

    assert select_issuer_key(before, issuer=ISSUER, kid=old.kid, algorithm="ES256") == old
    kind = kind_of(lambda: select_issuer_key(after, issuer=ISSUER, kid=old.kid, algorithm="ES256"))
    assert kind is ErrorKind.KEY_NOT_FOUND


def test_V26_an_empty_set_of_keys_trusts_nobody() -> None:
    documents = Documents({metadata_url(ISSUER): metadata(ISSUER, jwks={"keys": []})})
    found = keys(ISSUER, documents)

    assert found == ()
    for kid in (None, "x"):
        kind = kind_of(
            lambda kid=kid: select_issuer_key(found, issuer=ISSUER, kid=kid, algorithm="ES256")  # type: ignore[misc]
        )
        assert kind is ErrorKind.KEY_NOT_FOUND


def test_W12_a_key_swapped_under_its_name_is_told() -> None:
    before = (signer("a").public_jwk._replace(kid="1"), signer("b").public_jwk._replace(kid="2"))
    after = (signer("evil").public_jwk._replace(kid="1"), before[1])

    assert replaced_under_same_kid(before, after) == ("1",)
    assert replaced_under_same_kid(before, before) == ()
    assert replaced_under_same_kid((), after) == ()
    assert replaced_under_same_kid(before, (signer("c").public_jwk,)) == ()
    assert select_issuer_key(after, issuer=ISSUER, kid="1", algorithm="ES256") == after[0]


def test_W12_two_keys_of_one_name_are_not_tried_in_turn() -> None:
    both = (signer("a").public_jwk._replace(kid="1"), signer("b").public_jwk._replace(kid="1"))

    kind = kind_of(lambda: select_issuer_key(both, issuer=ISSUER, kid="1", algorithm="ES256"))

    assert kind is ErrorKind.KEY_AMBIGUOUS


# W02: did:web hosts


@pytest.mark.parametrize(
    "did",
    [
        "did:web:127.0.0.1",
        "did:web:127.0.0.1%3A8000",
        "did:web:10.0.0.1",
        "did:web:2130706433",
        "did:web:0x7f000001",
        "did:web:localhost",
        "did:web:localhost%3A8000",
        "did:web:intranet",
        "did:web:db.internal",
        "did:web:%5B%3A%3A1%5D",
        "did:web:issuer.example%3A0",
        "did:web:issuer.example%3A99999",
        "did:web:issuer.example%40evil.example",
        "did:web:issuer.example%2Fpath",
        "did:web:issuer.example%253A8443",
        "did:web:issuer.example%23x",
        "did:web:issuer.example%3A",
        "did:web:issuer..example",
    ],
)
def test_W02_a_did_names_a_public_host(did: str) -> None:
    documents = Documents()

    with pytest.raises(UndeterminedError) as caught:
        fetch_did_web(did, fetch=documents, limits=PRESENTATION, loopback_http=False)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED
    assert documents.asked == []


@pytest.mark.parametrize(
    "did",
    [
        "did:web:[::1]",
        "did:web:issuer.example:..:admin",
        "did:web:issuer.example:a:..",
        "did:web:issuer.example:.",
        "did:web:issuer.example:%2e%2e:admin",
        "did:web:issuer.example:%2E%2E",
        "did:web:issuer.example:a%2Fb",
        "did:web:issuer.example:a%2fb",
        "did:web:issuer.example:a%5Cb",
        "did:web:issuer.example:a%252fb",
        "did:web:issuer.example:a%00",
        "did:web:issuer.example:a%0a",
        "did:web:issuer.example::a",
        "did:web:issuer.example:",
        "did:web:issuer.example/a",
        "did:web:issuer.example?a",
        "did:web:issuer.example#a",
        "did:web:",
        "did:web",
        "did:WEB:issuer.example",
        "DID:web:issuer.example",
        "did:web:issuer.example a",
        "did:web:issuer.example%",
        "did:web:issuer.example%zz",
        "did:web:issuer.examplé",
        "did:web:" + "a" * 3000,
        "",
    ],
)
def test_W02_a_malformed_did_leads_nowhere(did: str) -> None:
    for loopback_http in (False, True):
        kind = kind_of(lambda flag=loopback_http: did_web_url(did, loopback_http=flag))  # type: ignore[misc]
        assert kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:localhost%3A8000", "http://localhost:8000/.well-known/did.json"),
        ("did:web:127.0.0.1%3A8000:t:1", "http://127.0.0.1:8000/t/1/did.json"),
        ("did:web:issuer.example", "https://issuer.example/.well-known/did.json"),
    ],
)
def test_W02_a_local_did_needs_the_flag(did: str, url: str) -> None:
    assert did_web_url(did, loopback_http=True) == url


# W03: whose DID document


def method(did: str = DID, **members: Any) -> dict[str, Any]:
    return {
        "id": f"{did}#1",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": signer("issuer").public_jwk.bare().to_json(),
        **members,
    }


def document(**members: Any) -> dict[str, Any]:
    return {"id": DID, "verificationMethod": [method()], "assertionMethod": ["#1"], **members}


def read(value: Mapping[str, Any] | bytes) -> object:
    body = value if isinstance(value, bytes) else dumps_bytes(dict(value))
    return parse_did_document(body, did=DID, limits=PRESENTATION)


@pytest.mark.parametrize(
    "named",
    [
        "did:web:evil.example",
        "did:web:Issuer.example",
        "did:web:issuer.example#",
        "did:web:issuer.example%3A443",
        "did:web:issuer.example:",
        "https://issuer.example",
        "",
        None,
        1,
        [DID],
    ],
    ids=repr,
)
def test_W03_a_document_about_another_did_is_refused(named: object) -> None:
    assert kind_of(lambda: read(document(id=named))) is ErrorKind.ISSUER_MISMATCH


@pytest.mark.parametrize("controller", ["did:web:evil.example", DID + "#1", "", None, [DID]])
def test_W03_a_key_of_another_controller_is_refused(controller: object) -> None:
    value = document(verificationMethod=[method(controller=controller)])

    assert kind_of(lambda: read(value)) is ErrorKind.ISSUER_MISMATCH


def test_W03_a_key_that_may_not_assert_does_not_sign_credentials() -> None:
    value = document(assertionMethod=[], authentication=["#1"])
    documents = Documents({"https://issuer.example/.well-known/did.json": value})
    found = fetch_did_web(DID, fetch=documents, limits=PRESENTATION, loopback_http=False)

    assert keys(DID, documents, IssuerKeyRoute.DID_WEB) == ()
    assert kind_of(lambda: found.key("#1", ASSERTION_METHOD)) is ErrorKind.PROOF_PURPOSE


# W05: large DID documents


def test_W05_a_large_document_is_not_fetched_whole() -> None:
    value = document(padding="x" * 10_000_000)
    documents = Documents({"https://issuer.example/.well-known/did.json": value})

    kind = kind_of(lambda: keys(DID, documents, IssuerKeyRoute.DID_WEB))

    assert kind is ErrorKind.FETCH_TOO_LARGE
    assert kind_of(lambda: read(value)) is ErrorKind.TOO_LARGE


def test_W05_a_deep_document_is_not_walked() -> None:
    nested = b'{"id":"' + DID.encode() + b'","a":' + b"[" * 5000 + b"]" * 5000 + b"}"

    assert kind_of(lambda: read(nested)) is ErrorKind.TOO_DEEP


@pytest.mark.parametrize("place", ["verificationMethod", "assertionMethod"])
def test_W05_many_keys_are_refused(place: str) -> None:
    most = PRESENTATION.did_verification_methods
    small = {"type": "Other", "controller": DID}
    at_limit = [{"id": f"#{n}", **small} for n in range(most)]
    above = [*at_limit, {"id": "#more", **small}]
    base = {"id": DID, "verificationMethod": [], "assertionMethod": []}

    read({**base, place: at_limit})
    assert kind_of(lambda: read({**base, place: above})) is ErrorKind.TOO_LARGE


def test_W05_ten_thousand_keys_are_refused_by_size() -> None:
    value = document(verificationMethod=[method(id=f"{DID}#{n}") for n in range(10_000)])

    assert kind_of(lambda: read(value)) is ErrorKind.TOO_LARGE


def test_W05_a_large_set_of_keys_is_refused() -> None:
    many = {"keys": [jwk("issuer", kid=str(n)) for n in range(PRESENTATION.jwks_keys + 1)]}
    documents = Documents({metadata_url(ISSUER): metadata(ISSUER, jwks=many)})

    assert kind_of(lambda: keys(ISSUER, documents)) is ErrorKind.TOO_LARGE


# W10: did:key and did:jwk to the letter

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def did_key(data: bytes) -> str:
    return f"did:key:z{base58(data)}"


X = bytes.fromhex("7f235830dd3bf7a722ef1aa249d6a0ddbb9abe6428303d4f3b9d34bf4b56b76e")
ED = bytes(range(32))
UNCOMPRESSED = b"\x04" + X + X


@pytest.mark.parametrize(
    ("did", "kind"),
    [
        (did_key(b"\xed\x01" + ED + b"\x00"), ErrorKind.MALFORMED),
        (did_key(b"\xed\x01" + ED[:31]), ErrorKind.MALFORMED),
        (did_key(b"\xed\x01"), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + b"\x02" + X + b"\x00"), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + b"\x02" + X[:31]), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + UNCOMPRESSED), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + b"\x04" + X), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + b"\x00" + X), ErrorKind.MALFORMED),
        (did_key(b"\x80\x24" + b"\x02" + b"\xff" * 32), ErrorKind.MALFORMED),
        (did_key(b"\xed" + ED), ErrorKind.ALG_NOT_ALLOWED),
        (did_key(b"\x01\xed" + ED), ErrorKind.ALG_NOT_ALLOWED),
        (did_key(b"\xec\x01" + ED), ErrorKind.ALG_NOT_ALLOWED),
        (did_key(b"\xe7\x01" + b"\x02" + X), ErrorKind.ALG_NOT_ALLOWED),
        (did_key(b"\x12\x00" + b"\x02" + X), ErrorKind.ALG_NOT_ALLOWED),
        (did_key(b"\x85\x24" + bytes(32)), ErrorKind.ALG_NOT_ALLOWED),
        ("did:key:z1" + base58(b"\xed\x01" + ED), ErrorKind.MALFORMED),
        ("did:key:" + base58(b"\xed\x01" + ED), ErrorKind.MALFORMED),
        ("did:key:u7QEAAQID", ErrorKind.MALFORMED),
        ("did:key:Z" + base58(b"\xed\x01" + ED), ErrorKind.MALFORMED),
        ("did:key:z", ErrorKind.MALFORMED),
        ("did:key:", ErrorKind.MALFORMED),
        ("did:key:z0OIl", ErrorKind.MALFORMED),
        ("did:key:1.1:z" + base58(b"\xed\x01" + ED), ErrorKind.MALFORMED),
        ("did:key:z" + "6" * 1000, ErrorKind.MALFORMED),
        (did_key(b"\xed\x01" + ED) + "#" + "z6Mk", ErrorKind.MALFORMED),
    ],
)
def test_W10_a_malformed_did_key_is_refused(did: str, kind: ErrorKind) -> None:
    assert kind_of(lambda: resolve_did_key(did)) is kind


def test_W10_a_point_off_the_curve_is_refused() -> None:
    """Half of all x have no y; the first of these has none."""
    off = next(x.to_bytes(32, "big") for x in range(1, 100) if not _on_curve(x))

    assert kind_of(lambda: resolve_did_key(did_key(b"\x80\x24\x02" + off))) is ErrorKind.MALFORMED


@pytest.mark.parametrize("prefix", [b"\x02", b"\x03"])
def test_W10_a_coordinate_has_one_spelling(prefix: bytes) -> None:
    """A point on the curve, in too few bytes, too many, or plus the prime."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    x = next(x for x in range(1, 100) if _on_curve(x))
    key = b"\x80\x24" + prefix

    assert resolve_did_key(did_key(key + x.to_bytes(32, "big"))).crv == "P-256"
    for spelling in (x.to_bytes(31, "big"), x.to_bytes(33, "big"), (x + prime).to_bytes(32, "big")):
        kind = kind_of(lambda body=spelling: resolve_did_key(did_key(key + body)))  # type: ignore[misc]
        assert kind is ErrorKind.MALFORMED


def _on_curve(x: int) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\x02" + x.to_bytes(32, "big")
        )
    except ValueError:
        return False
    return True


def did_jwk(value: object) -> str:
    from carnet_securing import base64url

    body = value if isinstance(value, bytes) else dumps_bytes(value)
    return f"did:jwk:{base64url.encode(body)}"


@pytest.mark.parametrize(
    ("did", "kind"),
    [
        (did_jwk(jwk("issuer", d="AAAA")), ErrorKind.HEADER_NOT_ALLOWED),
        (did_jwk({"kty": "oct", "k": "AAAA"}), ErrorKind.HEADER_NOT_ALLOWED),
        (did_jwk({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), ErrorKind.ALG_NOT_ALLOWED),
        (did_jwk(jwk("issuer", crv="secp256k1")), ErrorKind.ALG_NOT_ALLOWED),
        (did_jwk(jwk("issuer", x="AAAA")), ErrorKind.MALFORMED),
        (did_jwk([]), ErrorKind.MALFORMED),
        (did_jwk("x"), ErrorKind.MALFORMED),
        (did_jwk(b"\xff\xfe{}"), ErrorKind.MALFORMED),
        (did_jwk(b'{"kty":"EC","kty":"OKP"}'), ErrorKind.DUPLICATE_MEMBER),
        (did_jwk(jwk("issuer")) + "A", ErrorKind.MALFORMED),
        (did_jwk(jwk("issuer")) + "%3D", ErrorKind.MALFORMED),
        (did_jwk(jwk("issuer")) + "=", ErrorKind.MALFORMED),
        (did_jwk(jwk("issuer")) + "#0", ErrorKind.MALFORMED),
        ("did:jwk:", ErrorKind.MALFORMED),
        (did_jwk(jwk("issuer", padding="x" * 3000)), ErrorKind.MALFORMED),
    ],
)
def test_W10_a_malformed_did_jwk_is_refused(did: str, kind: ErrorKind) -> None:
    assert kind_of(lambda: resolve_did_jwk(did)) is kind


@pytest.mark.parametrize("fragment", ["#1", "#", "#00", "##0", "#0#0", "?x#0", "/x#0"])
def test_W10_a_did_has_one_key_of_one_name(fragment: str) -> None:
    did = did_jwk_of(signer("issuer").public_jwk)

    assert key_of_did_url(did + "#0").thumbprint == signer("issuer").public_jwk.thumbprint
    kind = kind_of(lambda: key_of_did_url(did + fragment))
    assert kind in (ErrorKind.KEY_NOT_FOUND, ErrorKind.MALFORMED)
