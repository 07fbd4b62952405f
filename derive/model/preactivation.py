"""Name what has no name: pre-activations and scores, the weights of a log-sum-exp, an abstract function inside a sum.

Textbooks write z for what an activation is applied to, because its adjoint is the quantity that every gradient of the
layer shares. A model that leaves it unnamed gets the name here, before anything is derived; so do the scores inside a
softmax, and the softmax p that is the slope of a log-sum-exp. Functions that are spelled out are recognised first.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Idx, Indexed, Symbol
from sympy.core.function import AppliedUndef

from derive.expressions.indices import family, limits, substitute
from derive.expressions.said import Said
from derive.expressions.spelled import Spelling, spelled
from derive.expressions.traverse import free_indices
from derive.memo import memo
from derive.model.model import Case, Model, Node, model_of
from derive.model.nameless import by_name, inside, is_softmax, outermost, softmaxes


@memo
def named(model: Model) -> Model:
    """The same model with a node of its own for every pre-activation and every inner abstract function."""
    naming = Naming(model)
    nodes = naming.all()
    if naming.parts == 1:
        nodes = Naming(model, wishes=("z",)).all()
    words = tuple(_renamed(w, nodes) for w in model.words)
    return model_of(model.title, nodes, model.loss.name, model.sizes, model.indices, model, words=words)


def _renamed(word: Said, nodes: tuple[Node, ...]) -> Said:
    """A word for the same formula after parts of it got names; one that got a name as a whole is its definition."""
    found: Expr = spelled(word)[0]
    for node in nodes:
        if node.implied and node.abstract is None and not is_softmax(node.cases[0].expr):
            new = by_name(found, node)
            found = found if isinstance(new, Said) and isinstance(new.formula, (Symbol, Indexed)) else new
    return found if isinstance(found, Said) else word


def spellings(model: Model) -> tuple[Spelling, ...]:
    """The functions that the definitions of an author's model spell out."""
    return tuple(dict.fromkeys(s for n in model.nodes.values() for c in n.cases for s in spelled(c.expr)[1]))


def _recognised(node: Node) -> Node:
    return node._replace(cases=tuple(c._replace(expr=spelled(c.expr)[0]) for c in node.cases))


class Naming:
    """Gives names to parts of definitions: z where a model has a single one, z_h in the definition of h."""

    def __init__(self, model: Model, wishes: tuple[str, ...] = ()):
        self.wishes, self.parts = wishes, 0
        self.recognised = [_recognised(n) for n in model.nodes.values()]
        self.nodes = {n.name: n for n in self.recognised}  # those of the model and those that get a name
        self.taken = set(model.nodes) | {str(s) for s in model.sizes}

    def all(self) -> tuple[Node, ...]:
        """The nodes of the model, each after those that are parts of it."""
        return tuple(new for node in self.recognised for new in self.split(node))

    def split(self, node: Node, of: str = "") -> Iterator[Node]:
        """The node with names for its parts, after the nodes that have these names, which are called after `of`."""
        cases, of = [], of or node.name
        for case in node.cases:
            expr = case.expr
            while (part := self._part(expr)) is not None:
                whole = part == outermost(expr)
                new = self._pre_activation(of, case, part, whole)
                yield from self.split(new, of)
                expr = expr.func(new.generic) if whole else by_name(expr, new)
            for new in self._softmaxes(of, node, expr):
                yield new
                expr = by_name(expr, new)
            for call in sorted(expr.atoms(AppliedUndef), key=str) if node.abstract is None else ():
                new = self._new((str(call.func),), f"{call.func}_0", call, free_indices(call))
                yield new
                expr = expr.xreplace({call: new.generic})  # also where a sum binds its index
            cases.append(Case(case.position, expr))
        yield node._replace(cases=tuple(cases))

    def _part(self, expr: Expr) -> Expr | None:
        """What is named next: the argument of the outermost activation, else a part that holds no other."""
        whole = outermost(expr)
        parts = [whole] if whole is not None else [*inside(expr, self.nodes)]
        return next((p for p in parts if not any(p.has(q) for q in parts if q != p)), None)

    def _pre_activation(self, of: str, case: Case, part: Expr, whole: bool) -> Node:
        """The node of a part of one case; inside a definition it has that node's letters wherever these fit."""
        own = tuple(p for p in case.position if isinstance(p, Idx))
        for letter in free_indices(part) if not whole else ():
            fit = [i for i in own if not part.has(i) and limits(i)[1:] == limits(letter)[1:]]
            part = substitute(part, {letter: fit[0]}) if fit and letter not in own else part
        self.parts += 1
        return self._new(self.wishes, f"z_{of}", part, own if whole else _ordered(part, own))

    def _softmaxes(self, of: str, node: Node, expr: Expr) -> Iterator[Node]:
        """The nodes of the softmaxes inside a definition, and of those that are the slope of a log-sum-exp in it."""
        for softmax, k in softmaxes(expr):
            new = self._node(("p",), f"p_{of}", softmax, _ordered(softmax, node.indices, last=k))
            found = by_name(expr, new)
            slope = found == expr and len(node.cases) == 1
            known = any(by_name(softmax, n) != softmax for n in self.recognised if len(n.cases) == 1)
            if not known and (slope or (found != expr and not isinstance(found, (Symbol, Indexed)))):
                yield self._taken(new)

    def _new(self, wishes: tuple[str, ...], else_: str, expr: Expr, own: tuple[Idx, ...]) -> Node:
        return self._taken(self._node(wishes, else_, expr, own))

    def _node(self, wishes: tuple[str, ...], else_: str, expr: Expr, own: tuple[Idx, ...]) -> Node:
        """A node with the first name that is free: one of the wishes, or the other with a number."""
        names = [*wishes, else_, *(f"{else_}_{n}" for n in range(2, 1000))]
        name = next(n for n in names if n not in self.taken)
        symbol = family(name) if own else Symbol(name, real=True)
        return Node(name, "node", symbol, own, (Case(own, expr),), implied=True)

    def _taken(self, node: Node) -> Node:
        self.taken.add(node.name)
        self.nodes[node.name] = node
        return node


def _ordered(expr: Expr, own: tuple[Idx, ...], last: Idx | None = None) -> tuple[Idx, ...]:
    """The free indices of an expression: those of its node first, in their order, then the others."""
    free = [i for i in free_indices(expr) if i != last]
    return (*(i for i in own if i in free), *(i for i in free if i not in own), *([last] if last else []))
