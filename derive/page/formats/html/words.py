"""The words of the page itself: its switches and what they say."""

from derive.language import Text

LANGUAGE = Text("Language", "语言")
DETAIL = Text("Detail", "详略")
BRIEF = Text("Brief", "简略")
FULL = Text("Full", "完整")
FOLD = Text("Fold steps", "折叠步骤")
THEME = Text("Light or dark", "明暗")
CONTENTS = Text("Contents", "目录")
LINK = Text("Link to this place", "此处的链接")
COPIED = Text("Link copied", "链接已复制")
NO_SCRIPT = Text(
    "Formulas are shown as LaTeX source because JavaScript is off. Nothing is loaded from the network.",
    "JavaScript 已关闭，公式以 LaTeX 源码显示。本页不从网络加载任何内容。",
)
