"""What a sheet on layers says, in both languages."""

from __future__ import annotations

from derive.language import Text

LAYER = Text("Layer", "层")
LENGTH = Text("Length", "边长的计算")
OUTPUT = Text("Output", "输出")
HEADERS = {
    "weights": Text("Weights", "权重数"),
    "biases": Text("Biases", "偏置数"),
    "multiply_adds": Text("Multiply-adds", "乘加次数"),
    "numbers": Text("Activations", "激活值个数"),
    "connections": Text("Connections", "连接数"),
    "parameters": Text("Parameters", "参数个数"),
}
FIELD, JUMP = Text("Receptive field", "感受野"), Text("Jump", "步距")
TIMES = Text("{n} times: {layer}", "重复 {n} 次：{layer}")
ALONG = Text("{axis}: {line}", "{axis}：{line}")
INPUT = Text("input", "输入")
TOTAL = Text("Total", "合计")
NETWORK = Text("Network", "网络")

FORMULAS = Text("Formulas", "所用公式")
LAYERS = Text("Layer by layer", "逐层计算")
COMPARED = Text("Side by side", "比较")
CLAIMED = Text("What the source says", "与原题给出的数值对照")
REMARKS = Text("Remarks", "说明")
CHECK = Text("Check", "验算")
LAYER_AT = Text("{place}. {layer}: {before} to {after}", "{place}. {layer}：{before} 变为 {after}")

LENGTH_IS = Text(
    "length after a convolution or a pooling: kernel k, padding p on both sides, stride s{others}",
    "卷积或池化之后的边长：核长 k，两侧各填充 p，步幅 s{others}",
)
OTHERS = {
    1: Text("", ""),
    2: Text("; the width in the same way", "；宽度同理"),
    3: Text("; height and width in the same way", "；高度与宽度同理"),
}
SPAN_IS = Text(
    "what a kernel with dilation d covers; it stands in place of k", "膨胀率为 d 的核所覆盖的长度，代替上式中的 k"
)
CEILED_IS = Text(
    "length after a pooling that rounds up (ceil), less 1 if its last window would begin behind the input",
    "向上取整（ceil）的池化之后的边长；若最后一个窗口的起点超出输入，则减 1",
)
PRELU_IS = Text("PReLU: a slope for each channel, or one for all", "PReLU：每个通道一个斜率，或全体共用一个")
SAME_IS = Text("padding “same”: the padding keeps the length", "等长填充（same）：填充使边长不变")
TRANSPOSED_IS = Text("length after a transposed convolution", "转置卷积之后的边长")
WEIGHTS_IS = Text(
    "weights: each of the {c} kernels has one for each number that it reads",
    "权重数：{c} 个核，每个核读入多少个数就有多少个权重",
)
GROUPED_IS = Text("with g groups a kernel reads so many channels", "分为 g 组时，每个核读入的通道数")
BIASES_IS = Text("biases: one for each kernel", "偏置数：每个核一个")
ADDS_IS = Text(
    "multiply-adds: each number of the output needs one for each weight of its kernel",
    "乘加次数：输出的每个数，对核的每个权重各作一次乘加",
)
TRANSPOSED_ADDS_IS = Text(
    "multiply-adds of a transposed convolution: each number of the input needs one for each weight that meets it",
    "转置卷积的乘加次数：输入的每个数，与它所乘的每个权重各作一次乘加",
)
FC_IS = Text(
    "fully connected: every output reads all inputs; a multiply-add for each weight",
    "全连接层：每个输出读入全部输入；每个权重一次乘加",
)
LINEAR_IS = Text("the same fully connected layer at each position", "在每个位置上用同一个全连接层")
NORM_IS = Text("a normalisation: γ as weights, β as biases", "归一化层：γ 计入权重，β 计入偏置")
ATTENTION_IS = Text(
    "attention: four d × d maps for queries, keys, values and the output",
    "注意力层：查询、键、值与输出各有一个 d × d 的映射",
)
ATTENTION_ADDS_IS = Text(
    "four maps at n positions, and the scores and averages of all heads",
    "n 个位置上的四个映射，以及所有头的得分与加权平均",
)
RECURRENT_IS = {
    "rnn": Text("RNN: one map of the input and one of the state", "RNN：输入与状态各有一个线性映射"),
    "lstm": Text(
        "LSTM: four such pairs, for the forget gate, the input gate, the output gate and the candidate",
        "LSTM：遗忘门、输入门、输出门与候选值各有这样一对映射，共四对",
    ),
    "gru": Text(
        "GRU: three such pairs, for the reset gate, the update gate and the candidate",
        "GRU：重置门、更新门与候选状态各有这样一对映射，共三对",
    ),
}
RECURRENT_ADDS_IS = Text(
    "multiply-adds: each of the steps uses every weight once", "乘加次数：每一步中每个权重各用一次"
)
EMBEDDING_IS = Text("embedding: a row of d numbers for each of V indices", "嵌入层：V 个索引各对应一行")
FIELD_IS = Text(
    "receptive field of one output; j is how far the parts of neighbours are apart in the input",
    "一个输出的感受野；j 是相邻输出所看到的区域在输入中的间距",
)
JUMP_IS = Text("the jump, from 1 at the input", "步距，在输入处为 1")

NO_OTHER_PARAMETERS = Text(
    "A pooling, dropout and an activation other than PReLU have no parameters.",
    "池化、dropout 与 PReLU 以外的激活函数没有参数。",
)
NO_PARAMETERS = Text("A pooling, an activation and dropout have no parameters.", "池化、激活函数与 dropout 没有参数。")
NOT_COUNTED = Text(
    "Multiply-adds are those of convolutions, fully connected layers and attention; comparing, scaling and adding "
    "biases is not counted.",
    "乘加次数只计卷积、全连接与注意力；比较、缩放以及加偏置不计。",
)
NOT_COUNTED_IN_CELLS = Text(
    "Multiply-adds are those of convolutions, fully connected layers, attention and the maps of recurrent cells; "
    "comparing, scaling, elementwise products with gates and adding biases is not counted.",
    "乘加次数只计卷积、全连接、注意力以及循环单元中的线性映射；比较、缩放、与门的逐元素乘积以及加偏置不计。",
)
COUNT = Text(
    "{weights} weights and {biases} biases, {parameters} parameters in all.",
    "权重 {weights} 个，偏置 {biases} 个，参数共 {parameters} 个。",
)
ONE_BIAS = Text(
    "{weights} weights and one bias, {parameters} parameters in all.",
    "权重 {weights} 个，偏置 1 个，参数共 {parameters} 个。",
)
NO_BIASES = Text("{weights} weights, and no biases.", "权重 {weights} 个，没有偏置。")
UNGROUPED = Text(
    "If every kernel read all channels, without groups, there would be {parameters} parameters.",
    "若不分组，每个核都读入所有通道，则参数共有 {parameters} 个。",
)
ADDS = Text(
    "{adds} multiply-adds for one input; where a multiplication and an addition count as two operations, "
    "{operations} operations.",
    "一个输入需要 {adds} 次乘加；若乘法与加法各计一次运算，则为 {operations} 次运算。",
)
NUMBERS = Text("{numbers} activations, the input among them", "激活值共 {numbers} 个（含输入）")
BYTES = Text(
    "{numbers}: {bytes} bytes in float32, 4 bytes each.", "{numbers}：float32 每个占 4 字节，共 {bytes} 字节。"
)
CONNECTIONS_ARE = Text(
    "connections: each number of the output has one for each weight of its kernel, and one for the bias",
    "连接数：输出的每个数与核的每个权重各有一条连接，与偏置有一条连接",
)
CONNECTIONS_ALONE = Text(
    "connections without a bias: each number of the output has one for each weight of its kernel",
    "无偏置时的连接数：输出的每个数与核的每个权重各有一条连接",
)
FIELD_ALONG = Text("Receptive field along {axis}:", "沿 {axis} 方向的感受野：")
FIELD_ALONG_EACH = Text("Receptive field along each axis:", "沿各个方向的感受野：")
SEES = Text("The receptive field of one number of the output is {field}.", "一个输出在输入上的感受野为 {field}。")
CHECKED = Text(
    "Checked with torch: the output, the parameters and the multiply-adds of {layers} layers are those of torch "
    "modules on the meta device.",
    "已用 torch 验算：{layers} 层的输出形状、参数个数与乘加次数，均与 torch 模块在 meta 设备上给出的相同。",
)
CHECKED_ONE = Text(
    "Checked with torch: the output, the parameters and the multiply-adds of the layer are those of a torch module on "
    "the meta device.",
    "已用 torch 验算：该层的输出形状、参数个数与乘加次数，均与 torch 模块在 meta 设备上给出的相同。",
)
UNKNOWN, NOT_EXPLAINED = Text("What is not explained", "未能解释的部分"), Text("Not counted above", "未计入上表")
EACH_ROW = Text("each of the {layers} rows", "表中 {layers} 行")
ONE_ROW = Text("the only row", "表中唯一一行")
CHECKED_MODULE = Text(
    "Checked with torch: the module ran on the meta device; the output and the parameters of {rows} are "
    "its own, and torch counts {parameters} parameters and {adds} multiply-adds too. The receptive fields follow "
    "from the formulas and were not compared here.",
    "已用 torch 验算：该模块在 meta 设备上运行，{rows}的输出与参数均与模块自身的相同；torch 统计的总数同样是 "
    "{parameters} 个参数与 {adds} 次乘加。感受野由公式得出，此处未作比较。",
)
CHECKED_PARTLY = Text(
    "Checked with torch: the module ran on the meta device, and the output and the parameters of {rows} are "
    "its own. With what is not explained, torch counts {parameters} parameters and {adds} multiply-adds. The "
    "receptive fields were not compared here.",
    "已用 torch 验算：该模块在 meta 设备上运行，{rows}的输出与参数均与模块自身的相同。连同未能解释的部分，"
    "torch 统计的总数是 {parameters} 个参数与 {adds} 次乘加。感受野此处未作比较。",
)
CHECKED_FIELDS = Text(
    "{fields} receptive fields, along one axis each, begin and end with the inputs that a gradient of torch.autograd "
    "reaches.",
    "{fields} 个感受野（逐轴）的起止位置，均与 torch.autograd 的梯度所及输入的起止位置相同。",
)
AT_NUMBERS = Text("The letters had the numbers {numbers} there.", "验算时各字母取 {numbers}。")
IS = Text("{letter} = {number}", "{letter} = {number}")
UNCHECKED = Text("This was not checked.", "以上未经验算。")

SAID, FOUND, WHY = Text("Source", "原题数值"), Text("Worked", "计算结果"), Text("What is wrong", "差异的原因")
RIGHT = Text("agrees", "一致")
NO_GROUPS = Text("as if each kernel read all channels, {line}", "相当于每个核读入所有通道：{line}")
NO_BIAS = Text("the biases are left out", "漏掉了偏置")
KERNELS = Text("as many as {n} kernels have, not {all}", "这是 {n} 个核的参数个数，而该层有 {all} 个核")
WRONG = Text("wrong arithmetic; it differs by {difference}", "算术有误，相差 {difference}")
ALL_LAYERS = Text("all layers", "所有层")
SUM = Text("{a} + {b} = {c}", "{a} + {b} = {c}")
ALL_UNGROUPED = Text("as if no layer had groups", "相当于所有层都不分组")
