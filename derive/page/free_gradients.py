"""Which gradient of a structured matrix a page gives: the free one; and what it becomes where the structure is kept.

Source of G + G^T - I * G: The Matrix Cookbook, section 2.8; of the part along the orthogonal matrices: Edelman, Arias
and Smith (1998), section 2.2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, Rational, Symbol

from derive.expressions.matrices import Eye, Hadamard, Named, Plus, Scaled, Times, Transpose, size
from derive.expressions.matrix_functions import BY_NAME
from derive.language import Text
from derive.model.matrix_words import is_function
from derive.model.model import Model, Node
from derive.page import sentences as say


def free_gradient(model: Model, leaf: Node) -> Iterator[Text]:
    """Yield the sentences on the two conventions for a leaf of which a structure is declared."""
    if not leaf.structure:
        return
    n = size(leaf.indices[-1])
    G, X = Named(Symbol("G"), n, n), Named(leaf.matrix, n, n)
    kept: dict[str, Expr] = {
        "symmetric": Plus(G, Transpose(G), Scaled(Integer(-1), Hadamard(Eye(n), G))),
        "orthogonal": Scaled(Rational(1, 2), Plus(G, Scaled(Integer(-1), Times(X, Transpose(G), X)))),
        "triangular": G,
    }
    kind = "symmetric" if leaf.symmetric else leaf.structure
    structure = say.STRUCTURES[leaf.structure](name=leaf.matrix)
    yield say.FREE(structure=structure, G=G, then=say.KEPT[kind](own=kept[kind]))
    if any(is_function(node, BY_NAME["cholesky"], leaf) for node in model.nodes.values()):
        yield say.FACTOR
