"""The caption of a picture of a computational graph."""

from __future__ import annotations

from derive.language import Text

CAPTION = Text(
    "Solid arrows compute the values; dashed arrows carry the adjoints back, each multiplied by the local partial "
    "beside it.",
    "实线箭头表示前向计算；虚线箭头把伴随量向后传递，并乘以箭头旁的局部偏导数。",
)
