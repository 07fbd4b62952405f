"""The whole generated module: docstring with formulas and shapes, names, checks of the inputs, forward, backward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.chain.derivation import Derivation
from derive.code.docstring import docstring, tables
from derive.code.layer import layer
from derive.code.passes import passes, public, read
from derive.code.python_text import quoted, tuple_of
from derive.code.signature import Signature
from derive.code.source import Source
from derive.code.targets import TARGETS, Target
from derive.code.templates import ARRAYS, FUNCTION, HELPERS
from derive.errors import UsageError


def code(d: Derivation, target: str, signature: Signature | None = None) -> str:
    """The module for a target, "numpy" or "torch"; with a signature also that function. Errors: UsageError."""
    if target not in TARGETS:
        raise UsageError(f"--target {target!r}: choose one of {', '.join(TARGETS)}")
    return _module(Source(d, TARGETS[target]), signature)


def _module(source: Source, signature: Signature | None) -> str:
    body = passes(source, public(source))
    if source.target.name == "torch" and source.d.model.has_loss:
        body.append(_function(source))
    body += layer(source, signature) if signature is not None else []
    whole = [*_own(source.target, body), HELPERS, ARRAYS[source.target.name], *body]
    math = "import math\n" * any("math." in part for part in whole)
    head = [docstring(source), math + source.target.imports, tables(source)]
    return "\n\n\n".join(["\n\n".join(head).strip("\n"), *(part.strip("\n") for part in whole)]) + "\n"


def _own(target: Target, parts: Sequence[str]) -> Iterator[str]:
    """The functions that the target does not have and the passes call."""
    text, found = "\n".join(parts), {}
    for _ in range(2):  # gelu calls erf
        for name, own in target.own.items():
            if f"{name}(" in text.replace(f".{name}(", "").replace(f"_{name}(", "") and name not in found:
                found[name] = own
                text += own
    yield from (found[name] for name in target.own if name in found)


def _function(source: Source) -> str:
    """The loss as one operation for torch's autograd."""
    saved = read(source, source.backward.statements())
    names = (*source.shapes, *source.optional)
    loss = source.names[source.d.model.loss.name]
    return FUNCTION.format(inputs=tuple_of(names), saved=tuple_of(saved), loss=quoted(loss))
