"""One small model for each kind of expression, and for each fault that random graphs found.

Each is a function that writes its model on a graph with the sizes C and T, i, j, k over C, and t over T.
"""

from derive import (
    Abs,
    Function,
    Graph,
    KroneckerDelta,
    Max,
    Piecewise,
    Sum,
    cholesky,
    exp,
    leaky_relu,
    log,
    relu,
    relu6,
    selu,
    sigmoid,
    softplus,
    sqrt,
    tanh,
)  # fmt: skip

MODELS = {}


def model(build):
    """Register a function that writes a model on a graph with the sizes C and T, i, j, k over C, and t over T."""
    MODELS[build.__name__] = build
    return build


def written(build):
    """The graph of a model."""
    g = Graph(build.__name__)
    C, T = g.size("C"), g.size("T")
    build(g, C, T, *g.indices("i j k", C), g.index("t", T))
    return g


# leaves, nodes and sums


@model
def a_node_that_is_a_parameter(g, C, T, i, j, k, t):
    w = g.parameter("w")
    a = g.node("a", w)
    g.loss("J", a * w)


@model
def constants(g, C, T, i, j, k, t):
    w = g.parameter("w")
    a = g.node("a", 2)
    h = g.recurrence("h", lambda h: h[t - 1] / 2, over=t, start={0: 1})
    g.loss("J", a * w + h[T] * w**2)


@model
def a_loss_that_is_constant(g, C, T, i, j, k, t):
    g.parameter("w")
    g.loss("J", 1)


@model
def a_diamond_of_matrix_products(g, C, T, i, j, k, t):
    w, x = g.parameter("w", C, C), g.input("x", C)
    a = g.node("a", tanh(Sum(w[i, j] * x[j], j)), over=i)
    b = g.node("b", Sum(w[j, i] * a[j], j) + a[i], over=i)
    g.loss("J", Sum(a[i] * b[i] * b[C], i))


@model
def a_sum_with_the_letter_of_its_node(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C, C), g.parameter("v", C)
    a = g.node("a", v[i] * Sum(w[i, j] * Sum(v[i] ** 2, i), j), over=i)
    g.loss("J", Sum(Sum(a[i], i) * v[i], i))


@model
def a_node_that_does_not_have_its_letter(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C), g.parameter("v", C)
    a = g.node("a", exp(Sum(w[k] * v[k], k) / 9), over=i)
    g.loss("J", Sum(a[i] ** 2 * v[i], i))


@model
def a_definition_without_its_letters_beside_a_sum_that_binds_them(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C, C), g.parameter("v")
    y = g.node("y", v * Sum(w[k, k], k), over=(i, j))
    g.loss("J", Sum(v * y[i, j] ** 2, i, j))


@model
def a_sum_that_is_the_gradient_for_every_letter(g, C, T, i, j, k, t):
    w, v = g.parameter("w", 2 * C), g.parameter("v", C)
    a = g.node("a", Sum(w[k] * v[k], k), over=k)
    g.loss("J", Sum(a[k] ** 2, k))


@model
def a_sum_over_a_part_of_a_range(g, C, T, i, j, k, t):
    x = g.parameter("x", C)
    g.loss("J", Sum((x[i + 1] - x[i]) ** 2, (i, 1, C - 1)))


@model
def a_range_that_needs_two(g, C, T, i, j, k, t):
    x, n = g.parameter("x", C), g.index("n", C - 1)
    d = g.node("d", log((x[n + 1] - x[n]) ** 2 + 1), over=n)
    g.loss("J", Sum(d[n] * x[n], n))


@model
def a_triangular_sum(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C, C), g.parameter("v", C)
    a = g.node("a", Sum(tanh(v[k] * Sum(w[k, j] * v[j], (j, 1, k))), (k, 1, i)), over=i)
    b = g.node("b", Sum(a[k], (k, i, C)), over=i)
    g.loss("J", Sum(b[i] ** 2 * v[i], i))


@model
def sums_whose_order_matters(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C, C), g.parameter("v", C)
    a = g.node("a", Sum(w[k, j] * v[j], (j, 1, k), (k, 1, i)), over=i)
    g.loss("J", Sum(sigmoid(v[i] * Sum(sigmoid(a[k] * w[1, 1]), (j, 1, k))), (i, 1, C), (k, 1, C)))


@model
def two_sizes_in_no_order(g, C, T, i, j, k, t):
    x = g.parameter("x", 2 * C + T)
    g.loss("J", Sum(x[i] ** 2, i) + Sum(x[t] ** 3, t) + Sum(tanh(x[2 * i]), i))


@model
def a_sum_up_to_a_letter_that_it_binds_inside(g, C, T, i, j, k, t):
    w = g.parameter("w", C, C)
    a = g.node("a", Sum(relu(w[i, j]), (j, 1, C), (i, 1, j)), over=j)
    g.loss("J", Sum(sigmoid(Sum(relu(a[j] * w[1, j]), (j, 1, C), (i, 1, j))) * w[1, j], j) + Sum(a[j], j))


# positions


@model
def a_diagonal(g, C, T, i, j, k, t):
    a = g.parameter("a", C, C)
    g.loss("J", Sum(a[i, i] * a[i, C + 1 - i], i) + Sum(a[i, i] * a[i, j], i, j))


@model
def reversed_and_shifted_positions(g, C, T, i, j, k, t):
    x, y = g.parameter("x", C + 1), g.parameter("y", C)
    a = g.node("a", x[i + 1] * y[C + 1 - i] + x[C + 1], over=i)
    g.loss("J", Sum(a[C + 1 - i] * x[i], i))


@model
def neighbours_that_are_far_apart(g, C, T, i, j, k, t):
    x = g.parameter("x", C)
    g.loss("J", Sum(x[i + 5] * x[i], (i, 1, C - 5)))


@model
def a_strided_convolution(g, C, T, i, j, k, t):
    x, w = g.parameter("x", 2 * C + T), g.parameter("w", T)
    y = g.node("y", Sum(w[t] * x[2 * i + t], t), over=i)
    g.loss("J", Sum(y[i] ** 3, i) + Sum(x[2 * i] * x[2 * i - 1], i))


@model
def an_index_and_a_size_as_numbers(g, C, T, i, j, k, t):
    x = g.parameter("x", C, domain="positive")
    g.loss("J", Sum(i * x[i] / C, i) ** 2 + Sum(x[i] ** i, i) + x[1] ** (Sum(x[i], i) / C) + x[C] ** (1 / C))


# functions


@model
def a_kronecker_delta(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C, C), g.parameter("v", C)
    a = g.node(
        "a", KroneckerDelta(i, j) * v[i] + KroneckerDelta(i, 1) * w[i, j] + KroneckerDelta(i, j + 1) * v[j], over=(i, j)
    )
    g.loss("J", Sum(a[i, j] ** 2, i, j))


@model
def kinks(g, C, T, i, j, k, t):
    x, y = g.parameter("x", C), g.parameter("y", C)
    g.loss("J", Sum(Max(x[i], y[C + 1 - i]) * Abs(x[C + 1 - i]) + relu(x[i] * y[1]) + leaky_relu(y[i]), i))


@model
def softplus_where_it_is_almost_linear(g, C, T, i, j, k, t):
    x = g.parameter("x", C)
    g.loss("J", Sum(softplus(30 * x[i]), i))


@model
def roots_quotients_and_powers(g, C, T, i, j, k, t):
    x, y = g.parameter("x", C, domain="positive"), g.parameter("y", C)
    a = g.node("a", sqrt(Sum(x[j] ** 2, j)), over=())
    g.loss("J", Sum(y[i] ** 3 / (a + 1) + x[i] ** y[i] + log(x[i]) / x[C] + exp(y[i] / a), i))


@model
def branches_by_index_and_by_value(g, C, T, i, j, k, t):
    x, y = g.parameter("x", C), g.parameter("y", C)
    inner = Piecewise((x[i] ** 2, y[i] > 0), (y[i], True))
    a = g.node("a", Piecewise((inner, i <= 2), (x[i] * y[1], True)), over=i)
    g.loss("J", Sum(a[i] * x[i], i))


# recurrences


@model
def a_vector_recurrence(g, C, T, i, j, k, t):
    w, x, b = g.parameter("w", C, C), g.input("x", T, C), g.parameter("b", C)
    h = g.recurrence("h", lambda h: tanh(Sum(w[i, j] * h[t - 1, j], j) + x[t, i]), over=(t, i), start={0: b[i]})
    g.loss("J", Sum(h[t, i] ** 2, t, i) + h[0, C] * h[T, 1])


@model
def a_recurrence_backward_in_time(g, C, T, i, j, k, t):
    w, v, x = g.parameter("w"), g.parameter("v"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t + 1] + x[t]), over=t, start={T + 1: v})
    g.loss("J", Sum(h[t], t) * h[T + 1])


@model
def a_state_that_nobody_reads_but_its_start(g, C, T, i, j, k, t):
    w, v, x = g.parameter("w"), g.parameter("v"), g.parameter("x", T)
    h = g.recurrence("h", lambda h: w * h[t + 1] + x[t], over=t, start={T + 1: v})
    g.loss("J", h[T + 1] ** 2 + h[T])


@model
def two_steps_back_from_a_number_and_a_parameter(g, C, T, i, j, k, t):
    w, a, b = g.parameters("w a b")
    h = g.recurrence("h", lambda h: a * h[t - 1] + b * h[t - 2], over=t, start={0: 1, -1: w})
    g.loss("J", h[T] + h[0] * w + h[-1] * a)


@model
def the_first_and_the_last_state(g, C, T, i, j, k, t):
    a, x = g.parameter("a"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(a * h[t - 1] + x[t]), over=t, start={0: 0})
    g.loss("J", h[1] ** 2 + h[T] ** 3)


@model
def the_first_state_only(g, C, T, i, j, k, t):
    a, x = g.parameter("a"), g.parameter("x", T)
    h = g.recurrence("h", lambda h: sigmoid(a * h[t - 1] * x[T] + x[t]), over=t, start={0: 0})
    g.loss("J", Function("L")(h[1]))


@model
def a_state_that_is_read_before_its_end(g, C, T, i, j, k, t):
    w, v = g.parameters("w v")
    n = g.index("n", 2)
    h = g.recurrence("h", lambda h: relu(w * h[n - 1] + 1), over=n, start={0: v})
    g.loss("J", Function("L")(h[1]))


@model
def a_vector_state_of_which_one_element_is_read(g, C, T, i, j, k, t):
    w, v = g.parameter("w"), g.parameter("v", C)
    h = g.recurrence("h", lambda h: w * h[t - 1, i], over=(t, i), start={0: v[i]})
    g.loss("J", h[T, 1] ** 2)


@model
def a_state_times_the_states_of_another(g, C, T, i, j, k, t):
    w, v, n = g.parameter("w"), g.parameter("v"), g.index("n", (0, T))
    c = g.recurrence("c", lambda c: tanh(w * c[t - 1]), over=t, start={0: 1})
    h = g.recurrence("h", lambda h: v * h[t - 1] * c[t - 1] + 1, over=t, start={0: w})
    g.loss("J", Sum(h[n], n))


@model
def a_recursion_by_a_factor_that_may_be_zero(g, C, T, i, j, k, t):
    w, x = g.parameter("w"), g.input("x", T, domain="binary")
    h = g.recurrence("h", lambda h: tanh(h[t - 1] * x[1] + w), over=t, start={0: 0})
    g.loss("J", sigmoid(Sum(h[t], t)))


@model
def coupled_states_with_a_gate(g, C, T, i, j, k, t):
    w, u, x = g.parameter("w"), g.parameter("u"), g.input("x", T)
    c, h = g.states("c h", over=t, start={0: 0})
    z = g.node("z", sigmoid(w * h[t - 1] + x[t]), over=t)
    g.update(c, z[t] * c[t - 1] + (1 - z[t]) * tanh(u * h[t - 1]))
    g.update(h, z[t] * tanh(c[t]) + c[t - 1])
    g.loss("J", Sum((h[t] - x[T + 1 - t]) ** 2, t))


@model
def branches_by_time_with_a_start(g, C, T, i, j, k, t):
    w, a, b = g.parameters("w a b")
    h = g.recurrence("h", lambda h: Piecewise((a * h[t - 1], t <= 1), (b * h[t - 1], True)), over=t, start={0: w})
    g.loss("J", h[T])


# names


@model
def an_activation_of_cases(g, C, T, i, j, k, t):
    w, x = g.parameter("w"), g.input("x", C)
    a = g.node("a", tanh(Piecewise((x[i], x[i] > 0), (w, True))) / 6 + x[i], over=i)
    g.loss("J", Sum(a[i], i))


@model
def an_activation_of_a_delta_times_a_weight(g, C, T, i, j, k, t):
    w, v = g.parameter("w", C), g.parameter("v", C)
    a = g.node("a", sigmoid(KroneckerDelta(i + 1, j) * w[1]) + v[i], over=(i, j))
    g.loss("J", Sum(a[i, j] ** 2, i, j))


@model
def a_node_that_is_the_same_at_each_index(g, C, T, i, j, k, t):
    w, v = g.parameters("w v")
    a = g.node("a", w / (6 * (softplus(v) + 1)), over=i)
    g.loss("J", Sum(a[i] ** 2, i))


# losses


@model
def an_abstract_loss_of_a_family_and_of_an_element(g, C, T, i, j, k, t):
    w, y = g.parameter("w", C), g.target("y")
    a = g.node("a", w[i] ** 2 * w[1], over=i)
    g.loss("J", Function("L")(a) + Function("M")(w[C], y) * y + Sum(Abs(w[i]), i))


# what random graphs by the thousand found


@model
def a_recurrence_with_a_sum_of_selus(g, C, T, i, j, k, t):
    """sympy asked itself for ever whether selu of a sum is real, when it was to say what the recurrence is at 0."""
    w, x = g.parameter("w", C + 1, domain="positive"), g.input("x", T)
    m = g.index("m", C + 1)
    h = g.recurrence("h", lambda h: h[t - 1] / 16 + Sum(selu(w[m]), m) / 12, over=t, start={0: 0})
    e = g.recurrence("e", lambda e: (1 - sigmoid(h[t - 1] * x[T])) * e[t - 1] / 32, over=t, start={0: 0})
    g.loss("J", Sum(relu6(e[t]), t) + Sum(h[t] ** 2, t))


@model
def a_symmetric_node_of_which_one_row_is_read(g, C, T, i, j, k, t):
    """One part of its adjoint is symmetric, the whole is not: seed 500304 had a matrix form that was wrong."""
    w = g.parameter("w", C, C)
    s = g.node("s", tanh(w[i, j]) + tanh(w[j, i]) + i * KroneckerDelta(i, j), over=(i, j))
    g.loss("J", Sum(exp(s[C, j] / 4), j) + Sum(s[i, i], i))


@model
def a_sum_over_an_index_that_stands_nowhere(g, C, T, i, j, k, t):
    """A letter that only counts was given to another sum beside it: seed 700001933 counted with the wrong one."""
    m = g.index("m", C)
    w, a = g.parameter("w", C, C), g.constant("a", C, C)
    z = g.node("z", Sum(w[k, i], k, i) + Sum(a[j, i] * w[i, m], (k, 2, C), (j, 1, C), (i, 1, C)), over=m)
    g.loss("J", Sum(z[m] ** 2, m))


@model
def a_family_that_its_last_two_letters_leave_as_it_is(g, C, T, i, j, k, t):
    """The matrix of its first two letters is not symmetric: seed 700002832 had a product of wrong shapes."""
    w, m = g.parameter("w", T), g.index("m", C)
    a = g.node("a", tanh(w[t]), over=(t, i, j))
    g.loss("J", Sum(tanh((a[t, m, k] - a[t, m, C]) ** 2), t, m, k))


@model
def a_factor_whose_adjoint_cancels_off_the_diagonal(g, C, T, i, j, k, t):
    """J is tr(S)/2 and what is linear in the diagonal: seed 800000574 compared autograd's rounding with its mirror."""
    w, x, m = g.parameter("w", T), g.input("x", C + 1, domain="binary"), g.index("m", C)
    a = g.node("a", 2 * KroneckerDelta(i, m) + tanh(w[1] * (i + 2 * m)) / (6 * C), over=(i, m))
    s = g.node("s", i * KroneckerDelta(i, m) + a[i, m] / 2 + a[m, i] / 2, over=(i, m))
    r = g.node("r", cholesky(s)[i, m], over=(i, m))
    g.loss("J", Sum((r[i, m] - x[i + 1]) ** 2 / 2, i, m))
