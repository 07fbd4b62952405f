"""The design of every page in Typst: fonts, colours, and the functions that the writer calls.

The page looks like that of LaTeX: a reason stands beside its line, or under it where there is no room; a step does not
break if it fits on a page; a result stands in a frame.
"""

from __future__ import annotations

from derive.page import look

DESIGN = r"""
#set par(justify: true, leading: 0.62em, spacing: 0.9em)
#set math.cases(gap: 0.6em)
#show math.equation: set text(font: "New Computer Modern Math")
#show heading: it => block(above: 1.5em, below: 0.8em, sticky: true, text(
  fill: rule, size: heading-sizes.at(it.level - 1 + deepest), it.body))
#let m(alt, body) = math.equation(alt: alt, body)
#show math.equation.where(block: true): set align(left)
#let d(alt, body) = math.equation(block: true, alt: alt, body)
#let small(body) = text(size: small-size, fill: reason, body)
// a reason beside its line, or under it where there is no room
#let fitted(body) = layout(size => {
  let wide = measure(body).width
  if wide > size.width { scale(size.width / wide * 100%, reflow: true, body) } else { body }
})
#let beside(line, why) = grid(columns: (1fr, auto), align: (left + horizon, right + horizon), line, why)
#let below(why) = grid.cell(colspan: 2, inset: (top: -0.3em), align(right, block(width: 85%, align(right, why))))
// rows of left, the lines of right, and a reason for the last of them, with their signs under each other
#let row(left, lines, why, room) = {
  let why = if why == none { none } else { small(why) }
  let fits = why == none or measure(lines.last()).width + measure(why).width + 1.2em.to-absolute() <= room
  for (n, line) in lines.enumerate() {
    let last = n + 1 == lines.len()
    (if n == 0 { left } else { none }, if last and why != none and fits { beside(line, why) } else { fitted(line) })
  }
  if not fits { (below(why),) }
}
#let rows(inset: (left: 1.2em), columns: (auto, 1fr), ..each) = block(inset: inset, above: 0.9em, below: 0.9em,
  layout(size => {
    let lefts = each.pos().map(((left, ..)) => if left == none { 0pt } else { measure(left).width })
    let room = size.width - calc.max(..lefts) - 0.3em.to-absolute()
    grid(columns: columns, column-gutter: 0.3em, row-gutter: 0.75em, align: (right + horizon, left + horizon),
      ..each.pos().map(((left, lines, why)) => row(left, lines, why, room)).flatten())
  }))
#let result(..lines) = block(inset: (left: 1.2em), breakable: false, fitted(box(
  stroke: 0.6pt + rule, fill: tint, inset: 7pt, stack(spacing: 0.7em, ..lines))))
#let results(..each) = block(inset: (left: 1.2em), breakable: false, block(
  stroke: 0.6pt + rule, fill: tint, inset: (x: 7pt, y: 2pt), rows(inset: (left: 0em), columns: (auto, auto), ..each)))
// a sentence and what it leads to begin on one page
#let lead(body) = block(above: 0.9em, below: 0.9em, sticky: true, { body; parbreak() })
// a step: it does not break if it fits on a page
#let whole(body) = layout(size =>
  if measure(block(width: size.width, body)).height < page-room { block(breakable: false, width: 100%, body) }
  else { body })
#let step(body) = block(above: 1.7em, width: 100%, whole(body))
// the heading of a step and the sentence below it, on one line if there is room
#let opened(head, said) = layout(size => {
  let wide = measure(head).width + measure(said).width + 1.2em.to-absolute()
  if wide <= size.width { grid(columns: (auto, 1fr), column-gutter: 1em, align: bottom, head, said) }
  else { head; parbreak(); said }
})
#let proved(body) = block(above: 1.6em, width: 100%, whole(block(
  width: 100%, inset: (y: 6pt), stroke: (y: 1.1pt + rule), { set text(size: 10pt); body })))
#let shown(alt, body, caption) = block(breakable: false, width: 100%, align(center, {
  fitted(figure(alt: alt, body)); v(-0.3em); block(width: 86%, small(caption)) }))
// what a picture is made of
#let at(x, y, body) = place(dx: x - 200pt, dy: y - 50pt, box(
  width: 400pt, height: 100pt, align(center + horizon, body)))
#let path(look, fill: none, ..parts) = place(curve(stroke: look, fill: fill, ..parts))
#let tabled(columns, head, ..cells) = align(center, block(breakable: true, { set text(size: 9.5pt); fitted(table(
  columns: columns, align: left + horizon, inset: (x: 6pt, y: 4pt),
  stroke: (x, y) => (top: if y == 0 { 0.8pt } else if y == 1 { 0.4pt }, bottom: 0.4pt + white),
  table.header(..head), ..cells, table.hline(stroke: 0.8pt))) }))
#let head(title, ..under) = {
  block(below: 0.8em, { set par(justify: false); text(size: title-size, weight: "bold", fill: rule, title) })
  for line in under.pos() { block(above: 0.5em, below: 0.6em, small(line)) }
  block(above: 0.4em, below: 0.9em, line(length: 100%, stroke: 1.2pt + rule))
}
"""
FOOT = "context small({ [#sheet-name]; h(1fr); counter(page).display() })"


def preamble(lang: str, paper: str | None = None, deepest: int = 1) -> str:
    """What stands before the first block; `sheet-name` and the document's title are set by the writer.

    `deepest` is the level of block that Typst's first level of headings has.
    """
    chinese = ", ".join(f'"{name}"' for name in look.CHINESE)
    covers = f'(name: "{look.LATIN}", covers: "latin-in-cjk")' if lang == "zh" else f'"{look.LATIN}"'
    region = ', region: "cn"' if lang == "zh" else ""
    fonts = f'({covers}, "{look.LATIN} Math", {chinese})'
    head = f'#set text(font: {fonts}, size: {look.TEXT}pt, lang: "{lang}"{region})'
    return f"{head}\n{_looks(paper)}\n#let deepest = {deepest}{DESIGN}"


def page(paper: str | None) -> str:
    """The page itself, which the sheet's name stands at the foot of."""
    size = look.PAPERS[paper or "a4"].typst
    margin = f"(x: {look.SIDE}mm, top: {look.TOP}mm, bottom: {look.BOTTOM}mm)"
    return f'#set page(paper: "{size}", margin: {margin}, footer: {FOOT})'


def _looks(paper: str | None) -> str:
    """The colours and sizes of `derive/page/look.py` under the names that the design uses."""
    colours = [f'#let {name} = rgb("#{value}")' for name, value in look.COLOURS.items()]
    sizes = ", ".join(f"{size}pt" for size in look.HEADINGS)
    room = look.PAPERS[paper or "a4"].height - look.TOP - look.BOTTOM - 9
    named = {
        "small-size": f"{look.SMALL}pt",
        "title-size": f"{look.TITLE}pt",
        "page-room": f"{room:g}mm",
        "heading-sizes": f"({sizes})",
    }
    return "\n".join([*colours, *(f"#let {name} = {value}" for name, value in named.items())])
