"""The formulas that stand in torch's list of derivatives itself, read and evaluated as they are written there.

A formula is C++; what it has beside Python's syntax is rewritten (`translated`), and the few functions of
`FunctionsManual.cpp` that these formulas call are written out here. All other names are torch's own functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch

from coverage_of_torch.names import LIST

Array = torch.Tensor
CALL = re.compile(r"-?(at::)?\w*backward\w*\(.*\)")
NONE = ("not_implemented", "non_differentiable", "backward")
WORDS: tuple[tuple[str, str], ...] = (
    (r"/\*.*?\*/", ""),
    (r"\s#.*$", ""),
    (r"at::(real|imag)\(", r"\1_part("),
    (r"at::|std::get<0>|(::)?std::|c10::", ""),
    (r"_symint\b", ""),
    (r"\.sym_sizes\(\)", ".shape"),
    (r"\bsym_size\(", "size("),
    (r"\bsym_numel\(", "numel("),
    (r"\.mH\(\)", ".mH"),
    (r"\.layout\(\)", ".layout"),
    (r"\.scalar_type\(\)|\.dtype\(\)", ".dtype"),
    (r", \w+\.options\(\)", ""),
    (r"(\w+)\.slice\(", r"slice(\1, "),
    (r"\.div\(other, *(\"\w+\")\)", r".div(other, rounding_mode=\1)"),
    (r"size\(1\) / groups", "size(1) // groups"),
    (r"\.isComplex\(\)", ".is_complex()"),
    (r"\.toComplexDouble\(\)|\.toDouble\(\)", ""),
    (r"\.index\(indices\)", "[indices]"),
    (r"\.defined\(\) ?\?", " is not None ?"),
    (r"!(?=\w)", "not "),
    (r"OptionalArrayRef<SymInt>|optional<\w+>|vector<\w+>", ""),
    (r"\btrue\b", "True"),
    (r"\bfalse\b", "False"),
    (r"\{", "("),
    (r"\}", ")"),
    (r"\[\]\(SymInt i\)\(return -i;\)", "lambda i: -i"),
)


class Formula(NamedTuple):
    """What the list says of one argument of an operation."""

    operation: str
    argument: str
    text: str

    @property
    def name(self) -> str:
        """`sin: self`."""
        return f"{self.operation}: {self.argument}"


@cache
def formulas() -> tuple[Formula, ...]:
    """Those that are more than a call of a function named backward, and say that there is a derivative."""
    return tuple(f for f in _entries() if not CALL.search(f.text) and not any(word in f.text for word in NONE))


def _entries() -> Iterator[Formula]:
    lines = LIST.read_text(encoding="utf-8").split("\n")
    text = "\n".join(line for line in lines if not re.match(r"\s*#", line))
    for entry in re.split(r"^- name:\s*", text, flags=re.MULTILINE)[1:]:
        head, _, body = entry.partition("\n")
        operation, _, signature = head.split("->")[0].partition("(")
        arguments = set(re.findall(r"(\w+)(?:=[^,)]*)?(?=[,)])", signature))
        found = dict[str, str]()
        for key, value in re.findall(r"^ +((?:\w+, *)*\w+):[ ]+(.*(?:\n {7,}.*)*)", body, re.MULTILINE):
            found.setdefault(key, " ".join(value.split()))
        for key, value in found.items():
            if set(key.split(", ")) <= arguments:
                quoted = value[:1] in "\"'" and value[-1] == value[0]
                yield Formula(operation, key, value[1:-1] if quoted else value)


def translated(text: str) -> str:
    """The formula in Python's syntax."""
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text)
    return _choices(text)


def _choices(text: str) -> str:
    """`a ? b : c` becomes `(b if a else c)`, at any depth.

    >>> _choices("f(a ? b : c, (d ? e : g) + h)")
    'f((b if a else c), ((e if d else g)) + h)'
    """
    parts = _split(text, ", ")
    if len(parts) > 1:
        return ", ".join(map(_choices, parts))
    condition, *branches = _split(text, " ? ")
    if branches:
        first, second = _split(" ? ".join(branches), " : ")
        return f"({_choices(first)} if {_choices(condition)} else {_choices(second)})"
    return _grouped(text) if "(" in text else text


def _grouped(text: str) -> str:
    """What stands in parentheses, each by itself."""
    start = text.index("(")
    end = next(i for i in range(start, len(text)) if text[start : i + 1].count("(") == text[start : i + 1].count(")"))
    return f"{text[:start]}({_choices(text[start + 1 : end])}){_choices(text[end + 1 :])}"


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that stand in no parentheses.

    >>> _split("f(a, b), c", ", ")
    ['f(a, b)', 'c']
    """
    found = [""]
    for part in text.split(mark):
        whole = not found[-1] or found[-1].count("(") == found[-1].count(")")
        found = [*found, part] if whole and found[-1] else [*found[:-1], found[-1] + mark * bool(found[-1]) + part]
    return found


def restored(x: Array, dims: list[int], keepdim: bool) -> Array:
    """A reduced array with its axes of length 1."""
    for dim in () if keepdim else dims:
        x = x.unsqueeze(dim)
    return x


def _unsqueezed(x: Array, *args: Any) -> Array:
    return x.reshape(args[-1])


def _to_sum(x: Array, shape: Any) -> Array:
    return x.sum_to_size(*shape)


def lu_slope(grad: Array, factors: Array, pivots: Array, solved: Array, left: bool, adjoint: bool) -> Array:
    """What torch's autograd gives of the factors, of which the solution was made."""
    p, low, up = torch.lu_unpack(factors, pivots)
    free = factors.clone().requires_grad_()
    again = torch.linalg.lu_solve(free, pivots, p @ low @ up @ solved, left=left, adjoint=adjoint)
    return torch.autograd.grad(again, free, grad)[0]


MEANT: Mapping[str, Any] = {
    "handle_r_to_c": lambda dtype, x: x,
    "maybe_multiply": lambda x, number: x * number,
    "restore_reduced_dims": restored,
    "scale_grad_by_count": lambda grad, mask, dims: grad * mask / mask.sum(dims, keepdim=True),
    "unsqueeze_to": _unsqueezed,
    "sum_to": _to_sum,
    "zeros": lambda size, *args: torch.zeros(tuple(size), dtype=torch.float64),
    "scalar_tensor": lambda value, *args: torch.tensor(value, dtype=torch.float64),
    "sqrt": math.sqrt,
    "linalg_cross": lambda x, y, dim: torch.linalg.cross(x, y, dim=dim),
    "M_PI": math.pi,
    "M_LN2": math.log(2),
    "fmap": lambda numbers, f: [f(n) for n in numbers],
    "reverse_list": lambda numbers: list(reversed(numbers)),
    "real_part": torch.real,
    "imag_part": torch.imag,
    "kJagged": torch.jagged,
    "nullopt": None,
    "linalg_lu_solve": lambda LU, pivots, B, left, adjoint: torch.linalg.lu_solve(
        LU, pivots, B, left=left, adjoint=adjoint
    ),
    "linalg_lu_solve_LU": lu_slope,
    "_unique": lambda x, sorted: x.unique(),
}


class Names(dict[str, Any]):
    """The values of a formula by name; a name that is none of them is a function of torch."""

    def __missing__(self, name: str) -> Any:
        if name in MEANT:
            return MEANT[name]
        return getattr(torch, name) if hasattr(torch, name) else getattr(torch.ops.aten, name)


def evaluated(formula: Formula, values: Mapping[str, Any]) -> Array:
    """What the formula gives; `values` has the arguments, the results and `grad`."""
    return eval(translated(formula.text), {"__builtins__": {}}, Names(values))


def called(operation: str, values: Mapping[str, Any]) -> dict[str, Array]:
    """The results of the operation, by the names that the formulas have for them; not in place."""
    base, _, overload = operation.partition(".")
    packet = getattr(torch.ops.aten, base.removesuffix("_"))
    function = getattr(packet, overload or next((o for o in packet.overloads() if o != "out"), "default"))
    schema = function._schema
    args = [values.get(a.name, a.default_value) for a in schema.arguments if not a.kwarg_only]
    more = {a.name: values[a.name] for a in schema.arguments if a.kwarg_only and a.name in values}
    found = function(*args, **more)
    found = tuple(found) if isinstance(found, tuple | list) else (found,)
    return {(r.name or "result"): x for r, x in zip(schema.returns, found, strict=True)} | {
        "result": found[0],
        "results": found,
    }
