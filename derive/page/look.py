"""The look of a page on paper: its size, margins, fonts and colours. Typst and LaTeX take them from here.

Whatever is changed here changes in `--format pdf` by both engines and in `--format tex`. What the pictures are drawn in
is in `derive/page/pictures/colours.py`, the page in a browser in `derive/page/formats/html/style.css`.
"""

from __future__ import annotations

from typing import NamedTuple


class Paper(NamedTuple):
    """A size of paper by its names in Typst, in LaTeX's geometry and in CSS, and its width and height in mm."""

    typst: str
    tex: str
    css: str
    width: float
    height: float


PAPERS = {
    "a4": Paper("a4", "a4paper", "A4", 210.0, 297.0),
    "letter": Paper("us-letter", "letterpaper", "letter", 215.9, 279.4),
}
SIDE, TOP, BOTTOM = 20, 16, 18  # margins, mm

# Colours, as red, green and blue from 00 to ff.
COLOURS = {
    "rule": "214780",  # headings, rules, and the frame of a result
    "tint": "f1f5fb",  # behind a result
    "reason": "616161",  # reasons, captions, the foot of a page
}

# Sizes of type, pt.
TEXT, SMALL, TITLE = 10, 8.5, 17
HEADINGS = (13.5, 11.5, 10)  # a reading, a section, a step
TASK = 14.5  # the heading of a task among others

PICTURE = 0.33  # of the height of the text, what a picture may take
HOLE = 0.4  # of the height of the text, what a page may leave empty at its foot so that a step is not torn
FEW = 0.2  # of the height of a page: where the last page holds less, lines stand closer, if that makes a page less
LINE = round((210 - 2 * SIDE) / 25.4 * 72.27 / TEXT - 3, 1)  # em, what fits beside the indent of a formula

# Fonts. Typst brings its Latin fonts along; Chinese comes from the first of the list that the system has. LaTeX takes a
# package for Latin, and a set of fonts that ctex knows for Chinese.
LATIN = "New Computer Modern"
CHINESE = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Songti SC", "STSong", "SimSun", "FandolSong",
    "AR PL SungtiL GB", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei",
)  # fmt: skip
OTHERS_IN_TEX = (  # other alphabets, emoji and signs: the first font that the system has, and that has the letters
    "CMU Serif", "DejaVu Serif", "FreeSerif", "Noto Serif", "Times New Roman", "DejaVu Sans", "Noto Naskh Arabic",
    "Noto Serif Hebrew", "Noto Serif Devanagari", "Noto Serif Thai", "Noto Serif CJK KR", "Noto Sans CJK KR",
    "Arial Unicode MS", "Segoe UI Symbol", "Symbola", "Noto Emoji",
)  # fmt: skip
LATIN_IN_TEX, CHINESE_IN_TEX = "lmodern", "fandol"
