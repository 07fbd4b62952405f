"""Section 2 of Petersen and Pedersen, The Matrix Cookbook (2012), by the numbers of its formulas; all of it is real.

L is the formula itself, and K, Y, V are what has a name on the sheet. The first form is what the sheet
prints; the book's own stands beside it where that is arranged in another way.
"""

from __future__ import annotations

from typing import Any

from coverage_of_cookbook.formulas import (
    det,
    diag,
    eigenvalues,
    even_toeplitz,
    exp,
    inv,
    kron,
    logdet,
    norm,
    power,
    product_of,
    sin,
    toeplitz,
    total,
    tr,
)  # fmt: skip
from coverage_of_cookbook.row import Identity


def R(number: str, leaves: str, say: Any, prints: str = "", of: str = "X", book: str = "", **more: Any) -> Identity:
    """A row; a leaf without axes is a square matrix or a column, by its letter; one with a colon alone is a number."""
    named = [n if ":" in n else f"{n}:N,N" if n.isupper() else f"{n}:N" for n in leaves.split()]
    return Identity(number, " ".join(n.rstrip(":") for n in named), say, prints, of, book, **more)


TALL = "X:D+N,N"


def residual(v: Any) -> Any:
    return v.x - v.A @ v.s


def squares(v: Any, middle: Any, more: Any = None) -> Any:
    """X^T M X, and what is added to it, as K."""
    found = v.X.mT @ middle @ v.X
    return v.name("K", found if more is None else found + more)


RULES = (
    R("33", "A X U", lambda v: tr(v.X @ v.U.mT) + total(v.A), "U"),
    R("34", "X U a:", lambda v: v.X * v.a, "∂Yᵢⱼ/∂Xₖₗ = a δᵢₖ δⱼₗ"),
    R("35", "X A U", lambda v: v.X + v.A, "∂Yᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ"),
    R("36", "X A x:", lambda v: tr(v.A + v.X * v.x), "tr(X)", "x"),
    R("37", "X A B U", lambda v: v.A @ v.X @ v.B, "∂Yᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ"),
    R("38", "X A U", lambda v: v.X * v.A, "∂Yᵢⱼ/∂Xₖₗ = Aᵢⱼ δᵢₖ δⱼₗ"),
    R("39", "X A W:N,N,N,N", lambda v: kron(v.W, v.X, v.A), "Σ_{p=1..N} Σ_{q=1..N} A_pq W_ipjq", by_element=True),
    R("40", "A B U x:", lambda v: inv(v.name("K", v.A + v.B * v.x)), "-Y B Y", "x"),
    R("41", "X", lambda v: det(v.X), "L X⁻ᵀ", book="adj(X)ᵀ"),
    R("42", "X", lambda v: det(v.X), "L X⁻ᵀ"),
    R("43", "X", lambda v: logdet(v.X), "X⁻ᵀ"),
    R("44", "X U", lambda v: v.X.mT, "∂Yᵢⱼ/∂Xₖₗ = δᵢₗ δⱼₖ"),
)
DETERMINANTS = (
    R("46", "A B x:", lambda v: det(v.name("Y", v.A + v.B * v.x)), "L tr(Y⁻¹ B)", "x"),
    R(
        "48",
        "A B C x:",
        lambda v: det(v.name("Y", v.A + v.B * v.x + v.C * v.x * v.x)),
        "∂²L/∂x² = 2 L Σ_{i=1..N} Σ_{j=1..N} Cᵢⱼ (Y⁻¹)ⱼᵢ"
        " - L Σ_{i=1..N} Σ_{j=1..N} Σ_{k=1..N} Σ_{l=1..N} (Y⁻¹)ⱼₖ (Y⁻¹)ₗᵢ (2 x Cᵢⱼ + Bᵢⱼ) (2 x Cₖₗ + Bₖₗ)"
        " + L (Σ_{i=1..N} Σ_{j=1..N} (Y⁻¹)ⱼᵢ (2 x Cᵢⱼ + Bᵢⱼ)) Σ_{j=1..N} Σ_{i=1..N} (Y⁻¹)ᵢⱼ (2 x Cⱼᵢ + Bⱼᵢ)",
        "x",
        "L (tr(Y⁻¹ 2 C) + tr(Y⁻¹ (B + 2 x C))² - tr(Y⁻¹ (B + 2 x C) Y⁻¹ (B + 2 x C)))",
        second=True,
    ),
    R("49", "X", lambda v: det(v.X), "L X⁻ᵀ"),
    R("51", "X A B", lambda v: det(v.name("K", v.A @ v.X @ v.B)), "L Aᵀ K⁻ᵀ Bᵀ", book="L X⁻ᵀ"),
    R("52", "X A", lambda v: det(squares(v, v.A)), "L (A X K⁻¹ + Aᵀ X K⁻ᵀ)", book="2 L X⁻ᵀ"),
    R("53", f"{TALL} A:D+N,D+N@sym", lambda v: det(squares(v, v.A)), "2 L A X K⁻¹"),
    R(
        "54",
        f"{TALL} A:D+N,D+N",
        lambda v: det(squares(v, v.A)),
        "L (A X K⁻¹ + Aᵀ X K⁻ᵀ)",
        book="L (A X K⁻¹ + Aᵀ X (Xᵀ Aᵀ X)⁻¹)",
    ),
    R("55", TALL, lambda v: logdet(v.name("K", v.X.mT @ v.X)), "2 X K⁻¹", book="2 (X⁺)ᵀ"),
    R("56", "P:N,D+N", lambda v: -logdet(v.name("K", v.P @ v.P.mT)), "-2 K⁻¹ P", "P", book="-2 (P⁺)ᵀ"),
    R("57", "X", lambda v: logdet(v.X), "X⁻ᵀ"),
    R("58", "X", lambda v: det(v.name("K", power(v.X, 3))), "L ((X²)ᵀ K⁻ᵀ + K⁻ᵀ (X²)ᵀ + Xᵀ K⁻ᵀ Xᵀ)", book="3 L X⁻ᵀ"),
)
INVERSES = (
    R("59", "A B U x:", lambda v: inv(v.name("K", v.A + v.B * v.x)), "-Y B Y", "x"),
    R("60", "X U", lambda v: inv(v.X), "∂Yᵢⱼ/∂Xₖₗ = -Yᵢₖ Yₗⱼ"),
    R("61", "X a b", lambda v: v.a.mT @ inv(v.X) @ v.b, "-X⁻ᵀ a bᵀ X⁻ᵀ"),
    R("62", "X", lambda v: det(v.name("V", inv(v.X))), "-L Vᵀ"),
    R("63", "X A B", lambda v: tr(v.A @ inv(v.X) @ v.B), "-X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"),
    R("64", "X A", lambda v: tr(inv(v.name("K", v.X + v.A))), "-(K⁻²)ᵀ"),
)
EIGENVALUES = (
    R("65", "X:N,N@sym", lambda v: total(eigenvalues(v.X)), "I_N"),
    R(
        "66",
        "X:N,N@sym",
        lambda v: product_of(eigenvalues(v.X)),
        "Σ_{k=1..N} Qᵢₖ(X) Qⱼₖ(X) Π_{l=1..N, l ≠ k} λₗ(X)",
        book="L X⁻ᵀ",
        by_element=True,
    ),
    R("67", "X:N,N@sym U:N", lambda v: eigenvalues(v.X), "∂Yᵢ/∂Xⱼₖ = Qⱼᵢ(X) Qₖᵢ(X)"),
)
FORMS = (
    R("69", "x a", lambda v: v.x.mT @ v.a, "a", "x"),
    R("70", "a b X", lambda v: v.a.mT @ v.X @ v.b, "a bᵀ"),
    R("71", "a b X", lambda v: v.a.mT @ v.X.mT @ v.b, "b aᵀ"),
    R("72", "a X", lambda v: v.a.mT @ v.X.mT @ v.a, "a aᵀ"),
    R("73", "X U", lambda v: v.X, "∂Yᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ"),
    R("74", "X A U", lambda v: v.X @ v.A, "∂Yᵢⱼ/∂Xₖₗ = Aₗⱼ δᵢₖ"),
    R("75", "X A U", lambda v: v.X.mT @ v.A, "∂Yᵢⱼ/∂Xₖₗ = Aₖⱼ δᵢₗ"),
    R("76", "X", lambda v: total(v.X) * total(v.X), "(2 𝟏_Nᵀ X 𝟏_N) 𝟏_N 𝟏_Nᵀ"),
    R("77", "b X c", lambda v: v.b.mT @ v.X.mT @ v.X @ v.c, "X c bᵀ + X b cᵀ", book="X (b cᵀ + c bᵀ)"),
    R(
        "78",
        "B x b C D d",
        lambda v: (v.B @ v.x + v.b).mT @ v.C @ (v.D @ v.x + v.d),
        "Bᵀ C (D x + d) + Dᵀ Cᵀ (B x + b)",
        "x",
    ),
    *(
        R(number, "X B U", lambda v: v.X.mT @ v.B @ v.X, "∂Yᵢⱼ/∂Xₖₗ = δᵢₗ Σ_{n=1..N} Xₙⱼ Bₖₙ + δⱼₗ Σ_{m=1..N} Xₘᵢ Bₘₖ")
        for number in ("79", "80")
    ),
    R("81", "x B", lambda v: v.x.mT @ v.B @ v.x, "(B + Bᵀ) x", "x"),
    R("82", "b X D c", lambda v: v.b.mT @ v.X.mT @ v.D @ v.X @ v.c, "D X c bᵀ + Dᵀ X b cᵀ"),
    R("83", "X b c D", lambda v: (v.X @ v.b + v.c).mT @ v.D @ (v.X @ v.b + v.c), "(D + Dᵀ) (X b + c) bᵀ"),
    *(
        R(number, "x A:N,D s:D W:N,N@sym", lambda v: residual(v).mT @ v.W @ residual(v), form, of)
        for number, of, form in (
            ("84", "s", "-2 Aᵀ W (x - A s)"),
            ("87", "x", "2 W (x - A s)"),
            ("88", "A", "-2 W (x - A s) sᵀ"),
        )
    ),
    R("85", "x s W:N,N@sym", lambda v: (v.x - v.s).mT @ v.W @ (v.x - v.s), "2 W (x - s)", "x"),
    R("86", "x s W:N,N@sym", lambda v: (v.x - v.s).mT @ v.W @ (v.x - v.s), "-2 W (x - s)", "s"),
    R("90", "X U", lambda v: power(v.X, 3), "∂Yᵢⱼ/∂Xₖₗ = Xᵢₖ Xₗⱼ + δᵢₖ Σ_{n=1..N} Xₗₙ Xₙⱼ + δⱼₗ Σ_{m=1..N} Xᵢₘ Xₘₖ"),
    R("91", "X a b", lambda v: v.a.mT @ power(v.X, 3) @ v.b, "a bᵀ (X²)ᵀ + (X²)ᵀ a bᵀ + Xᵀ a bᵀ Xᵀ"),
    # the first of the two sums in (92) is printed transposed in the book
    R(
        "92",
        "X a b",
        lambda v: v.a.mT @ power(v.X, 2).mT @ power(v.X, 2) @ v.b,
        "Xᵀ X² b aᵀ + Xᵀ X² a bᵀ + X² b aᵀ Xᵀ + X² a bᵀ Xᵀ",
        book="(X a bᵀ Xᵀ Xᵀ)ᵀ + (a bᵀ Xᵀ Xᵀ X)ᵀ + X X a bᵀ Xᵀ + Xᵀ X X a bᵀ",
    ),
    R(
        "93",
        "x A B C",
        lambda v: v.name("s", exp(v.B @ v.x)).mT @ v.A @ v.name("r", sin(v.name("z", v.C @ v.x))),
        "Cᵀ ((Aᵀ s) ⊙ cos(z)) + Bᵀ ((A r) ⊙ s)",
        "x",
        book="Bᵀ diag(s) A r + Cᵀ diag(cos(C x)) Aᵀ s",
    ),
    R(
        "95",
        "x A B",
        lambda v: ((v.A @ v.x).mT @ (v.A @ v.x)) / ((v.B @ v.x).mT @ (v.B @ v.x)),
        "2/(xᵀ Bᵀ B x) Aᵀ A x - (2/(xᵀ Bᵀ B x)² xᵀ Aᵀ A x) Bᵀ B x",
        "x",
    ),
    R("97", "x A b", lambda v: v.x.mT @ v.A @ v.x + v.b.mT @ v.x, "(A + Aᵀ) x + b", "x"),
    R("98", "x A b", lambda v: v.x.mT @ v.A @ v.x + v.b.mT @ v.x, "A + Aᵀ", "x", second=True),
)
TRACES = (
    R("99", "X", lambda v: tr(v.X), "I_N"),
    R("100", "X A", lambda v: tr(v.X @ v.A), "Aᵀ"),
    R("101", "A X B", lambda v: tr(v.A @ v.X @ v.B), "Aᵀ Bᵀ"),
    R("102", "A X B", lambda v: tr(v.A @ v.X.mT @ v.B), "B A"),
    R("103", "X A", lambda v: tr(v.X.mT @ v.A), "A"),
    R("104", "A X", lambda v: tr(v.A @ v.X.mT), "A"),
    R("105", "A X", lambda v: tr(v.A) * tr(v.X), "tr(A) I_N"),
    R("106", "X", lambda v: tr(power(v.X, 2)), "2 Xᵀ"),
    R("107", "X B", lambda v: tr(power(v.X, 2) @ v.B), "Xᵀ Bᵀ + Bᵀ Xᵀ", book="(X B + B X)ᵀ"),
    R("108", "X B", lambda v: tr(v.X.mT @ v.B @ v.X), "B X + Bᵀ X"),
    R("109", "B X", lambda v: tr(v.B @ v.X @ v.X.mT), "B X + Bᵀ X"),
    R("110", "B X", lambda v: tr(v.X @ v.X.mT @ v.B), "B X + Bᵀ X"),
    R("111", "B X", lambda v: tr(v.X @ v.B @ v.X.mT), "X B + X Bᵀ"),
    R("112", "B X", lambda v: tr(v.B @ v.X.mT @ v.X), "X B + X Bᵀ"),
    R("113", "B X", lambda v: tr(v.X.mT @ v.X @ v.B), "X B + X Bᵀ"),
    R("114", "A B X", lambda v: tr(v.A @ v.X @ v.B @ v.X), "Bᵀ Xᵀ Aᵀ + Aᵀ Xᵀ Bᵀ"),
    R("115", "X", lambda v: tr(v.X @ v.X.mT), "2 X"),
    R("116", "B C X", lambda v: tr(v.B.mT @ v.X.mT @ v.C @ v.X @ v.B), "C X B Bᵀ + Cᵀ X B Bᵀ"),
    R("117", "B C X", lambda v: tr(v.X.mT @ v.B @ v.X @ v.C), "B X C + Bᵀ X Cᵀ"),
    R("118", "A B C X", lambda v: tr(v.A @ v.X @ v.B @ v.X.mT @ v.C), "C A X B + Aᵀ Cᵀ X Bᵀ"),
    R("119", "A B C X", lambda v: tr((v.A @ v.X @ v.B + v.C) @ (v.A @ v.X @ v.B + v.C).mT), "2 Aᵀ (A X B + C) Bᵀ"),
    R("120", "X", lambda v: tr(v.X) * tr(v.X), "2 tr(X) I_N"),
    R("121", "X", lambda v: tr(power(v.X, 4)), "4 (X³)ᵀ", book="4 (X X X)ᵀ"),
    R(
        "122",
        "A X",
        lambda v: tr(v.A @ power(v.X, 3)),
        "(X²)ᵀ Aᵀ + Aᵀ (X²)ᵀ + Xᵀ Aᵀ Xᵀ",
        book="(A X X)ᵀ + (X A X)ᵀ + (X X A)ᵀ",
    ),
    R(
        "123",
        "B C X",
        lambda v: tr(v.B.mT @ v.X.mT @ v.C @ v.X @ v.X.mT @ v.C @ v.X @ v.B),
        "C X Xᵀ C X B Bᵀ + C X B Bᵀ Xᵀ C X + Cᵀ X Xᵀ Cᵀ X B Bᵀ + Cᵀ X B Bᵀ Xᵀ Cᵀ X",
    ),
    R("124", "A B X", lambda v: tr(v.A @ inv(v.X) @ v.B), "-X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"),
    R(
        "125",
        f"A C:D+N,D+N@sym {TALL}",
        lambda v: tr(inv(squares(v, v.C)) @ v.A),
        "-(C X K⁻¹ A K⁻¹ + C X K⁻¹ Aᵀ K⁻¹)",
        book="-C X K⁻¹ (A + Aᵀ) K⁻¹",
    ),
    R(
        "126",
        f"B:D+N,D+N@sym C:D+N,D+N@sym {TALL}",
        lambda v: tr(inv(squares(v, v.C)) @ (v.X.mT @ v.B @ v.X)),
        "2 (C X ∂L/∂K + B X K⁻¹)",
        book="-2 C X K⁻¹ Xᵀ B X K⁻¹ + 2 B X K⁻¹",
    ),
    R(
        "127",
        f"A:N,N@sym B:D+N,D+N@sym C:D+N,D+N@sym {TALL}",
        lambda v: tr(inv(squares(v, v.C, v.A)) @ (v.X.mT @ v.B @ v.X)),
        "2 (C X ∂L/∂K + B X K⁻¹)",
        book="-2 C X K⁻¹ Xᵀ B X K⁻¹ + 2 B X K⁻¹",
    ),
)
NORMS = (
    R("129", "x a", lambda v: norm(v.x - v.a), "1/L (x - a)", "x", book="(x - a)/‖x - a‖"),
    R(
        "130",
        "x a U:N",
        lambda v: (v.x - v.a) / norm(v.x - v.a),
        "1/‖x - a‖ (I_N - Y Yᵀ)",
        "x",
        book="I_N/‖x - a‖ - (x - a) (x - a)ᵀ/‖x - a‖³",
    ),
    R("131", "x", lambda v: norm(v.x) ** 2, "2 x", "x"),
    R("132", "X", lambda v: norm(v.X) ** 2, "2 X"),
)
KEPT = "G + Gᵀ - I_N ⊙ G"
STRUCTURED = (
    R(
        "137",
        "X A B W",
        lambda v: tr(v.W @ sin(v.name("U", v.A @ v.X @ v.B))),
        "Aᵀ (Wᵀ ⊙ cos(U)) Bᵀ",
        book="Aᵀ ∂L/∂U Bᵀ",
    ),
    R("138", "X:N,N@sym A B", lambda v: tr(v.A @ v.X @ v.B @ v.X), "Bᵀ X Aᵀ + Aᵀ X Bᵀ", book=KEPT, kept=True),
    R("139", "X:N,N@sym A", lambda v: tr(v.A @ v.X), "Aᵀ", book="A + Aᵀ - A ⊙ I_N", kept=True),
    R("140", "X:N,N@sym", lambda v: det(v.X), "L X⁻¹", book="L (2 X⁻¹ - X⁻¹ ⊙ I_N)", kept=True),
    R("141", "X:N,N@sym", lambda v: logdet(v.X), "X⁻¹", book="2 X⁻¹ - X⁻¹ ⊙ I_N", kept=True),
    R("142", "x A", lambda v: tr(v.A @ diag(v.x)), "diag(A)", "x", book="diag(A ⊙ I_N)"),
    R(
        "143",
        "t:2*N-1 A",
        lambda v: tr(v.A @ toeplitz(v.t)),
        "Σ_{l=1..N} A_{l,i+l-N} · 1[1 ≤ i+l-N ≤ N]",
        "t",
        book="alpha(A)",
        by_element=True,
    ),
    R(
        "144",
        "t A",
        lambda v: tr(v.A @ even_toeplitz(v.t)),
        "Σ_{l=1..N} A_{l,i+l-1} · 1[1 ≤ i+l-1 ≤ N] + Σ_{l=1..N} A_{l,l+1-i} {0 [i ≤ 1]; 1 [i > 1]} · 1[1 ≤ l+1-i ≤ N]",
        "t",
        book="even_alpha(A)",
        by_element=True,
    ),
)
NOT = (
    Identity("47", why="an identity between the entries of one gradient, and no gradient"),
    Identity("50", why="an identity between the entries of one gradient, and no gradient"),
    Identity("68", why="the derivative of an eigenvector is refused, for its sign is a choice"),
    Identity("128", why="a sine of a whole matrix, a power series, has no word"),
)
ROWS = (*RULES, *DETERMINANTS, *INVERSES, *EIGENVALUES, *FORMS, *TRACES, *NORMS, *STRUCTURED, *NOT)
