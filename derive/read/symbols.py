"""Which command of LaTeX is what: one table for each kind of thing that a formula is made of."""


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


GREEK = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron pi varpi rho"
    " varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi"
    " Omega ell hbar infty emptyset top intercal"
)

ACCENTS = words("hat widehat tilde widetilde bar overline vec dot ddot check breve mathring underline")

ALPHABETS = words(
    "mathbf boldsymbol bm mathbb mathcal mathscr mathfrak mathsf mathit mathnormal pmb symbf bold mathds mathbbm"
)

# Letters set upright: a word that is one name.
UPRIGHT = words("mathrm text textrm textit textbf textsf textup texttt mbox operatorname operatorname*")

# Functions that LaTeX itself has a name for: they take what follows without a bracket.
FUNCTIONS = words(
    "log ln lg exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan det dim ker deg tr Tr arg sgn"
)

# Functions that people spell in plain letters: with a bracket behind them they are no product of letters.
SPELLED = words("sigmoid tanh softmax relu log ln exp max min sin cos softplus gelu silu sqrt erf sign argmax argmin")

BIG = words("sum prod max min sup inf lim argmax argmin")

RELATIONS = {
    **dict.fromkeys(["=", ":=", "coloneqq", "triangleq", "equiv", "doteq", "eqqcolon"], "="),
    **dict.fromkeys(["approx", "simeq", "thickapprox"], "approx"),
    "<": "<",
    ">": ">",
    **dict.fromkeys(["le", "leq", "leqslant"], "<="),
    **dict.fromkeys(["ge", "geq", "geqslant"], ">="),
    **dict.fromkeys(["ne", "neq"], "!="),
    **dict.fromkeys(["in", "sim", "propto", "ll", "gg", "succeq", "succ"]),
    **dict.fromkeys(["gets", "leftarrow"], "gets"),
    **dict.fromkeys(["to", "rightarrow", "mapsto"], "to"),
    ":": ":",
}
RELATIONS.update({name: name for name, sign in RELATIONS.items() if sign is None})

LOGIC = {"land": "and", "wedge": "and", "lor": "or", "vee": "or"}

# Between two claims: what follows is a statement of its own.
BETWEEN = words("quad qquad implies Rightarrow Longrightarrow iff Leftrightarrow Longleftrightarrow therefore because")

MULTIPLY = {"*": "*", "cdot": "cdot", "times": "times", "odot": "odot", "circ": "circ", "otimes": "otimes", "/": "/"}
MULTIPLY["oslash"] = "oslash"
MULTIPLY.update({"div": "/", "bullet": "cdot", "ast": "*", "boldsymbol{\\odot}": "odot"})

DOTS = words("dots ldots cdots dotsc dotsb vdots ddots dotsm dotso")

# What only changes the look: left out.
SPACES = words(
    ", ; : ! > thinspace medspace thickspace enspace displaystyle textstyle scriptstyle limits nolimits nonumber notag"
    " hfill noindent centering smallskip medskip bigskip hline strut allowbreak"
)
SIZES = frozenset(
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
) | frozenset(["left", "right", "middle"])

# Their argument says nothing of the mathematics either.
SILENT = words(
    "label tag tag* hspace vspace hspace* vspace* phantom vphantom hphantom cite ref eqref color textcircled"
)

OPENING = {"(": "()", "[": "[]", "lbrace": "{}", "langle": "<>", "lceil": "ceil", "lfloor": "floor"}
CLOSING = {")": "()", "]": "[]", "rbrace": "{}", "rangle": "<>", "rceil": "ceil", "rfloor": "floor"}
STROKES = {"|": 1, "vert": 1, "lvert": 1, "rvert": 1, "‖": 2, "Vert": 2, "lVert": 2, "rVert": 2}

MATRICES = words("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array")
CASES = words("cases dcases rcases")
DISPLAYS = frozenset(
    f"{name}{star}"
    for name in words("equation align gather multline eqnarray alignat flalign displaymath math")
    for star in ("", "*")
)
INNER = words("aligned split gathered alignedat")

# Characters that stand for commands; letters of the mathematical alphabets are folded by Unicode itself.
CHARACTERS = {
    **{"×": "times", "·": "cdot", "⋅": "cdot", "⊙": "odot", "∘": "circ", "−": "-", "–": "-", "⊤": "top", "ᵀ": "^T"},
    **{"≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "∈": "in", "∼": "sim", "→": "to", "←": "gets", "∞": "infty"},
    **{"∑": "sum", "∏": "prod", "∂": "partial", "∇": "nabla", "√": "sqrt", "⋯": "dots", "…": "dots", "′": "'"},
    **{"，": ",", "；": ";", "（": "(", "）": ")", "：": ":", "＝": "=", "。": ".", "、": ",", "′": "'", "∥": "‖"},
    **{"ϵ": "epsilon", "ε": "varepsilon", "ϕ": "phi", "φ": "varphi", "ℓ": "ell", "⟨": "langle", "⟩": "rangle"},
}
_GREEK = (
    "αalpha βbeta γgamma δdelta ζzeta ηeta θtheta ιiota κkappa λlambda μmu νnu ξxi πpi ρrho σsigma τtau υupsilon χchi"
    " ψpsi ωomega ΓGamma ΔDelta ΘTheta ΛLambda ΞXi ΠPi ΣSigma ΥUpsilon ΦPhi ΨPsi ΩOmega"
)
GREEK_CHARACTERS = {word[0]: word[1:] for word in words(_GREEK)}

# Words that say something about a formula; any other upright word is a name.
PROSE = words(
    "if for otherwise where and or with else when all while as is are let then so thus hence since because on at over"
    " such that given subject to by from of each every"
)
