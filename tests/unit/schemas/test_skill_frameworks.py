"""Every concept of the published frameworks can be named in a credential."""

import csv
import gzip
import tomllib
from collections.abc import Iterator
from pathlib import Path

from carnet_schemas.catalog import check_signer_may_say
from carnet_schemas.skills import Occupation, Skill
from carnet_schemas.strict_model import read
from carnet_schemas.text import check_plain
from support.shared import data


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def test_every_esco_skill_and_occupation() -> None:
    esco = data("esco")
    count = 0
    for name, model in (("skills_en", Skill), ("occupations_en", Occupation)):
        for row in rows(esco, f"{name}.csv.gz"):
            concept = {
                "framework": "ESCO",
                "version": "1.1.1",
                "uri": row["conceptUri"],
                "label": row["preferredLabel"].strip(),
                "lang": "en",
            }
            assert read(model, concept)
            count += 1
    assert count > 16_000


def test_every_french_label_can_be_shown() -> None:
    esco = data("esco")
    for name in ("skills_fr_labels", "occupations_fr_labels"):
        for row in rows(esco, f"{name}.csv.gz"):
            label = row["preferredLabel"].strip()
            assert not label or check_plain(label, max_characters=300)


def test_every_rome_sheet_and_job_title() -> None:
    rome = data("rome")
    count = 0
    for name in ("code_rome", "appellation"):
        for row in rows(rome, f"unix_referentiel_{name}_v460_utf8.csv.gz"):
            for code in (row["code_rome"], row["code_ogr"]):
                concept = {
                    "framework": "ROME",
                    "version": "460",
                    "code": code,
                    "label": "Métier",
                    "lang": "fr",
                }
                assert read(Occupation, concept)
                assert read(Skill, concept)
                count += 1
    assert count > 10_000


def test_sample_template_says_what_a_training_body_may_say() -> None:
    text = (data("samples") / "template-electrical-safety.toml").read_text(encoding="utf-8")
    template = tomllib.loads(text)
    claims = {
        "nature": template["nature"],
        "title": template["title"],
        "skills": template["skills"],
        "level": {"eqf": template["level"]},
        "hours": template["hours"],
        "month": template["assessed_on"],
    }
    check_signer_may_say(template["type"], claims, signer_class="training_body")
