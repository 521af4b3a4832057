"""Read the example specifications of the SD-JWT drafts: claims with `!sd` on what is hidden."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Hidden:
    """A key or an array element that carries `!sd`."""

    value: Any


class _Loader(yaml.SafeLoader):
    """The safe loader, which also knows the tag."""


def _hidden(loader: yaml.SafeLoader, node: yaml.Node) -> Hidden:
    if isinstance(node, yaml.MappingNode):
        return Hidden(loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return Hidden(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.ScalarNode)
    plain = yaml.ScalarNode(
        loader.resolve(yaml.ScalarNode, node.value, (node.style is None, False)),  # type: ignore[no-untyped-call]  # the stubs leave it out
        node.value,
        style=node.style,
    )
    return Hidden(loader.construct_object(plain))


_Loader.add_constructor("!sd", _hidden)


@dataclass(frozen=True, kw_only=True)
class Specification:
    """One example: what is signed, what of it is hidden, what the holder shows."""

    name: str
    marked: Any
    shown: Any
    key_binding: bool
    decoys: bool
    has_default_claims: bool

    @property
    def claims(self) -> dict[str, Any]:
        """The claims in clear."""
        return dict(_plain(self.marked))

    @property
    def conceal(self) -> list[Place]:
        """The places to hide."""
        return list(_places(self.marked, ()))

    @property
    def selected(self) -> list[Place]:
        """The hidden places the holder shows."""
        return [path for path, wanted in _wanted(self.marked, self.shown, ()) if wanted]

    @property
    def expected(self) -> dict[str, Any]:
        """What a verifier sees, worked out without a token."""
        return dict(_seen(self.marked, self.shown))


def read_specification(path: Path) -> Specification:
    """Read one `specification.yml`."""
    content = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader
    return Specification(
        name=path.parent.name,
        marked=content["user_claims"],
        shown=content["holder_disclosed_claims"],
        key_binding=content.get("key_binding", False),
        decoys=content.get("add_decoy_claims", False),
        has_default_claims=content.get("include_default_claims", True),
    )


def _name(key: Any) -> str:
    return str(key.value if isinstance(key, Hidden) else key)


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Hidden) else value


def _plain(marked: Any) -> Any:
    marked = _value(marked)
    if isinstance(marked, dict):
        return {_name(key): _plain(value) for key, value in marked.items()}
    if isinstance(marked, list):
        return [_plain(element) for element in marked]
    return marked


def _places(marked: Any, path: Place) -> Iterator[Place]:
    marked = _value(marked)
    if isinstance(marked, dict):
        for key, value in marked.items():
            where = (*path, _name(key))
            if isinstance(key, Hidden):
                yield where
            yield from _places(value, where)
    if isinstance(marked, list):
        for index, element in enumerate(marked):
            if isinstance(element, Hidden):
                yield (*path, index)
            yield from _places(element, (*path, index))


def _of(shown: Any, step: str | int) -> Any:
    if isinstance(shown, dict) and isinstance(step, str):
        return shown.get(step)
    if isinstance(shown, list) and isinstance(step, int) and step < len(shown):
        return shown[step]
    return None


def _wanted(marked: Any, shown: Any, path: Place) -> Iterator[tuple[Place, bool]]:
    marked = _value(marked)
    if isinstance(marked, dict):
        for key, value in marked.items():
            part = _of(shown, _name(key))
            if isinstance(key, Hidden):
                yield (*path, _name(key)), bool(part)
                if not part:
                    continue
            yield from _wanted(value, part, (*path, _name(key)))
    if isinstance(marked, list):
        for index, element in enumerate(marked):
            part = _of(shown, index)
            if isinstance(element, Hidden):
                yield (*path, index), part not in (None, False)
                if part in (None, False):
                    continue
            yield from _wanted(element, part, (*path, index))


def _seen(marked: Any, shown: Any) -> Any:
    marked = _value(marked)
    if isinstance(marked, dict):
        return {
            _name(key): _seen(value, _of(shown, _name(key)))
            for key, value in marked.items()
            if not isinstance(key, Hidden) or _of(shown, _name(key))
        }
    if isinstance(marked, list):
        return [
            _seen(element, _of(shown, index))
            for index, element in enumerate(marked)
            if not isinstance(element, Hidden) or _of(shown, index) not in (None, False)
        ]
    return marked
