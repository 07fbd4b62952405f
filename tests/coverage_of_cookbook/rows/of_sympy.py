"""The other derivatives in sympy's matrices/expressions/tests/test_derivatives.py, and those of its arrays.

They stand in the order of the file, by the name of its test. Where sympy has a result commented out as wrong or not
implemented, the row says "(commented out)".
"""

from __future__ import annotations

from coverage_of_cookbook.formulas import cube_root, diagonal, exp, log, norm, outer, sin, sqrt, tan, total, tr, weighed
from coverage_of_cookbook.rows.cookbook import R

SCALAR = (
    R("by scalar: A", "A U s:", lambda v: v.s + tr(v.A), "1", "s", by_element=True),
    R("by scalar: x^s", "x:N@positive U:N s:", lambda v: v.x**v.s, "Y ⊙ log x", "s"),
    R("by scalar: s x * y", "x y U:N s:", lambda v: v.x * v.y * v.s, "x ⊙ y", "s"),
    R("by scalar: sin(s) A B x", "A B x U:N s:", lambda v: (v.A @ v.B @ v.x) * sin(v.s), "cos(s) A B x", "s"),
    R("by scalar: tr(s^2 X)", "X s:", lambda v: tr(v.X * v.s * v.s), "2 s tr(X)", "s"),
    R("by scalar: 2 m x", "x U:N m:", lambda v: v.x * v.m * 2, "2 m I_N", "x"),
)
VECTORS = (
    R("one matrix: x^T 1", "x", lambda v: total(v.x), "𝟏_N", "x"),
    R("non-matrix: A", "X U", lambda v: v.X, "∂Yᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ"),
    R("non-matrix: A^T", "X U", lambda v: v.X.mT, "∂Yᵢⱼ/∂Xₖₗ = δᵢₗ δⱼₖ"),
    R("non-matrix: 2 A", "X U", lambda v: v.X * 2, "∂Yᵢⱼ/∂Xₖₗ = 2 δᵢₖ δⱼₗ"),
    R("non-matrix: A + A", "X U", lambda v: v.X + v.X, "∂Yᵢⱼ/∂Xₖₗ = 2 δᵢₖ δⱼₗ"),
    R("x x^T x", "x U:N", lambda v: v.x @ (v.x.mT @ v.x), "‖x‖² I_N + 2 x xᵀ", "x"),
    R("tr(A) A", "X U", lambda v: v.X * tr(v.X), "∂Yⱼₖ/∂Xᵢₗ = Xⱼₖ δᵢₗ + δᵢⱼ δₖₗ Σ_{m=1..N} Xₘₘ"),
)
MIXED = (
    R(
        "complicated",
        "A B C D a b X",
        lambda v: (
            v.a.mT
            @ (
                v.A @ v.X @ (v.X.mT @ v.B + v.X @ v.A)
                + v.B.mT
                @ v.X.mT
                @ (
                    v.a
                    @ v.b.mT
                    @ (v.X @ v.D @ v.X.mT + v.X @ (v.X.mT @ v.B + v.A @ v.X) @ v.D @ v.B - v.X.mT @ v.C.mT @ v.A)
                    @ v.B
                    + v.B @ (v.X @ v.D.mT + v.B @ v.A @ v.X @ v.A.mT - v.X @ v.D * 3)
                )
                @ v.B
                + (v.X @ v.B @ v.X.mT @ v.A.mT @ (v.X + v.X.mT)) * 42
            )
            @ v.b
        ),
        "B b aᵀ A X + Xᵀ Aᵀ a bᵀ Aᵀ + 42 b aᵀ X B Xᵀ Aᵀ + 42 A X Bᵀ Xᵀ a bᵀ + Bᵀ X B a bᵀ Bᵀ D + Aᵀ a bᵀ (Bᵀ "
        "X + Aᵀ Xᵀ) - 3 Bᵀ X B a bᵀ Bᵀ Dᵀ + 42 Aᵀ (X + Xᵀ) b aᵀ X B + 42 a bᵀ (X + Xᵀ) A X Bᵀ + Aᵀ (B²)ᵀ X B "
        "a bᵀ Bᵀ A + (aᵀ X B a) B² b bᵀ X D - (aᵀ X B a) Cᵀ A B² b bᵀ + (aᵀ X B a) b bᵀ (B²)ᵀ X Dᵀ + (aᵀ X B "
        "a) B D B³ b bᵀ X + (aᵀ X B a) Aᵀ Xᵀ b bᵀ (B³)ᵀ Dᵀ + (aᵀ X B a) b bᵀ (B³)ᵀ Dᵀ (Bᵀ X + Xᵀ Aᵀ) + (B (X "
        "Dᵀ - 3 X D + B A X Aᵀ) + a bᵀ (X D Xᵀ - Xᵀ Cᵀ A + X (A X + Xᵀ B) D B) B) B b aᵀ Bᵀ",
        size=2,
    ),
    R("mixed: 3 tr(A)", "X", lambda v: tr(v.X) * 3, "3 I_N"),
    R("mixed: tr(A)^2", "X", lambda v: tr(v.X) * tr(v.X), "2 tr(X) I_N"),
    R("mixed: tr(tr(A) A)", "X", lambda v: tr(v.X * tr(v.X)), "2 tr(X) I_N"),
    R("mixed: tr(tr(tr(A) A) A)", "X", lambda v: tr(v.X * tr(v.X * tr(v.X))), "3 tr(X)² I_N"),
)
ROOTS = (
    R("norms: x^T y", "x y", lambda v: v.x.mT @ v.y, "y", "x"),
    R(
        "norms: (x^T y)^(1/2)",
        "x:N@positive y:N@positive",
        lambda v: sqrt(v.x.mT @ v.y),
        "1/(2 L) y",
        "x",
        book="y/(2 sqrt(xᵀ y))",
    ),
    R("norms: (x^T x)^(1/2)", "x", lambda v: norm(v.x), "1/L x", "x", book="x/‖x‖"),
    R(
        "norms: (c^T a x^T b)^(1/2)",
        "a:N@positive b:N@positive c:N@positive x:N@positive",
        lambda v: sqrt((v.c.mT @ v.a) * (v.x.mT @ v.b)),
        "(1/(2 L) aᵀ c) b",
        "x",
        book="b aᵀ c/(2 sqrt(cᵀ a xᵀ b))",
    ),
    R(
        "norms: (c^T a x^T b)^(1/3)",
        "a:N@positive b:N@positive c:N@positive x:N@positive",
        lambda v: cube_root((v.c.mT @ v.a) * (v.x.mT @ v.b)),
        "(1/(3 (bᵀ x aᵀ c)^(2/3)) aᵀ c) b",
        "x",
        book="b aᵀ c/(3 L²)",
    ),
    R(
        "norms: (a^T X b)^(1/2)",
        "a:N@positive b:N@positive X:N,N@positive",
        lambda v: sqrt(v.a.mT @ v.X @ v.b),
        "1/(2 L) a bᵀ",
        book="a bᵀ/(2 sqrt(aᵀ X b))",
    ),
    R(
        "norms: d^T x (a^T X b)^(1/2) y^T c",
        "a:N@positive b:N@positive X:N,N@positive c d x y",
        lambda v: (v.d.mT @ v.x) * sqrt(v.a.mT @ v.X @ v.b) * (v.y.mT @ v.c),
        "(1/(2 √(aᵀ X b)) cᵀ y dᵀ x) a bᵀ",
        book="a xᵀ d yᵀ c bᵀ/(2 sqrt(aᵀ X b))",
    ),
)
ENTRYWISE = (
    R("entrywise: tan(x)", "x U:N", lambda v: tan(v.x), "diag(𝟏_N + Y ⊙ Y)", "x", book="diag(tan(x)² + one(N))"),
    R(
        "entrywise: sin(s^2 x)",
        "x U:N s:",
        lambda v: sin(v.name("z", v.x * v.s * v.s)),
        "2 s x ⊙ cos(z)",
        "s",
        book="2 s x ⊙ cos(s² x)",
    ),
    R(
        "entrywise: sin(log(s) A B)",
        "A B U s:@positive",
        lambda v: sin(v.name("z", (v.A @ v.B) * log(v.s))),
        "1/s (A B) ⊙ cos(z)",
        "s",
        book="(A B/s) ⊙ cos(log(s) A B)",
    ),
    R(
        "entrywise: A exp(x) (commented out)",
        "A x U:N",
        lambda v: v.A @ exp(v.x),
        "A diag(exp(x))",
        "x",
        book="A diag(exp(x))",
    ),
    R(
        "entrywise: x^T A x + k sin(y)^T x",
        "A x y k:",
        lambda v: v.x.mT @ v.A @ v.x + (sin(v.y).mT @ v.x) * v.k,
        "k sin(y) + (A + Aᵀ) x",
        "x",
        book="Aᵀ x + A x + k sin(y)",
    ),
    R(
        "entrywise: sin(x)^T y (commented out)",
        "x y",
        lambda v: sin(v.x).mT @ v.y,
        "y ⊙ cos(x)",
        "x",
        book="diag(cos(x)) y",
    ),
    R(
        "entrywise: sin(a^T X b)",
        "a b X",
        lambda v: sin(v.name("z", v.a.mT @ v.X @ v.b)),
        "cos(z) a bᵀ",
        book="a cos(aᵀ X b) bᵀ",
    ),
    R(
        "entrywise: a^T sin(X) b",
        "a b X",
        lambda v: v.a.mT @ sin(v.X) @ v.b,
        "diag(a) cos(X) diag(b)",
        book="diag(a) cos(X) diag(b)",
    ),
    R(
        "entrywise: a^T sin(A X B) b",
        "A B a b X",
        lambda v: v.a.mT @ sin(v.name("Z", v.A @ v.X @ v.B)) @ v.b,
        "Aᵀ diag(a) cos(Z) diag(b) Bᵀ",
        book="Aᵀ diag(a) cos(A X B) diag(b) Bᵀ",
    ),
    R(
        "entrywise: a^T sin(A X b) b^T (commented out)",
        "A a b X U:N",
        lambda v: v.b * (v.a.mT @ sin(v.name("z", v.A @ v.X @ v.b))),
        "∂Yₗ/∂Xᵢⱼ = bⱼ bₗ Σ_{k=1..N} Aₖᵢ aₖ cos(zₖ)",
    ),
    R(
        "entrywise: a^T A sin(X) B b",
        "A B a b X",
        lambda v: v.a.mT @ v.A @ sin(v.X) @ v.B @ v.b,
        "(Aᵀ a bᵀ Bᵀ) ⊙ cos(X)",
        book="(Aᵀ a bᵀ Bᵀ) ⊙ cos(X)",
    ),
    R(
        "entrywise: a^T log(A sin(X) B) b (commented out)",
        "A:N,N@positive B:N,N@positive a b X:N,N@0..1",
        lambda v: v.a.mT @ log(v.name("Z", v.A @ sin(v.X) @ v.B)) @ v.b,
        "(Aᵀ diag(a) (1 ⊘ Z) diag(b) Bᵀ) ⊙ cos(X)",
        book="(Aᵀ ((a bᵀ)/(A sin(X) B)) Bᵀ) ⊙ cos(X)",
    ),
    R(
        "entrywise: a^T log(sin(X)) b (commented out)",
        "a b X:N,N@0..1",
        lambda v: v.a.mT @ log(sin(v.X)) @ v.b,
        "diag(a) (cos(X) ⊘ sin(X)) diag(b)",
        book="(a bᵀ) ⊙ cos(X)/sin(X)",
    ),
)
HADAMARD = (
    R("hadamard: a * x * b", "a b x U:N", lambda v: v.a * v.x * v.b, "diag(a ⊙ b)", "x", book="diag(b ⊙ a)"),
    R(
        "hadamard: a^T (A * X * B) b",
        "A B a b X",
        lambda v: v.a.mT @ (v.A * v.X * v.B) @ v.b,
        "diag(a) (A ⊙ B) diag(b)",
        book="(a bᵀ) ⊙ A ⊙ B",
    ),
    R("hadamard: x^2", "x U:N", lambda v: v.x * v.x, "2 diag(x)", "x", book="2 diag(x)"),
    R(
        "hadamard: x^(1/2)",
        "x:N@positive U:N",
        lambda v: sqrt(v.x),
        "1/2 diag(Y)⁻¹",
        "x",
        book="diag(one(N)/sqrt(x))/2",
    ),
    R("hadamard: (a^T X b)^2", "a b X", lambda v: (v.a.mT @ v.X @ v.b) ** 2, "(2 aᵀ X b) a bᵀ", book="2 a aᵀ X b bᵀ"),
    R(
        "hadamard: (a^T X b)^(1/2)",
        "a:N@positive b:N@positive X:N,N@positive",
        lambda v: sqrt(v.a.mT @ v.X @ v.b),
        "1/(2 L) a bᵀ",
        book="a bᵀ/(2 sqrt(aᵀ X b))",
    ),
)
ARRAYS = (
    R("array: X", "X U", lambda v: v.X, "∂Yᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ"),
    R(
        "array: A x X x B",
        "A:2,2 B:2,2 X:2,2 W:2,2,2,2,2,2",
        lambda v: outer(v.W, v.A, v.X, v.B),
        "Σ_{n=1..2} Σ_{q=1..2} Σ_{i_1=1..2} Σ_{j_1=1..2} A_nq B_{i₁,j₁} W_{n,q,i,j,i₁,j₁}",
        by_element=True,
    ),
    R("array: sum of the diagonal of X", "X", lambda v: tr(v.X), "I_N"),
    R("array: diagonal of X", "X U:N", lambda v: diagonal(v.X), "∂Yᵢ/∂Xⱼₖ = δᵢⱼ δᵢₖ"),
    R("array: sin(X)", "X U", lambda v: sin(v.X), "∂Yᵢⱼ/∂Xₖₗ = cos(Xᵢⱼ) δᵢₖ δⱼₗ"),
    R("array: A of three axes", "X:3,2,N W:3,2,N", lambda v: weighed(v.W, v.X), "Wᵢⱼₖ", by_element=True),
    R(
        "array: sin(A) of three axes",
        "X:3,2,N W:3,2,N",
        lambda v: weighed(v.W, v.X, "sin"),
        "Wᵢⱼₖ cos(Xᵢⱼₖ)",
        by_element=True,
    ),
    R("array: A reshaped", "X U", lambda v: v.X, "∂Yᵢⱼ/∂Xₖₗ = δᵢₖ δⱼₗ"),
)
ROWS = (*SCALAR, *VECTORS, *MIXED, *ROOTS, *ENTRYWISE, *HADAMARD, *ARRAYS)
