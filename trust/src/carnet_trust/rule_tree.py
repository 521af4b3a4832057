"""The claim rules of a type as a tree of path steps, so that one walk checks them all."""

from dataclasses import dataclass, field

from carnet_schemas.paths import Path, Step
from carnet_trust.type_document import Concealment, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """What holds for the claims at a path once everything is merged."""

    path: Path
    mandatory: bool
    sd: Concealment
    labels: tuple[Label, ...] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class RuleNode:
    """One step of the paths of a type.

    Attributes:
        names: next steps into an object.
        elements: next steps into an array, by index or None for every element.
        concealed: what `sd` demands here: True, False, or None for no demand.
        mandatory: the rule that a claim must have been issued here, if there is one.
        mandatory_below: those of this node and everything under it.
    """

    names: dict[str, "RuleNode"] = field(default_factory=dict)
    elements: dict[int | None, "RuleNode"] = field(default_factory=dict)
    concealed: bool | None = None
    mandatory: Path | None = None
    mandatory_below: set[Path] = field(default_factory=set)


def build_tree(rules: tuple[ClaimRule, ...]) -> RuleNode:
    """Arrange rules by the steps of their paths."""
    root = RuleNode()
    for rule in rules:
        above = [root]
        for step in rule.path:
            above.append(_next(above[-1], step))
        node = above[-1]
        node.concealed = _DEMANDS[rule.sd]
        if rule.mandatory:
            node.mandatory = rule.path
            for each in above:
                each.mandatory_below.add(rule.path)
    return root


def _next(node: RuleNode, step: Step) -> RuleNode:
    if isinstance(step, str):
        return node.names.setdefault(step, RuleNode())
    return node.elements.setdefault(step, RuleNode())


_DEMANDS = {Concealment.ALWAYS: True, Concealment.NEVER: False, Concealment.ALLOWED: None}
