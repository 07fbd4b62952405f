"""The section on primitive operations: the model written in those given, its graph, and what has to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr, Function, S, Symbol

from derive.chain.derivation import Derivation, Term
from derive.chain.needed import Need, needed, needs
from derive.expressions.functions import row_of
from derive.expressions.indices import substitute
from derive.expressions.symbols import Partial
from derive.expressions.traverse import names
from derive.language import Text
from derive.model.model import Model, Node
from derive.model.operations import operations
from derive.model.program import as_product
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Picture, Row, Table
from derive.page.conventions import conventions
from derive.topics.primitives.program import Rewritten

PRIMITIVE = Text("The graph in primitive operations", "用基本运算表示的计算图")
ALLOWED = Text("The allowed operations are {operations}.", "允许使用的运算有：{operations}。")
NO_MINUS = Text(
    "Subtraction is not among them; we write it as the addition of a multiple with the factor {minus}.",
    "其中没有减法：减去一个量改为加上它与 {minus} 的乘积。",
)
WRITTEN = Text("By definition, for all {x}:", "按定义，对任意 {x}：")
EVERY = Text("Each node is one operation:", "每个节点只做一种运算：")
GIVEN = Text("the function as given", "题目给出的函数")
KEPT = Text("What backpropagation has to keep", "反向传播需要保留的值")
WHY = Text(
    "A value has to be kept if it occurs in a local partial derivative on a path from a parameter to the loss. Edges "
    "that carry no gradient need no values.",
    "若一个值出现在从参数到损失的路径上的某个局部偏导数中，就必须保留它。不传递梯度的边不需要保留任何值。",
)
HEADER = (
    Text("node", "节点"),
    Text("operation", "运算"),
    Text("local partials", "局部偏导数"),
    Text("to keep", "需保留"),
)
TORCH = Text("PyTorch keeps", "PyTorch 保留")
IS = Text("{symbol} = {value}", "{symbol} = {value}")
NOTHING = Text("nothing", "无")
CONSTANT = Text("a constant", "常数")
MASK = Text("truth values", "真值")
RESULT = Text("To be kept: {names}.", "需要保留：{names}。")
SIGN = Text(
    "Of {name} only the side of the kink is needed: one bit per element.",
    "对 {name} 只需知道它在折点的哪一侧，每个元素只需一个比特。",
)
SAME = Text("PyTorch keeps the same values.", "PyTorch 保留的值与此相同。")
MORE = Text("PyTorch also keeps {names}.", "PyTorch 另外还保留 {names}。")
LESS = Text("PyTorch does not keep {names}.", "PyTorch 不保留 {names}。")
CONSTANTS = Text("For {nodes}, PyTorch also keeps the constant operand.", "对 {nodes}，PyTorch 还保留常数操作数。")
SAME_AND_CONSTANTS = Text(
    "PyTorch keeps the same values, and for {nodes} the constant operand too.",
    "PyTorch 保留的值与此相同，另外对 {nodes} 还保留常数操作数。",
)
SEEN = Text(
    "To find out what PyTorch keeps, we ran the same operations in PyTorch and recorded every tensor that it saves.",
    "“PyTorch 保留”一列是这样得到的：在 PyTorch 中逐个执行相同的运算，并记录它保存的每个张量。",
)
ANSWER = Text("For the backward pass one has to keep {values}.", "反向传播需要保留 {values}。")
CHECKED = Text(
    "The program was evaluated at random points. Its values agree with those of the model, and its backward pass "
    "gives the gradients of torch.autograd: {count} numbers in all, with a worst relative error of {worst}.",
    "在随机点上计算了该程序：各值与原模型一致，反向计算得到的梯度与 torch.autograd 一致，共比较 {count} 个数，"
    "最大相对误差为 {worst}。",
)


def primitive_graph(made: Rewritten, sizes: Mapping[Symbol, int]) -> Iterator[Block]:
    """Show the section of a reading that gives operations."""
    from derive.page.pictures.picture import GraphPicture

    yield Heading(PRIMITIVE)
    yield from _definitions(made)
    yield Picture(GraphPicture(made.derivation, sizes, values=True), say.PICTURE)
    yield Heading(KEPT)
    yield Paragraph(WHY)
    yield _table(made)
    yield from _conclusions(made)


def _definitions(made: Rewritten) -> Iterator[Block]:
    program = made.program
    yield Paragraph(ALLOWED(operations=[operations()[name].title for name in program.allowed]))
    if program.definitions:
        letters = max((left.args for left, _ in program.definitions), key=len)
        yield Paragraph(WRITTEN(x=sorted(letters, key=str)))
        yield Equations(tuple(Row(left, right) for left, right in program.definitions))
    if "sub" not in program.allowed and any(-1 in p.operands for p in program.primitives.values()):
        yield Paragraph(NO_MINUS(minus=S.NegativeOne))
    yield Paragraph(EVERY)
    rows = []
    for node in program.model.nodes.values():
        for case in node.cases:
            factors = as_product(case.expr)
            right = case.expr if factors is None else (Term(factors),)
            rows.append(Row(node.at(*case.position), right, _operation(made, node), dots=factors is not None))
    yield Equations(tuple(rows))
    yield from map(Paragraph, conventions(program.model))


def _operation(made: Rewritten, node: Node) -> Text | None:
    name, known = made.program.primitives[node.name].operation, operations()
    return None if not name else known[name].title if name in known else GIVEN


def _table(made: Rewritten) -> Table:
    """One row for each computed node: its operation, its local partials, what they need, what torch keeps."""
    d = made.derivation
    by_node: dict[str, list[Need]] = {}
    for need in needs(d):
        by_node.setdefault(need.user.name, []).append(need)
    rows = []
    for node in (n for n in d.model.nodes.values() if not n.is_leaf):
        found = by_node.get(node.name, [])
        values = list(dict.fromkeys(name for need in found for name in need.values))
        cells = [
            node.generic,
            _operation(made, node) or "",
            [_local(d, n) for n in found] or NOTHING,
            _named(d, values),
        ]
        rows.append((*cells, _by_torch(made, node)) if made.saved is not None else tuple(cells))
    return Table((*HEADER, TORCH) if made.saved is not None else HEADER, tuple(rows))


def _local(d: Derivation, need: Need) -> Text:
    user = d.loss if need.use.direct else need.use.target
    return IS(symbol=Partial(user, need.wrt.generic), value=need.use.local)


def _named(d: Derivation, names: list[str]) -> list[Expr] | Text:
    return [d.model.nodes[name].generic for name in names] or NOTHING


def _by_torch(made: Rewritten, node: Node) -> object:
    saved = made.saved
    assert saved is not None
    found: list[object] = [made.derivation.model.nodes[name].generic for name in saved.families[node.name]]
    found += [CONSTANT] * bool(saved.constants[node.name]) + [MASK] * bool(saved.masks[node.name])
    return found or NOTHING


def to_keep(made: Rewritten, model: Model) -> Iterator[Block]:
    """Say among the results what has to be kept; an operation that has no name in the model by its formula."""
    program = made.derivation.model
    found = [program.nodes[name].generic for name in needed(made.derivation)]
    inner = {n.symbol: n.cases[0].expr for n in program.nodes.values() if n.name not in model.nodes and not n.indices}
    for _ in inner:  # at most as many formulas stand in each other
        found = [substitute(e, inner) for e in found]
    yield Paragraph(ANSWER(values=found))


def _conclusions(made: Rewritten) -> Iterator[Block]:
    d, saved = made.derivation, made.saved
    values = list(needed(d))
    yield Paragraph(RESULT(names=_named(d, values)))
    for name in values:
        if all(_by_sign(need, name) for need in needs(d) if name in need.values):
            yield Paragraph(SIGN(name=d.model.nodes[name].generic))
    if saved is not None:
        more = [name for name in d.model.nodes if name in saved.names - set(values)]
        less = [name for name in values if name not in saved.names]
        constants = [d.model.nodes[name].generic for name, count in saved.constants.items() if count]
        yield Paragraph(SEEN)
        yield from (Paragraph(text(names=_named(d, found))) for text, found in ((MORE, more), (LESS, less)) if found)
        same = not more and not less
        if constants:
            yield Paragraph((SAME_AND_CONSTANTS if same else CONSTANTS)(nodes=constants))
        elif same:
            yield Paragraph(SAME)
    if made.report is not None:
        count = sum(row.points for row in made.report.rows)
        yield Paragraph(CHECKED(count=str(count), worst=made.report.worst))


def _by_sign(need: Need, name: str) -> bool:
    """True if the family is needed only to know on which side of a kink it is."""
    jumps = {f for f in need.use.local.atoms(Function) if (row := row_of(f)) is not None and row.indicator}
    return bool(jumps) and name not in names(need.use.local.xreplace(dict.fromkeys(jumps, S.One)))
