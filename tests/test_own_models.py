"""`derive my_model.py`: every command takes a file of the user's own, and an error in it is a line that shows where."""

import json
import re
from pathlib import Path

import numpy
import pytest
import sympy

from derive.cli.main import run
from derive.page.formats.formats import FORMATS

ROOT = Path(__file__).parent.parent
LOGISTIC = '''"""Logistic loss of one example.

A linear score goes through a sigmoid.
Derive dL/dw with {braces}, 100 % and $.
"""
from derive import Example, Graph, TrainingSet, log, sigmoid

g = Graph("logistic loss")
(w, b), (x,), y = g.parameters("w b"), g.inputs("x"), g.target("y", domain="binary")
a = g.node("a", sigmoid(w * x + b))
g.loss("L", -(y * log(a) + (1 - y) * log(1 - a)))
print("this is talk")
numbers = Example(at="w=1, b=0, x=2, y=1", rate="0.5")
data = TrainingSet({"x": 2, "y": 1}, rate=0.5, steps=3)
if __name__ == "__main__":
    raise SystemExit("not run")
'''
TWO = '''from __future__ import annotations

from dataclasses import dataclass

from derive import Graph, Sum

from .layers import square
import layers


@dataclass
class Sizes:
    D: int = 3


def small(sizes: Sizes = Sizes()):
    """The squares, summed."""
    return build("small", sizes.D)


def large() -> Graph:
    g = build("large", None)
    return g


def build(name, size):
    g = Graph(name)
    D = size or g.size("D")
    i, w = g.index("i", D), g.parameter("w", D)
    g.loss("L", Sum(square(w[i]) + layers.square(w[i]), i))
    return g


def helper():
    return 1


def shown():
    print(small())


def told() -> str:
    return small().derive().to_text()
'''
HEAD = "from derive import Graph, Sum\n"
SQUARE = 'g = Graph("square")\nw = g.parameter("w")\ng.loss("L", w**2)\n'


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write files into an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def cli(capsys):
    """Run a command that succeeds: what it writes."""

    def command(*argv):
        status = run(argv)
        out, err = capsys.readouterr()
        assert status == 0, err
        return out

    return command


@pytest.fixture
def refused(capsys):
    """Run a command that is refused: its one line, without `derive: `."""

    def command(*argv):
        assert run(argv) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("derive: ") and err.count("\n") == 1
        assert "Traceback" not in err and "internal error" not in err
        return err.removeprefix("derive: ").rstrip("\n")

    return command


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "pdf"])
def test_a_graph_in_every_format(file, cli, format):
    """The documentation is the title and the statement; what the program prints is not in the sheet."""
    file(logistic_loss=LOGISTIC)
    out = cli("logistic_loss.py", "--format", format, "--no-check")
    assert "Logistic loss of one example" in out
    assert "A linear score goes through a sigmoid" in out or format == "json"  # which has no statement
    assert "talk" not in out and "not run" not in out


def test_what_a_sheet_can_be_asked(file, cli):
    """Numbers, a training, a Jacobian, a Hessian, other gradients, Chinese, the results only."""
    file(m=LOGISTIC)

    def text(*argv):
        return cli("m.py", "--format", "text", "--no-check", *argv)

    assert "0.880797" in text() and "0.880797" not in text("--at", "w=0, b=0, x=1, y=1")  # sigmoid(2); sigmoid(0) = 1/2
    assert len(re.findall(r"^  \d+       0\.", text("--train"), re.MULTILINE)) == 4  # before, and after each of 3 steps
    assert "\n  5       0." in text("--train", "5")
    assert "∂a/∂z" in text("--jacobian", "a,z") and "positive semidefinite" in text("--hessian", "w,b")
    wrt = json.loads(cli("m.py", "--format", "json", "--wrt", "x, b", "--no-check"))
    assert {one["parameter"] for one in wrt["gradients"]} == {"b", "x"}
    assert "反向传播" in text("--lang", "zh") and "Backward pass" not in text("--detail", "answer")


def test_the_other_commands(file, cli, tmp_path):
    """The graph, the code, the check and the plot of a training."""
    file(m=LOGISTIC, two=TWO, layers="def square(x):\n    return x**2\n")
    assert cli("graph", "m.py").startswith("<svg") and "def backward" in cli("code", "m.py", "--target", "torch")
    assert "def backward" in cli("code", "two.py", "--graph", "large") and "<svg" in cli(
        "graph", "two.py", "--graph=small"
    )
    assert "b_" not in cli("code", "m.py", "--wrt", "w").split("def backward")[1].split("return")[1]
    assert cli("check", "m.py", "--points", "50").split()[:3] == ["m.py", "4", "quantities"]
    assert "<svg" in cli("plot", "m.py", "--what", "loss")


def test_functions_sizes_and_neighbours(file, cli, refused):
    """Of several the refusal lists the names; a function's documentation is its title; a size gets a number."""
    file(two=TWO, layers="def square(x):\n    return x**2\n")
    assert refused("two.py") == "two.py has several graphs; choose one with --graph: small, large"
    assert "--graph 'big': two.py has small, large" in refused("two.py", "--graph", "big")
    small = cli("two.py", "--graph", "small", "--format", "text", "--no-check")
    assert small.startswith("The squares, summed\n") and "Σ_{i=1..3}" in small
    large = cli("two.py", "--graph", "large", "--D", "4", "--format", "text", "--no-check")
    assert large.startswith("large\n") and "Σ_{i=1..4}" in large
    assert "D: " not in cli("two.py", "--graph", "large", "--help") and "--D N" in cli(
        "two.py", "--graph", "large", "--help"
    )


def test_several_from_one_function(file, cli, refused):
    """A collection of graphs: each is `name.key`."""
    each = "".join(f"    {line}\n" for line in SQUARE.replace('"square"', "k").splitlines())
    file(m=f"{HEAD}def models():\n  out = {{}}\n  for k in ('one', 'two'):\n{each}    out[k] = g\n  return out\n")
    assert refused("m.py") == "m.py has several graphs; choose one with --graph: models.one, models.two"
    assert cli("m.py", "--graph", "models.two", "--format", "text", "--no-check").startswith("two\n")


def test_a_program_that_goes_to_another_folder_and_a_graph_in_a_list_too(file, cli):
    file(m=f"{HEAD}{SQUARE}import os\nos.chdir('/')\nall_of_them = [g]\n")
    assert cli("m.py", "--format", "text", "--no-check").startswith("square\n")


def test_a_problem_with_options(file, cli):
    """A file that says a Problem has what the files of the catalogue have."""
    source = (ROOT / "problems" / "softmax_ce.py").read_text(encoding="utf-8")
    file(mine=source)
    mine, theirs = (cli(n, "--labels", "one-hot", "--format", "text", "--no-check") for n in ("mine.py", "softmax-ce"))
    assert mine == theirs


@pytest.mark.parametrize("name", ["lstm", "random", "torch", "a b", "lang"])
def test_names_of_files(file, cli, tmp_path, name):
    """Named like a problem, like a module of Python's or of torch's, with a space; its size like an option."""
    size = 'n = g.size("lang")\nx, i = g.input("x", n), g.index("i", n)\nw = g.parameter("w")\n'
    file(**{name: f'{HEAD}g = Graph()\n{size}g.loss("L", w * Sum(x[i], i))\n'})
    assert cli(f"{name}.py", "--format", "text", "--lang", "en", "--no-check").startswith(f"{name}\n═")
    assert cli(str(tmp_path / f"{name}.py"), "--format", "text", "--detail", "answer", "--no-check").startswith(name)


def test_a_problem_comes_before_a_folder_of_its_name(file, cli, refused, tmp_path):
    """`derive lstm` is the problem, whatever lies in the folder."""
    (tmp_path / "logistic").mkdir()
    (tmp_path / "models").mkdir()
    file(my_model=HEAD + SQUARE)
    assert cli("logistic", "--detail", "answer", "--format", "text", "--no-check").startswith("Logistic regression")
    assert refused("models") == "models is a folder; name the Python file in it that defines the graph"
    assert "models/ is a folder" in refused("code", "models/")
    assert refused("my_model") == "no command or problem 'my_model'; did you mean my_model.py?"
    assert "there is no file my_modle.py" in refused("graph", "my_modle.py")
    Path("homework.toml").write_text("")
    Path("own.py").write_text("")
    assert refused("homework.toml").endswith("; derive sheet homework.toml prints it")
    assert "derive own.py prints it" in (said := refused("sheet", "own.py")) and 'file = "own.py"' in said


UNKNOWN = f'{HEAD}g = Graph()\ng.node("a",\n       sigmod(1))\n'
TWICE = f'{HEAD}g = Graph()\nw = g.parameter("w")\nw = g.parameter("w")\n'
WRONG = [
    ("x = (\n", "m.py, line 1: SyntaxError: '(' was never closed | x = ("),
    ("import nothere\n", "m.py, line 1: ModuleNotFoundError: No module named 'nothere' | import nothere"),
    (UNKNOWN, "m.py, line 4: NameError: name 'sigmod' is not defined | sigmod(1))"),
    (TWICE, "m.py, line 4: w is defined twice; give the second one another name"),
    ("from .neighbour import x\n", "neighbour.py, line 2: ZeroDivisionError: division by zero | x = 1/0"),
    ("from ..above import x\n", "m.py, line 1: ImportError: attempted relative import beyond top-level package"),
    ("import sys\nsys.exit(3)\n", "m.py, line 2: the program leaves (status 3) before its graph is there"),
    ("def f(n):\n    return f(n + 1)\nf(0)\n", "m.py, line 2: RecursionError: maximum recursion depth exceeded"),
    (f"{HEAD}def model():\n    return Graph().gone\n", "m.py, line 3: AttributeError: 'Graph' object has no attribute"),
    ("class Odd(Exception): pass\nraise Odd\n", "m.py, line 2: Odd | raise Odd"),
    ("raise ValueError('two\\nlines')\n", "m.py, line 1: ValueError: two lines"),
    ("x = 1\n", "m.py defines no Graph, neither by itself (g = Graph(...)) nor in a function"),
    (f"{HEAD}def model():\n    return [Graph][:0]\n", "m.py: model() returns no Graph; let it return the one"),
    (f"{HEAD}g = Graph('empty')\n", "empty"),
    (f"{HEAD}if __name__ == '__main__':\n    g = Graph()\n", "under if __name__ == '__main__' is not run here"),
    (f"{HEAD}def main():\n    g = Graph()\n", "let main() end with return g"),
    (f"{HEAD}class M:\n    def __init__(self):\n        self.net = Graph()\nm = M()\n", "add the line g = m.net"),
    (f"{HEAD}class M:\n    pass\n", "of a class make an object and name its graph, as in g = M().graph"),
    ("from .nowhere import thing\n", "No module named '.nowhere'"),
    ("import sys\nsys.exit()\n", "(status 0) before its graph is there; it is run without arguments"),
    ("\0", "m.py: SyntaxError: source code string cannot contain null bytes"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_an_error_in_it_is_one_line(file, refused, text, words):
    """Its own file, line and text, and no traceback."""
    file(m=text, neighbour="\nx = 1/0\n")
    assert words in refused("m.py")


NUMPY = f"""import math
import numpy as np
{HEAD}g = Graph()
N, D = g.size("N"), g.size("D")
X, x, w, t = g.input("X", N, D), g.input("x", D), g.parameter("w", D), g.parameter("t")
"""
HABITS = [
    ("np.exp(w * x)", "a formula is no array: write it in the words of derive, as in `from derive import exp"),
    ("np.tanh(w)", "a formula is no array"),
    ("math.exp(-t)", "a formula is no array"),
    ("np.dot(w, x)", "numpy's dot takes arrays, and w is a formula; write W @ x"),
    ("np.mean(w * x, axis=0)", "numpy's mean takes arrays, and w*x is a formula; write mean(Z, axis=0)"),
    ("np.einsum('nd,d->n', X, w)", "numpy's einsum takes arrays, and X is a formula; write @, or a Sum over indices"),
    ("np.zeros(3) + w", "a formula is no array"),
    ("w.tanh()", "it is a word here, tanh(x), by from derive import tanh"),
    ("X.reshape(3)", "a shape is what the indices say; it is written with indices"),
    ("X.argmax(axis=1)", "t = g.positions('t', N, among=C)"),
    ("w.square()", "a power is x**2"),
    ("(w @ x).item()", "leave .item() out"),
    ("mean(X, axis=2)", "mean(X, axis=2): X is a matrix (N x D), its axes are 0 and 1"),
    ("X.sum(axis='rows')", "Sum: axis is a whole number, 0 for the first, or several in brackets, found 'rows'"),
    ("Sum(t, axis=1)", "Sum: t is a number, or an element, and has no axes"),
    ("mean(mean(X))", "mean(X) is a number already; leave mean out"),
    ("w.sum(x)", "it takes axis= and keepdims="),
    ("X.transpose(1, 2)", "of a matrix it is X.T"),
    ("softmax(X)", "say along which axis, softmax(X, axis=1)"),
    ("X * X.sum(axis=1)", "Sum(X, axis=1)[:, None] has its numbers along the rows"),
    ("x[:, :, None]", "x is a vector (D), and has no more axes"),
    ("Max(X, axis=1)", "over an axis it is amax(Z, axis=1)"),
    ("Max(w)", "over all elements amax(Z)"),
    ("(X > 0) * X", "a condition is no number"),
    ("trace(X.T @ X)", "give a formula a name first, A = g.define('A', (X.T @ X))"),
    ("sum(w * x)", "over all elements it is Sum(x), amax(x), mean(x)"),
    ("w @ x / len(x)", "write D"),
    ("X @ w / X.shape[0]", "write D"),
    ("(w - x)[0]", "give it one, as in r = g.define"),
    ("w * 'v'", "not by words in quotes"),
    ("(w @ x) ** None", "None is no number"),
    ("X[:, 0]", "X[:, 0]: a slice is a part of an axis, which is written with indices from 1"),
    ("x[1:] - x[:-1]", "x[1:]: a slice is a part of an axis"),
    ("w.__setitem__(0, 1)", "no such method"),
    ("max(t, 0)", "write Max(a, b), relu(z) or Piecewise"),
    ("t if t > 0 else 0", "write Max(a, b), relu(z) or Piecewise"),
    ("X[0] @ w", "@ multiplies whole vectors and matrices, and X[0] is an element; elements multiply by *"),
]


@pytest.mark.parametrize(("formula", "words"), HABITS, ids=[formula for formula, _ in HABITS])
def test_habits_of_numpy_are_told_what_to_write(file, refused, formula, words):
    """The line of the file, what is wrong there, and what is written instead; no name of another package's class."""
    head = NUMPY.replace("import Graph", "import Graph, Max, Sum, mean, softmax, trace")
    file(m=f"{head}z = g.define('z', {formula})\ng.loss('L', t)\n")
    said = refused("m.py")
    assert said.startswith("m.py, line 7: ") and words in said and "IndexedBase" not in said


def test_numpy_still_works_on_numbers():
    """What is refused of a formula is numpy's own with sympy's numbers."""
    assert float(numpy.mean(sympy.Rational(1, 2))) == 0.5 and numpy.dot(sympy.Integer(2), 3) == 6


def test_a_function_that_needs_arguments(file, refused):
    file(m=f"{HEAD}def build(depth, width=2):\n    g = Graph()\n    return g\n")
    assert "build(depth) needs arguments; give them defaults, as in def build(depth=3)" in refused("m.py")


def test_options_are_refused_as_for_a_problem(file, refused):
    """A name that is not there, no name, an option that another file has."""
    file(m=HEAD + SQUARE)
    assert "q is not in the graph; it has w, L" in refused("m.py", "--wrt", "q")
    assert refused("m.py", "--wrt", "w,").startswith("--wrt 'w,': name quantities with commas")
    assert "--graph 'h': m.py has g" in refused("m.py", "--graph", "h")
    assert "--graph" in refused("logistic", "--graph", "g")
    assert "a file of your own that holds a TrainingSet" in refused("m.py", "--train")


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_example_of_the_readme(file, cli, readme):
    """The file that is printed there, and the lines below it."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(\"\"\".*?)```", text, re.DOTALL)
    file(my_model=program)
    lines = re.findall(r"^    derive (?:(?!gallery)\w+ )?my_model\.py(?!:).*$", text, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        words = line.split("#")[0].split()[1:]
        cli(*words, *(["--no-check"] if words[0] == "my_model.py" else []))
