"""What torch keeps for its backward pass: a program of primitive operations run in torch, one call for each operation.

`torch.autograd.graph.saved_tensors_hooks` shows every tensor that an operation saves. Which family it holds is told by
its memory, or by its values: random numbers are unlike any other's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from sympy import Expr, Idx, Indexed, Symbol

from derive.chain.derivation import Derivation
from derive.check.samples import random_inputs
from derive.check.threads import one_thread
from derive.check.torch_backend import TorchBackend, function
from derive.evaluate.passes import Passes
from derive.expressions.functions import BY_NAME
from derive.expressions.indices import name_of
from derive.model.model import Node
from derive.model.program import Primitive, Program
from derive.model.sizes import fitting

Array = torch.Tensor
ELEMENTWISE: dict[str, Callable[[Any, Any], Array]] = {
    "add": torch.add,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": torch.pow,
    "max": lambda a, b: torch.maximum(_tensor(a), _tensor(b)),
}


def _tensor(value: Any) -> Array:
    return value if isinstance(value, Array) else torch.tensor(value, dtype=torch.float64)


class Saved(NamedTuple):
    """What torch saved: for each node the families, and how many saved tensors hold constants or truth values."""

    families: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, int]
    masks: Mapping[str, int]

    @property
    def names(self) -> set[str]:
        """All families that were saved."""
        return {name for found in self.families.values() for name in found}


@one_thread()
def saved(program: Program, derivation: Derivation, seed: int = 0) -> Saved | None:
    """Return what torch saves for the gradients of `derivation.wanted`.

    It is None for a program with steps of time, with functions that are not given or that torch does not have, or with
    elements taken out of a family.
    """
    rows = [BY_NAME[p.operation] for p in program.primitives.values() if p.operation in BY_NAME]
    if any(row.definition is not None and not (row.torch or row.code) for row in rows):
        return None
    if any(s.time for s in derivation.stages) or any(n.abstract is not None for n in program.model.nodes.values()):
        return None
    if not all(_whole(operand) for p in program.primitives.values() for operand in p.operands):
        return None
    return Recorder(program, derivation, seed).saved()


def _whole(operand: Expr) -> bool:
    return not isinstance(operand, Indexed) or len(set(operand.indices)) == len(operand.indices) == sum(
        isinstance(i, Idx) for i in operand.indices
    )


class Recorder:
    """Runs a program once, node after node, on random leaves, and records what torch saves for the backward pass."""

    def __init__(self, program: Program, derivation: Derivation, seed: int):
        self.program, self.wanted = program, derivation.wanted
        different = {s: 3 + n for n, s in enumerate(program.model.sizes)}  # so that shapes tell too
        sizes = fitting(derivation.model, different, {})
        self.passes = Passes(derivation, sizes, TorchBackend())
        numbers = random_inputs(self.passes, 1, torch.Generator().manual_seed(seed))
        self.values = {name: value.squeeze(-1).requires_grad_(name in self.wanted) for name, value in numbers.items()}

    def saved(self) -> Saved:
        """Run the program under the hooks, and tell what each operation saved."""
        raw = {name: self._packed(node) for name, node in self.program.model.nodes.items() if not node.is_leaf}
        place = {value.untyped_storage().data_ptr(): name for name, value in reversed(self.values.items())}
        values = {_values(value): name for name, value in reversed(self.values.items())}  # of a copy only these tell
        families, constants, masks = {}, {}, {}
        for name, tensors in raw.items():
            found = [(place.get(t.untyped_storage().data_ptr()) or values.get(_values(t)), t) for t in tensors]
            families[name] = tuple(dict.fromkeys(f for f, _ in found if f is not None))
            masks[name] = sum(f is None and not t.is_floating_point() for f, t in found)
            constants[name] = sum(f is None and t.is_floating_point() for f, t in found)
        return Saved(families, constants, masks)

    def _packed(self, node: Node) -> list[Array]:
        """Run one node, and return the tensors that torch saves of it."""
        packed: list[Array] = []

        def pack(tensor: Array) -> Array:
            packed.append(tensor.detach())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            self.values[node.name] = self._run(node, self.program.primitives[node.name])
        return packed

    def _run(self, node: Node, primitive: Primitive) -> Array:
        """Run one operation as one call of torch."""
        own, summed = node.indices, tuple(b[0] for b in primitive.summed)
        if primitive.operation in ("dot", "sum"):
            return self._dot(own, primitive.operands, summed)
        operands = [self._aligned(o, own) for o in primitive.operands]
        if primitive.operation in ELEMENTWISE:
            return ELEMENTWISE[primitive.operation](*operands)
        if not primitive.operation:
            return operands[0] * 1.0 if isinstance(operands[0], Array) else _tensor(float(operands[0]))
        found: Array = function(BY_NAME[primitive.operation])(*map(_tensor, operands))
        return found

    def _dot(self, own: tuple[Idx, ...], operands: tuple[Expr, ...], summed: tuple[Idx, ...]) -> Array:
        """Return torch.dot of two vectors, a sum if there is one operand, an einsum otherwise."""
        tensors = [self.values[name_of(o)] for o in operands if not o.is_number]
        places = [tuple(getattr(o, "indices", ())) for o in operands if not o.is_number]
        if len(tensors) == 1:
            return torch.sum(tensors[0], dim=[places[0].index(i) for i in summed])
        if not own and all(len(p) == 1 for p in places):
            return torch.dot(*tensors)
        letter = {i: chr(97 + n) for n, i in enumerate(dict.fromkeys((*own, *summed)))}
        words = ["".join(letter[i] for i in p) for p in places]
        return torch.einsum(f"{','.join(words)}->{''.join(letter[i] for i in own)}", *tensors)

    def _aligned(self, operand: Expr, own: tuple[Idx, ...]) -> Any:
        """Return a number, or a tensor whose axes stand where the node's indices do."""
        if operand.is_number:
            return float(operand) if not operand.is_Integer else int(operand)
        if isinstance(operand, Symbol) and operand in self.passes.sizes:
            return float(self.passes.sizes[operand])
        value, places = self.values[name_of(operand)], tuple(getattr(operand, "indices", ()))
        axes = [i for i in own if i in places]
        moved = value.permute([places.index(i) for i in axes]) if axes != list(places) else value
        return moved[tuple(slice(None) if i in axes else None for i in own)] if len(axes) < len(own) else moved


def _values(tensor: Array) -> tuple[float, ...]:
    """Return what identifies a tensor by its values, whatever its shape and however often each value is repeated."""
    return tuple(sorted(set(tensor.detach().reshape(-1).tolist())))
