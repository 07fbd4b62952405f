"""Every word of the language has its place in the random graphs, or a reason why it has none there."""

import ast
from pathlib import Path

import derive
from derive.graph import Graph

HERE = Path(__file__).parent / "random_graphs"
MODULES = {"activations", "elementary", "several", "words", "matrix_words", "normal_words", "new_function", "moments"}
OF_SYMPY = set(derive._HOME["sympy"]) - {"Function", "Rational"}  # an unknown function, and a number
ELSEWHERE = {  # what stands for another word there, or has random inputs of its own
    "constants": "several of `constant` at once",
    "inputs": "several of `input` at once",
    "parameters": "several of `parameter` at once",
    "targets": "several of `target` at once",
    "values_only": "asks for no gradient, and autograd has nothing to compare; tests/test_values_only.py",
    "indices": "several of `index` at once",
    "random": "moments of what is not normal: `normal` stands for both; tests/test_expectation.py",
    "recurrence": "one state: `states` and `update`, of which it is made",
    "define": "a formula without indices, which makes the node that indices make; tests/test_whole_formulas.py",
}
OF_A_KIND = ("constant", "input", "parameter", "target")  # drawn by their names, getattr(graph, kind)


def nodes() -> list[ast.AST]:
    """All that the random graphs are written in."""
    return [node for path in HERE.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def spoken() -> set[str]:
    """The words of formulas that stand there, and what a graph is told: `self.graph.fixed_point`."""
    names = {node.id for node in nodes() if isinstance(node, ast.Name)}
    told = {node.attr for node in nodes() if isinstance(node, ast.Attribute) and _is_graph(node.value)}
    drawn = {node.value for node in nodes() if isinstance(node, ast.Constant) and node.value in OF_A_KIND}
    return (names & formulas()) | (told & commands()) | drawn


def _is_graph(node: ast.AST) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) == "graph"


def formulas() -> set[str]:
    """The words of formulas."""
    words = {n for module, names in derive._HOME.items() for n in names if module.rpartition(".")[2] in MODULES}
    return words | OF_SYMPY


def commands() -> set[str]:
    """What a graph can be told."""
    return {name for name, what in vars(Graph).items() if not name.startswith("_") and callable(what)}


def language() -> set[str]:
    """All words."""
    return formulas() | commands()


def test_every_word_has_its_place_in_the_random_graphs() -> None:
    missing = language() - spoken()
    assert len(language()) > 120
    assert missing == set(ELSEWHERE), "give it a node in tests/random_graphs, or a reason here"


def test_a_word_without_a_place_is_found() -> None:
    """The comparison can fail: names that nobody wrote are no words of the graphs."""
    assert not {"fixed_points_of", "kl_uniform"} & spoken()
