"""Random models, each written twice: as a `derive.Graph`, and as a forward pass that knows nothing of derive.

The same seed gives the same case. The second writing consists of Python loops over index values and of torch numbers,
one for each element of each family. An element is computed when it is first asked for, so a recurrence needs no
schedule, and every letter has the scope that the nesting of the loops gives it.

Every expression carries an interval in which its values lie: logarithms, roots and denominators stay away from 0, and
numbers stay small enough for float64 to compare gradients to 1e-10.

`build(seed)` draws models of every kind, `build_products(seed)` nodes that are products of shared factors, with
conditions, ties, singular coefficients, masks and lags. `failure(seed)` holds the derivation against the second
writing, and the engine's own check against both.
"""

from random_graphs.cases import Law
from random_graphs.comparison import failure, outcome
from random_graphs.maker import Maker, build
from random_graphs.products import Products, build_products
from random_graphs.terms import Term, total

MAKERS = {"models": build, "products": build_products}

__all__ = ["MAKERS", "Law", "Maker", "Products", "Term", "build", "build_products", "failure", "outcome", "total"]
