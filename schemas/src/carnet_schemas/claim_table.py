"""What a credential type says about each of its claims: words, concealment, need.

One row feeds the SD-JWT VC type metadata, the reference tables, what issuing conceals and
what a complete credential must hold, so that they cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from carnet_schemas.paths import Path
from carnet_schemas.strict_model import StrictModel

Words: TypeAlias = Mapping[str, Mapping[str, str]]
Concealment: TypeAlias = Literal["always", "allowed", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of a type.

    Attributes:
        path: where it stands; None is every element of an array.
        sd: whether issuing makes it selectively disclosable (SD-JWT VC-19 section 5.6.4).
        mandatory: whether it is there wherever its parent is.
        fr, en: the label a person reads.
        means: one English sentence for the reference table; empty when the label says it.
        words: what a person reads for each value of a closed list, by value and language.
    """

    path: Path
    sd: Concealment
    mandatory: bool = False
    fr: str
    en: str
    means: str = ""
    words: Words = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialType:
    """One credential type of Carnet.

    Attributes:
        vct: the URN that names the type and its version.
        slug: the short name in addresses (`{issuer}/types/<slug>/1`).
        title, description: by language, for a person.
        model: the claims model; `validate_claims` is the way to use it.
        claims: every claim, parents before children.
        signers: classes of signer that may sign it; no other may.
        background, text_colour: of the card, as CSS colours.
        check: rules across claims; takes the model and whether it must be complete.
        check_signer: rules on what a class of signer may say; takes model and class.
    """

    vct: str
    slug: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    model: type[StrictModel]
    claims: tuple[Claim, ...]
    signers: frozenset[str]
    background: str
    text_colour: str = "#FFFFFF"
    check: Callable[[Any, bool], None] | None = None
    check_signer: Callable[[Any, str], None] | None = None

    @property
    def sd(self) -> Mapping[Path, Concealment]:
        """Whether each claim is concealed, by path."""
        return {claim.path: claim.sd for claim in self.claims}

    @property
    def configuration_id(self) -> str:
        """The name of its OpenID4VCI credential configuration, and its OAuth scope."""
        return f"{self.slug.replace('-', '_')}_sd_jwt"


def nested(parent: Path, sd: Concealment, *rows: tuple[str, bool, str, str]) -> tuple[Claim, ...]:
    """Rows of `(name, mandatory, fr, en)` below `parent`, all with the same concealment."""
    return tuple(
        Claim(path=(*parent, name), sd=sd, mandatory=mandatory, fr=fr, en=en)
        for name, mandatory, fr, en in rows
    )
