"""Models in primitive operations: the same values and gradients, refusals in one line, and what has to be kept.

What has to be kept is compared with torch itself: the tensors that its operations save for their backward pass.
"""

from itertools import product

import pytest
import torch
from sympy import Integer, Symbol

from derive import Graph, Max, Sum, exp, log, relu, sigmoid, tanh
from derive.chain.needed import needed, needs
from derive.chain.rule import derive
from derive.errors import ModelError, UsageError, VerificationError
from derive.expressions.functions import BY_NAME
from derive.model.model import Case
from derive.model.operations import ELEMENTARY, definition, operations
from derive.model.primitives import X, program
from derive.model.program import BINARY
from derive.problems import load, names
from derive.topics.primitives.check.programs import compare
from derive.topics.primitives.check.saved_by_torch import saved
from derive.topics.primitives.program import rewritten

GIVEN = ("dot", "add", "max", "mul", "pow")
RICH = tuple(operations())
POOR = ("dot", "add", "mul", "pow", "max", "exp", "log", "step")  # everything else by its definition
MATRICES = {
    "gaussian-kl",
    "gaussian-nll",
    "kalman",
    "kalman-step",
    "pcca",
    "ppca",
    "ridge-closed-form",
}  # inverses and determinants
UNWRITABLE = {"adam", "he-init", "momentum", "score-function", *MATRICES}  # b^t; pi; a stopped gradient
UNWRITABLE |= {"alibi", "causal-attention", "moe", "rope", "sliding-window-attention"}  # masks, places, angles
UNWRITABLE |= {"adamw", "ctc", "focal", "grpo", "ppo-clip"}  # b^t; a power gamma; a stopped gradient; cases
READINGS = [(n, at) for n in names() for at in range(len(load(n).readings)) if n not in UNWRITABLE]


def model(name: str, at: int = 0):
    """The model of one reading of a problem."""
    problem = load(name)
    return problem.readings[at].build(**problem.choices({})).model()


@pytest.mark.parametrize("allowed", [RICH, POOR], ids=["rich", "poor"])
@pytest.mark.parametrize(("name", "at"), READINGS)
def test_a_program_is_the_model(name, at, allowed):
    """Values equal the model's, the reverse sweep of the program gives autograd's gradients of the model."""
    original = derive(model(name, at))
    found = program(original.model, allowed)
    wanted = original.wanted if original.model.has_loss else None  # without a loss only the values are compared
    report = compare(derive(found.model, wanted), original)
    assert report.ok and report.worst < 1e-10  # relative to the number itself, a thousandth of the largest at least
    assert {r.name for r in report.rows} >= set(original.wanted) & set(original.adjoints)


@pytest.mark.parametrize(("name", "at"), READINGS)
def test_every_node_is_one_allowed_operation(name, at):
    found = program(model(name, at), POOR)
    for node in found.model.nodes.values():
        if node.is_leaf or node.abstract is not None:
            continue
        primitive = found.primitives[node.name]
        assert primitive.operation in (*POOR, "")
        assert all(o.is_number or not o.args or o.is_Indexed for o in primitive.operands)
        assert len(primitive.operands) == (2 if primitive.operation in {*BINARY, "dot"} else 1)
        assert primitive.value == node.cases[0].expr


def test_a_wrong_program_is_found():
    """A dropped bias, and a maximum with 1 instead of 0, differ from the model."""
    original = derive(model("linear-relu"))
    for name, expr in (("z", Symbol("u1", real=True)), ("y_hat", Max(1, Symbol("z", real=True)))):
        found = program(original.model, GIVEN).model
        nodes = {**found.nodes, name: found.nodes[name]._replace(cases=(Case((), expr),))}
        broken = derive(type(found)(found.title, nodes, nodes["L"], found.sizes, found.indices), original.wanted)
        assert not compare(broken, original).ok
        with pytest.raises(VerificationError):
            compare(broken, original).require()


# The exercise


def test_the_exercise():
    """Sheet 1, problem 2: five operations, no subtraction; x, the argument of the maximum and the error are kept."""
    made = rewritten(derive(model("linear-relu")), GIVEN, check=True)
    shown = {n.name: str(n.cases[0].expr) for n in made.program.model.nodes.values() if not n.is_leaf}
    assert shown == {
        "u1": "Sum(w[j]*x[j], (j, 1, D))", "z": "b + u1", "y_hat": "Max(0, z)", "u2": "-y", "u3": "u2 + y_hat",
        "L": "u3**2",
    }  # fmt: skip
    assert [p.operation for p in made.program.primitives.values()] == ["dot", "add", "max", "mul", "add", "pow"]
    assert needed(made.derivation) == ("x", "z", "u3")
    assert made.saved is not None and made.saved.names == {"x", "z", "u3"}
    assert made.saved.constants["y_hat"] == 1 and made.report is not None and made.report.ok


def test_the_page_of_the_exercise():
    from derive.cli.sheet import sheet

    page, _ = sheet("linear-relu", ["--format", "text"])
    for words in ("in primitive operations", "What backpropagation has to keep", "PyTorch keeps the same values"):
        assert words in page


# Refusals


@pytest.mark.parametrize(
    ("name", "allowed", "message"),
    [
        ("linear-relu", ("dot", "add", "max", "mul"), None),
        ("linear-relu", ("dot", "add", "max"), r"needs the operation pow .* --ops dot,add,max,pow"),
        ("linear-relu", ("add", "max", "mul", "pow"), r"needs the operation dot"),
        ("linear-relu", ("dot", "add", "mul", "pow"), r"needs the operation max"),
        ("logistic", GIVEN, r"needs the operation exp"),
        ("adam", GIVEN, r"power that is no number|needs the operation"),
        *(
            (name, ("add",), r"whole matrix, and --ops .*; derive this model without --ops")
            for name in sorted(MATRICES)
        ),
    ],
)
def test_what_cannot_be_written_is_refused(name, allowed, message):
    """One line that names the operation and how to allow it."""
    if message is None:
        assert program(model(name), allowed)
        return
    with pytest.raises(ModelError, match=message) as refused:
        program(model(name), allowed)
    assert "\n" not in str(refused.value)


def test_allowing_what_is_asked_for_leads_to_a_program():
    """Following the refusals one by one ends with a program."""
    allowed = ["add"]
    for _ in range(12):
        try:
            assert program(model("logistic"), allowed)
            return
        except ModelError as refused:
            allowed = str(refused).split("--ops ")[1].split(",")
    pytest.fail(f"no program with {allowed}")


def test_unknown_operations():
    with pytest.raises(UsageError, match="no operation 'frob'"):
        program(model("logistic"), ["frob"])


# Definitions


@pytest.mark.parametrize("name", sorted({*operations()} - {o.name for o in ELEMENTARY}))
def test_definitions(name):
    """What a function is written out as has its values, where it is defined."""
    row = BY_NAME[name]
    letters = [X, *(Symbol(f"x{n}", real=True) for n in range(1, row.arity))]
    written = definition(row.value(*letters))
    low, high = row.domain
    points = [x for x in (-1.3, 0.3, 0.4, 1.7, 2.0) if low < x < high]
    assert len(points) >= 2
    for x, *others in product(points, *[(-0.7, 0.4, 1.1)] * (row.arity - 1)) if written is not None else ():
        value = float(written.subs(dict(zip(letters, (x, *others), strict=True))))
        assert value == pytest.approx(row.number(x, *others), rel=1e-9)


@pytest.mark.parametrize("allowed", [RICH, POOR], ids=["rich", "poor"])
@pytest.mark.parametrize("name", ["clip", "hypot", "logaddexp", "prelu", "min", "atan2"])
def test_functions_of_several_numbers(name, allowed):
    """The function as one operation or written out, a minimum by a maximum; atan2 has no definition in the others."""
    g = Graph(name)
    i = g.index("i", g.size("N"))
    w, x = (g.parameter(n, i.upper) for n in "wx")
    row = BY_NAME[name]
    y = g.node("y", row.value(x[i], *(w[i], w[i] ** 2 + 1)[: row.arity - 1]), over=i)
    g.loss("L", Sum((y[i] + 1) ** 2, i))
    if name == "atan2" and allowed is POOR:
        with pytest.raises(ModelError, match=r"needs the operation atan2 .* --ops .*,atan2$"):
            program(g.model(), allowed)
        return
    made = rewritten(derive(g.model()), allowed, check=True)
    used = {p.operation for p in made.program.primitives.values()}
    assert (name in used) == (allowed is RICH) and used <= set(allowed)
    assert made.report is not None and made.report.ok and made.saved is not None


# Kept and saved


def kept(g: Graph, allowed=RICH):
    """What has to be kept, and what torch saves, for a graph."""
    made = program(g.model(), allowed)
    d = derive(made.model)
    found = saved(made, d)
    assert found is not None
    return set(needed(d)), found


def test_own_value_or_operand():
    """exp, tanh, sigmoid keep their output, a power and a logarithm their operand, an addition nothing: as torch."""
    for function, own in ((exp, True), (tanh, True), (sigmoid, True), (log, False), (lambda x: x**3, False)):
        g = Graph("one")
        w, x = g.parameter("w", domain="positive"), g.input("x", domain="positive")
        a = g.node("a", w + x)
        b = g.node("b", function(a))
        g.loss("L", b + 1)
        ours, theirs = kept(g)
        assert ours == {"b" if own else "a"} == theirs.names


def test_relu_in_torch_saves_its_result():
    """The derivative 1[z > 0] is the same in z and in the result: the page says which one torch takes."""
    g = Graph("relu")
    w, x = g.parameter("w", 4), g.input("x", 4)
    j = g.index("j", 4)
    a = g.node("a", relu(w[j] + x[j]), over=j)
    g.loss("L", Sum(a[j], j))
    ours, theirs = kept(g)
    assert ours == {"z"} and theirs.names == {"a"}


def test_what_no_gradient_needs_is_not_kept():
    """An operand is kept for the other operand's sake only: without a gradient for x, w need not be kept."""
    g = Graph("product")
    w, x, v = g.parameter("w"), g.input("x"), g.input("v")
    g.loss("L", w * x + v * x)
    ours, theirs = kept(g)
    assert ours == {"x"} == theirs.names


@pytest.mark.parametrize("name", ["logistic", "mlp", "ridge", "lasso", "softmax-ce"])
def test_torch_saves_what_we_keep(name):
    made = rewritten(derive(model(name)), RICH, check=True)
    assert made.saved is not None and made.saved.names == set(needed(made.derivation))


def test_differences_are_seen():
    """torch runs forward without knowing what the loss needs: it also saves for the unit that cannot reach it."""
    made = rewritten(derive(model("relu-mse")), POOR, check=True)
    assert made.saved is not None
    assert made.saved.names - set(needed(made.derivation)) == {"z2"}


def test_the_hooks_see_what_a_plain_program_saves():
    """The same in plain torch, by hand: dot, add, maximum, mul, add, pow."""
    w, b = torch.randn(3, requires_grad=True), torch.randn((), requires_grad=True)
    x, y = torch.randn(3), torch.randn(())
    seen = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        z = torch.dot(w, x) + b
        u = torch.maximum(z, torch.tensor(0.0)) + -1 * y
        u**2
    stored = {t.data_ptr() for t in seen}
    assert {x.data_ptr(), z.data_ptr(), u.data_ptr()} <= stored and w.data_ptr() not in stored
    assert len(stored) == 4  # and the constant 0


def test_recurrences_and_abstract_losses_have_no_evidence_but_a_program():
    for name in ("lstm", "attention"):
        made = rewritten(derive(model(name)), RICH, check=True)
        assert made.saved is None and made.report is not None and made.report.ok


def test_needs_say_why():
    """Each value that is kept is kept for a local partial in which it occurs."""
    d = derive(program(model("linear-relu"), GIVEN).model)
    reasons = {(n.user.name, n.wrt.name): n.values for n in needs(d)}
    assert reasons["u1", "w"] == ("x",) and reasons["z", "b"] == () and reasons["L", "u3"] == ("u3",)
    assert "u2" not in {u for u, _ in reasons}


def test_equal_values_have_one_node():
    """exp(z_i) above and exp(z_k) below the fraction are one family; a product is computed once."""
    made = program(model("softmax-ce"), RICH)
    assert [p.operation for p in made.primitives.values()].count("exp") == 1
    g = Graph("twice")
    a, b = g.parameters("a b")
    g.loss("L", (a * b + 1) ** 2 + exp(a * b))
    assert [p.operation for p in program(g.model(), RICH).primitives.values()].count("mul") == 1


def test_numbers():
    """A constant loss of a parameter that is given a number only."""
    g = Graph("numbers")
    w = g.parameter("w")
    g.loss("L", Integer(3) - 2 * w)
    made = program(g.model(), ("add", "mul"))
    assert str(made.model.loss.cases[0].expr) in ("u1 + 3", "3 + u1")
