"""The inputs every verifier is asked about: attack rows D and K, and honest documents of
unusual but allowed shapes. Each is complete, so that it can be handed to a stranger.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import attacks.test_key_binding_attacks as key_binding
import attacks.test_sd_jwt_attacks as sd_jwt
from carnet_securing.credential import (
    ANY_VCT,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import CarnetError
from carnet_securing.key_binding import verify_key_binding
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from support.interop_verifiers import Document
from support.keys import signer
from support.sd_jwts import (
    ISSUER,
    VCT,
    base64url,
    digest,
    disclosure,
    forge,
    issuer_key,
    jwt,
    payload,
)
from support.simulator import NOW

ALGORITHMS = frozenset({"ES256"})
WORKER = signer("worker")


def refused_by_us(document: Document) -> str | None:
    """The kind with which Carnet refuses a document; None when it is accepted."""
    try:
        credential = verify_credential(
            parse_credential(document.token, limits=PRESENTATION),
            issuer_key=issuer_key(),
            vcts=ANY_VCT,
            now=document.now,
            check=check_signature,
            limits=PRESENTATION,
        )
        if document.nonce is not None and document.audience is not None:
            verify_key_binding(
                credential.sd_jwt,
                holder_key=holder_key_of(credential),
                audience=document.audience,
                nonce=document.nonce,
                now=document.now,
                check=check_signature,
                algorithms=ALGORITHMS,
                limits=PRESENTATION,
            )
    except CarnetError as error:
        return str(error.kind)
    return None


def inputs() -> dict[str, Document]:
    """Every input by its name, which begins with the row it belongs to."""
    unbound = {**dict(_rows_of_d()), **_times(), **_concealed(), **_honest()}
    bound = {**_bindings(), **_confirmations(), **_honest_bindings()}
    named = {name: _document(token) for name, token in unbound.items()}
    return named | {name: _document(token, bound=True) for name, token in bound.items()}


def _document(token: str, *, bound: bool = False) -> Document:
    return Document(
        token=token,
        issuer=ISSUER,
        key=signer("school").public_jwk,
        now=NOW,
        vct=VCT,
        nonce=key_binding.NONCE if bound else None,
        audience=key_binding.AUDIENCE if bound else None,
    )


def _rows_of_d() -> Iterator[tuple[str, str]]:
    """The tokens of `test_sd_jwt_attacks`, as they stand there."""
    for mark in sd_jwt.test_forged_disclosures.pytestmark:  # type: ignore[attr-defined]
        if mark.name == "parametrize" and mark.args[0] == ("token", "kinds"):
            for row in mark.args[1]:
                yield row.id.removeprefix("SEC-"), row.values[0]


def _times() -> dict[str, str]:
    rows = {str(row.id).removeprefix("SEC-"): forge(_first(row)) for row in sd_jwt.TIMES}
    return rows | {"J21-fraction-of-a-second": forge({"iat": NOW - 100.5})}


def _first(row: Any) -> Mapping[str, Any]:
    members: Mapping[str, Any] = row.values[0]
    return members


def _concealed() -> dict[str, str]:
    """Row D24: what decides validity, hidden and shown, or hidden and not shown."""
    values = {**payload(), "nbf": NOW - 50, "status": {"status_list": {"idx": 1, "uri": ISSUER}}}
    made = {}
    for claim in ("iss", "nbf", "exp", "cnf", "vct", "status"):
        members = {name: value for name, value in payload().items() if name != claim}
        shown = disclosure("s", claim, values[claim])
        hidden = jwt({**members, "_sd": [digest(shown)]})
        made[f"D24-{claim}-shown"] = f"{hidden}~{shown}~"
        if claim in ("iss", "vct"):
            made[f"D24-{claim}-not-shown"] = f"{hidden}~"
    return made


def _bindings() -> dict[str, str]:
    """Rows K01 to K20, made as `test_key_binding_attacks` makes them."""
    bound, claims, selected = key_binding.bound, key_binding.claims, key_binding.SELECTED
    thief = signer("thief")
    unsigned = jwt(claims(), key=WORKER, typ="kb+jwt", alg="none").rpartition(".")[0]
    return {
        "K01-stripped": selected,
        "K02-earlier-question": bound(nonce="n-earlier-question-0001"),
        "K04-other-asker": bound(aud="x509_san_dns:other.example"),
        "K04-several-askers": bound(aud=[key_binding.AUDIENCE, "x509_san_dns:other.example"]),
        "K04-no-asker": bound(aud=...),
        "K05-no-nonce": bound(nonce=...),
        "K05-nonce-of-another-type": bound(nonce=[key_binding.NONCE]),
        "K06-year-past": bound(iat=NOW - 365 * 86_400),
        "K06-year-future": bound(iat=NOW + 365 * 86_400),
        "K06-absent": bound(iat=...),
        "K06-text": bound(iat=str(NOW)),
        "K06-boolean": bound(iat=True),
        "K07-expired": bound(exp=NOW - 3_600),
        "K07-not-yet": bound(nbf=NOW + 3_600),
        "K10-typ-jwt": bound(typ="JWT"),
        "K10-typ-upper-case": bound(typ="KB+JWT"),
        "K10-typ-of-the-document": bound(typ="dc+sd-jwt"),
        "K11-alg-none": f"{selected}{unsigned}.",
        "K11-alg-HS256": bound(header={"alg": "HS256"}),
        "K12-thief": bound(key=thief),
        "K12-thief-in-header": bound(key=thief, header={"jwk": thief.public_jwk.bare().to_json()}),
        "K13-crit": bound(header={"crit": ["exp"], "exp": 1}),
        "K08-more-shown": selected + jwt(claims(key_binding.ISSUED), key=WORKER, typ="kb+jwt"),
        "K08-less-shown": key_binding.ISSUED + jwt(claims(selected), key=WORKER, typ="kb+jwt"),
        "K09-no-hash": bound(sd_hash=...),
        "K09-hash-padded": bound(sd_hash=digest(selected) + "="),
        "K20-typ-of-a-proof": bound(typ="openid4vci-proof+jwt"),
    }


def _bound_over(**members: Any) -> str:
    return key_binding.bound(forge(members))


def _confirmations() -> dict[str, str]:
    """Row K14: what names the holder's key, and how."""
    mine, other = WORKER.public_jwk.bare().to_json(), signer("other").public_jwk.bare().to_json()
    return {
        "K14-none": key_binding.bound(
            jwt({name: value for name, value in payload().items() if name != "cnf"}) + "~"
        ),
        "K14-empty": _bound_over(cnf={}),
        "K14-kid-only": _bound_over(cnf={"kid": "key-1"}),
        "K14-jwk-of-another": _bound_over(cnf={"jwk": other}),
        "K14-jwk-and-kid-disagree": _bound_over(
            cnf={"jwk": mine, "kid": did_jwk_of(signer("other").public_jwk)}
        ),
        "K14-private": _bound_over(cnf={"jwk": {**mine, "d": mine["x"]}}),
        "K14-two-keys": _bound_over(cnf={"jwk": [mine, other]}),
        "K14-jku-beside": _bound_over(cnf={"jwk": mine, "jku": "https://a.example"}),
    }


def _honest() -> dict[str, str]:
    """Documents that keep every rule, in shapes that are easily refused by mistake."""
    name, element, outer = sd_jwt.NAME, sd_jwt.ELEMENT, sd_jwt.OUTER
    accented = disclosure("s", "prénom", "Zoë ≠ ζ")
    spaced = base64url(b'[ "s" ,\n"given_name" , "A" ]')
    nothing = disclosure("s", "nothing", None)
    return {
        "honest-nothing-hidden": forge({}),
        "honest-nothing-shown": forge({"_sd": [digest(name)]}),
        "honest-decoys": forge({"_sd": [digest(name), "one"], "l": [{"...": "two"}, 1]}, name),
        "honest-element": forge({"list": [1, {"...": digest(element)}]}, element),
        "honest-recursive": forge({"_sd": [digest(outer)]}, outer, name),
        "honest-recursive-child-first": forge({"_sd": [digest(outer)]}, name, outer),
        "honest-parent-alone": forge({"_sd": [digest(outer)]}, outer),
        "honest-empty-sd": forge({"_sd": []}),
        "honest-accents": forge({"_sd": [digest(accented)]}, accented),
        "honest-white-space-in-disclosure": forge({"_sd": [digest(spaced)]}, spaced),
        "honest-null-value": forge({"_sd": [digest(nothing)]}, nothing),
        "honest-sha-384": forge({"_sd": [digest(name, "sha-384")], "_sd_alg": "sha-384"}, name),
        "honest-sha-512": forge({"_sd": [digest(name, "sha-512")], "_sd_alg": "sha-512"}, name),
        "honest-no-times": jwt({"iss": ISSUER, "vct": VCT}) + "~",
        "honest-within-leeway": forge({"exp": NOW - 30}),
        "honest-type-also-known-as": forge({"aka_vcts": ["urn:other:1"]}),
        "honest-unknown-claims": forge({"a": {"b": [{}, [], None, 1.5, ""]}, "": 1}),
    }


def _honest_bindings() -> dict[str, str]:
    bound = key_binding.bound
    did = {"kid": did_jwk_of(WORKER.public_jwk) + "#0"}
    sha512 = forge({"_sd": [digest(sd_jwt.NAME, "sha-512")], "_sd_alg": "sha-512"}, sd_jwt.NAME)
    return {
        "honest-binding": bound(),
        "honest-binding-of-everything": bound(key_binding.ISSUED),
        "honest-binding-with-more-claims": bound(jti="1", exp=NOW + 60),
        "honest-binding-with-kid": bound(header={"kid": "any"}),
        "honest-binding-a-minute-old": bound(iat=NOW - 59),
        "honest-binding-key-named-by-did": _bound_over(cnf=did),
        "honest-binding-sha-512": bound(sha512, sd_hash=digest(sha512, "sha-512")),
    }
