"""How a number is written: exact where it is short, else six digits after an approximate sign."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple


class Numeral(NamedTuple):
    """A number of the worked exercise, a Fraction or a float."""

    value: Any

    @property
    def exact(self) -> bool:
        """Can it be written exactly and briefly?"""
        return isinstance(self.value, (Fraction, int)) and (self._decimal() is not None or self._short())

    def _short(self) -> bool:
        value = Fraction(self.value)
        return abs(value.numerator) < 10_000 and value.denominator < 10_000

    def _decimal(self) -> str | None:
        """The number as a terminating decimal of at most eight places."""
        scaled = Fraction(self.value) * 10**8
        if scaled.denominator != 1 or abs(scaled) >= 10**16:
            return None
        text = f"{abs(scaled.numerator):09d}"
        whole, places = text[:-8], text[-8:].rstrip("0")
        sign = "-" if scaled < 0 else ""
        return f"{sign}{whole.lstrip('0') or '0'}{'.' + places if places else ''}"

    def brief(self, latex: bool) -> str:
        """At most four digits, as on a picture, where nothing says that it is rounded: the caption does."""
        shown = f"{float(self.value):.4g}"
        mantissa, e, power = shown.partition("e")
        if not e:
            return "0" if shown == "-0" else shown
        return rf"{mantissa} \times 10^{{{int(power)}}}" if latex else f"{mantissa}e{int(power)}"

    @property
    def rounded(self) -> bool:
        """Does `brief` leave digits out?"""
        return bool(float(self.brief(False)) != float(self.value))

    def text(self, latex: bool) -> str:
        """As LaTeX or as plain text."""
        if isinstance(self.value, (Fraction, int)):
            decimal = self._decimal()
            if decimal is not None:
                return decimal
            if self._short():
                value = Fraction(self.value)
                sign = "-" if value < 0 else ""
                top, bottom = abs(value.numerator), value.denominator
                return rf"{sign}\tfrac{{{top}}}{{{bottom}}}" if latex else f"{sign}{top}/{bottom}"
        return self._scientific(latex)

    def _scientific(self, latex: bool) -> str:
        shown = f"{float(self.value):.6g}"
        mantissa, e, power = shown.partition("e")
        if not e:
            return shown
        return rf"{mantissa} \times 10^{{{int(power)}}}" if latex else f"{mantissa}e{int(power)}"
