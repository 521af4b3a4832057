"""Finding the issuer's key: one route for each issuer, and the credential never chooses it."""

from collections.abc import Callable
from typing import Any

import pytest

from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Source
from carnet_trust.trust_file import TrustData
from support.certificates import Chain, Recipe, chain
from support.keys import signer
from support.looking_up import authentic, cached, found, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, NoWeb, SimulatedIssuer, SimulatedWeb


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


def refused(call: Callable[[], object], *kinds: ErrorKind) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        call()
    assert caught.value.kind in kinds
    return caught.value


@pytest.mark.parametrize(
    "route",
    [
        IssuerKeyRoute.METADATA,
        IssuerKeyRoute.DID_WEB,
        IssuerKeyRoute.DID_JWK,
    ],
)
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
def test_finds_the_key_of_each_kind_of_issuer(
    web: SimulatedWeb, route: IssuerKeyRoute, listed: bool, algorithm: str
) -> None:
    issuer = SimulatedIssuer(web, route=route, algorithm=algorithm)
    trust = trusting(issuer.entry()) if listed else TrustData.EMPTY
    token = issuer.issue()
    result = found(token, trust=trust, lookups=on_demand(web))
    assert result.issuer_key.route is route
    assert result.issuer_key.issuer == issuer.iss
    assert (result.entry is not None) is listed
    assert authentic(token, result).claims["nature"] == "end_of_training"


def test_a_pinned_key_needs_no_web() -> None:
    issuer = SimulatedIssuer(SimulatedWeb())
    entry = issuer.entry(route=IssuerKeyRoute.PINNED, keys=(issuer.signer.public_jwk,))
    token = issuer.issue()
    result = found(token, trust=trusting(entry), lookups=on_demand(NoWeb()))
    assert result.keys.source is Source.TRUST_FILE
    authentic(token, result)


def test_a_pinned_key_without_a_name_goes_by_its_thumbprint() -> None:
    issuer = SimulatedIssuer(SimulatedWeb())
    entry = issuer.entry(
        route=IssuerKeyRoute.PINNED,
        keys=(issuer.signer.public_jwk.bare(), signer("second").public_jwk.bare()),
    )
    authentic(
        issuer.issue(), found(issuer.issue(), trust=trusting(entry), lookups=on_demand(NoWeb()))
    )


def test_a_pinned_issuer_that_changed_its_key_is_not_looked_up(web: SimulatedWeb) -> None:
    issuer = SimulatedIssuer(web)
    entry = issuer.entry(route=IssuerKeyRoute.PINNED, keys=(issuer.signer.public_jwk,))
    issuer.rotate("school 2")
    refused(
        lambda: found(issuer.issue(), trust=trusting(entry), lookups=on_demand(web)),
        ErrorKind.KEY_NOT_FOUND,
    )
    assert web.total == 0


@pytest.mark.parametrize(
    ("signed", "checked", "kind"),
    [
        (NOW + 3_600, NOW + 2 * DAY, ErrorKind.UNAVAILABLE),
        (NOW - DAY + 1, NOW + 2 * DAY, ErrorKind.UNAVAILABLE),
        (NOW - DAY, NOW + 2 * DAY, ErrorKind.KEY_NOT_FOUND),
        (NOW - 3 * DAY, NOW + 2 * DAY, ErrorKind.KEY_NOT_FOUND),
        (NOW, NOW + 600, ErrorKind.KEY_NOT_FOUND),
        (NOW, NOW + 601, ErrorKind.UNAVAILABLE),
    ],
)
def test_an_unknown_key_accuses_nobody_where_ours_were_read_before_it_signed(
    web: SimulatedWeb, signed: int, checked: int, kind: ErrorKind
) -> None:
    issuer = SimulatedIssuer(web)
    cache, trust = MemoryLookupCache(), trusting(issuer.entry())
    refreshed(trust, web, cache)
    issuer.rotate("school 2")
    token = issuer.issue(issued_at=signed)
    error = refused(lambda: found(token, trust=trust, lookups=cached(cache), now=checked), kind)
    assert isinstance(error, UndeterminedError) is (kind is ErrorKind.UNAVAILABLE)


def test_a_forged_signature_under_a_known_key_is_invalid_however_old_that_is(
    web: SimulatedWeb,
) -> None:
    issuer = SimulatedIssuer(web)
    cache, trust = MemoryLookupCache(), trusting(issuer.entry())
    refreshed(trust, web, cache)
    signed, _, shown = issuer.issue(issued_at=NOW).partition("~")
    other, _, _ = issuer.issue(issued_at=NOW).partition("~")
    forged = f"{signed.rpartition('.')[0]}.{other.rpartition('.')[2]}~{shown}"
    result = found(forged, trust=trust, lookups=cached(cache), now=NOW + 2 * DAY)
    refused(lambda: authentic(forged, result), ErrorKind.BAD_SIGNATURE)


@pytest.mark.parametrize("url", ["https://school.example", "https://school.example/t/a"])
def test_a_tenants_metadata_stands_before_its_path(web: SimulatedWeb, url: str) -> None:
    issuer = SimulatedIssuer(web, url=url)
    found(issuer.issue(), trust=trusting(issuer.entry()), lookups=on_demand(web))
    path = url.removeprefix("https://school.example")
    assert list(web.calls) == [f"https://school.example/.well-known/jwt-vc-issuer{path}"]


@pytest.mark.parametrize(
    "iss",
    [
        "http://school.example",
        "ftp://school.example",
        "urn:school",
        "school.example",
        "",
        "https://",
        "https://a@school.example",
        "https://school.example?x=1",
        "https://school.example#x",
        "https://127.0.0.1",
        "https://localhost",
        "https://10.0.0.1/t",
        "did:example:abc",
        "did:web:127.0.0.1",
        "did:web:localhost",
        "did:web:school.example:..:x",
        "did:jwk:e30",
        "did:key:z6Mk",
    ],
)
def test_an_issuer_that_no_route_leads_to(web: SimulatedWeb, iss: str) -> None:
    issuer = SimulatedIssuer(web)
    refused(
        lambda: found(issuer.issue(issuer=iss), trust=TrustData.EMPTY, lookups=on_demand(web)),
        ErrorKind.KEY_NOT_TRUSTED,
        ErrorKind.ISSUER_MISMATCH,
        ErrorKind.FETCH_BLOCKED,
        ErrorKind.MALFORMED,
        ErrorKind.ALG_NOT_ALLOWED,
    )
    assert web.total == 0


def test_a_near_miss_of_a_listed_issuer_is_another_issuer(web: SimulatedWeb) -> None:
    issuer = SimulatedIssuer(web)
    other = SimulatedIssuer(web, url="https://school.example/t", name="tenant")
    result = found(other.issue(), trust=trusting(issuer.entry()), lookups=on_demand(web))
    assert result.entry is None


def certified(**leaf: Any) -> Chain:
    members = {"name": "leaf", "uris": ["https://school.example"], "dns": ["school.example"]}
    return chain(leaf=Recipe(**(members | leaf)))


def x5c_entry(issuer: SimulatedIssuer, certificates: Chain, **changes: Any) -> TrustData:
    return trusting(
        issuer.entry(route=IssuerKeyRoute.X5C, roots=(certificates.root.der,), **changes)
    )


@pytest.mark.parametrize("names", [{"dns": []}, {"uris": []}, {}])
@pytest.mark.parametrize("with_iss", [True, False])
def test_a_chain_to_the_pinned_root(
    web: SimulatedWeb, names: dict[str, Any], with_iss: bool
) -> None:
    issuer, certificates = SimulatedIssuer(web), certified(**names)
    token = issue(issuer, certificates, with_iss=with_iss)
    result = found(token, trust=x5c_entry(issuer, certificates), lookups=on_demand(NoWeb()))
    assert result.entry is not None
    assert result.issuer_key.issuer == "https://school.example"
    authentic(token, result)


def issue(issuer: SimulatedIssuer, certificates: Chain, *, with_iss: bool = True) -> str:
    token = issuer.issue(signer=signer(certificates.name), x5c=certificates.ders)
    return token if with_iss else without_iss(issuer, certificates)


def without_iss(issuer: SimulatedIssuer, certificates: Chain) -> str:
    from carnet_securing.sd_jwt_issue import issue_sd_jwt

    return issue_sd_jwt(
        {"vct": "urn:carnet:skill-certificate:1", "nature": "attendance"},
        conceal=(),
        signer=signer(certificates.name),
        typ="dc+sd-jwt",
        header={"x5c": certificates.x5c},
    )


@pytest.mark.parametrize("with_iss", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        {"dns": ["evil.example"], "uris": []},
        {"dns": ["school.example.evil.example"], "uris": []},
        {"dns": [], "uris": ["https://school.example/"]},
        {"dns": [], "uris": ["http://school.example"]},
        {"dns": ["*.example"], "uris": []},
        {"dns": [], "uris": []},
    ],
)
def test_a_chain_for_somebody_else(
    web: SimulatedWeb, names: dict[str, Any], with_iss: bool
) -> None:
    issuer, certificates = SimulatedIssuer(web), certified(**names)
    token = issue(issuer, certificates, with_iss=with_iss)
    trust = x5c_entry(issuer, certificates)
    if with_iss:
        refused(
            lambda: found(token, trust=trust, lookups=on_demand(NoWeb())),
            ErrorKind.CHAIN_INVALID,
        )
    else:
        assert found(token, trust=trust, lookups=on_demand(NoWeb())).entry is None


@pytest.mark.parametrize("with_iss", [True, False])
def test_a_chain_to_another_root(web: SimulatedWeb, with_iss: bool) -> None:
    issuer = SimulatedIssuer(web)
    real = certified()
    forged = chain(
        root=Recipe(name="other root", ca=True),
        intermediate=Recipe(name="other intermediate", ca=True),
        leaf=Recipe(name="other leaf", uris=["https://school.example"], dns=["school.example"]),
    )
    refused(
        lambda: found(
            issue(issuer, forged, with_iss=with_iss),
            trust=x5c_entry(issuer, real),
            lookups=on_demand(NoWeb()),
        ),
        ErrorKind.CHAIN_INVALID,
    )


def test_a_leaf_that_two_listed_issuers_share_names_neither(web: SimulatedWeb) -> None:
    issuer = SimulatedIssuer(web)
    both = certified(uris=["https://school.example"], dns=["union.example"])
    trust = TrustData.of(
        issuer.entry(iss=iss, route=IssuerKeyRoute.X5C, roots=(both.root.der,))
        for iss in ("https://school.example", "https://union.example")
    )
    refused(
        lambda: found(without_iss(issuer, both), trust=trust, lookups=on_demand(NoWeb())),
        ErrorKind.KEY_AMBIGUOUS,
    )


def test_a_strangers_leaf_is_a_key_and_nothing_more(web: SimulatedWeb) -> None:
    issuer, certificates = SimulatedIssuer(web), certified()
    token = without_iss(issuer, certificates)
    result = found(token, trust=TrustData.EMPTY, lookups=on_demand(NoWeb()))
    assert result.entry is None
    assert result.keys.source is Source.CREDENTIAL
    authentic(token, result)


def test_a_leaf_never_reaches_an_entry_of_another_route(web: SimulatedWeb) -> None:
    issuer, certificates = SimulatedIssuer(web), certified()
    result = found(
        without_iss(issuer, certificates),
        trust=trusting(issuer.entry()),
        lookups=on_demand(NoWeb()),
    )
    assert result.entry is None


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"garbage" * 10])
def test_a_leaf_that_is_no_certificate(web: SimulatedWeb, der: bytes) -> None:
    import base64

    from carnet_securing.sd_jwt_issue import issue_sd_jwt

    token = issue_sd_jwt(
        {"vct": "x"},
        conceal=(),
        signer=signer("leaf"),
        typ="dc+sd-jwt",
        header={"x5c": [base64.b64encode(der).decode()]},
    )
    refused(
        lambda: found(token, trust=TrustData.EMPTY, lookups=on_demand(NoWeb())),
        ErrorKind.CHAIN_INVALID,
        ErrorKind.MALFORMED,
    )


def test_neither_issuer_nor_certificate() -> None:
    from carnet_securing.sd_jwt_issue import issue_sd_jwt

    token = issue_sd_jwt({"vct": "x"}, conceal=(), signer=signer("leaf"), typ="dc+sd-jwt")
    refused(
        lambda: found(token, trust=TrustData.EMPTY, lookups=on_demand(NoWeb())),
        ErrorKind.KEY_NOT_TRUSTED,
    )


@pytest.mark.parametrize("route", [IssuerKeyRoute.METADATA, IssuerKeyRoute.DID_WEB])
def test_unreachable_is_not_invalid(web: SimulatedWeb, route: IssuerKeyRoute) -> None:
    issuer = SimulatedIssuer(web, route=route)
    token = issuer.issue()
    web.is_down = True
    error = refused(
        lambda: found(token, trust=trusting(issuer.entry()), lookups=on_demand(web), now=NOW),
        ErrorKind.FETCH_FAILED,
    )
    assert isinstance(error, UndeterminedError)
