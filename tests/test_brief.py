"""The sheet in brief: equalities share a line, readings what they have in common, and nothing of the full is lost."""

from functools import cache

import pytest
from alphabets import letters
from sympy import symbols

from derive.check.report import Report
from derive.check.report import Row as Compared
from derive.cli import options
from derive.cli.sheet import _part, readings
from derive.language import Text
from derive.page.blocks import Equations, Heading, Paragraph, Picture, Row, Table, Title, Unrolled
from derive.page.formats.joined import Measure, joined
from derive.page.formats.text.writer import Writer
from derive.page.print.formulas import Formulas
from derive.page.terminal import Page
from derive.problems import load
from derive.sheet.algorithm_page import TITLE
from derive.sheet.narrowed import narrowed, same_chain
from derive.sheet.rows import rows
from derive.sheet.sheet import sheet
from derive.topics.worked.page import ABREAST

MODELS = ("relu-mse", "lstm", "bptt", "softmax-ce", "batch-norm", "attention", "weight-norm", "dropout")


@cache
def parts(name):
    """The readings of a problem, derived and not checked."""
    problem = load(name)
    given = options.parse(options.problem_parser(name, problem), ["--no-check"])
    return tuple(_part(problem, reading, given) for reading in readings(problem, given))


@cache
def under(name, detail="brief"):
    """The blocks of a sheet by the heading of level 0 that they stand under, None before the first."""
    found, at = {None: []}, None
    for block in sheet(parts(name), Title(Text("a", "a"), None), detail):
        if isinstance(block, Heading) and block.level == 0:
            at = block.text.pick("en")
            found[at] = []
        found[at].append(block)
    return found


def equalities(blocks):
    """Every left side with its right side."""
    return [(r.left, r.right) for b in blocks if isinstance(b, Equations) for r in b.rows if r.left is not None]


@pytest.mark.parametrize("name", MODELS)
def test_every_line_of_the_full_derivation_is_there(name):
    """Joined with others, beside one, or alone; only a line with factors 1, which say nothing, is left out."""
    for derived in (part.derived for part in parts(name)):
        write = Writer(Formulas("text", derived.model.order, tuple(derived.sizes.items())), "en", Page(10_000))
        for step in derived.steps:
            brief = " ".join(" ".join(write.block(Equations(tuple(rows(step, "brief")), joined=True))).split())
            partials = [p.symbol for p in step.locals]
            without = step.lines[0].terms if len(step.lines) > 1 and step.lines[1].reason is None else None
            for left, right, row in write.formulas.rows(tuple(rows(step, "full"))):
                line = write.row(left, right, row).right
                said = f"{left} = {line}" if row.left in partials else f"= {line}"
                assert letters(said) in letters(brief) or row.right == without, (step.target, said, brief)


def line(*reasons, room):
    """a = b = c as lines of the printed formulas in a room."""
    a, b, c = symbols("a b c")
    first, second = (Text(r, r) if r else None for r in reasons)
    measure = Measure(len, lambda reason: len(reason.pick("en")), room)
    return joined([("a", ("b",), Row(a, b, first)), ("", ("c",), Row(None, c, second))], measure)


def test_a_line_takes_what_it_has_room_for():
    """Nine signs for "a = b = c"; reasons stand beside it or below, so they need as much as they need alone."""
    (whole,) = line("one", "two", room=9)
    assert whole.parts == (("=", ("b",)), ("=", ("c",)))
    assert whole.row.reason.pick("en") == "one; two"
    assert len(line("one", "two", room=8)) == 2
    assert len(line("because a", "because b", room=13)) == 2
    assert line("one", "one", room=9)[0].row.reason.pick("en") == "one"


def test_another_quantity_begins_another_line():
    a, b = symbols("a b")
    measure = Measure(len, lambda reason: 0, 100)
    assert len(joined([("a", ("b",), Row(a, b)), ("b", ("a",), Row(b, a))], measure)) == 2


@pytest.mark.parametrize("name", ("relu-mse", "batch-norm", "adam", "max"))
def test_a_reading_repeats_nothing_and_loses_nothing(name):
    """Each equality of a later reading in full stands in its brief form, or in a reading above."""
    above, seen = [], []
    for label, brief in ((k, v) for k, v in under(name).items() if k is not None):
        own = equalities(brief)
        if seen:
            again = [e for e in own if e in above and not str(e[0]).startswith(("a", "y", "L"))]
            assert len(again) <= len(own) / 4, (label, again)
        above += own
        whole = equalities([b for b in under(name, "full")[label] if isinstance(b, Equations) and b.boxed])
        for left, right in whole:
            assert (left, right) in above or any(left == e[0] for e in above), (label, left)
        seen.append(label)
    assert len(seen) > 1


def test_the_second_reading_of_relu_mse_is_what_the_typo_changes():
    """The output alone is defined otherwise: w11, w12, b1, w31 keep their gradients, one arrow changes."""
    stated, intended = under("relu-mse")["As stated"], under("relu-mse")["As intended"]
    names = [str(left) for left, _ in equalities(intended)]
    assert names.count("a") == 1
    assert not {"z1", "z2", "a1", "a2", "L"} & set(names)
    boxed = [str(r.left.wrt) for b in intended if isinstance(b, Equations) and b.boxed for r in b.rows]
    assert boxed == ["w32", "w21", "w22", "b2"]
    assert [sum(isinstance(b, Picture) for b in blocks) for blocks in (stated, intended)] == [1, 0]
    said = [b.text.pick("en") for b in intended if isinstance(b, Paragraph)]
    assert "The graph is that above without x1 → a and with a2 → a." in said


def test_a_reading_that_changes_nothing_is_a_heading_and_two_sentences():
    """One says that nothing is repeated, one names the steps; the graph and the check stand once."""
    part = parts("relu-mse")[0]
    blocks = list(sheet([part, part._replace(label=Text("Again", "再"))], Title(Text("a", "a"), None)))
    again = blocks[next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.text.pick("en") == "Again") :]
    assert [type(b).__name__ for b in again] == ["Heading", "Paragraph", "Heading", "Paragraph"]
    assert sum(isinstance(b, Picture) for b in blocks) == 1


BACKWARD = {"mlp": "W2 b2 W1 b1", "layer-norm": "gamma beta x", "relu-mse": "w31 w32 w11 w12 b1"}


@pytest.mark.parametrize("name, order", BACKWARD.items())
def test_gradients_come_in_backward_order(name, order):
    """The last layer's first, in the steps and in the results."""
    derived = parts(name)[0].derived
    assert list(dict.fromkeys(s.node.name for s in derived.steps if s.node.is_leaf)) == order.split()
    blocks = next(v for v in under(name).values() if any(isinstance(b, Equations) and b.boxed for b in v))
    boxed = [r.left for b in blocks if isinstance(b, Equations) and b.boxed for r in b.rows if hasattr(r.left, "wrt")]
    found = dict.fromkeys(str(getattr(p.wrt, "base", getattr(p.wrt, "name", p.wrt))) for p in boxed)
    assert [n for n in found if n in order.split()] == order.split()


def test_a_step_of_gradient_descent_is_one_table():
    """Value, gradient and new value of each parameter in columns: w32 = 1 - 0.0001 * 3 as intended."""
    (table,) = [b for b in under("relu-mse")["As intended"] if isinstance(b, Table)]
    assert len(table.header) == 9 <= ABREAST + 1
    column = [str(h) for h in table.header].index("w32")
    assert [str(float(row[column].value)) for row in table.rows] == ["1.0", "3.0", "0.9997"]


def test_a_closed_form_that_is_derived_is_used():
    """dL/dw_hh of the linear cell, by hand: h_(t-1) = w_hx sum_j w_hh^(t-1-j) x_j, and T - j times carry x_j."""
    rows_ = [r for b in under("bptt")[None] if isinstance(b, Equations) and b.boxed for r in b.rows]
    at = next(n for n, r in enumerate(rows_) if r.left is not None and str(getattr(r.left, "wrt", "")) == "w_hh")
    w = Writer(Formulas("text", parts("bptt")[0].derived.model.order, ()), "en", Page(10_000))
    (_, right, _) = w.formulas.rows((rows_[at + 1],))[0]
    assert rows_[at + 1].left is None
    assert " ".join(right) == "∂L/∂o_T wₕₓ w_qh Σ_{j=1..T-1} wₕₕ^(T-j-1) xⱼ (T - j)"


@pytest.mark.parametrize("name", ("layer-norm", "batch-norm"))
def test_the_results_of_a_normalisation_end_in_what_is_given(name):
    """dL/dx in three terms of dL/dx_hat, and beside it dL/dx_hat = dL/dy gamma."""
    blocks = next(v for v in under(name).values() if any(isinstance(b, Equations) and b.boxed for b in v))
    (frame,) = [b for b in blocks if isinstance(b, Equations) and b.boxed]
    found = {str(r.left.wrt): r.right for r in frame.rows if hasattr(r.left, "wrt")}
    assert {str(f) for t in found["x_hat[n, d]"] for f in t.factors} == {"dL/dy[n, d]", "gamma[d]"}


def test_the_check_of_all_readings_stands_once_at_the_end():
    """Two readings of one adjoint each: one heading, each sentence once; a table where one is wrong."""
    made = [
        p._replace(report=Report((Compared(p.derived.steps[0].target, 5, 1e-12),), samples=3))
        for p in parts("relu-mse")
    ]
    blocks = list(sheet(made, Title(Text("a", "a"), None)))
    last = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.boxed)
    assert not any(isinstance(b, Heading) for b in blocks[last + 1 :])
    assert [type(b).__name__ for b in blocks[last:]] == ["Heading", "Paragraph"]
    assert "In all, 2 quantities agree, each at 5 numbers" in blocks[-1].text.pick("en", str)
    wrong = made[1]._replace(report=Report((Compared(made[1].derived.steps[0].target, 5, 0.5),), samples=3))
    table = list(sheet([made[0], wrong], Title(Text("a", "a"), None)))[-1]
    assert [row[-1].pick("en") for row in table.rows] == ["differs"]


def test_a_known_number_of_steps_is_written_out_once():
    """With T = 5 the recursion stands step by step; neither an algorithm nor its first steps repeat it."""
    problem = load("bptt")
    given = options.parse(options.problem_parser("bptt", problem), ["--no-check", "--T", "5"])
    part = _part(problem, problem.readings[0], given)
    brief, full = (list(sheet([part], Title(Text("a", "a"), None), detail)) for detail in ("brief", "full"))
    titles = [[b.text.en for b in blocks if isinstance(b, Heading)] for blocks in (brief, full)]
    assert [TITLE.en in each for each in titles] == [False, True]
    assert sum(isinstance(b, Unrolled) for b in brief) == sum(isinstance(b, Unrolled) for b in full) > 0


def test_an_equality_that_goes_on_stays_with_its_beginning() -> None:
    """bptt has two results with a second form; beside each other these would go on with another gradient."""
    solution = load("bptt").readings[0].build(**load("bptt").choices({})).derive()
    typst = solution.to("typst", check=False)
    results = typst[typst.index("#results(") :].splitlines()[0]
    assert "(none, (" not in results


def said(blocks):
    """Every sentence and heading, in English, without its formulas."""
    return [b.text.pick("en", lambda _: "*") for b in blocks if isinstance(b, (Paragraph, Heading))]


def test_a_reading_in_which_a_size_is_one_derives_no_step_of_the_reading_above_again():
    """The perceptron as stated has one output: but for the shared bias its chain rules are those with k = 1."""
    stated = under("mlp")["As stated"]
    steps = [s for s in said(stated) if s.startswith("Step")]
    assert [s.split(":")[0] for s in steps] == ["Steps 7 to 10", "Step 11", "Step 12"]
    assert sum("with * = " in s or "with *:" in s for s in said(stated)) == 2
    full = [str(s.target) for s in parts("mlp")[1].derived.steps]
    assert len(full) == 7  # six of them are told by reference


def test_a_chain_rule_with_another_path_is_no_case_of_the_one_above():
    meant, printed = parts("mlp")
    sizes = narrowed(printed._replace(base=meant))
    assert {str(size): n for size, n in sizes.items()} == {"K": 1}
    above = {s.node.name: s for s in meant.derived.steps}
    same = {s.node.name for s in printed.derived.steps if same_chain(s, above[s.node.name], sizes)}
    assert same == {"A2", "Z2", "A1", "Z1", "W2", "W1"}  # b2 reaches the loss through Z1 too


def test_a_heading_has_the_ranges_of_all_its_steps():
    """W2 has no index d, and W1, which is told with it, has one."""
    heading = next(b for b in under("mlp")["As intended"] if isinstance(b, Heading) and "W" in str(b.text.values))
    ranges = heading.text.values["where"].values["ranges"].spans
    assert [str(span.idx) for span in ranges] == ["h", "k", "d"]


def test_pre_activations_have_their_names_at_once():
    """The model of an LSTM stands on the sheet once, and twice in full: as its author wrote it, and with names."""
    brief, whole = (said(under("lstm", detail)[None]) for detail in ("brief", "full"))
    assert [sum(line.endswith("These equations are then:") for line in page) for page in (brief, whole)] == [0, 1]
    assert brief[:2] == ["The model", "Denote the pre-activations by *, *, *, *."]


def test_expectations_stand_in_the_results_before_their_derivation():
    blocks = under("dropout")["Mean and variance of the output"]
    boxed = [n for n, b in enumerate(blocks) if isinstance(b, Equations) and b.boxed]
    assert len(boxed) == 1 and boxed[0] < said_at(blocks, "The expectations")
    assert [str(r.left) for r in blocks[boxed[0]].rows] == ["E[x_tilde[j]]", "Var[x_tilde[j]]"]


def said_at(blocks, words):
    """The number of the heading with these words."""
    return next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.text.pick("en") == words)


def test_each_of_several_recurrences_is_named_in_its_headings():
    headings = [s for s in said(under("kalman")[None]) if s.startswith("The Jacobian of one step")]
    assert headings == ["The Jacobian of one step: *"] * 2
    assert said(under("bptt")[None]).count("The Jacobian of one step") == 1


def sentences(name):
    """The sentences of a sheet in brief."""
    return [b.text.pick("en") for some in under(name).values() for b in some if isinstance(b, Paragraph)]


def test_nothing_is_said_where_nothing_is_concluded():
    """No bound was found for a CRF, and no statement is made of states in two loops: in brief there is no section."""
    assert not [b for b in under("crf")[None] if isinstance(b, Heading) and "explodes" in b.text.pick("en")]
    every = [s for name in ("crf", "stacked-rnn") for s in sentences(name)]
    assert not [s for s in every if "no such statement" in s or "We found" in s]


def test_signs_of_the_results_are_explained_there():
    """B, its spectral radius and J_* stand in the table of the results before any section has them."""
    assert any("B is the matrix of the bounds" in s and "spectral radius" in s for s in sentences("lstm"))
    assert any("is the Jacobian of one step at a fixed point" in s and "spectral norm" in s for s in sentences("rnn"))
    assert any("B is a bound" in s and "spectral radius" not in s for s in sentences("gru"))


def test_a_slope_is_named_only_where_it_is_taken():
    """The standard deviation of the rewards in GRPO is a constant, the maximum in an argmax stands inside of a step."""
    assert not any("A norm has a kink" in s for s in sentences("grpo"))
    assert any("A norm has a kink" in s for s in sentences("triplet"))
    argmax = [b.text.pick("en") for b in under("max")["The argmax"] if isinstance(b, Paragraph)]
    assert any("unit step jumps" in s for s in argmax) and not any("arguments of a maximum" in s for s in argmax)


def test_adjoints_that_the_results_hold_are_found_by_their_steps():
    """In an LSTM dL/dz_o, dL/dz_c and, in one step, those of both other gates are in the gradients of the weights."""
    assert "The adjoints in these formulas are derived in steps 6, 8, 9." in [
        b.text.pick("en", str) for b in under("lstm")[None] if isinstance(b, Paragraph)
    ]


def test_no_reason_says_what_the_line_says():
    """A local partial that is the line itself, or the symbol of an abstract function, is no reason."""
    for name in ("jsd", "focal", "moe", "mlp"):
        rows_of = [r for some in under(name).values() for b in some if isinstance(b, Equations) for r in b.rows]
        for row in (r for r in rows_of if r.reason is not None):
            partials = [e for e in row.reason.values.get("partials", ()) if hasattr(e, "lhs")]
            assert not any(e.lhs == row.left or e.lhs.args == e.rhs.args for e in partials), (name, row)
