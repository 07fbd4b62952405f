"""What a name that is never defined becomes: an input, a target, a constant or a parameter, and what is known of it."""

from __future__ import annotations

from typing import Any

from derive.read.tree import Big, Number, Relation
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import occurrence
from derive.transcribe.statements import Statements

INPUTS = frozenset(["x", "X", "u", "s"])
TARGETS = frozenset(["y", "Y", "t"])
CONSTANTS = frozenset(["lambda", "epsilon", "varepsilon", "eta", "alpha", "tau", "rho", "delta"])
COUNTS = frozenset(["n", "m", "N"])  # numbers of samples, where nothing makes them a size or a vector
WEIGHTS = frozenset(["w", "W", "U", "V", "b", "theta", "Theta", "beta", "gamma", "B", "A"])

_DOMAINS = {"{0,1}": "binary", "[0,1]": "probability", "(0,1)": "probability", "{-1,1}": "sign"}


def role(stem: Stem, over_time: bool, single: bool = True) -> str:
    """'input', 'target', 'constant' or 'parameter', by the letter; what comes at every step is an input."""
    if stem.base in COUNTS:
        return "constant" if single and not stem.fixed else "parameter"
    if not stem.marks and stem.base in TARGETS and not stem.fixed:
        return "target"
    if stem.base in INPUTS or (over_time and stem.base not in WEIGHTS):
        return "input"
    return "constant" if stem.base in CONSTANTS and not stem.fixed else "parameter"


def facts(stem: Stem, said: Statements, how: Notation, set_name: str) -> dict[str, Any]:
    r"""What the text says of the values of a name: `p_i > 0`, `\sum_i y_i = 1`, `y \in \{0, 1\}`."""
    found: dict[str, Any] = {"domain": _DOMAINS[set_name]} if set_name in _DOMAINS else {}
    for fact in said.facts:
        if _of(fact) is not None and how.split(_of(fact))[0] == stem:  # type: ignore[arg-type]
            found |= _fact(fact)
    return found


def _of(fact: Relation) -> Any:
    """The name that a fact is about."""
    left = fact.sides[0]
    return occurrence(left.body if isinstance(left, Big) else left)


def _fact(fact: Relation) -> dict[str, Any]:
    left, right = fact.sides[0], fact.sides[-1]
    digits = right.digits if isinstance(right, Number) else ""
    if isinstance(left, Big):
        sums = left.operator == "sum" and digits == "1" and fact.signs == ("=",)
        return {"sums_to": 1} if sums else {}
    return {"domain": "positive"} if fact.signs == (">",) and digits == "0" else {}
