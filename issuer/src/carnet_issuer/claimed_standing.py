"""What a title may not claim beside the nature of its certificate.

`nature` says what the paper legally is; a title such as "Titre professionnel" over an
end-of-training certificate would say something else. Titles and skill labels are compared
with a small closed list of words, French and English, when a template is added. It helps
an office not to overstate by mistake; it proves nothing, and sentences get round it.
A course that prepares for a title or an authorisation may say so.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from carnet_issuer.errors import TemplateError
from carnet_securing.errors import ErrorKind

_REGISTERED: Final = frozenset({"rncp", "rncp_block", "rs"})
_AUTHORISING: Final = frozenset({"authorisation_opinion", "employer_authorisation"})
_PREPARES: Final = re.compile(r"\bprepar")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    words: re.Pattern[str]
    natures: frozenset[str]
    message: str
    hint: str
    may_prepare: bool = False


_RULES: Final = (
    _Rule(
        # RS 232, 422, 423 and 485 are cables, not sheets.
        words=re.compile(r"\brncp[\s:n°-]*\d|\brs[\s-]?(?!(?:232|422|423|485)\b)\d{2,5}\b"),
        natures=_REGISTERED,
        message="A title or skill names a sheet of a French register.",
        hint='If it is that certification, write nature = "rncp", "rncp_block" or "rs" with its'
        " [certification]; if not, leave the number out.",
    ),
    _Rule(
        words=re.compile(r"\btitres? professionnels?\b|\bdiplomes?\b|\bdiplomas?\b"),
        natures=_REGISTERED,
        message="A title or skill speaks of a diploma or professional title.",
        hint='If it is one, write nature = "rncp" with its [certification]; for a course that'
        ' leads to it, write "Préparation au titre…".',
        may_prepare=True,
    ),
    _Rule(
        words=re.compile(r"\bhabilitation\b|\bhabilitations electriques\b"),
        natures=_AUTHORISING,
        message="A title or skill speaks of an authorisation, which only an employer gives.",
        hint='A training body writes nature = "authorisation_opinion", an employer'
        ' "employer_authorisation"; for a course write "Préparation à l\'habilitation…".',
        may_prepare=True,
    ),
    _Rule(
        words=re.compile(
            r"\b(?:nationalit(?:y|e)|citizenship|date of birth|birth ?date|place of birth"
            r"|date de naissance|lieu de naissance)\s*[:=]"
            r"|\bborn\s+(?:on\s+|in\s+)?\d|\bnee?(?:\(e\))?\s+(?:le|en)\s+\d"
        ),
        natures=frozenset(),
        message="A title or skill tells something no certificate may carry about a person.",
        hint="Leave out nationality and birth: nobody needs them to trust the certificate.",
    ),
)


def check_titles(claims: Mapping[str, Any]) -> None:
    """Refuse titles and skill labels that claim more than `nature` says.

    Args:
        claims: of a template, valid for their type.

    Raises:
        TemplateError: `policy_unmet`, with the nature to write instead as the hint.
    """
    nature = claims.get("nature")
    for text in map(_plain, _texts(claims)):
        for rule in _RULES:
            found = rule.words.search(text)
            if found is None or nature in rule.natures:
                continue
            if rule.may_prepare and _PREPARES.search(text, 0, found.start()):
                continue
            raise TemplateError(ErrorKind.POLICY_UNMET, rule.message, hint=rule.hint)


def _texts(claims: Mapping[str, Any]) -> Iterator[str]:
    yield from claims.get("title", {}).values()
    for skill in claims.get("skills", ()):
        yield skill["label"]


def _plain(text: str) -> str:
    """Lower case without accents, full-width forms and invisible characters."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", text).casefold()
        if unicodedata.category(character) not in {"Mn", "Me", "Cf"}
    )
