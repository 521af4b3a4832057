"""Attacks that reach trust: who signed, for what, under which name, and what is asked of whom.

Rows of the security goals by id. Where a row has several entry paths (`cached`,
`on_demand`), each takes its turn.
"""

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from carnet_securing.credential import check_validity
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetched
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE
from carnet_trust.acceptance import check_may_issue
from carnet_trust.askers import AskerKind, asker_name
from carnet_trust.clean_text import TextMark, clean_text
from carnet_trust.display_name import NameKind, NameMark, issuer_name
from carnet_trust.entries import entry_from_json
from carnet_trust.file_lookup_cache import FileLookupCache
from carnet_trust.given_status import GivenStatusLists
from carnet_trust.integrity import integrity_of
from carnet_trust.lookup_cache import LookupCache, MemoryLookupCache
from carnet_trust.lookups import LookupAlert, Lookups
from carnet_trust.trust_file import TrustData
from carnet_trust.type_claims import check_claims
from support.bounded_work import least_cpu
from support.certificates import Recipe, chain
from support.keys import signer
from support.looking_up import authentic, cached, found, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, NoWeb, SimulatedIssuer, SimulatedWeb

SUBTYPE = "https://school.example/types/forklift/1"
PATHS = pytest.mark.parametrize("path", ["cached", "on_demand"])


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


@pytest.fixture
def cache(tmp_path: Path) -> LookupCache:
    return FileLookupCache(tmp_path)


def lookups_by(
    path: str, web: SimulatedWeb, cache: LookupCache, trust: TrustData, *, now: int = NOW
) -> Lookups:
    """Lookups of one entry path, with everything at hand that the path may have."""
    if path == "cached":
        refreshed(trust, web, cache, now=now)
        return cached(cache)
    return on_demand(web, cache)


def refused(call: Callable[[], object], *kinds: ErrorKind) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        call()
    assert caught.value.kind in kinds
    return caught.value


# --- V07: the credential chooses how it is checked -------------------------------------------


def with_chain(issuer: SimulatedIssuer, *, key: str, root: str = "evil root") -> tuple[str, bytes]:
    """A credential of the issuer's name by `key`, with a chain that certifies that key."""
    certificates = chain(
        root=Recipe(name=root, ca=True),
        leaf=Recipe(name=key, uris=[issuer.iss], dns=["school.example"]),
    )
    return (
        issuer.issue(signer=signer(key), x5c=certificates.ders, issuer=issuer.iss),
        certificates.root.der,
    )


@PATHS
@pytest.mark.parametrize("listed", [True, False])
def test_V07_a_chain_does_not_replace_the_metadata(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str, listed: bool
) -> None:
    trust = trusting(issuer.entry())
    lookups = lookups_by(path, web, cache, trust)
    token, _ = with_chain(issuer, key="evil")
    refused(
        lambda: found(token, trust=trust if listed else TrustData.EMPTY, lookups=lookups),
        ErrorKind.KEY_NOT_TRUSTED,
        ErrorKind.KEY_NOT_FOUND,
    )


@PATHS
def test_V07_a_chain_beside_the_right_name_of_a_key_names_another_key(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    trust = trusting(issuer.entry())
    lookups = lookups_by(path, web, cache, trust)
    evil = chain(leaf=Recipe(name="evil", uris=[issuer.iss]))
    token = issue_sd_jwt(
        {"iss": issuer.iss, "vct": SKILL_CERTIFICATE},
        conceal=(),
        signer=signer("evil"),
        typ="dc+sd-jwt",
        header={"kid": issuer.kid, "x5c": evil.x5c},
    )
    refused(lambda: found(token, trust=trust, lookups=lookups), ErrorKind.KEY_NOT_TRUSTED)


@PATHS
def test_V07_metadata_does_not_replace_the_chain(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    """Whoever takes over the web address of an issuer with a pinned root gains nothing."""
    root = chain().root.der
    trust = trusting(issuer.entry(route=IssuerKeyRoute.X5C, roots=(root,)))
    lookups = lookups_by(path, web, cache, trust)
    calls = web.total
    refused(lambda: found(issuer.issue(), trust=trust, lookups=lookups), ErrorKind.KEY_NOT_TRUSTED)
    token, _ = with_chain(issuer, key="evil")
    refused(lambda: found(token, trust=trust, lookups=lookups), ErrorKind.CHAIN_INVALID)
    assert web.total == calls


@PATHS
def test_V07_a_pinned_key_is_not_replaced_by_the_web(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    entry = issuer.entry(route=IssuerKeyRoute.PINNED, keys=(signer("pinned").public_jwk,))
    lookups = lookups_by(path, web, cache, trusting(entry))
    calls = web.total
    refused(
        lambda: found(issuer.issue(), trust=trusting(entry), lookups=lookups),
        ErrorKind.KEY_NOT_FOUND,
    )
    assert web.total == calls


def test_V07_what_stands_beside_the_metadata_is_a_certificate_or_refused(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    token = issue_sd_jwt(
        {"iss": issuer.iss, "vct": SKILL_CERTIFICATE},
        conceal=(),
        signer=issuer.signer,
        typ="dc+sd-jwt",
        header={"kid": issuer.kid, "x5c": ["AAAA"]},
    )
    refused(
        lambda: found(token, trust=trusting(issuer.entry()), lookups=on_demand(web)),
        ErrorKind.KEY_NOT_TRUSTED,
    )


def test_V07_a_certificate_of_the_very_key_changes_nothing(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    own = chain(leaf=Recipe(name="school", uris=[issuer.iss]))
    token = issuer.issue(x5c=own.ders)
    result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
    assert result.issuer_key.route is IssuerKeyRoute.METADATA
    authentic(token, result)


@pytest.mark.parametrize("member", ["jwk", "kid"])
def test_V07_a_key_in_the_header_is_not_the_issuers(
    web: SimulatedWeb, issuer: SimulatedIssuer, member: str
) -> None:
    evil = signer("evil")
    values = {"jwk": evil.public_jwk.to_json(), "kid": f"did:jwk:{'A' * 20}#0"}
    token = issue_sd_jwt(
        {"iss": issuer.iss, "vct": SKILL_CERTIFICATE},
        conceal=(),
        signer=evil,
        typ="dc+sd-jwt",
        header={member: values[member]},
    )

    def check() -> None:
        result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
        authentic(token, result)

    refused(check, ErrorKind.KEY_NOT_FOUND, ErrorKind.BAD_SIGNATURE)


def test_V07_without_iss_a_listed_issuers_name_needs_its_root(issuer: SimulatedIssuer) -> None:
    good, evil = chain(), chain(root=Recipe(name="evil root", ca=True))
    trust = trusting(
        issuer.entry(iss="https://issuer.example", route=IssuerKeyRoute.X5C, roots=(good.root.der,))
    )
    token = issue_sd_jwt(
        {"vct": SKILL_CERTIFICATE},
        conceal=(),
        signer=signer("leaf"),
        typ="dc+sd-jwt",
        header={"x5c": evil.x5c},
    )
    refused(lambda: found(token, trust=trust, lookups=on_demand(NoWeb())), ErrorKind.CHAIN_INVALID)


# --- V10: trusted for something else ----------------------------------------------------------


@PATHS
def test_V10_a_training_body_does_not_sign_missions(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    trust = trusting(issuer.entry())
    lookups = lookups_by(path, web, cache, trust)
    token = issuer.issue({"role": "x"}, vct="urn:carnet:mission:1", conceal=())
    result = found(token, trust=trust, lookups=lookups)
    credential = authentic(token, result)
    assert result.entry is not None
    with pytest.raises(InvalidError) as caught:
        check_may_issue(result.entry, vct=credential.vct, issued_at=credential.issued_at, now=NOW)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


def test_V10_extending_a_type_gives_no_authority(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    """A sub-type of ours, honestly described, by an issuer that is listed for ours only."""
    body = json.dumps({"vct": SUBTYPE, "extends": SKILL_CERTIFICATE}).encode()
    web.put(SUBTYPE, body)
    token = issuer.issue(vct=SUBTYPE)
    result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
    credential = authentic(token, result)
    lookups = on_demand(web, fetch_types=True)
    metadata = lookups.type_metadata(SUBTYPE, integrity=None, now=NOW)
    assert SKILL_CERTIFICATE in metadata.value.lineage
    assert result.entry is not None
    with pytest.raises(InvalidError) as caught:
        check_may_issue(result.entry, vct=credential.vct, issued_at=None, now=NOW)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


def test_V10_a_further_type_gives_no_authority(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    token = issue_sd_jwt(
        {"iss": issuer.iss, "vct": "urn:evil:1", "aka_vcts": [SKILL_CERTIFICATE]},
        conceal=(),
        signer=issuer.signer,
        typ="dc+sd-jwt",
        header={"kid": issuer.kid},
    )
    result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
    credential = authentic(token, result)
    assert SKILL_CERTIFICATE in credential.aka_vcts
    assert result.entry is not None
    with pytest.raises(InvalidError):
        check_may_issue(result.entry, vct=credential.vct, issued_at=None, now=NOW)


@pytest.mark.parametrize(
    "vct",
    [
        f"{SKILL_CERTIFICATE}/",
        f"{SKILL_CERTIFICATE}#x",
        SKILL_CERTIFICATE.upper(),
        SKILL_CERTIFICATE.replace("-", "%2D"),
        SKILL_CERTIFICATE.replace("e", "е"),
        f"{SKILL_CERTIFICATE}\u200b",
    ],
)
def test_V01_types_are_compared_byte_for_byte(issuer: SimulatedIssuer, vct: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_may_issue(issuer.entry(), vct=vct, issued_at=None, now=NOW)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


# --- V12, V19, V20: type metadata -------------------------------------------------------------


def described(web: SimulatedWeb, **members: Any) -> bytes:
    body = json.dumps({"vct": SUBTYPE, **members}).encode()
    web.put(SUBTYPE, body)
    return body


def strong(document: bytes) -> str:
    import hashlib

    return f"sha512-{base64.b64encode(hashlib.sha512(document).digest()).decode('ascii')}"


@PATHS
@pytest.mark.parametrize(
    "case", ["other-bytes", "unknown-only", "strong-wrong", "base64url", "our-own-type"]
)
def test_V12_metadata_that_was_not_signed_for(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str, case: str
) -> None:
    body = described(web, name="real")
    if path == "cached":
        lookups = lookups_by(path, web, cache, trusting(issuer.entry(types=(SUBTYPE,))))
    else:
        lookups = on_demand(web, cache, fetch_types=True)
    vct = SKILL_CERTIFICATE if case == "our-own-type" else SUBTYPE
    integrity = {
        "other-bytes": integrity_of(b"other"),
        "our-own-type": integrity_of(b"other"),
        "unknown-only": "md5-AAAA sha3-BBBB",
        "strong-wrong": f"{integrity_of(body)} {strong(b'other')}",
        "base64url": integrity_of(body).replace("+", "-").replace("/", "_").rstrip("="),
    }[case]
    # A reader that fetches nothing holds another version: that is unknown, not forged.
    expected = (
        ErrorKind.UNAVAILABLE
        if path == "cached" and vct == SUBTYPE
        else ErrorKind.METADATA_INTEGRITY
    )
    refused(lambda: lookups.type_metadata(vct, integrity=integrity, now=NOW), expected)


def test_V12_a_strong_digest_that_matches_suffices(web: SimulatedWeb) -> None:
    body = described(web)
    found = on_demand(web, fetch_types=True).type_metadata(
        SUBTYPE, integrity=f"{integrity_of(b'other')} {strong(body)}", now=NOW
    )
    assert found.value.vct == SUBTYPE


def test_V12_a_changed_base_is_seen(web: SimulatedWeb) -> None:
    base = "https://base.example/t"
    web.put(base, json.dumps({"vct": base, "name": "changed"}).encode())
    original = json.dumps({"vct": base}).encode()
    described(web, extends=base, **{"extends#integrity": integrity_of(original)})
    refused(
        lambda: on_demand(web, fetch_types=True).type_metadata(SUBTYPE, integrity=None, now=NOW),
        ErrorKind.METADATA_INTEGRITY,
    )


@pytest.mark.parametrize("claimed", ["https://evil.example/t", SKILL_CERTIFICATE, SUBTYPE + "/"])
def test_V19_metadata_for_another_type(web: SimulatedWeb, claimed: str) -> None:
    web.put(SUBTYPE, json.dumps({"vct": claimed}).encode())
    refused(
        lambda: on_demand(web, fetch_types=True).type_metadata(SUBTYPE, integrity=None, now=NOW),
        ErrorKind.VCT_MISMATCH,
    )


def test_V19_a_base_for_another_type(web: SimulatedWeb) -> None:
    base = "https://base.example/t"
    web.put(base, json.dumps({"vct": SUBTYPE + "/x"}).encode())
    described(web, extends=base)
    refused(
        lambda: on_demand(web, fetch_types=True).type_metadata(SUBTYPE, integrity=None, now=NOW),
        ErrorKind.VCT_MISMATCH,
    )


@pytest.mark.parametrize("complete", [True, False])
def test_V20_a_claim_that_is_never_hidden_was_hidden(
    web: SimulatedWeb, issuer: SimulatedIssuer, complete: bool
) -> None:
    token = issuer.issue(conceal=[("nature",)])
    jwt = token.split("~")[0]
    shown = token if complete else f"{jwt}~"
    result = found(shown, trust=trusting(issuer.entry()), lookups=on_demand(web))
    metadata = on_demand(web).type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW)
    refused(
        lambda: check_claims(metadata.value, authentic(shown, result).sd_jwt, complete=complete),
        ErrorKind.POLICY_UNMET,
    )


@pytest.mark.parametrize("missing", ["nature", "title", "month"])
def test_V20_a_claim_every_document_of_the_type_has_was_not_issued(
    web: SimulatedWeb, issuer: SimulatedIssuer, missing: str
) -> None:
    from support.credential_samples import SKILL_CERTIFICATE as CLAIMS

    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    token = issuer.issue(claims)
    result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
    metadata = on_demand(web).type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW)
    assert missing in {rule.path[0] for rule in metadata.value.claims if rule.mandatory}
    refused(
        lambda: check_claims(metadata.value, authentic(token, result).sd_jwt, complete=True),
        ErrorKind.POLICY_UNMET,
    )


def test_V20_nothing_shown_is_nothing_missing(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    bare = issuer.issue().split("~")[0] + "~"
    result = found(bare, trust=trusting(issuer.entry()), lookups=on_demand(web))
    metadata = on_demand(web).type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW)
    check_claims(metadata.value, authentic(bare, result).sd_jwt, complete=False)


# --- V14 to V17: fetching ---------------------------------------------------------------------


class Recording(SimulatedWeb):
    """A web that also notes the bounds each request was made under."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds: dict[str, tuple[int, int]] = {}

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        self.bounds[url] = (max_bytes, max_redirects)
        return super().get(url, accept=accept, max_bytes=max_bytes, max_redirects=max_redirects)


def test_V14_V17_every_request_is_bounded_and_only_lists_may_redirect() -> None:
    web = Recording()
    issuer = SimulatedIssuer(web)
    described(web, extends=SKILL_CERTIFICATE)
    refreshed(trusting(issuer.entry(types=(SKILL_CERTIFICATE, SUBTYPE))), web, MemoryLookupCache())
    assert len(web.bounds) == 6
    for url, (max_bytes, max_redirects) in web.bounds.items():
        assert 0 < max_bytes <= PRESENTATION.status_token_bytes
        assert max_redirects == (PRESENTATION.status_redirects if url == issuer.status_uri else 0)


def test_V16_a_failed_answer_is_never_read(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    for url in list(web.pages):
        web.fail(url)
    refused(
        lambda: found(issuer.issue(), trust=trusting(issuer.entry()), lookups=on_demand(web)),
        ErrorKind.FETCH_FAILED,
    )


# --- V25: who learns that somebody is being checked -------------------------------------------


def checked(token: str, trust: TrustData, lookups: Lookups, *, now: int) -> None:
    """Everything a verification looks up, in its order."""
    result = found(token, trust=trust, lookups=lookups, now=now)
    credential = authentic(token, result)
    lookups.type_metadata(credential.vct, integrity=credential.vct_integrity, now=now)
    assert credential.status is not None
    lookups.status_list(credential.status.uri, found=result, now=now)


@pytest.mark.parametrize("route", [IssuerKeyRoute.METADATA, IssuerKeyRoute.DID_WEB])
def test_V25_cached_lookups_open_no_connection(
    web: SimulatedWeb, cache: LookupCache, route: IssuerKeyRoute
) -> None:
    issuer = SimulatedIssuer(web, route=route)
    trust = trusting(issuer.entry(types=(SKILL_CERTIFICATE, SUBTYPE)))
    described(web, extends=SKILL_CERTIFICATE)
    refreshed(trust, web, cache)
    calls = web.total
    lookups = cached(cache)
    for vct in (SKILL_CERTIFICATE, SUBTYPE):
        token = issuer.issue(vct=vct, status=issuer.next_status())
        checked(token, trust, lookups, now=NOW + 3 * DAY)
    assert web.total == calls
    assert not hasattr(lookups, "_fetch")


def test_V25_a_type_is_not_fetched_while_somebody_is_checked(
    web: SimulatedWeb, cache: LookupCache
) -> None:
    described(web)
    refused(
        lambda: on_demand(web, cache).type_metadata(SUBTYPE, integrity=None, now=NOW),
        ErrorKind.UNAVAILABLE,
    )
    assert web.total == 0


def test_V25_what_is_fetched_is_the_same_for_everyone(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    trust = trusting(issuer.entry())
    requests = []
    for _ in range(5):
        before = web.calls.copy()
        checked(issuer.issue(status=issuer.next_status()), trust, on_demand(web), now=NOW)
        requests.append(web.calls - before)
    assert all(one == requests[0] for one in requests)
    # Keys, where the lists are named, their names, and the one list.
    assert requests[0].total() == 4


# --- V26 and W12: keys that change ------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_V26_a_key_the_issuer_took_away_is_refused_after_fifteen_minutes(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, named: bool
) -> None:
    trust = trusting(issuer.entry())
    stolen = issuer.signer
    lookups = on_demand(web, cache)
    found(issuer.issue(), trust=trust, lookups=lookups)
    issuer.rotate("school 2")
    token = issuer.issue(signer=stolen)
    if not named:
        token = issue_sd_jwt(
            {"iss": issuer.iss, "vct": SKILL_CERTIFICATE},
            conceal=(),
            signer=stolen,
            typ="dc+sd-jwt",
        )

    def check() -> None:
        result = found(token, trust=trust, lookups=lookups, now=NOW + 900)
        authentic(token, result)

    authentic(token, found(token, trust=trust, lookups=lookups, now=NOW + 899))
    refused(check, ErrorKind.KEY_NOT_TRUSTED if named else ErrorKind.BAD_SIGNATURE)
    # It stays refused from memory, in another process, and while the issuer is down.
    web.is_down = True
    refused(check, ErrorKind.KEY_NOT_TRUSTED if named else ErrorKind.BAD_SIGNATURE)
    if named:
        refused(
            lambda: found(token, trust=trust, lookups=cached(cache), now=NOW + 901),
            ErrorKind.KEY_NOT_TRUSTED,
        )


@PATHS
@pytest.mark.parametrize("called", ["{}", "#{}", "{iss}#{}"])
def test_V26_a_key_that_was_taken_away_is_known_by_each_of_its_names(
    web: SimulatedWeb, cache: LookupCache, path: str, called: str
) -> None:
    issuer = SimulatedIssuer(web, route=IssuerKeyRoute.DID_WEB)
    trust, stolen = trusting(issuer.entry()), issuer.signer.public_jwk
    name = called.format(stolen.kid, iss=issuer.iss)
    lookups = lookups_by(path, web, cache, trust)

    def keys(now: int) -> tuple[PublicJwk, ...]:
        return lookups.issuer_keys(
            issuer.iss, route=issuer.route, kid=name, entry=issuer.entry(), now=now
        ).value

    assert [key.thumbprint for key in keys(NOW)] == [stolen.thumbprint]
    issuer.rotate("school 2")
    refreshed(trust, web, cache, now=NOW + 900)
    refused(lambda: keys(NOW + 900), ErrorKind.KEY_NOT_TRUSTED)


def test_V26_a_refresh_takes_the_key_away_at_once(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache
) -> None:
    trust, stolen = trusting(issuer.entry()), issuer.signer
    refreshed(trust, web, cache)
    issuer.rotate("school 2")
    token = issuer.issue(signer=stolen)
    found(token, trust=trust, lookups=cached(cache), now=NOW + 10)
    refreshed(trust, web, cache, now=NOW + 20)
    refused(
        lambda: found(token, trust=trust, lookups=cached(cache), now=NOW + 30),
        ErrorKind.KEY_NOT_TRUSTED,
    )


def renamed(name: str) -> PublicJwk:
    return signer(name).public_jwk._replace(kid="main")


@PATHS
def test_W12_another_key_under_the_same_name(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    trust = trusting(issuer.entry())
    issuer.published = [renamed("first")]
    lookups = lookups_by(path, web, cache, trust)

    def keys(now: int) -> tuple[list[str], tuple[LookupAlert, ...]]:
        dated = lookups.issuer_keys(
            issuer.iss, route=issuer.route, kid="main", entry=issuer.entry(), now=now
        )
        return [key.thumbprint for key in dated.value], dated.alerts

    first, second = renamed("first").thumbprint, renamed("second").thumbprint
    assert keys(NOW) == ([first], ())
    issuer.published = [renamed("second")]
    assert keys(NOW + 899) == ([first], ())
    if path == "cached":
        refreshed(trust, web, cache, now=NOW + 900)
    assert keys(NOW + 900) == ([second], (LookupAlert.SAME_KID_OTHER_KEY,))
    assert keys(NOW + 901)[1] == (LookupAlert.SAME_KID_OTHER_KEY,)


def test_J12_a_flood_of_unknown_names_makes_one_request_a_minute(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    trust, lookups = trusting(issuer.entry()), on_demand(web)
    found(issuer.issue(), trust=trust, lookups=lookups)
    url = "https://school.example/.well-known/jwt-vc-issuer"
    for number in range(1_000):
        now = NOW + number // 10
        lookups.issuer_keys(
            issuer.iss, route=issuer.route, kid=f"kid {number}", entry=issuer.entry(), now=now
        )
        token = issuer.issue(signer=signer(f"evil {number % 3}"))
        refused(
            partial(found, token, trust=trust, lookups=lookups, now=now), ErrorKind.KEY_NOT_FOUND
        )
    assert web.calls[url] == 2
    web.is_down = True
    found(issuer.issue(), trust=trust, lookups=lookups, now=NOW + 5_000)


# --- T: status --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["cached", "on_demand", "given"])
def test_T11_an_expired_list_leaves_the_status_open(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    issuer.status_lifetime = DAY
    trust, reference = trusting(issuer.entry()), issuer.next_status()
    refreshed(trust, web, cache)
    token = issuer.issue(status=reference)
    late = NOW + DAY + 60
    lookups: Lookups = on_demand(web, cache) if path == "on_demand" else cached(cache)
    if path == "given":
        lookups = GivenStatusLists(
            lookups, [issuer.status_token()], check=check_signature, limits=PRESENTATION
        )
    result = found(token, trust=trust, lookups=lookups, now=late)
    error = refused(
        lambda: lookups.status_list(reference.uri, found=result, now=late),
        ErrorKind.STATUS_UNAVAILABLE,
    )
    assert isinstance(error, UndeterminedError)


@pytest.mark.parametrize("memory", ["same-process", "another-process"])
def test_T12_an_older_list_does_not_bring_a_withdrawn_credential_back(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, memory: str
) -> None:
    trust, reference = trusting(issuer.entry()), issuer.next_status()
    token = issuer.issue(status=reference)
    old = issuer.status_token()
    issuer.now = NOW + 100
    issuer.withdraw(reference)
    lookups = on_demand(web, cache)
    result = found(token, trust=trust, lookups=lookups, now=NOW + 100)
    lookups.status_list(reference.uri, found=result, now=NOW + 100)

    web.put(issuer.status_uri, old, media_type=STATUS_LIST_MEDIA_TYPE)
    if memory == "another-process":
        lookups = on_demand(web, cache)
    dated = lookups.status_list(reference.uri, found=result, now=NOW + 500)
    assert dated.value.status(reference.index) == 1
    assert LookupAlert.OLDER_LIST_OFFERED in dated.alerts
    assert (
        cached(cache)
        .status_list(reference.uri, found=result, now=NOW + 500)
        .value.status(reference.index)
        == 1
    )


def test_T12_an_older_list_alone_is_refused(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache
) -> None:
    """The newer one has expired meanwhile; the older one is still no statement."""
    trust, reference = trusting(issuer.entry()), issuer.next_status()
    token = issuer.issue(status=reference)
    issuer.status_lifetime = 30 * DAY
    old = issuer.status_token()
    issuer.now, issuer.status_lifetime = NOW + 100, 200
    lookups = on_demand(web, cache)
    result = found(token, trust=trust, lookups=lookups, now=NOW + 100)
    lookups.status_list(reference.uri, found=result, now=NOW + 100)
    web.put(issuer.status_uri, old, media_type=STATUS_LIST_MEDIA_TYPE)
    refused(
        lambda: lookups.status_list(reference.uri, found=result, now=NOW + 1_000),
        ErrorKind.STATUS_INVALID,
    )


@pytest.mark.parametrize(("ttl", "fresh_for"), [(1, 60), (31_536_000, 86_400)])
def test_T15_the_lists_own_times_count_within_bounds(
    web: SimulatedWeb, issuer: SimulatedIssuer, ttl: int, fresh_for: int
) -> None:
    issuer.status_ttl, issuer.status_lifetime = ttl, None
    trust, lookups = trusting(issuer.entry()), on_demand(web)
    token = issuer.issue(status=issuer.next_status())
    for later in (0, fresh_for - 1):
        checked(token, trust, lookups, now=NOW + later)
    assert web.calls[issuer.status_uri] == 1
    checked(token, trust, lookups, now=NOW + fresh_for)
    assert web.calls[issuer.status_uri] == 2


@PATHS
@pytest.mark.parametrize("days", [1, 9])
def test_T18_unreachable_is_neither_valid_nor_withdrawn(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str, days: int
) -> None:
    issuer.status_lifetime = None
    trust, reference = trusting(issuer.entry()), issuer.next_status()
    refreshed(trust, web, cache)
    web.is_down = True
    lookups: Lookups = cached(cache) if path == "cached" else on_demand(web, cache)
    token = issuer.issue(status=reference)
    result = found(token, trust=trust, lookups=lookups)
    now = NOW + days * DAY
    if days == 1:
        dated = lookups.status_list(reference.uri, found=result, now=now)
        assert dated.age(now) == DAY
        if path == "on_demand":
            assert LookupAlert.LAST_GOOD_KEPT in dated.alerts
        return
    error = refused(
        lambda: lookups.status_list(reference.uri, found=result, now=now),
        ErrorKind.STATUS_UNAVAILABLE,
        ErrorKind.UNAVAILABLE,
        ErrorKind.FETCH_FAILED,
    )
    assert isinstance(error, UndeterminedError)


@PATHS
def test_T18_never_fetched_at_all(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache, path: str
) -> None:
    trust = trusting(issuer.entry())
    token = issuer.issue(status=issuer.next_status())
    lookups = lookups_by(path, web, cache, trust)
    result = found(token, trust=trust, lookups=lookups)
    web.is_down = True
    fresh = MemoryLookupCache()
    empty: Lookups = cached(fresh) if path == "cached" else on_demand(web, fresh)
    with pytest.raises(UndeterminedError):
        empty.status_list(issuer.status_uri, found=result, now=NOW)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("fault", ["unsigned", "other-key", "tampered", "other-issuer"])
def test_T19_no_list_is_asked_for_before_the_signature_holds(
    web: SimulatedWeb, issuer: SimulatedIssuer, listed: bool, fault: str
) -> None:
    """Authentication is a type: without it there is no status address to look up."""
    trust = trusting(issuer.entry()) if listed else TrustData.EMPTY
    token = issuer.issue(status=issuer.next_status())
    header, payload, rest = token.split(".", 2)
    signature, _, disclosures = rest.partition("~")
    if fault == "unsigned":
        none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"dc+sd-jwt"}').decode().rstrip("=")
        token = f"{none}.{payload}.~{disclosures}"
    elif fault == "tampered":
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        claims["status"]["status_list"]["uri"] = "https://victim.example/status"
        changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token = f"{header}.{changed}.{signature}~{disclosures}"
    elif fault == "other-key":
        token = issuer.issue(status=issuer.next_status(), signer=signer("evil"))
    else:
        token = issuer.issue(status=issuer.next_status(), issuer="https://other.example")
    with pytest.raises(CarnetError):
        checked(token, trust, on_demand(web), now=NOW)
    assert not any("/status" in url for url in web.calls)


def test_T20_an_expired_credential_stays_expired_whatever_its_list_says(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    reference = issuer.next_status()
    token = issuer.issue(status=reference, expires_at=NOW - DAY)
    lookups = on_demand(web)
    result = found(token, trust=trusting(issuer.entry()), lookups=lookups)
    credential = authentic(token, result)
    assert (
        lookups.status_list(reference.uri, found=result, now=NOW).value.status(reference.index) == 0
    )
    refused(lambda: check_validity(credential, now=NOW, leeway=60), ErrorKind.EXPIRED)


def test_T12_T30_nothing_kept_or_raised_names_a_place(
    web: SimulatedWeb, issuer: SimulatedIssuer, tmp_path: Path
) -> None:
    """The index of a credential is never part of a lookup, so it cannot leak from one."""
    reference = issuer.next_status()
    checked(
        issuer.issue(status=reference),
        trusting(issuer.entry()),
        on_demand(web, FileLookupCache(tmp_path)),
        now=NOW,
    )
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert str(reference.index).encode() not in path.read_bytes().split(b"\n", 2)[1]


# --- W08, W09, X08: names ---------------------------------------------------------------------


HOMOGRAPHS = ["https://xn--pple-43d.com", "https://school.xn--e1awd7f.com/t/a"]


@pytest.mark.parametrize("iss", HOMOGRAPHS)
def test_W08_a_lookalike_host_is_shown_in_ascii_and_marked(iss: str) -> None:
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web, url=iss)
    result = found(issuer.issue(), trust=TrustData.EMPTY, lookups=on_demand(web))
    shown = issuer_name(result, lang="fr")
    assert shown.kind is NameKind.HOST
    assert shown.text.isascii()
    assert shown.text == iss.split("/")[2]
    assert shown.marks == {NameMark.PUNYCODE}


@pytest.mark.parametrize(
    "iss", ["https://аpple.com", "https://school.example\u200b", "https://ｓchool.example"]
)
def test_W08_an_issuer_in_other_letters_is_no_issuer(web: SimulatedWeb, iss: str) -> None:
    issuer = SimulatedIssuer(web)
    refused(
        lambda: found(issuer.issue(issuer=iss), trust=TrustData.EMPTY, lookups=on_demand(web)),
        ErrorKind.KEY_NOT_TRUSTED,
        ErrorKind.ISSUER_MISMATCH,
    )
    assert web.total == 0


NAMES = [
    "Centre du Moulin\u202eelpmaxe",
    "Centre\u200b du Moulin",
    "Centre\u3164du Moulin",
    "\u2066Centre du Moulin\u2069",
    "Centre du Moulin\nVérifié par l'État",
    "Centre d\u00adu Moulin",
    "Сentre du Moulin",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("claim", ["issuer_name", "name", "organisation", "logo", "iss_display"])
def test_W09_a_name_in_the_credential_is_never_the_issuers(
    web: SimulatedWeb, issuer: SimulatedIssuer, name: str, claim: str
) -> None:
    token = issuer.issue({claim: name}, vct="urn:evil:1", conceal=())
    stranger = found(token, trust=TrustData.EMPTY, lookups=on_demand(web))
    authentic(token, stranger)
    assert issuer_name(stranger, lang="fr").text == "school.example"
    listed = found(token, trust=trusting(issuer.entry()), lookups=on_demand(web))
    assert issuer_name(listed, lang="fr").text == "Centre de formation du Moulin"


@pytest.mark.parametrize("name", NAMES)
def test_W09_other_text_of_a_stranger_is_stripped_or_marked(name: str) -> None:
    cleaned = clean_text(name, max_length=120)
    assert cleaned.marks & {TextMark.HIDDEN_CHARACTERS, TextMark.MIXED_SCRIPTS}
    assert "\n" not in cleaned.text
    assert not set(cleaned.text) & set("\u202e\u200b\u3164\u2066\u2069\u00ad")


@pytest.mark.parametrize("name", NAMES[:-1])
def test_W09_a_trust_file_cannot_carry_such_a_name(issuer: SimulatedIssuer, name: str) -> None:
    refused(
        lambda: entry_from_json(
            {
                "iss": issuer.iss,
                "route": "metadata",
                "types": [],
                "name": {"fr": name},
                "class": "union",
            }
        ),
        ErrorKind.MALFORMED,
    )


def test_W09_a_certificates_subject_is_never_a_name(issuer: SimulatedIssuer) -> None:
    certificates = chain(leaf=Recipe(name="Ministry of Trust"))
    token = issue_sd_jwt(
        {"vct": SKILL_CERTIFICATE},
        conceal=(),
        signer=signer("Ministry of Trust"),
        typ="dc+sd-jwt",
        header={"x5c": certificates.x5c},
    )
    result = found(token, trust=trusting(issuer.entry()), lookups=on_demand(NoWeb()))
    shown = issuer_name(result, lang="fr")
    assert shown.kind is NameKind.KEY
    assert "inistry" not in shown.text


@pytest.mark.parametrize(
    "client_id",
    [
        "redirect_uri:https://school.example.evil.example/cb",
        "x509_san_dns:school.example.evil.example",
        "x509_san_dns:xn--schol-jua.example",
        "redirect_uri:x509_san_dns:ask.school.example",
        "x509_san_dns:ask.school.example\u200b",
    ],
)
def test_P05_an_asker_is_known_only_by_its_whole_identifier(
    issuer: SimulatedIssuer, client_id: str
) -> None:
    trust = trusting(issuer.entry(asker=("x509_san_dns:ask.school.example",)))
    named = asker_name(client_id, trust=trust, lang="fr", now=NOW)
    assert named.kind is AskerKind.UNKNOWN
    assert named.name.isascii()


# --- bounded work -----------------------------------------------------------------------------


def test_a_hostile_chain_of_types_is_cut_after_eight_steps(web: SimulatedWeb) -> None:
    for number in range(100):
        name, following = f"https://t.example/{number}", f"https://t.example/{number + 1}"
        web.put(name, json.dumps({"vct": name, "extends": following}).encode())

    def look_up() -> None:
        web.calls.clear()
        lookups = on_demand(web, fetch_types=True)
        lookups.type_metadata("https://t.example/0", integrity=None, now=NOW)

    _, seconds = least_cpu(lambda: refused(look_up, ErrorKind.TOO_DEEP))
    assert web.total == 9
    assert seconds < 0.1


def test_strangers_fill_no_cache(web: SimulatedWeb, tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path, max_unlisted=8, max_unlisted_bytes=2**20)
    good = SimulatedIssuer(web)
    refreshed(trusting(good.entry()), web, files)
    for number in range(30):
        stranger = SimulatedIssuer(web, url=f"https://s{number}.example", name=f"s{number % 3}")
        found(stranger.issue(), trust=TrustData.EMPTY, lookups=on_demand(web, files))
    assert len(list((tmp_path / "unlisted").iterdir())) == 8
    found(good.issue(), trust=trusting(good.entry()), lookups=cached(files))
