"""A subject is one folder and one line: a made-up one is seen on the page, in JSON, in a notebook and in the check."""

import json
import sys
import types
from dataclasses import dataclass

import pytest
from sympy import Integer

from derive import Graph, Limit, Sum, UsageError, VerificationError
from derive.chain.derivation import Line, Term
from derive.check.report import Report, Row
from derive.display import shown
from derive.language import Text
from derive.page.as_data import equality
from derive.page.blocks import Equations, Heading, Paragraph
from derive.page.blocks import Row as Equality
from derive.problem import Problem
from derive.problems import load
from derive.solution import Solution
from derive.topics import topic
from derive.topics.topic import TOPICS, Ask, Place, Topic

COUNT = Text("How many parameters are there?", "共有多少个参数？")
ANSWER = Text("Counted one by one: {count}.", "逐个数出：{count} 个。")
COUNTED = Text("The parameters were counted a second time.", "参数又数了一遍。")


@dataclass(frozen=True)
class Count:
    """How many parameters a model has."""

    number: int

    def _repr_markdown_(self):
        return shown(self)


class Counting(Topic):
    """The number of parameters of a model, where it is asked for."""

    place = Place.RESULTS
    asks = {"counting": None}
    offers = {"count": lambda solution: Count(len(solution.model.of_kind("parameter")))}

    def find(self, derived, ask):
        return (Count(len(derived.model.of_kind("parameter"))),) if ask.get("counting") else ()

    def check(self, found, derived, seed):
        right = sum(node.kind == "parameter" for node in derived.model.nodes.values())
        rows = (Row(Integer(right), 1, float(abs(each.number - right))) for each in found)
        return Report(tuple(rows), notes=(COUNTED,))

    def blocks(self, found, context):
        for each in found:
            yield Heading(COUNT)
            yield Paragraph(ANSWER(count=str(each.number)))
            yield Equations((Equality(context.derived.loss, Integer(each.number)),))

    def data(self, found, context, show, lang):
        lines = [(Line((Term((Integer(each.number),)),)),) for each in found]
        return {"counts": [equality(context.derived.loss, own, show, lang) for own in lines]}

    def view(self, thing):
        yield Paragraph(ANSWER(count=str(thing.number)))


@pytest.fixture
def counting(monkeypatch):
    """The subject as a folder `counting` whose page holds its TOPIC, and its line in the list."""
    module = types.ModuleType("counting")
    module.TOPIC = Counting()
    monkeypatch.setitem(sys.modules, "counting", module)
    monkeypatch.setattr(Count, "__module__", "counting")
    monkeypatch.setitem(TOPICS, "counting", "counting")
    return module.TOPIC


def line():
    g = Graph("a line")
    w, b = g.parameters("w b")
    x, y = g.inputs("x y")
    g.loss("L", (w * x + b - y) ** 2)
    return g


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("format", ["tex", "text", "html", "markdown"])
def test_it_is_on_the_page_in_every_format(counting, format, lang):
    page = line().derive().to(format, lang, counting=True)
    assert COUNT.pick(lang) in page and COUNTED.pick(lang) in page
    assert COUNT.pick(lang) not in line().derive().to(format, lang)


def test_it_is_in_json(counting):
    data = json.loads(line().derive().to("json", counting=True))
    assert [one["value"] for one in data["counts"]] == ["2"]
    assert json.loads(line().derive().to_json())["counts"] == []


def test_it_is_shown_in_a_notebook(counting):
    assert "2" in line().derive().count()._repr_markdown_()


def test_it_is_a_part_of_the_check(counting, monkeypatch):
    """A wrong count is caught, by the solution's own check and before anything is printed."""
    solution = line().derive()
    assert solution.verify(20, counting=True).of("counting").rows[0].ok
    monkeypatch.setattr(counting, "find", lambda derived, ask: (Count(3),))
    report = solution.verify(20, counting=True)
    assert not report.ok and not report.of("counting").ok
    with pytest.raises(VerificationError):
        solution.to_latex()


def test_a_problem_asks_for_it(counting):
    problem = Problem(COUNT, COUNT, "networks")
    problem.reading(counting=True)(line)
    part = problem.readings[0].build().derive().part(Ask(problem.readings[0].wishes))
    assert part.found["counting"] == (Count(2),)


def test_it_is_a_method_of_a_solution(counting):
    solution = line().derive()
    assert solution.count() == Count(2) and "count" in dir(solution)


def test_without_its_line_it_is_not_there():
    """The list is what makes the difference: nothing above saw a folder that happened to be imported."""
    with pytest.raises(AttributeError, match="count"):
        line().derive().count()
    with pytest.raises(UsageError, match="nothing listens to 'counting'"):
        line().derive().verify(20, counting=True)


def test_every_subject_is_a_folder_with_a_topic():
    for name, module in TOPICS.items():
        assert module == f"derive.topics.{name}"
        assert isinstance(topic.topic(name), Topic)


def test_a_wish_is_refused_where_it_is_made():
    """A typo in a problem is seen at its line, and what is not of the kind that is asked for is one clear line."""
    with pytest.raises(UsageError, match="did you mean limits"):
        Problem(COUNT, COUNT, "networks").reading(limts=())
    for wish in ({"limits": 3}, {"limits": ["x"]}, {"identities": "yu"}, {"identities": [("y",)]}):
        with pytest.raises(UsageError, match="expected"):
            line().derive().verify(20, **wish)


def test_what_was_found_can_be_checked_again():
    """`limits` and `identities` take what the solution's own methods gave."""
    momentum = load("momentum").readings[1].build().derive()
    assert momentum.verify(20, limits=momentum.limits([Limit("m", "t")])).of("limits").ok
    norms = load("norms").readings[0].build().derive()
    assert norms.verify(20, identities=[norms.identity("y", "u")]).of("identities").rows


def test_no_subject_takes_a_name_that_is_taken():
    """An offer that a Solution has already would never be found; an option twice would break every command."""
    assert not [name for _, each in topic.topics() for name in each.offers if hasattr(Solution, name)]
    taken = {"lang", "format", "output", "detail", "plots", "no_check", "reading", "help"}
    assert not taken & {wish for _, each in topic.topics() for wish in each.asks}


def test_a_wish_has_one_listener():
    """Two subjects that listen to one keyword, or offer one method, would depend on their order."""
    wishes = [wish for _, each in topic.topics() for wish in each.asks]
    offers = [name for _, each in topic.topics() for name in each.offers]
    assert len(set(wishes)) == len(wishes) and len(set(offers)) == len(offers)


def test_sum_is_still_derived_with_an_extra_subject(counting):
    g = Graph("batch")
    N = g.size("N")
    n = g.index("n", N)
    w, x = g.parameter("w"), g.input("x", N)
    g.loss("L", Sum((w * x[n]) ** 2, n))
    assert g.derive().verify(20, counting=True).ok
