r"""What the commands of printed LaTeX are in Typst, and for a screen reader."""

from __future__ import annotations

from derive.expressions.notation import GREEK

# A Greek letter of LaTeX: \epsilon and \phi are the round forms there, as in Typst's own fonts.
SIGNS = {name: sign for name, sign in GREEK.items() if name != "lamda"} | {
    "epsilon": "ϵ", "phi": "ϕ", "partial": "∂", "cdot": "⋅", "times": "×", "odot": "⊙", "oslash": "⊘", "otimes": "⊗",
    "to": "→", "leftarrow": "←", "infty": "∞", "sum": "∑", "prod": "∏", "top": "⊤", "dots": "…", "cdots": "⋯",
    "vdots": "⋮", "le": "≤", "ge": "≥", "ne": "≠", "lt": "<", "gt": ">", "approx": "≈", "equiv": "≡", "succeq": "⪰",
    "succ": "≻", "in": "∈", "land": "∧", "lor": "∨", "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "pm": "±", "nabla": "∇", "Bigl": "", "Bigr": "",
    "bigl": "", "bigr": "", "displaystyle": "", "Vert": "‖", "vert": "|", "mid": "∣", "circ": "∘", "ast": "∗",
    "langle": "⟨", "rangle": "⟩",
}  # fmt: skip
SPACES = {
    "\\,": ("thin ", " "), "\\;": ("med ", " "), "\\:": ("med ", " "), "\\ ": ("space ", " "), "\\!": ("", ""),
    "\\quad": ("quad ", " "), "\\qquad": ("wide ", " "), "~": ("space ", " "),
}  # fmt: skip
# Words that stand for functions, and whether their index stands below them.
OPERATORS = dict.fromkeys(
    ("log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "det", "arg"), False
) | dict.fromkeys(("max", "min", "sup", "inf", "lim"), True)
FONTS = {
    "mathrm": "upright", "mathbf": "bold", "operatorname": "upright", "text": "upright", "mathcal": "cal",
    "mathbb": "bb", "boldsymbol": "bold", "mathsf": "sans",
}  # fmt: skip
ACCENTS = {
    "hat": ("hat", "\u0302"), "tilde": ("tilde", "\u0303"), "bar": ("macron", "\u0304"), "dot": ("dot", "\u0307"),
    "overline": ("overline", "\u0304"), "widehat": ("hat", "\u0302"), "widetilde": ("tilde", "\u0303"),
}  # fmt: skip
