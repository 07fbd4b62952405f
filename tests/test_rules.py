"""The rules by which lines follow: the examples in their docstrings are run, and each rule stands in its own file."""

import doctest
import pkgutil
from importlib import import_module

import pytest
from sympy import Abs, Add, KroneckerDelta, S, Sum, exp, symbols

from derive.chain import rules
from derive.chain.derivation import Term
from derive.chain.rules.kill_delta import kill_delta
from derive.chain.rules.name_definitions import name_in_sum
from derive.chain.rules.order import order
from derive.chain.rules.pipeline import RULES, develop
from derive.chain.rules.share import share
from derive.chain.sums import Fact
from derive.expressions.activations import sigmoid
from derive.expressions.indices import family, index, limits, positions
from derive.expressions.intervals import inside
from derive.language import Text
from derive.model.model import Case, Node

MODULES = [m.name for m in pkgutil.iter_modules(rules.__path__)]
a, b, c = symbols("a b c", real=True)
n = symbols("n", integer=True, positive=True)
i, j, k = (index(letter, 1, n) for letter in "ijk")
u, v = family("u"), family("v")


def over(*indices):
    """The limits of sums over whole ranges."""
    return tuple(limits(idx) for idx in indices)


def show(rule, *terms, facts=()):
    """Print the line before, then each line that the rule gives, with its reason."""
    print(" + ".join(map(written, terms)))
    for line in rule(terms, facts):
        print("=", " + ".join(map(written, line.terms)), f"   ({line.reason.pick('en')})")


def written(term):
    """A term as it stands: its sums, and its factors one by one."""
    alone = len(term.factors) == 1
    factors = " * ".join(f"({f})" if isinstance(f, Add) and not alone else str(f) for f in term.factors)
    return "".join(f"sum over {s[0]}: " for s in term.sums) + factors


def node(name, indices, definition):
    """A family with one definition."""
    return Node(name, "node", family(name), indices, (Case(indices, definition),))


EXAMPLE = {
    **{
        "a": a,
        "b": b,
        "c": c,
        "n": n,
        "i": i,
        "j": j,
        "k": k,
        "u": u,
        "v": v,
        "over": over,
        "show": show,
        "positions": positions,
    },
    **{
        "Term": Term,
        "Fact": Fact,
        "Text": Text,
        "KroneckerDelta": KroneckerDelta,
        "S": S,
        "Sum": Sum,
        "exp": exp,
        "Abs": Abs,
        "sigmoid": sigmoid,
    },
    **{"node": node, "kill_delta": kill_delta, "order": order, "inside": inside},
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_rule_are_true(name):
    module = import_module(f"{rules.__name__}.{name}")
    tried = doctest.testmod(module, extraglobs=EXAMPLE)
    assert tried.failed == 0
    assert tried.attempted > 0, f"{name} shows no line before and after"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_stands_in_the_file_of_its_name_and_shows_what_it_does(rule):
    assert rule.__module__ == f"{rules.__name__}.{rule.__name__}"
    assert ">>> show(" in rule.__doc__ and "\n    = " in rule.__doc__


def test_what_is_in_its_final_form_stays():
    assert list(develop((Term((a, u[i])),), ())) == []


def test_a_delta_kills_no_sum_that_another_sum_ends_at():
    """sum over k = 1..n, over j = 1..k: with k = i the inner sum would have to end at i."""
    moving = (j, S.One, k)
    assert list(kill_delta((Term((KroneckerDelta(i, k), u[j]), (moving, limits(k))),))) == []


def test_a_factor_is_shared_only_as_a_whole():
    """n/a - S/a^3 is what one writes, not (n - S/a^2)/a."""
    total = Sum(u[k], limits(k))
    assert list(share((Term((n, 1 / a)), Term((-total, a**-3))))) == []
    assert len(list(share((Term((n, 1 / a)), Term((-total, 1 / a)))))) == 1


def test_a_definition_with_a_number_in_front_is_recognised():
    fact = Fact(exp(u[k]) / 2, v[k], (k,), Text("v", "v"))
    assert name_in_sum(a * exp(u[i]) / 2 + b * exp(u[j]) / 2, fact) == a * v[i] + b * v[j]
    assert name_in_sum(a * u[i], fact) == a * u[i]
