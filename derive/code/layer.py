"""A function with a declared signature: for each of its modes the passes of its graph, for torch a class, the function.

A mode is training or inference. Where the graph of a mode is that of the module, the module's own passes serve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from derive.chain.rule import derive
from derive.code.call import call, ranges
from derive.code.docstring import definitions, shapes
from derive.code.passes import passes, saved
from derive.code.printer import INDENT
from derive.code.python_text import documented, quoted, tuple_of
from derive.code.signature import Argument, Signature
from derive.code.source import Source
from derive.code.templates import LAYER


class Mode(NamedTuple):
    """One way to call the function; `own` where its passes are not those of the module."""

    name: str
    source: Source
    own: bool
    updates: Mapping[str, str]

    @property
    def when(self) -> str:
        """The mode as one says it: "in training", "at inference"."""
        return f"{'in' if self.name == 'training' else 'at'} {self.name}"


def layer(source: Source, signature: Signature) -> list[str]:
    """Return the parts of the module that a signature adds."""
    modes = list(_modes(source, signature))
    parts = [part for m in modes if m.own for part in (shapes(m.source), *passes(m.source))]
    if source.target.name == "torch":
        parts += [_class(m, signature, len(modes) > 1) for m in modes]
    return [*parts, _function(modes, signature)]


def _modes(source: Source, signature: Signature) -> Iterator[Mode]:
    """Yield training, then inference if it differs."""
    for name, build in (("training", signature.training), ("inference", signature.inference)):
        if build is not None or name == "training":
            model = source.d.model if build is None else build().model()
            own = model is not source.d.model
            updates = signature.updates if name == "training" else {}
            yield Mode(name, Source(derive(model), source.target, f"_{name}") if own else source, own, updates)


def _title(mode: Mode, signature: Signature, several: bool) -> str:
    """Turn layer_norm_1d into LayerNorm1d, and add the mode if there are two."""
    return "".join(map(str.capitalize, signature.name.split("_"))) + mode.name.capitalize() * several


def _class(mode: Mode, signature: Signature, several: bool) -> str:
    """Write the mode as one operation of torch's autograd."""
    source, names = mode.source, mode.source.names
    return LAYER.format(
        title=_title(mode, signature, several),
        what=signature.name + f" {mode.when}" * several,
        suffix=source.suffix,
        inputs=tuple_of(source.shapes),
        saved=tuple_of(n for n in saved(source) if n not in source.optional),
        returned=tuple_of(names[n] for n in (signature.result, *mode.updates.values())),
        cotangent=quoted(next(iter(source.optional))),
    )


def _function(modes: list[Mode], signature: Signature) -> str:
    several = len(modes) > 1
    head = [_typed(a) for a in signature.arguments] + ["training=True"] * several
    lines = documented(_described(modes, signature)).split("\n")
    text = [f"def {signature.name}({', '.join(head)}):", *(f"{INDENT}{line}" if line else "" for line in lines)]
    text += ranges([m.source for m in modes], signature)
    calls = [list(call(m.source, signature, m.when, m.updates, _title(m, signature, several))) for m in modes]
    if several:
        text += [f"{INDENT}if not training:", *(f"{INDENT}{line}" if line else "" for line in calls[1])]
    return "\n".join([*text, *calls[0]])


def _typed(argument: Argument) -> str:
    return argument.name if argument.default is None else f"{argument.name}={argument.default!r}"


def _described(modes: list[Mode], signature: Signature) -> Iterator[str]:
    """Write the docstring: the formulas of each mode, what training changes, and what is returned."""
    source, result = modes[0].source, modes[0].source.names[signature.result]
    torch = source.target.name == "torch"
    gradients = "differentiable by autograd through the derived gradients"
    yield f"{result}, {gradients if torch else 'and its pullback, which makes of dL/d' + result + ' every gradient'}."
    for mode in modes:
        yield ""
        if len(modes) > 1:
            yield f"{mode.name.capitalize()}:"
        loss = f"{mode.source.show(mode.source.d.loss)} ="
        yield from (line for line in definitions(mode.source) if not line.strip().startswith(loss))
    changed = [f"In training {argument} becomes {node}, in place." for argument, node in signature.updates.items()]
    drawn = [
        f"In training every {leaf} is drawn anew, 1 with probability {p}, else 0."
        for leaf, p in signature.draws.items()
    ]
    yield from ["", *changed, *drawn] if changed or drawn else []
    yield from ("", "Errors: ValueError, one line, for a wrong shape or number.")
