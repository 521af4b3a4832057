"""What no certificate may carry: each member of the list, at every depth, through each type.

The attacker is an issuer, a template or an import that would sign more than the design
allows (DESIGN section 3). Every way in is the catalog's one entry.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from carnet_schemas.catalog import check_signer_may_say, validate_claims
from carnet_schemas.errors import SchemaError
from support.credential_samples import COMPLETE

# The members of the design's list in the order it gives them, as people write them.
NEVER = {
    "nationality": ["nationality", "nationalité", "citizenship", "citoyenneté"],
    "residence permit": ["residence_permit", "titre_de_séjour", "work_permit", "visa"],
    "identity number": ["identity_number", "numéro_d_identité", "passport", "passeport", "cni"],
    "identity scan": ["id_scan", "scan", "copie_de_pièce", "document_scan"],
    "social security number": ["ssn", "social_security", "numéro_de_sécurité_sociale", "nir"],
    "birth date": ["birth_date", "date_of_birth", "date_de_naissance", "dob", "age", "birthdate"],
    "birth place": ["birth_place", "place_of_birth", "lieu_de_naissance"],
    "sex": ["sex", "gender", "sexe", "genre"],
    "civil title": ["civil_title", "salutation", "civilité", "honorific"],
    "photo": ["photo", "picture", "portrait", "selfie", "visage", "face"],
    "health": ["health", "santé", "disability", "handicap", "medical", "arrêt_maladie"],
    "union membership": ["union_membership", "trade_union", "syndicat", "syndiqué"],
    "home address": ["home_address", "address", "adresse", "domicile", "code_postal"],
    "GPS": ["gps", "latitude", "longitude", "location", "géolocalisation", "coordonnées"],
    "acceptance rate": ["acceptance_rate", "taux_d_acceptation", "refusals", "taux_de_refus"],
    "response time": ["response_time", "temps_de_réponse", "délai_de_réponse"],
    "connected hours": ["connected_hours", "heures_de_connexion", "time_online", "heures_en_ligne"],
    "who cancelled": ["cancelled_by", "annulé_par", "cancellation_reason", "motif_d_annulation"],
    "pay": ["pay", "salary", "salaire", "rémunération", "amount_eur", "hourly_rate", "montant"],
    "origin": ["origin", "ethnicity", "origine", "religion"],
}  # fmt: skip
NAMES = [name for names in NEVER.values() for name in names]
VALUES: list[Any] = ["x", 1, True, {"value": "x"}, ["x"], {}, None]


def spellings(name: str) -> Iterator[str]:
    words = name.split("_")
    yield name
    yield name.upper()
    yield "-".join(words)
    yield " ".join(words)
    yield words[0] + "".join(word.capitalize() for word in words[1:])
    yield "".join(word.capitalize() for word in words)
    yield f"worker_{name}"
    yield f"{name}_2"


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside `value`, the outermost first."""
    if type(value) is dict:
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif type(value) is list:
        for inner in value[:2]:
            yield from objects(inner)


def assert_refused(vct: str, claims: dict[str, Any]) -> None:
    for complete in (True, False):
        with pytest.raises(SchemaError) as caught:
            validate_claims(vct, claims, complete=complete)
        assert caught.value.kind == "policy_unmet"


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
@pytest.mark.parametrize("name", NAMES)
def test_never_list_member_is_refused_at_every_depth(vct: str, name: str) -> None:
    sample = COMPLETE[vct][0]
    depth = len(list(objects(sample)))
    for number in range(depth):
        claims = copy.deepcopy(sample)
        list(objects(claims))[number][name] = "zz-secret"
        with pytest.raises(SchemaError) as caught:
            validate_claims(vct, claims, complete=True)
        assert caught.value.kind == "policy_unmet"
        assert "zz-secret" not in str(caught.value)
        assert name not in caught.value.pointer.split("/")


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
def test_never_list_holds_for_every_spelling_and_value(vct: str) -> None:
    sample = COMPLETE[vct][-1]
    for name in NAMES:
        for spelling in spellings(name):
            assert_refused(vct, sample | {spelling: "x"})
    for value in VALUES:
        assert_refused(vct, sample | {"nationality": value})


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
def test_never_list_member_named_in_a_value_is_refused(vct: str) -> None:
    sample = COMPLETE[vct][0]
    for name in NAMES:
        assert_refused(vct, sample | {"claims": [{"name": name, "value": "x"}]})
        assert_refused(vct, sample | {"claims": [name]})


@pytest.mark.parametrize("vct", COMPLETE, ids=[vct.split(":")[2] for vct in COMPLETE])
def test_never_list_is_not_hidden_behind_another_fault(vct: str) -> None:
    """The signer is told about the list first, whatever else is wrong."""
    assert_refused(vct, {"nationality": "x"})
    assert_refused(vct, COMPLETE[vct][0] | {"zz": None, "salaire": 1})
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(vct, COMPLETE[vct][0] | {"photo": "x"}, signer_class="nobody")
    assert caught.value.kind == "policy_unmet"
    assert "photo" in caught.value.message


def test_never_list_covers_what_a_platform_file_must_not_sign() -> None:
    """The columns of a platform's own file that the design keeps out."""
    for column in ("amount_eur", "cancelled_by"):
        assert_refused("urn:carnet:mission:1", COMPLETE["urn:carnet:mission:1"][0] | {column: "x"})
    history = json.loads(json.dumps(COMPLETE["urn:carnet:mission-history:1"][0]))
    history["periods"][0]["pages"][0][0]["amount_eur"] = 176.98
    assert_refused("urn:carnet:mission-history:1", history)
