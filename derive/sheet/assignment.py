"""A sheet of several tasks as one document: a cover, each task with its statement and its solution, one check.

Tasks share no notation: before each of them stands its own, and its steps are numbered by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Answer, Block, Code, Heading, Notation, Paragraph, Picture, Table, Title
from derive.page.charts.chart import Chart
from derive.page.formats.formats import FORMATS, Document
from derive.page.front import Front
from derive.page.print.formulas import Formulas
from derive.page.terminal import PLAIN, Page
from derive.sheet.blank import EMPTY, FADED, exercise
from derive.sheet.notation import notation
from derive.sheet.part import Part
from derive.sheet.picture import GRAPH
from derive.sheet.read_back import finished, read_back
from derive.sheet.readings import key as written
from derive.sheet.sheet import task
from derive.sheet.verification import once, told

PLAIN_FRONT = Front()
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Question(NamedTuple):
    """A part of a task: what is asked, and the marks that it is worth."""

    asked: tuple[Text, ...]
    marks: int | None = None


class Solved(NamedTuple):
    """What solves a task: how its formulas are printed, its blocks in a detail, and what its check says.

    `compared` says how many quantities were compared, how well the worst of them agrees, and whether all do; None where
    nothing was checked.
    """

    notation: Notation
    blocks: Callable[[str], Iterable[Block]]
    told: tuple[Text, ...]
    compared: tuple[int, float, bool] | None
    data: Callable[[str, Title], dict[str, Any]]


def derived(parts: Sequence[Part]) -> Solved:
    """The answer that consists of derivations: the readings of a problem."""
    from derive.sheet.as_json import data

    reports = [p.report for p in parts if p.report is not None]
    rows = [row for report in reports for row in report.rows]
    compared = (len(rows), max((row.error for row in rows), default=0.0), all(row.ok for row in rows))
    return Solved(
        notation(parts),
        partial(task, parts),
        tuple(once(_told(parts))),
        compared if reports else None,
        partial(data, parts),
    )


def _told(parts: Sequence[Part]) -> Iterator[Text]:
    """Say what was compared of all parts, and that the page was read back."""
    for part in parts:
        yield from told(part) if not part.alone else ()
    yield from read_back(parts, [*task(parts, "brief")])


class Task(NamedTuple):
    """One task of a sheet: what solves it, its title, statement and questions.

    `detail` is that of the whole sheet where it is None, and "code" where the code is the whole solution. Without
    `graph` no picture is drawn.
    `code` is a library, and the two passes of each derivation in it, with the name of its reading.
    """

    solved: Solved
    title: Text
    statement: tuple[Text, ...]
    questions: tuple[Question, ...] = ()
    marks: int | None = None
    detail: str | None = None
    graph: bool = True
    code: tuple[str, tuple[tuple[Text | None, str], ...]] | None = None

    @property
    def worth(self) -> int | None:
        """The marks of the task, or of its questions."""
        own = [q.marks for q in self.questions if q.marks is not None]
        return self.marks if self.marks is not None else sum(own) if own else None


class Assignment(NamedTuple):
    """The tasks of a sheet in order, its head, and the paragraphs below it."""

    head: Title
    intro: tuple[Text, ...]
    tasks: tuple[Task, ...]


def render(
    whole: Assignment,
    format: str,
    lang: str,
    detail: str = "brief",
    page: Page = PLAIN,
    engine: str = "typst",
    front: Front = PLAIN_FRONT,
    blank: int | None = None,
) -> str | bytes:
    """Write a sheet of several tasks in one format and language; the words mean what they mean to a single sheet."""
    form = FORMATS[format]
    formulas = Formulas(form.notation, *whole.tasks[0].solved.notation)
    shown = cache(lambda detail: tuple(blocks(whole, front.head(whole.head), blank, form.both, detail)))
    data = partial(_data, whole, lang, front)
    reread = finished(any(task.solved.compared is not None for task in whole.tasks))
    return form.render(Document(shown, formulas, lang, detail, page, data, engine, front.paper, blank, reread))


def blocks(whole: Assignment, head: Title, blank: int | None, both: bool, detail: str) -> Iterator[Block]:
    """Yield the blocks of a sheet of several tasks, with dotted lines where `blank` leaves out answers; `both` marks
    them instead."""
    yield head
    yield from map(Paragraph, whole.intro)
    total = [t.worth for t in whole.tasks if t.worth is not None]
    if total:
        many = say.TOTAL(tasks=str(len(whole.tasks)))
        yield Paragraph((many if len(whole.tasks) > 1 else say.TOTAL_OF_ONE)(marks=str(sum(total))))
    asked = Paragraph(FADED if blank else EMPTY)
    if both:
        yield Answer(None, asked)
    elif blank is not None:
        yield asked
    for number, each in enumerate(whole.tasks, 1):
        yield each.solved.notation
        yield from _stated(each, number)
        own = each.detail if each.detail is not None and detail == "brief" else detail
        yield from exercise(_solved(each, own), blank, both)
    yield from exercise(_check(whole.tasks), blank, both)


def _stated(each: Task, number: int) -> Iterator[Block]:
    """Yield the heading of a task and what is asked."""
    words = say.TASK if each.worth is None else say.ONE_MARK if each.worth == 1 else say.TASK_WITH_MARKS
    marks = {} if each.worth is None else {"marks": str(each.worth)}
    yield Heading(words(number=str(number), title=each.title, **marks), -1)
    yield from map(Paragraph, each.statement)
    for letter, question in zip(LETTERS, each.questions, strict=False):
        first, *more = question.asked
        marks = {} if question.marks is None else {"marks": str(question.marks)}
        yield Paragraph((say.QUESTION_WITH_MARKS if marks else say.QUESTION)(letter=letter, asked=first, **marks))
        yield from map(Paragraph, more)


def _solved(each: Task, detail: str) -> Iterator[Block]:
    """Yield the solution of a task."""
    if detail != "code":
        found = iter(each.solved.blocks(detail))
        yield from found if each.graph else _without_graph(found)
    if each.code is not None:
        library, listings = each.code
        yield Heading(say.IN_CODE(library=library))
        for label, text in listings:
            yield from () if label is None else (Paragraph(label),)
            yield Code(text)


def _without_graph(found: Iterator[Block]) -> Iterator[Block]:
    """Drop the section with the graph, and its pictures elsewhere; a chart is no graph."""
    inside = False
    for block in found:
        if isinstance(block, Heading) and block.level < 2:
            inside = block.text.en == GRAPH.en
        if not inside and (not isinstance(block, Picture) or isinstance(block.drawing, Chart)):
            yield block


def _check(tasks: Sequence[Task]) -> Iterator[Block]:
    """Say what was compared, task by task in one table, and once what the comparison is."""
    checked = [(n, t) for n, t in enumerate(tasks, 1) if t.solved.told]
    if not checked:
        return
    yield Heading(say.CHECK, boxed=True)
    each = [{written(text): text for text in t.solved.told} for _, t in checked]
    compared = [own for (_, t), own in zip(checked, each, strict=True) if t.solved.compared is not None]
    shared = [k for k in compared[0] if all(k in own for own in compared)] if len(compared) > 1 else []
    yield from (Paragraph(compared[0][k]) for k in shared)
    if compared:
        yield Table(say.TASK_HEADER, tuple(_row(n, t) for n, t in checked if t.solved.compared is not None))
    yield from _of_some([(n, t, own) for (n, t), own in zip(checked, each, strict=True)], shared)


def _of_some(checked: Sequence[tuple[int, Task, dict[Any, Text]]], shared: Sequence[Any]) -> Iterator[Block]:
    """Say what holds of some tasks only, once for all that it holds of."""
    holds: dict[Any, list[int]] = {}
    for number, _, own in checked:
        for key in own:
            holds.setdefault(key, []).append(number)
    groups: dict[tuple[int, ...], list[Any]] = {}
    for key in (k for k in holds if k not in shared):
        groups.setdefault(tuple(holds[key]), []).append(key)
    for numbers, keys in sorted(groups.items()):
        _, first, own = next(each for each in checked if each[0] == numbers[0])
        said = say.one_after_another([own[key] for key in keys])
        yield first.solved.notation
        words = say.OF_TASKS if len(numbers) > 1 else say.OF_TASK
        yield Paragraph(words(number=list(map(str, numbers)), said=said))


def _row(number: int, each: Task) -> tuple[Any, ...]:
    assert each.solved.compared is not None
    count, worst, agree = each.solved.compared
    named = say.TASK(number=str(number), title=each.title)
    return (named, str(count), worst, say.AGREES if agree else say.DISAGREES)


def _data(whole: Assignment, lang: str, front: Front) -> dict[str, Any]:
    """Return the sheet as data: what stands at its head, and of each task what a single sheet's data are."""
    head = front.head(whole.head)
    return {
        "sheet": head.title.pick(lang),
        "byline": [line.pick(lang) for line in head.byline],
        "language": lang,
        "tasks": [
            {
                "number": number,
                "marks": each.worth,
                "statement": [_plain(text, lang) for text in each.statement],
                "questions": [
                    {"asked": [_plain(text, lang) for text in q.asked], "marks": q.marks} for q in each.questions
                ],
                **each.solved.data(lang, Title(each.title, None)),
            }
            for number, each in enumerate(whole.tasks, 1)
        ],
    }


def _plain(text: Text, lang: str) -> str:
    """A sentence with its formulas in dollars."""
    return text.pick(lang, lambda formula: f"${formula.latex}$")
