"""The whole generated module: docstring with formulas and shapes, names, checks of the inputs, forward, backward."""

from __future__ import annotations

from collections.abc import Mapping

from derive.chain.derivation import Derivation
from derive.code.docstring import docstring, tables
from derive.code.functions import own
from derive.code.layer import layer
from derive.code.passes import passes, public, saved
from derive.code.python_text import has_word, quoted, tuple_of
from derive.code.signature import Signature
from derive.code.source import Source
from derive.code.targets import TARGETS, Target
from derive.code.templates import ARRAYS, FUNCTION, HELPERS, MATRICES, POSITIONS, STILL
from derive.errors import UsageError


def code(d: Derivation, target: str, signature: Signature | None = None, typed: Mapping[str, str] | None = None) -> str:
    """Write the module for "numpy" or "torch"; with a signature also that function. Errors: UsageError.

    The table NAMES has the names as they are typeset, but those as they were `typed` where the model came in LaTeX.
    """
    if target not in TARGETS:
        raise UsageError(f"--target {target!r}: choose one of {', '.join(TARGETS)}")
    return _module(Source(d, TARGETS[target]), signature, typed or {})


def _module(source: Source, signature: Signature | None, typed: Mapping[str, str]) -> str:
    body = passes(source, public(source))
    if source.target.name == "torch" and source.d.model.has_loss:
        body.append(_function(source))
    body += layer(source, signature) if signature is not None else []
    positions = [POSITIONS] if any("_expect_positions(" in part for part in body) else []
    whole = [*_own(source.target, "\n".join(body)), HELPERS, *positions, ARRAYS[source.target.name], *body]
    math = "import math\n" * any("math." in part for part in whole)
    head = [docstring(source), math + source.target.imports, tables(source, typed)]
    return "\n\n\n".join(["\n\n".join(head).strip("\n"), *(part.strip("\n") for part in whole)]) + "\n"


def _own(target: Target, body: str) -> list[str]:
    """Return the helpers and functions that the passes call and the target does not have."""
    still = [STILL.format(target.module)] if "_still(" in body else []
    matrices = [text.format(target.module) for call, text in MATRICES.items() if call in body]
    return [*([target.span] if has_word("span", body) else []), *still, *matrices, *own(target, body)]


def _function(source: Source) -> str:
    """Write the loss as one operation for torch's autograd."""
    names = (*source.shapes, *source.optional)
    loss = source.names[source.d.model.loss.name]
    return FUNCTION.format(inputs=tuple_of(names), saved=tuple_of(saved(source)), loss=quoted(loss))
