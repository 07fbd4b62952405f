"""Text that is printed once with marks for index expressions; each time step fills in numbers."""

from __future__ import annotations

import re

MARK = re.compile("\x02(-?\\d+),(-?\\d+)\x03")


def mark(slope: int, rest: object) -> str:
    """The mark of slope * t + rest."""
    return f"\x02{slope},{rest}\x03"


class Template:
    """Text with index marks: `fill(t)` puts t into every mark a*t + b; an exponent 1 is not written."""

    def __init__(self, text: str):
        marks = dict.fromkeys(MARK.findall(text))
        self._marks = [(mark(int(a), int(b)), int(a), int(b)) for a, b in marks]
        self._powers = {m for m, _, _ in self._marks if f"^{{{m}}}" in text or f"^({m})" in text}
        self.text = text

    def fill(self, t: int) -> str:
        """The text at one time step."""
        text = self.text
        for place, a, b in self._marks:
            number = str(a * t + b)
            if number == "1" and place in self._powers:
                text = text.replace(f"^{{{place}}}", "").replace(f"^({place})", "")
            text = text.replace(place, number)
        return text
