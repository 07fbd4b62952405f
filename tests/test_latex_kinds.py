"""Kinds of notation, each with its neighbours: what every name is taken for, or why nothing is guessed."""

from __future__ import annotations

import pytest

from derive.errors import DeriveError
from derive.transcribe.model import pasted

READ = [
    # an index is a number too
    (
        r"L = \sum_{t=0}^T \gamma^t r_t",
        r"\gamma:parameter r:parameter[0..T]",
    ),
    (
        r"L = \sum_{t=1}^{n} \gamma^{t-1} r_t",
        r"\gamma:parameter r:parameter[n]",
    ),
    (
        r"m_t = \beta m_{t-1} + (1-\beta) g_t, m_0 = 0, L = \frac{m_T}{1-\beta^T}",
        r"\beta:parameter g:input[T]",
    ),
    (
        r"L = \sum_{i=1}^n i\, w_i",
        r"w:parameter[n]",
    ),
    (
        r"L = \sum_{k=1}^K \frac{w^k}{k}",
        r"w:parameter",
    ),
    (
        r"L = \sum_{i=1}^n (-1)^i w_i",
        r"w:parameter[n]",
    ),
    (
        r"L = \sum_{t=1}^T e^{-\lambda t} x_t w",
        r"\lambda:constant x:input[T] w:parameter",
    ),
    (
        r"L = \sum_{i=1}^n \sum_{j=1}^n \frac{w_{ij}}{i+j}",
        r"w:parameter[n,n]",
    ),
    (
        r"a_t = \frac{w}{\sqrt{t}}, t = 1, \dots, T, L = \sum_{t=1}^T a_t",
        r"w:parameter",
    ),
    # a letter below is an index, a label or a part of the name
    (
        r"p_k = \frac{e^{z_k}}{\sum_{j=1}^K e^{z_j}}, L = -\log p_y",
        r"z:parameter[K] y:label[1]",
    ),
    (
        r"L = -z_y + \log\sum_{j=1}^K e^{z_j}",
        r"z:parameter[K] y:label[1]",
    ),
    (
        r"L = -\sum_{i=1}^N \log p_{i y_i}, p_{ik} = \frac{e^{z_{ik}}}{\sum_{j=1}^K e^{z_{ij}}}",
        r"z:parameter[N,K] y:label[N]",
    ),
    (
        r"L = \sum_{i=1}^N \sum_{j \ne y_i} \max(0, s_{ij} - s_{i y_i}), j = 1, \dots, C",
        r"s:input[N,C] y:label[N]",
    ),
    (
        r"L = -\sum_{n=1}^N \log p^{(n)}_{y^{(n)}}, p^{(n)}_k = \frac{e^{z^{(n)}_k}}{\sum_{j=1}^K e^{z^{(n)}_j}}",
        r"z:parameter[N,K] y:label[N]",
    ),
    (
        r"J = -\log\sigma(u_o^\top v_c) - \sum_{k=1}^K \log\sigma(-u_k^\top v_c)",
        r"u_o:input[d_u] v_c:parameter[d_u] u:input[K,d_u]",
    ),
    (
        r"\hat y = w_0 + \sum_{i=1}^n w_i x_i, L = (\hat y - y)^2",
        r"w_0:parameter w:parameter[n] x:input[n] y:target",
    ),
    (
        r"L = \sum_{i=1}^N \ell_i, \ell_i = (w x_i - y_i)^2",
        r"w:parameter x:input[N] y:target[N]",
    ),
    (
        r"L = \frac1N\sum_{i=1}^N L_i, L_i = (w x_i - y_i)^2",
        r"w:parameter x:input[N] y:target[N]",
    ),
    # a prime is a part of the name
    (
        r"c' = f' c + i' g, i' = \sigma(w x), f' = \sigma(u x), L = (c' - y)^2",
        r"u:input x:input w:parameter c:parameter g:parameter y:target",
    ),
    (
        r"x' = w x, L = (x' - x)^2",
        r"w:parameter x:input",
    ),
    (
        r"w'' = w', w' = 2 w, L = w''^2",
        r"w:parameter",
    ),
    (
        r"y'_t = w x_t, L = \sum_{t=1}^T (y'_t - y_t)^2",
        r"w:parameter x:input[T] y:target[T]",
    ),
    # functions of several arguments, and of vectors
    (
        r"f(x, a) = \tanh(a x), L = (f(w, u) - y)^2",
        r"w:parameter u:input y:target",
    ),
    (
        r"h_\theta(x) = \frac{1}{1 + e^{-\theta^T x}}, L = \sum_{i=1}^m (h_\theta(x^{(i)}) - y^{(i)})^2",
        r"x:input[m,d_x] \theta:parameter[d_x] y:target[m]",
    ),
    (
        r"s(u, v) = \frac{u^\top v}{\|u\| \|v\|}, L = s(a, b) + s(a, c), a \in \mathbb{R}^d",
        r"a:parameter[d] b:parameter[d] c:parameter[d]",
    ),
    (
        r"\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, p = \mathrm{softmax}(W x), L = -\sum_k y_k \log p_k",
        r"W:parameter[K,d_x] x:input[d_x] y:target[K]",
    ),
    (
        r"d(a, b) = \|a - b\|^2, L = \max(0, d(x, u) - d(x, v) + \alpha)",
        r"x:input[d_x] u:input[d_x] v:parameter[d_x] \alpha:constant",
    ),
    (
        r"g(x) = W x + b, L = \|g(g(u))\|^2",
        r"u:input[d_u] W:parameter[d_u,d_u] b:parameter[d_u]",
    ),
    (
        r"\text{Attention}(Q,K,V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d}}\right)V, L = \|\text{Attention}(X A,"
        r" X B, X C)\|^2, X \in \mathbb{R}^{n \times m}, A \in \mathbb{R}^{m \times d}",
        r"X:input[n,m] A:parameter[m,d] B:parameter[m,d] C:parameter[m,d_C2]",
    ),
    (
        r"N(z) = \sum_{i} z_i^2, L = N(x) + N(w), x \in \mathbb{R}^n, w \in \mathbb{R}^m",
        r"x:input[n] w:parameter[m]",
    ),
    # layers above
    (
        r"a^0 = x, a^1 = \sigma(W^1 a^0 + b^1), a^2 = \sigma(W^2 a^1 + b^2), C = \frac12 \|y - a^2\|^2",
        r"x:input[d_x] W^1:parameter[d_b_1,d_x] b^1:parameter[d_b_1] W^2:parameter[d_y,d_b_1] b^2:parameter[d_y]"
        r" y:target[d_y]",
    ),
    (
        r"a^{[0]} = x, z^{[1]} = W^{[1]} a^{[0]} + b^{[1]}, L = \|z^{[1]} - y\|^2",
        r"x:input[d_x] W^{[1]}:parameter[d_y,d_x] b^{[1]}:parameter[d_y] y:target[d_y]",
    ),
    (
        r"a^{(0)} = x, a^{(l)} = \sigma(W^{(l)} a^{(l-1)} + b^{(l)}), l = 1, \dots, L, C = \|a^{(L)}\|^2",
        r"W:parameter[L,d_x,d_x] b:parameter[L,d_x] x:input[d_x]",
    ),
    (
        r"a^0 = x, a^l = \sigma(W^l a^{l-1}), l = 1, \dots, L, C = \|a^L\|^2",
        r"W:parameter[L,d_x,d_x] x:input[d_x]",
    ),
    (
        r"h^t = \tanh(w x^t + u h^{t-1}), h^0 = 0, L = (h^T - y)^2, t = 1, \dots, T",
        r"w:parameter x:input[T] u:input y:target",
    ),
    (
        r"z^1 = w^1 x, z^2 = w^2 z^1, L = (z^2)^2",
        r"w^1:parameter x:input w^2:parameter",
    ),
    (
        r"L = w^2 x^3",
        r"w:parameter x:input",
    ),
    (
        r"s_{t+1} = \gamma s_t + x_t, s_0 = 0, L = s_T^2",
        r"\gamma:parameter x:input[0..T-1]",
    ),
    (
        r"x_{k+1} = x_k - \eta A x_k, x_0 = c, k = 0, \dots, K-1, L = \|x_K\|^2",
        r"\eta:constant A:parameter[d_x,d_x] c:parameter[d_x]",
    ),
    # shapes
    (
        r"L = \|Xw - y\|^2",
        r"X:input[d_y,d_w] w:parameter[d_w] y:target[d_y]",
    ),
    (
        r"L = \frac{1}{2n}\|y - X\beta\|_2^2",
        r"n:constant y:target[d_y] X:input[d_y,d_beta] \beta:parameter[d_beta]",
    ),
    (
        r"Z = X W + b, X \in \mathbb{R}^{n \times d}, W \in \mathbb{R}^{d \times k}, b \in \mathbb{R}^{1\times k},"
        r" L = \|Z\|_F^2",
        r"X:input[n,d] W:parameter[d,k] b:parameter[1,k]",
    ),
    (
        r"Z = X W + b, X \in \mathbb{R}^{n \times d}, W \in \mathbb{R}^{d \times k}, b \in \mathbb{R}^k, L = \|Z\|_F^2",
        r"X:input[n,d] W:parameter[d,k] b:parameter[k]",
    ),
    (
        r"Z = W X + b, X \in \mathbb{R}^{d \times m}, W \in \mathbb{R}^{k \times d}, b \in \mathbb{R}^{k \times"
        r" 1}, L = \|Z\|_F^2",
        r"W:parameter[k,d] X:input[d,m] b:parameter[k,1]",
    ),
    (
        r"Z = X W + \mathbf{1} b^\top, L = \|Z - Y\|_F^2",
        r"X:input[d_X1,d_X2] W:parameter[d_X2,d_b] b:parameter[d_b] Y:target[d_X1,d_b]",
    ),
    (
        r"z = x - \mu, L = \|z\|^2",
        r"x:input[d_z] \mu:parameter[d_z]",
    ),
    (
        r"h = \tanh(W x + b), L = \sum_i h_i^2",
        r"W:parameter[I,d_x] x:input[d_x] b:parameter[I]",
    ),
    (
        r"h = \tanh(W x + b), L = \sum_{i=1}^H h_i^2",
        r"W:parameter[H,d_x] x:input[d_x] b:parameter[H]",
    ),
    (
        r"h_t = \tanh(x_t W + h_{t-1} U), h_0 = 0, L = \|h_T\|^2, x_t \in \mathbb{R}^d",
        r"x:input[T,d] W:parameter[d,d_h] U:parameter[d_h,d_h]",
    ),
    (
        r"L = (y - Xw)^T(y - Xw) + \lambda w^T w",
        r"y:target[d_y] X:input[d_y,d_w] w:parameter[d_w] \lambda:constant",
    ),
    (
        r"L = \log|\Sigma| + x^\top\Sigma^{-1}x, \Sigma \in \mathbb{R}^{d \times d}",
        r"\Sigma:parameter[d,d] x:input[d]",
    ),
    (
        r"L = \frac{1}{2}\|x - W W^\top x\|^2",
        r"x:input[d_x] W:parameter[d_x,d_W2]",
    ),
    # indicators
    (
        r"L = \sum_{i=1}^C \sum_{k=1}^C \mathbb{1}_{[k \ne i]} s_{ik}^2 w",
        r"s:input[C,C] w:parameter",
    ),
    (
        r"L = \sum_{i=1}^N \mathbf{1}\{w x_i > 0\} x_i w",
        r"w:parameter x:input[N]",
    ),
    (
        r"L = \sum_{i=1}^N \mathbb{I}(x_i > 0) w x_i",
        r"x:input[N] w:parameter",
    ),
    (
        r"L = \sum_{i=1}^N 1\{i \ne 2\} w_i",
        r"w:parameter[N]",
    ),
    (
        r"L = -\sum_{i=1}^m \sum_{k=1}^K 1\{y^{(i)} = k\} \log p_{ik}",
        r"p:parameter[m,K] y:label[m]",
    ),
    (
        r"L = \sum_{i=1}^N \mathbb{1}_{x_i > 0} w x_i",
        r"x:input[N] w:parameter",
    ),
    (
        r"L = \sum_{i=1}^K \sum_{j=1}^K p_i (\delta_{ij} - p_j)",
        r"p:parameter[K]",
    ),
    # what is random
    (
        r"L = \mathbb{E}_{x \sim \mathcal{N}(0, 1)}[(w x - y)^2]",
        r"w:parameter x:normal y:target",
    ),
    (
        r"\epsilon \sim \mathcal{N}(0, I), z = \mu + \sigma \odot \epsilon, L = \mathbb{E}[\|z\|^2], \mu, \sigma,"
        r" \epsilon \in \mathbb{R}^d",
        r"\mu:parameter[d] \sigma:parameter[d] \epsilon:normal[d]",
    ),
    (
        r"x \sim \mathcal{N}(\mu, s^2), L = \operatorname{Var}(a x) + \mathbb{E}[x^2]",
        r"a:parameter \mu:parameter s:input x:normal",
    ),
    # side by side
    (
        r"h_t = \tanh(W [h_{t-1}; x_t] + b), h_0 = 0, L = \|h_T\|^2",
        r"W:parameter[d_h,d_h+d_x] x:input[T,d_x] b:parameter[d_h]",
    ),
    (
        r"h_t = \tanh(W [h_{t-1}, x_t]), h_0 = 0, L = \|h_T\|^2",
        r"W:parameter[d_h,d_h+d_x] x:input[T,d_x]",
    ),
    (
        r"h = \tanh(W \begin{bmatrix} x \\ u \end{bmatrix} + b), L = \|h\|^2",
        r"W:parameter[d_h,d_u+d_x] x:input[d_x] u:input[d_u] b:parameter[d_h]",
    ),
    (
        r"h = W [x^\top, u^\top]^\top, L = \|h\|^2",
        r"W:parameter[d_h,d_u+d_x] x:input[d_x] u:input[d_u]",
    ),
    # words and blocks
    (
        'Model:\n\n```latex\nz = w x + b\nL = (z - y)^2\n```\n\n```python\nz = w @ x\n```',
        r"w:parameter x:input b:parameter y:target",
    ),
    (
        'Model:\n\n```math\nL = (w x - y)^2\n```',
        r"w:parameter x:input y:target",
    ),
    (
        '```\n$L = (w x)^2$\n```',
        r"w:parameter x:input",
    ),
    (
        r"$$p = \mathrm{softmax}(z), L = -\sum_{k=1}^K y_k \log p_k$$ where $y$ is one-hot.",
        r"z:parameter[K] y:target[K]",
    ),
    (
        r"$$p_i = \frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}, L = -\sum_i y_i \log p_i$$ where $\sum_i y_i = 1$.",
        r"z:parameter[K] y:target[K]",
    ),
    (
        r"$$L = (w u - y)^2$$ where $u$ is the input and $y$ the label",
        r"w:parameter u:input y:target",
    ),
    (
        r"$L = (a x - t)^2$，其中 $x$ 为参数，$a$ 是常数。",
        r"a:constant x:parameter t:target",
    ),
    (
        r"\newcommand{\R}{\mathbb{R}} \newcommand{\relu}{\operatorname{ReLU}} $x \in \R^D$, $h = \relu(W x)$, $L ="
        r" \|h\|^2$",
        r"W:parameter[d_h,D] x:input[D]",
    ),
    (
        r"L = \sum_{i=1}^n h * w_i x",
        r"h:parameter w:parameter[n] x:input",
    ),
    (
        r"\log Z = \sum_{i=1}^n z_i, L = Z + \log Z",
        r"z:parameter[n]",
    ),
]  # fmt: skip

REFUSED = [
    (
        r"L = \sum_{i=1}^n w^i + i",
        r"the index i is not bound here; write a sum over it",
    ),
    (
        r"L = \sum_{i=1}^n w_i + \sin i",
        r"the index i is not bound here; write a sum over it",
    ),
    (
        r"L = -\sum_{k=1}^K y_k \log p_y, p_k = \frac{e^{z_k}}{\sum_{j=1}^K e^{z_j}}",
        r"y is defined twice; give the second one another name",
    ),
    (
        r"L = p_c + \sum_{k=1}^K p_k^2",
        r"nothing says what c is here; give its range, as c = 1, \dots",
    ),
    (
        r"x^\prime = w x, L = x^{\prime 2}",
        r"\prime is not known; write what it stands for",
    ),
    (
        r"f(x) = f(x) + 1, L = f(w)",
        r"this function is defined by itself",
    ),
    (
        r"f(x, y) = x y, L = f(w)",
        r"this function takes 2 arguments",
    ),
    (
        r"a^0 = x, z^l = w^l a^{l-1}, l = 1, \dots, L, C = \|z^L - y\|^2",
        r"this is a vector, and nothing says which of its factors is o",
    ),
    (
        r"Z = X W + b, L = \|Z\|_F^2",
        r"is this a vector, the same for each row, or a matrix? give i",
    ),
    (
        r"Z = A + b, A \in \mathbb{R}^{n \times n}, b \in \mathbb{R}^n, L = \|Z\|_F^2",
        r"a vector of n stands beside a matrix n x n: does it go with ",
    ),
    (
        r"L = \|w x - y\|^2",
        r"this is a vector, and nothing says which of its factors is o",
    ),
    (
        r"L = \mathbb{E}[(w x - y)^2]",
        r"nothing in it is said to be random; write its law, as x \sim",
    ),
    (
        r"a = [a; x], L = \|a\|^2",
        r"a is used before it is defined, in a circle",
    ),
    (
        r"L = n! w",
        r"a factorial is not read; write the product",
    ),
    (
        r"L = 1e-3 w",
        r"1e-3 can be read in two ways; write 10^{-3}, or put a space ",
    ),
    (
        r"L = w^{9^{9^9}}",
        r"powers above 1000 are not read",
    ),
    (
        r"h = x * W, L = \|h\|^2, x \in \mathbb{R}^n, W \in \mathbb{R}^{n \times n}",
        r"is * the product of a matrix with a vector? write W x, or \o",
    ),
]  # fmt: skip


def taken(text: str) -> str:
    """Each name as it was typed, with what it is for, and how far its indices run."""
    made = pasted(text)
    model = made.graph.model()
    found = []
    for typed, role in made.roles.items():
        runs = [(idx.lower, idx.upper) for idx in model.nodes[made.names[typed]].indices]
        shape = ",".join(str(last) if first == 1 else f"{first}..{last}" for first, last in runs).replace(" ", "")
        found.append(f"{typed}:{role}" + (f"[{shape}]" if shape else ""))
    return " ".join(found)


@pytest.mark.parametrize(("text", "meant"), READ, ids=[text for text, _ in READ])
def test_every_name_is_taken_for_what_its_author_meant(text: str, meant: str) -> None:
    assert taken(text) == meant


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_can_be_read_in_two_ways_is_refused_with_the_way_out(text: str, why: str) -> None:
    with pytest.raises(DeriveError) as refused:
        pasted(text)
    assert why in str(refused.value)
