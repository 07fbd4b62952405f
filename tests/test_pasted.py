"""Models written in LaTeX, as textbooks set them, against the same models written in torch by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from against_torch import compared
from generated import loaded

from derive.cli.main import run
from derive.errors import DeriveError, ReadError
from derive.transcribe.model import pasted


def rnn(x: Any, w: Any, u: Any, h: Any, f: Any = torch.tanh) -> Any:
    states = [h]
    for step in x:
        states.append(f(w @ step + u @ states[-1] if w.dim() else w * step + u * states[-1]))
    return states


def biased(x: Any, w: Any, u: Any, b: Any) -> Any:
    return rnn(x, w, u, torch.zeros(len(b), dtype=torch.float64), lambda z: torch.tanh(z + b))[-1]


def lstm(x: Any, gates: Any, size: Any) -> Any:
    h, c = torch.zeros(size, dtype=torch.float64), torch.zeros(size, dtype=torch.float64)
    states = []
    for step in x:
        f, i, o, g = (gate(h, step) for gate in gates)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return states


MODELS: dict[str, tuple[str, Callable[..., torch.Tensor]]] = {
    "logistic, functions with arguments": (
        r"\sigma(z)=\tfrac{1}{1+e^{-z}}, \quad z=w_1x_1+w_2x_2+b \\ a=\sigma(z) \\ L(a,y)=-(y\log a+(1-y)\log (1-a))",
        lambda w_1, w_2, x_1, x_2, b, y: torch.nn.functional.binary_cross_entropy_with_logits(
            w_1 * x_1 + w_2 * x_2 + b, y, reduction="sum"
        ),
    ),
    "ReLU network": (
        r"z_1&=w_{11}x_1+w_{12}x_2+b_1\\ z_2&=w_{21}x_1-w_{22}x_2+b_2\\ a_1&=\mathrm{ReLU}(z_1)\\ a_2&=\max(0, z_2)\\"
        r" a&=a_1w_{31}+a_2w_{32}\\ L(a,y)=\tfrac{1}{2}(a-y)^2",
        lambda w_11, w_12, w_21, w_22, w_31, w_32, b_1, b_2, x_1, x_2, y: (
            w_31 * torch.relu(w_11 * x_1 + w_12 * x_2 + b_1) + w_32 * torch.relu(w_21 * x_1 - w_22 * x_2 + b_2) - y
        ) ** 2 / 2,
    ),
    "scalar RNN": (
        "Let $h_0=0$ and $t=1,\\dots,T$.\n\\begin{align} h_t &= w_{hx}x_t+w_{hh}h_{t-1}\\\\ o_t &= w_{qh}h_t \\\\"
        " L &= \\frac12 (o_T - y)^2\\end{align}",
        lambda w_hx, w_hh, w_qh, x, y: (w_qh * rnn(x, w_hx, w_hh, torch.zeros(()), lambda z: z)[-1] - y) ** 2 / 2,
    ),
    "softmax and cross-entropy in indices": (
        r"\hat{y}_i = \frac{\exp(z_i)}{\sum_{k=1}^{C} \exp(z_k)}, \qquad L = -\sum_i y_i \log \hat y_i",
        lambda z, y: -(y * torch.log_softmax(z, 0)).sum(),
    ),
    "RNN with shapes in prose": (
        r"An RNN has $x_t \in \mathbb{R}^{D}$, $W \in \mathbb{R}^{H \times D}$, $U \in \mathbb{R}^{H\times H}$,"
        r" $b\in\mathbb{R}^H$, $y \in \mathbb{R}^H$ for $t = 1, \dots, T$, and $h_0 = 0$."
        r" $$h_t = \tanh(W x_t + U h_{t-1} + b)$$ $$L = \frac12 \|h_T - y\|^2$$",
        lambda x, W, U, b, y: (biased(x, W, U, b) - y).square().sum() / 2,
    ),
    "RNN without any shape": (
        r"h_t = \tanh(W x_t + U h_{t-1} + b), h_0 = 0, L = \frac12\|h_T - y\|^2",
        lambda x, W, U, b, y: (biased(x, W, U, b) - y).square().sum() / 2,
    ),
    "LSTM with concatenation": (
        r"$x_t \in \mathbb{R}^D$, $h_t, C_t \in \mathbb{R}^H$, $W_f, W_i, W_o, W_C \in \mathbb{R}^{H \times (H+D)}$,"
        r" $b_f,b_i,b_o,b_C\in\mathbb{R}^H$, $h_0 = 0$, $C_0=0$. \begin{align} f_t &= \sigma(W_f \cdot [h_{t-1}, x_t] +"
        r" b_f)\\ i_t &= \sigma(W_i \cdot [h_{t-1}, x_t] + b_i)\\ \tilde{C}_t &= \tanh(W_C \cdot [h_{t-1}, x_t] + b_C)"
        r"\\ C_t &= f_t * C_{t-1} + i_t * \tilde{C}_t \\ o_t &= \sigma(W_o \cdot [h_{t-1}, x_t] + b_o)\\"
        r" h_t &= o_t * \tanh(C_t) \end{align} $L = \sum_{t=1}^T \|h_t\|^2$",
        lambda x, W_f, W_i, W_o, W_C, b_f, b_i, b_o, b_C: sum(
            h.square().sum()
            for h in lstm(
                x,
                [
                    lambda h, s, w=w, b=b: w @ torch.cat([h, s]) + b
                    for w, b in ((W_f, b_f), (W_i, b_i), (W_o, b_o), (W_C, b_C))
                ],
                2,
            )
        ),
    ),
    "multilayer perceptron with weight decay": (
        r"$x\in\mathbb{R}^D$, $W_1\in\mathbb{R}^{H\times D}$, $W_2 \in \mathbb{R}^{K \times H}$, $y\in\mathbb{R}^K$"
        r" $$z = W_1 x + b_1, a = \mathrm{ReLU}(z), o = W_2 a, L = \frac{1}{2}\lVert o - y\rVert_2^2 +"
        r" \frac{\lambda}{2}\|W_1\|_F^2$$",
        lambda x, W_1, W_2, b_1, y, lamda: (W_2 @ torch.relu(W_1 @ x + b_1) - y).square().sum() / 2
        + lamda / 2 * W_1.square().sum(),
    ),
    "attention": (
        r"$Q\in\mathbb{R}^{n\times d}$, $K\in\mathbb{R}^{m\times d}$, $V\in\mathbb{R}^{m\times v}$,"
        r" $Y\in\mathbb{R}^{n\times v}$ \[ A = \operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d}}\right),"
        r" O = AV, L=\|O-Y\|_F^2\]",
        lambda Q, K, V, Y: (torch.softmax(Q @ K.T / 2**0.5, 1) @ V - Y).square().sum(),
    ),
    "batch normalisation in indices": (
        r"\mu_d = \frac1N \sum_{n=1}^N x_{nd}, v_d = \frac{1}{N}\sum_{n=1}^N (x_{nd}-\mu_d)^2 \\"
        r" \hat{x}_{nd} = \frac{x_{nd}-\mu_d}{\sqrt{v_d+\epsilon}} \\ y_{nd} = \gamma_d \hat x_{nd} + \beta_d \\"
        r" L = \sum_{n=1}^N \sum_{d=1}^D y_{nd}^3",
        lambda x, gamma, beta, epsilon: (
            gamma * (x - x.mean(0)) / (x.var(0, unbiased=False) + epsilon).sqrt() + beta
        ).pow(3).sum(),
    ),
    "any depth, layers above": (
        r"a^{[0]} = x, a^{[l]} = \tanh(w^{[l]} a^{[l-1]} + b^{[l]}), l = 1, \ldots, M, L = (a^{[M]}-y)^2",
        lambda x, w, b, y: (_deep(x, w, b) - y) ** 2,
    ),
    "any depth, matrices": (
        r"$a^{(l)} \in \mathbb{R}^H, W^{(l)} \in \mathbb{R}^{H \times H}, x \in \mathbb{R}^H$ $$a^{(0)} = x,"
        r" a^{(l)} = \sigma(W^{(l)} a^{(l-1)}), l = 1, \ldots, M, L = \mathbf{c}^\top a^{(M)}$$ $c \in \mathbb{R}^H$",
        lambda x, W, c: c @ _layers(x, W),
    ),
    "piecewise function": (
        r"a = \begin{cases} z & \text{if } z > 0 \\ \alpha z & \text{otherwise}\end{cases}, z = w x - 1, L = (a-y)^2",
        lambda w, x, alpha, y: (torch.nn.functional.leaky_relu(w * x - 1, alpha.item()) - y) ** 2,
    ),
    "regression over a sample": (
        r"L = \frac{1}{N}\sum_{i=1}^N (w^\top x_i + b - y_i)^2, w \in \mathbb{R}^D, x_i \in \mathbb{R}^D",
        lambda w, x, b, y: (x @ w + b - y).square().mean(),
    ),
    "ridge without a shape": (
        r"L = \frac{1}{2}\|Xw - y\|^2 + \frac{\lambda}{2}\|w\|^2",
        lambda X, w, y, lamda: (X @ w - y).square().sum() / 2 + lamda / 2 * w.square().sum(),
    ),
    "cross-entropy in matrices": (
        r"z = W_1 x + b_1, a = \mathrm{ReLU}(z), o = W_2 a + b_2, p = \mathrm{softmax}(o), L = -y^\top \log p",
        lambda W_1, x, b_1, W_2, b_2, y: -(y * torch.log_softmax(W_2 @ torch.relu(W_1 @ x + b_1) + b_2, 0)).sum(),
    ),
    "divergence of two distributions": (
        r"p_i > 0, \sum_i p_i = 1, L = \sum_{i=1}^C p_i \log\frac{p_i}{q_i},"
        r" q_i = \frac{e^{z_i}}{\sum_{j=1}^C e^{z_j}}",
        lambda p, z: (p * (p.log() - torch.log_softmax(z, 0))).sum(),
    ),
    "margins": (
        r"L = \sum_{i=1}^{C}\sum_{j<i} \max(0, w s_j - s_i + 1), s_j = u_j, j = 1, \dots, C",
        lambda w, u: sum(torch.relu(w * u[j] - u[i] + 1) for i in range(3) for j in range(i)),
    ),
    "gated unit with inferred shapes": (
        r"f_t = \sigma(W_f [h_{t-1}, x_t] + b_f), h_t = f_t \odot h_{t-1} + (1-f_t)\odot\tanh(W_c [h_{t-1}; x_t]),"
        r" h_0=0, L=\|h_T\|^2",
        lambda W_f, W_c, b_f, x: _gated(x, W_f, W_c, b_f).square().sum(),
    ),
    "GRU": (
        r"\begin{align*} z_t &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\ r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r) \\"
        r" \tilde{h}_t &= \tanh\big(W_h x_t + U_h (r_t \odot h_{t-1}) + b_h\big) \\ h_t &= (1 - z_t) \odot h_{t-1} +"
        r" z_t \odot \tilde{h}_t \end{align*} with $h_0 = 0$ and $L = \frac{1}{2}\|h_T - y\|_2^2$.",
        lambda x, y, **w: (_gru(x, w) - y).square().sum() / 2,
    ),
    "layer normalisation": (
        r"\mu = \frac{1}{D}\sum_{i=1}^{D} x_i, \quad \sigma^2 = \frac{1}{D}\sum_{i=1}^{D} (x_i - \mu)^2, \quad"
        r" \hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y_i = \gamma_i \hat{x}_i + \beta_i, \quad"
        r" L = \sum_{i=1}^{D} c_i y_i",
        lambda x, gamma, beta, c, epsilon: (
            c * torch.nn.functional.layer_norm(x, x.shape, gamma, beta, epsilon.item())
        ).sum(),
    ),
    "support vector machine": (
        r"L = \frac{\lambda}{2} \|w\|^2 + \frac{1}{N}\sum_{i=1}^{N} \max(0, 1 - y_i (w^\top x_i + b))",
        lambda w, x, y, b, lamda: lamda / 2 * w.square().sum() + torch.relu(1 - y * (x @ w + b)).mean(),
    ),
    "logistic regression, samples above": (
        r"J(\theta) = -\frac{1}{m}\sum_{i=1}^{m}\left[y^{(i)}\log h^{(i)} + (1-y^{(i)})\log(1-h^{(i)})\right], \quad"
        r" h^{(i)} = \sigma(\theta^\top x^{(i)})",
        lambda theta, x, y: torch.nn.functional.binary_cross_entropy_with_logits(x @ theta, y),
    ),
    "two layers, a function of their own": (
        r"z^{[1]} = W^{[1]} x + b^{[1]}, \; a^{[1]} = g(z^{[1]}), \; z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}, \;"
        r" g(z) = \max(0,z), L = \frac12\|z^{[2]} - y\|^2",
        lambda x, y, W_1, b_1, W_2, b_2: (W_2 @ torch.relu(W_1 @ x + b_1) + b_2 - y).square().sum() / 2,
    ),
    "contrastive loss": (
        r"L = -\sum_{i=1}^{N} \log \frac{\exp(s_{ii}/\tau)}{\sum_{j=1}^{N}\exp(s_{ij}/\tau)},"
        r" s_{ij} = \sum_{d=1}^D u_{id} v_{jd}",
        lambda u, v, tau: -torch.log_softmax(u @ v.T / tau, 1).diagonal().sum(),
    ),
    "Huber": (
        r"L = \begin{cases} \frac12 r^2 & |r| \le \delta \\ \delta(|r| - \frac12\delta) & \text{else} \end{cases},"
        r" r = y - w x",
        lambda w, x, y, delta: torch.nn.functional.huber_loss(w * x, y, delta=delta.item()),
    ),
    "weight normalisation": (
        r"w = \frac{g}{\|v\|} v, \quad y = w^\top x, \quad L = \frac{1}{2}(y - t)^2",
        lambda g, v, x, t: (g * v / v.norm() @ x - t) ** 2 / 2,
    ),
    "Mahalanobis": (
        r"L = \frac12 (x-\mu)^\top \Sigma^{-1}(x-\mu) + \frac12\operatorname{tr}(\Sigma)",
        lambda x, mu, Sigma: (x - mu) @ torch.linalg.inv(Sigma) @ (x - mu) / 2 + torch.trace(Sigma) / 2,
    ),
    "Elman network in bold, with a vector of ones": (
        r"\mathbf{h}_t = \tanh(\mathbf{W}_{xh}\mathbf{x}_t + \mathbf{W}_{hh}\mathbf{h}_{t-1}),"
        r" \mathbf{h}_0 = \mathbf{0}, L = \mathbf{1}^\top \mathbf{h}_T",
        lambda x, W_xh, W_hh: rnn(x, W_xh, W_hh, torch.zeros(len(W_hh), dtype=torch.float64))[-1].sum(),
    ),
    "a loss that is a function of vectors": (
        r"h_t = W_{hx} x_t + W_{hh} h_{t-1}, o_t = W_{qh} h_t, L = \frac{1}{T}\sum_{t=1}^T \ell(o_t, y_t),"
        r" \ell(o,y) = \frac12 \|o - y\|^2, h_0 = 0",
        lambda x, y, W_hx, W_hh, W_qh: _outputs(x, y, W_hx, W_hh, W_qh),
    ),
    "in Chinese": (
        "设输入 $x_t$，隐状态 $h_t = \\tanh(w_x x_t + w_h h_{t-1})$，$h_0=0$，"
        "损失为 $L = \\sum_{t=1}^{T} (h_t - y_t)^2$。",
        lambda x, y, w_x, w_h: (torch.stack(rnn(x, w_x, w_h, torch.zeros(()))[1:]) - y).square().sum(),
    ),
    "convolution": (
        r"y_{ij} = \sum_{a=1}^{A}\sum_{b=1}^{B} w_{ab} x_{i+a-1,j+b-1}, L = \sum_{i=1}^{P}\sum_{j=1}^{Q} y_{ij}^2",
        lambda w, x: torch.nn.functional.conv2d(x[None, None], w[None, None]).square().sum(),
    ),
}  # fmt: skip


def _outputs(x: Any, y: Any, w: Any, u: Any, q: Any) -> Any:
    states = rnn(x, w, u, torch.zeros(len(u), dtype=torch.float64), lambda z: z)[1:]
    return (torch.stack(states) @ q.T - y).square().sum() / 2 / len(y)


def _deep(x: Any, w: Any, b: Any) -> Any:
    for weight, bias in zip(w, b, strict=True):
        x = torch.tanh(weight * x + bias)
    return x


def _layers(x: Any, weights: Any) -> Any:
    for weight in weights:
        x = torch.sigmoid(weight @ x)
    return x


def _gru(x: Any, w: Any) -> Any:
    h = torch.zeros(len(w["b_z"]), dtype=torch.float64)
    for step in x:
        z, r = (torch.sigmoid(w[f"W_{k}"] @ step + w[f"U_{k}"] @ h + w[f"b_{k}"]) for k in "zr")
        h = (1 - z) * h + z * torch.tanh(w["W_h"] @ step + w["U_h"] @ (r * h) + w["b_h"])
    return h


def _gated(x: Any, w: Any, u: Any, b: Any) -> Any:
    h = torch.zeros(len(b), dtype=torch.float64)
    for step in x:
        both = torch.cat([h, step])
        f = torch.sigmoid(w @ both + b)
        h = f * h + (1 - f) * torch.tanh(u @ both)
    return h


@pytest.mark.parametrize("name", MODELS)
def test_a_model_in_latex_has_the_gradients_of_the_same_model_in_torch(name: str) -> None:
    text, loss = MODELS[name]
    made = pasted(text)
    try:
        compared(made, loss)
    except TypeError as error:
        raise AssertionError(f"{made.names} {made.roles}: {error}") from error


REFUSED = [
    (r"L = f(x) + 1", "'f' is used as a function", 5),
    (r"h_t = w h_{t-1} + x_t, L = h_T", "no first value is given; write h_0 = 0", 1),
    (r"L = \log a b", "does the function take all of 'a b'", 10),
    (r"L = a/b c", "what stands behind the slash", 7),
    (r"z = w x, z = b, L = z", "z is defined twice", 10),
    (r"L = \sum x_i", "over what does", 5),
    (r"x + y", "nothing is defined here", 1),
    (r"\mu_d = \sum_{n=1}^N x_{nd}", "no line defines a number", 1),
    (r"$a \in \mathbb{R}^D$, $b \in \mathbb{R}^K$ $$L = \|a + b\|^2$$", "do not go together", 52),
    (r"$W \in \mathbb{R}^{H \times D}$, $x \in \mathbb{R}^K$ $$L = \|W x\|^2$$", "the inner sizes D and K differ", 63),
    (r"L = \arg\max_k p_k", "has no derivative", 5),
    (r"z = W x, L = -\log \mathrm{softmax}(z)_k", "nothing says what k is", 40),
]  # fmt: skip


@pytest.mark.parametrize(("source", "why", "column"), REFUSED, ids=[why for _, why, _ in REFUSED])
def test_what_has_no_meaning_is_refused_at_its_place(source: str, why: str, column: int) -> None:
    with pytest.raises(ReadError) as refused:
        pasted(source).graph.derive()
    assert why in str(refused.value)
    assert refused.value.column == column


def test_the_loss_and_the_roles_can_be_chosen() -> None:
    made = pasted(r"L = \lambda x^2, J = L + y, Q = x y", loss="Q", roles={"x": "parameter", r"\lambda": "parameter"})
    assert made.graph.model().loss.name == "Q"
    assert made.names == {r"\lambda": "lamda", "x": "x", "L": "L", "y": "y", "J": "J", "Q": "Q"}
    assert made.roles["x"] == "parameter"
    with pytest.raises(DeriveError, match="--loss Z"):
        pasted("L = x^2", loss="Z")


TANH = r"Let $h_0=0$, $t=1,\dots,T$ and $$h_t = \tanh(w_{hx}x_t+w_{hh}h_{t-1}), L = \frac12 (h_T - y)^2$$"


def test_every_command_takes_a_model_in_latex(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.tex"
    file.write_text(TANH, encoding="utf-8")
    assert run(["solve", str(file), "--format", "text", "--no-check", "--T", "3"]) == 0
    assert "This model was read from LaTeX." in capsys.readouterr().out
    assert run([str(file), "--format", "text", "--no-check", "--lang", "zh"]) == 0
    assert "本模型由 LaTeX 读入。" in capsys.readouterr().out
    assert run(["code", str(file), "--no-check", "--wrt", "w_{hh}", "--wrt", "x"]) == 0
    made = loaded(capsys.readouterr().out)
    assert {"w_{hx}": "w_hx", "w_{hh}": "w_hh", "x": "x", "h": "h"}.items() <= made["NAMES"].items()
    x, y = np.array([0.3, -0.4, 0.5]), np.array(0.7)
    found = made["backward"](w_hx=np.array(0.8), w_hh=np.array(-0.6), x=x, y=y)
    assert set(found) == {"w_hh", "x"}
    assert run(["code", str(file), "--no-check", "--as", "x=parameter", "--as", "w_{hh}=constant"]) == 0
    found = loaded(capsys.readouterr().out)["backward"](w_hx=np.array(0.8), w_hh=np.array(-0.6), x=x, y=y)
    assert set(found) == {"w_hx", "x"}
    assert run(["code", str(file), "--as", "x=weight"]) == 2
    assert "parameter, input, target, constant" in capsys.readouterr().err


def test_a_model_that_cannot_be_read_shows_a_caret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.tex"
    file.write_text("z = w x\nL = \\foo z", encoding="utf-8")
    assert run(["solve", str(file)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        r"derive: line 2, column 5: \foo is not known; write what it stands for",
        r"L = \foo z",
        "    ^^^^",
    ]
    assert run(["solve", str(tmp_path / "no.tex")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    file.write_bytes(b"\xff\xfe L = x")
    assert run(["solve", str(file)]) == 2
    assert "no text in UTF-8" in capsys.readouterr().err


WORDS = [
    ("The input $x$ and the weights $w$ give $$z = w x$$ with label $t$ and $$L = (z-t)^2$$", "x:input w:parameter"),
    ("$u$ and $v$ are parameters. $$L = (u x + v - y)^2$$", "u:parameter v:parameter"),
    ("设输入为 $u$，参数 $x$，$$L = (u x - y)^2$$", "x:parameter"),
    ("Let $y$ be the temperature. $$L = (w x - y)^2$$", "y:constant"),
    (r"One-hot $q_i$: $$L = -\sum_{i=1}^C q_i \log p_i, p_i = \frac{e^{z_i}}{\sum_{j=1}^C e^{z_j}}$$", "q:target"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "roles"), WORDS, ids=[roles for _, roles in WORDS])
def test_the_words_around_a_name_say_what_it_is(text: str, roles: str) -> None:
    made = pasted(text)
    assert {pair.split(":")[0]: pair.split(":")[1] for pair in roles.split()}.items() <= made.roles.items()


def test_a_label_that_is_one_hot_is_used() -> None:
    made = pasted(WORDS[-1][0])
    assert str(made.graph.derive().gradient("z")) == "p[i] - q[i]"


NEVER_GUESSED = [
    (r"f(x) = w x^2, L = f'(x)", "the derivative of a function is not read"),
    (r"z = w x, L = \sigma'(z)", "the derivative of a function is not read"),
    (r"L = \mathbb{E}[(w x - y)^2]", "nothing in it is said to be random"),
    (r"L = 1,5 w^2", "a comma between digits"),
    (r"L = \sin^{-1}(b)", "the inverse function or 1/sin"),
    (r"L = 1/2n \sum_{i=1}^n (w x_i - y_i)^2", "what stands behind the slash"),
    ("隐藏状态：h_t = \\tanh(w x_t + u h_{t-1})，h_0 = 0\nL = h_T", "words and a formula share this line"),
    ("z = w x + b where x is the input\nL = (z - y)^2", "words and a formula share this line"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "why"), NEVER_GUESSED, ids=[source for source, _ in NEVER_GUESSED])
def test_what_has_two_readings_is_told_and_not_guessed(source: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        pasted(source)


def test_pi_is_the_number_and_half_of_a_square_is_read() -> None:
    made = pasted(r"L = 1/2 w^2 + \frac12\log(2\pi)")
    assert made.roles == {"w": "parameter"}
    hot = pasted(
        r"$z \in \mathbb{R}^C$, $y$ one-hot, $y \in \mathbb{R}^C$ $$p = \mathrm{softmax}(z), L = -y^\top \log p$$"
    )
    assert hot.graph.model().nodes["y"].domain == "binary"
