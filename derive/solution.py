"""What `Graph.derive()` gives, and the whole way there, in this order:

named        what has no name in the author's model gets one: pre-activations         model/preactivation.py
resolved     expectations get values, from the moments that are declared              topics/expectation/
derive       the chain rule gives the adjoint of every quantity                       chain/rule.py
Derived      each adjoint becomes a step, line by line to the textbook's form         chain/derived.py
find         every subject says what it finds                                         topics/topic.py
verify       all of it is compared with torch.autograd                                check/, topics/*/check
render       the sheet, in one of the formats                                         sheet/, page/formats
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from types import MethodType
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.chain.rule import derive
from derive.display import bundle, shown
from derive.errors import UsageError
from derive.expressions.indices import respelled
from derive.language import Text
from derive.model.model import Model
from derive.model.preactivation import named
from derive.topics.expectation.resolve import resolved
from derive.topics.topic import Ask, find, offered, topic

if TYPE_CHECKING:
    from sympy import Expr

    from derive.chain.derivation import Step
    from derive.check.report import Report
    from derive.code.signature import Signature
    from derive.page.pictures.picture import GraphPicture
    from derive.sheet.part import Part

NOTHING = Ask()


def prepared(model: Model) -> Model:
    """Return the author's model as it is differentiated. Errors: MomentError for a moment that is not declared."""
    model = named(model)
    model, _ = resolved(model)
    return model


class Solution(Derived):
    """A derivation for some sizes (those not in `sizes` stay symbolic).

    `steps` are the steps of the sheet, `gradient(w)` the final form of dL/dw, `adjoint(h)` the forms by region,
    `verify()` the check against torch.autograd, `to_latex()`, `to_html()`, `to_text()` and `to_json()` the sheet, with
    the keywords of `to`, such as `title="Homework 3"`. The subjects in topics/ add their own, such as
    `jacobian("p", "z")`, `conditions` and `matrix("W")`: see `dir()`.

    What a method returns was compared with torch.autograd, once for all of them: a VerificationError comes in place of
    a wrong value. `check=False` returns it without torch. The properties `steps`, `closed_forms`, `values` and
    `derivation` are the argument itself, as data: `checked()` says whether it holds.
    """

    def __init__(self, model: Model, wrt: Iterable[Any] | None = None, sizes: Mapping[Any, int] | None = None):
        derivation = derive(prepared(model), wrt)
        super().__init__(derivation, sizes)

    def part(self, ask: Ask = NOTHING, label: Text | None = None, notes: tuple[Text, ...] = ()) -> Part:
        """Return what a sheet shows: what the subjects find, all checked. Errors: of `find` and `Report.require`."""
        from derive.sheet.part import Part

        part = Part(self, find(self, ask), None, label, notes, ask.plots)
        if not ask.check or part.alone:
            return part
        return part._replace(report=self._report(part.found).required())

    def checked(self) -> Report:
        """Return the report of the check that `gradient`, `adjoint` and `to_code` share, made the first time only.

        Errors: VerificationError where torch.autograd disagrees; UsageError where the loss hardly ever exists.
        """
        from derive.check.derived import checked

        return checked(self)

    def gradient(self, parameter: Any, check: bool = True, inputs_only: bool = False) -> Expr:
        """Return dL/dparameter in its final form, 0 if it cannot reach the loss.

        If the form depends on the index values, the result is a Piecewise in the indices of the parameter; it is 0 for
        elements that cannot reach the loss. With `inputs_only` no adjoint and no computed quantity is left in it.
        Errors: ModelError if the gradient was not asked for, or a recurrence has no closed form; of `checked`.
        """
        found = self.gradient_in_inputs(parameter, check) if inputs_only else self.form(parameter)
        if check and not inputs_only:
            self.checked()
        return respelled(found, self.derivation.model.letters)

    def adjoint(self, quantity: Any, check: bool = True) -> tuple[Step, ...]:
        """Return the steps of one family, one for each region of its indices.

        Errors: ModelError for a foreign name; of `checked`.
        """
        found = self.regions(quantity)
        if check:
            self.checked()
        return found

    def verify(self, points: int = 1000, seed: int = 0, conditions: bool = True, **wishes: Any) -> Report:
        """Check every adjoint and every line against torch.autograd; see `Report.ok` and `Report.rows`.

        What the subjects find is checked too, each in its own way, and stands in `Report.parts`; `wishes` are what a
        problem may ask of them, such as `limits=[...]`. Without `conditions` nothing is measured about recurrences.
        """
        found = find(self, Ask(wishes))
        return self._report({n: f for n, f in found.items() if conditions or not topic(n).measures}, points, seed)

    def _report(self, found: Mapping[str, tuple[Any, ...]], points: int = 1000, seed: int = 0) -> Report:
        from derive.check.derived import compared
        from derive.check.threads import one_thread

        beside = {name: c for name, things in found.items() if (c := topic(name).comparison(things)) is not None}
        report = compared(self, points, seed, beside)
        for name, things in found.items():
            with one_thread():
                own = topic(name).check(things, self, seed)
            report = report if own is None else report.beside(name, own)
        if report.ok:
            self.once("checked", lambda: report)
        return report

    def to(
        self, format: str, lang: str | None = None, check: bool = True, detail: str = "brief", engine: str = "typst",
        sheet: str | PathLike[str] | None = None, **wishes: Any,
    ) -> Any:  # fmt: skip
        """Write the sheet in a format of the table in page/formats, as text or bytes.

        It is checked first, unless `check` is False; `engine`, "typst" or "tex", sets a PDF. `title`, `subtitle`,
        `author`, `course`, `date` and `paper` ("a4" or "letter") stand at its head, else those of the TOML file
        `sheet`, which may name `lang` too. Errors: VerificationError if a line fails its check, UsageError for an
        unknown format or engine, or a word that cannot be used.
        """
        from derive.page.front import Front, found, front
        from derive.sheet.render import render

        typed = {key: wishes.pop(key) for key in Front._fields if key in wishes} | (
            {"lang": lang} if lang is not None else {}
        )
        wished = front(typed).before(found(sheet) if sheet is not None else Front())
        part = self.part(Ask(wishes, check))
        return render([part], format, wished.lang or "en", detail, engine=engine, front=wished)

    def to_latex(self, lang: str | None = None, check: bool = True, detail: str = "brief", **words: Any) -> str:
        """The sheet as a complete LaTeX document."""
        return str(self.to("tex", lang, check, detail, **words))

    def to_text(self, lang: str | None = None, check: bool = True, detail: str = "brief", **words: Any) -> str:
        """The sheet as plain Unicode text."""
        return str(self.to("text", lang, check, detail, **words))

    def to_html(self, lang: str | None = None, check: bool = True, detail: str = "brief", **words: Any) -> str:
        """The sheet as one HTML file that needs no network; it holds both languages and details, opened in these."""
        return str(self.to("html", lang, check, detail, **words))

    def to_markdown(self, lang: str | None = None, check: bool = True, detail: str = "brief", **words: Any) -> str:
        """The sheet as Markdown with formulas in dollars."""
        return str(self.to("markdown", lang, check, detail, **words))

    def to_json(self, lang: str | None = None, check: bool = True, detail: str = "brief", **words: Any) -> str:
        """The sheet as JSON: nodes, steps, gradients, conditions, verification."""
        return str(self.to("json", lang, check, detail, **words))

    def to_pdf(
        self, path: str | PathLike[str], lang: str | None = None, check: bool = True, detail: str = "brief",
        engine: str = "typst", **words: Any,
    ) -> None:  # fmt: skip
        """Write the sheet as PDF, by "typst" or "tex". Errors: UsageError if it cannot be set or written."""
        from derive.page.typesetting.files import write

        write(self.to("pdf", lang, check, detail, engine, **words), path)

    def to_code(
        self,
        target: str = "numpy",
        signature: Signature | None = None,
        check: bool = True,
        typed: Mapping[str, str] | None = None,
    ) -> str:
        """Write a Python module with forward and backward, for "numpy" or "torch"; with a signature also that function.

        Its table NAMES has the names as they are typeset, or those that are `typed`, as {r"\\lambda": "lamda"}.

        Errors: UsageError for another target; of `checked`, also for the graphs of the signature.
        """
        from derive.code.module import code

        builds = (signature.training, signature.inference) if signature is not None else ()
        if check:
            for one in (self, *(Solution(build().model()) for build in builds if build is not None)):
                one.checked()
        return code(self.derivation, target, signature, typed)

    def picture(self, operations: Sequence[str] | None = None, at: str | None = None) -> GraphPicture:
        """Return the computational graph as a picture; if `operations` such as ["dot", "add"] are given, in these.

        With numbers `at`, as in "w=0.5, x=2", each box holds its value and the derivative of the loss. A notebook shows
        it; `svg(lang)` and `tikz(lang)` write it. Errors: ModelError, UsageError for a missing operation or numbers
        that cannot be used, VerificationError.
        """
        return self.drawn({} if at is None else {"at": at}, operations)

    def drawn(self, wishes: Mapping[str, Any], operations: Sequence[str] | None = None) -> GraphPicture:
        """Return the picture with the numbers that wishes ask for, by their names. Errors: as `picture`."""
        from derive.page.pictures.picture import GraphPicture
        from derive.sheet.picture import numbers

        if operations is None:
            return GraphPicture(self.derivation, self.sizes, numbers=numbers(self, wishes))
        if wishes.get("at") is not None:
            raise UsageError("a graph in other operations has no numbers; leave out the operations or the numbers")
        return GraphPicture(self.rewritten(operations, check=False).derivation, self.sizes, values=True)

    def __getattr__(self, name: str) -> Any:
        """Return a method or a property that a subject offers."""
        found = offered(name) if not name.startswith("_") else None
        if found is None:
            raise AttributeError(f"a Solution has no {name!r}")
        return found.__get__(self) if isinstance(found, property) else MethodType(found, self)

    def __dir__(self) -> list[str]:
        from derive.topics.topic import topics

        return sorted({*super().__dir__(), *(name for _, each in topics() for name in each.offers)})

    def _repr_markdown_(self) -> str:
        return shown(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return bundle(self)
