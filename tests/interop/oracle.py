"""Two strangers' verifiers, openvc-core and polaris-oid4vp, one line of JSON at a time.

Runs in tests/interop/.venv, because openvc-core is LGPL and neither is a dependency of
Carnet. It is handed documents instead of fetching them, and a time in place of the clock.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

CLOCK = {"now": 0.0}
time.time = lambda: CLOCK["now"]  # before the verifiers are imported, which read the clock

# By name, because the environment of the project has neither.
OPENVC = import_module("openvc.verify")
OPENVC_LISTS = import_module("openvc.resolvers")
OPENVC_TYPES = import_module("openvc.type_metadata")
OpenvcError: type[Exception] = import_module("openvc.errors").OpenvcError
POLARIS = import_module("polaris_oid4vp.sdjwt")
POLARIS_STATUS = import_module("polaris_oid4vp.status")

Json = dict[str, Any]


def openvc(message: Json) -> Json:
    """Verify as openvc-core does in one call, its own status resolver included."""
    bound = message["nonce"] is not None
    policy = OPENVC.VerificationPolicy(
        audience=message["audience"],
        nonce=message["nonce"],
        require_key_binding=bound,
        expected_vct=message["vct"],
        require_status=message["status"] is not None,
    )

    def published(_url: str) -> Json:
        keys = {"issuer": message["issuer"], "jwks": {"keys": [message["issuerKey"]]}}
        return message.get("published") or keys

    lists = OPENVC_LISTS.default_status_list_token_resolver(
        jwt_vc_issuer_fetch=published, fetch=lambda _uri: message["status"]
    )
    try:
        result = OPENVC.verify_credential(
            message["token"],
            policy=policy,
            jwt_vc_issuer_fetch=published,
            resolve_status_list_token=None if message["status"] is None else lists,
        )
        if message.get("metadata") is not None:
            OPENVC_TYPES.validate_type_metadata(
                result.claims,
                vct=result.claims["vct"],
                vct_integrity=result.claims.get("vct#integrity"),
                resolve=lambda _url: message["metadata"].encode(),
            )
    except OpenvcError as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"claims": result.claims}


def polaris(message: Json) -> Json:
    """Verify as polaris-oid4vp does; a status that was not read as valid is refused here."""
    key = POLARIS._es256_public_key(message["issuerKey"])
    authority = POLARIS_STATUS.StatedAuthority()

    def resolve(*, uri: str, idx: int, issuer: str) -> Json:
        authority.state(
            credential_issuer=issuer,
            status_uri=uri,
            verify=lambda signed, signature, _header: POLARIS._verify_es256(key, signed, signature),
            why="the test says so",
        )
        decided: Json = POLARIS_STATUS.decide(
            message["status"],
            index=idx,
            expected_uri=uri,
            authority=authority,
            now=int(CLOCK["now"]),
            credential_issuer=issuer,
        )
        return decided

    verdict = POLARIS.verify_presentation(
        message["token"],
        # It wants both also where no binding is required, and then looks at neither.
        expected_nonce=message["nonce"] or "none",
        expected_audience=message["audience"] or "none",
        issuer_jwks=[message["issuerKey"]],
        now=int(CLOCK["now"]),
        require_key_binding=message["nonce"] is not None,
        expected_vct=message["vct"],
        status_resolver=None if message["status"] is None else resolve,
    )
    if not verdict.authentic:
        return {"refused": f"{verdict.code}: {verdict.reason}"}
    if message["status"] is not None and verdict.revocation.get("status") != 0:
        return {"refused": f"status: {verdict.revocation}"}
    return {"claims": verdict.claims}


LIBRARIES: dict[str, Callable[[Json], Json]] = {"openvc-core": openvc, "polaris-oid4vp": polaris}

for line in sys.stdin:
    asked = json.loads(line)
    CLOCK["now"] = float(asked["now"])
    try:
        answer = LIBRARIES[asked["by"]](asked)
    except Exception as error:  # noqa: BLE001 - a library that breaks off is told apart from a refusal
        answer = {"refused": f"broke off with {type(error).__name__}: {error}", "broke": True}
    print(json.dumps(answer), flush=True)  # noqa: T201 - the answer of this program
