"""The design of every page in Typst: fonts, colours, and the functions that the writer calls.

The page looks like that of LaTeX: a reason stands beside its line, or under it where there is no room; a step does not
break if it fits on a page; a result stands in a frame.
"""

from __future__ import annotations

from derive.page import look
from derive.page.typesetting.typst import LOOSE

DESIGN = r"""
// around a block of rows, between two rows, between paragraphs, above a heading and above a step
#let (around, gutter, apart, above-heading, above-step) = if closer { (0.4em, 0.2em, 0.5em, 0.75em, 0.6em) } else {
  (0.5em, 0.38em, 0.65em, 1em, 0.8em) }
#set par(justify: true, leading: 0.55em, spacing: apart)
#set math.cases(gap: 0.6em)
#show math.equation: set text(font: "New Computer Modern Math")
#show heading: it => {
  let level = it.level - 1 + deepest
  let head = text(fill: rule, size: heading-sizes.at(level + 1), it.body)
  // the name of a step begins its first sentence
  if level == 2 { head } else { block(above: above-heading, below: around, sticky: true, head) }
}
// a formula in a sentence; a short one does not break
#let m(alt, body) = { let shown = math.equation(alt: alt, body); if alt.len() < 30 { box(shown) } else { shown } }
// a formula of a line of its own, and one that is to be filled in by hand, which is high enough for that
#let d(alt, body) = math.equation(alt: alt, math.display(body))
#let filled(body) = { body; box(width: 0pt, height: 18pt, baseline: 5pt) }
#let small(body) = text(size: small-size, fill: reason, body)
#let fitted(body) = layout(size => {
  let wide = measure(body).width
  if wide > size.width { scale(size.width / wide * 100%, reflow: true, body) } else { body }
})
#let wide(body) = if body == none { 0pt } else { measure(body).width }
// a formula that is too wide is set smaller; what is measured is measured once, as that is what a page costs
#let fit(room, found, body) = if found > room { text(size: room / found * 1em, body) } else { body }
// what stands on one baseline, as high as its formulas; left of them a head, in a column of width first
#let on-line(..parts) = { set par(leading: 0pt, justify: false); box(parts.pos().join()) }
#let headed(first, head, ..parts) = on-line(box(width: first, { h(1fr); head }), h(0.3em), ..parts)
// a line in so much room, with a reason that stands beside it from a place on, or under it where there is no room
#let reasoned(room, first, head, line, long, why, at: 0pt, gap: 1.2em) = {
  let (short, gap) = (wide(why), gap.to-absolute())
  if why == none { headed(first, head, fit(room, long, line)) } else if long + gap + short <= room {
    headed(first, head, line, h(calc.max(at, long) + gap - long), box(width: short, why))
  } else {
    block(breakable: false, width: 100%, stack(spacing: 0.3em, headed(first, head, fit(room, long, line)),
      align(right, block(width: 85%, { set par(justify: false); align(right, why) }))))
  }
}
// lines that begin no page alone, and end none: the first two and the last two stay together, and so do few
#let together(lines) = block(breakable: false, width: 100%, stack(spacing: gutter, ..lines))
#let kept(lines) = if lines.len() < 6 { (together(lines),) } else {
  (together(lines.slice(0, 2)), ..lines.slice(2, -2), together(lines.slice(-2))) }
// rows of left, the lines of right, and a reason for the last of them, with their signs and reasons under each other
#let rows(inset: (left: 1.2em), ..each) = block(inset: inset, above: around, below: around, layout(size => {
  let (items, gap) = (each.pos(), 1.5em.to-absolute())
  let first = calc.max(..items.map(item => wide(item.at(0))))
  let room = size.width - first - 0.3em.to-absolute()
  let found = items.map(item => item.at(1).map(wide))
  let known = items.zip(found).filter(((item, _)) => item.at(2) != none)
  let widths = known.map(((item, long)) => (long.last(), wide(small(item.at(2)))))
  let reasons = widths.filter(((line, why)) => line + gap + why <= room)
  // where most reasons begin: below each other, and not far from their formulas
  let longest = calc.max(0pt, ..reasons.map(pair => pair.at(1)))
  let at = calc.min(calc.max(0.42 * room, ..reasons.map(pair => pair.at(0))), room - gap - longest)
  let lines = items.zip(found).map((((head, lines, why), long)) => lines.enumerate().map(((n, line)) => {
    let said = if why != none and n + 1 == lines.len() { small(why) }
    reasoned(room, first, if n == 0 { head }, line, long.at(n), said, at: at, gap: 1.5em)
  })).flatten()
  grid(columns: (1fr,), row-gutter: gutter, ..kept(lines))
}))
// statements of their own: as many beside each other as make the fewest lines, a wide one alone on its line; what is
// said of all of them stands behind the last one
#let listed(why: none, inset: (left: 1.2em), ..each) = block(
  inset: inset, above: around, below: around, width: 100%, breakable: each.pos().len() > 6, layout(size => {
    let items = each.pos() + if why == none { () } else { ((none, (small(why),), none),) }
    let (gap, sign) = (1.4em.to-absolute(), 0.3em.to-absolute())
    let first = calc.max(..items.map(item => wide(item.at(0))))
    let found = items.map(item => item.at(1).map(wide))
    let needs = items.zip(found).map((((head, _, why), long)) => (if head == none { 0pt } else { first + sign }) +
      calc.max(..long) + (if why == none { 0pt } else { 1.2em.to-absolute() + wide(small(why)) }))
    let places(n) = needs.fold((), (found, need) => {
      let span = if need > (size.width + gap) / n - gap { n } else { 1 }
      let (x, y, taken) = found.at(-1, default: (0, 0, 0))
      (..found, if x + taken + span > n { (0, y + 1, span) } else { (x + taken, y, span) })
    })
    let height(n) = places(n).last().at(1)
    let n = (2, 3).fold(1, (found, n) => if height(n) < height(found) { n } else { found })
    // as wide as their widest statements, where that makes fewer lines
    let own(n) = range(n).map(x => calc.max(..needs.chunks(n).map(line => line.at(x, default: 0pt))))
    let room(n) = needs.len() >= n and own(n).sum() + gap * (n - 1) <= size.width
    let uneven = (2, 3).find(m => room(m) and calc.quo(needs.len() - 1, m) < height(n))
    let cell(((head, lines, why), long)) = if head == none { lines.at(0) } else {
      stack(spacing: gutter, ..lines.enumerate().map(((n, line)) => reasoned(size.width - first - sign, first,
        if n == 0 { head }, line, long.at(n), if why != none and n + 1 == lines.len() { small(why) })))
    }
    if uneven != none { grid(
      columns: (..own(uneven).slice(0, -1), 1fr), column-gutter: gap, row-gutter: gutter, align: left + horizon,
      ..items.zip(found).map(cell))
    } else if n == 1 { rows(inset: 0pt, ..items) } else {
      let cells = items.zip(found).map(cell).zip(places(n))
      grid(columns: (1fr,) * n, column-gutter: gap, row-gutter: gutter, align: left + horizon,
        ..cells.map(((item, (x, y, span))) => grid.cell(x: x, y: y, colspan: span, item)))
    }
  }))
#let result(..lines) = block(inset: (left: 1.2em), breakable: false, fitted(box(
  stroke: 0.6pt + rule, fill: tint, inset: 7pt, stack(spacing: 0.7em, ..lines.pos().map(on-line)))))
#let results(..each) = block(inset: (left: 1.2em), breakable: each.pos().len() > 8, block(
  stroke: 0.6pt + rule, fill: tint, inset: (x: 7pt, y: 2pt), listed(inset: (left: 0em), ..each)))
// a sentence and what it leads to begin on one page
#let lead(body) = block(above: around, below: around, sticky: true, { body; parbreak() })
// a sentence of formulas with few words between them
#let ragged(body) = { set par(justify: false); body; parbreak() }
// what does not break if it takes no more than this part of a page
#let whole(most, body) = layout(size =>
  if measure(block(width: size.width, body)).height < most * page-room { block(breakable: false, width: 100%, body) }
  else { body })
// a step stays whole where it is lower than hole; a higher one begins a new page where less than hole is left of this
// one: a step that would fit on a page is torn seldom, and no page ends in a greater hole. Its height is the writer's
// estimate, as measuring would set each step twice
#let step(height, body) = if height < hole { block(above: above-step, width: 100%, breakable: false, body) } else {
  block(above: above-step, below: 0pt, height: hole, breakable: false)
  v(-hole)
  block(above: 0pt, width: 100%, body)
}
#let proved(body) = block(above: 1.1em, width: 100%, whole(0.2, block(
  width: 100%, inset: (y: 4pt), stroke: (y: 0.8pt + rule), {
    set text(size: small-size); set par(spacing: 0.5em)
    // its heading begins its first sentence
    show heading: it => text(fill: rule, size: heading-sizes.at(3), it.body)
    body })))
#let picture-most = if closer { 0.85 * picture-room } else { picture-room }
#let shown(alt, body, caption) = block(breakable: false, width: 100%, align(center, {
  layout(size => { let found = measure(body); let most = calc.min(
    1, size.width / found.width, picture-most / found.height)
    scale(most * 100%, reflow: true, figure(alt: alt, body)) })
  v(-0.3em); block(width: 96%, small(caption)) }))
// a picture and its heading stand here where there is room, else at the head of the next one, for a float needs as much
#let floating(body) = {
  block(height: 0pt, above: 0pt, below: 0pt)[#metadata(none)<before>] // here, even if what follows goes to another page
  context {
    let room = page-foot - query(selector(<before>).before(here())).last().location().position().y
    if measure(block(width: page-width, body)).height + 0.7em.to-absolute() < room { body }
    else { place(top, float: true, clearance: 0.7em, block(width: 100%, body)) }
  }
}
// what a picture is made of
// with its middle there; a box around it of its own size, as one that is higher than the picture would be moved
#let at(x, y, body) = context {
  let size = measure(body)
  place(dx: x - size.width / 2, dy: y - size.height / 2, box(width: size.width, height: size.height, body))
}
#let path(look, fill: none, ..parts) = place(curve(stroke: look, fill: fill, ..parts))
// a table with rules of three weights; several stand beside each other where there is room
#let ruled(columns, head, ..cells) = table(
  columns: columns, align: left + horizon, inset: (x: 6pt, y: 2.4pt),
  stroke: (x, y) => (top: if y == 0 { 0.8pt } else if y == 1 { 0.4pt }),
  table.header(..head), ..cells, table.hline(stroke: 0.8pt))
#let tabled(one) = whole(0.3, align(center, block({ set text(size: small-size); fitted(one) })))
#let tables(..each) = block(width: 100%, layout(size => {
  set text(size: small-size); set par(leading: 0.8em, justify: false)
  if each.pos().any(one => measure(one).width > size.width) { each.pos().map(tabled).join() }
  else { align(center, each.pos().map(one => box(baseline: 100%, one)).join(h(2em, weak: true))) }
}))
#let head(title, ..under) = {
  block(below: 0.7em, { set par(justify: false); text(size: title-size, weight: "bold", fill: rule, title) })
  for line in under.pos() { block(above: 0.4em, below: 0.5em, small(line)) }
  block(above: 0.4em, below: 0.8em, line(length: 100%, stroke: 1pt + rule))
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
    head = f'#set text(font: {fonts}, size: {look.TEXT}pt, lang: "{lang}"{region})\n{LOOSE}'
    return f"{head}\n{_looks(paper)}\n#let deepest = {deepest}{DESIGN}"


def page(paper: str | None) -> str:
    """The page itself, which the sheet's name stands at the foot of."""
    size = look.PAPERS[paper or "a4"].typst
    margin = f"(x: {look.SIDE}mm, top: {look.TOP}mm, bottom: {look.BOTTOM}mm)"
    return f'#set page(paper: "{size}", margin: {margin}, footer: {FOOT})'


def _looks(paper: str | None) -> str:
    """The colours and sizes of `derive/page/look.py` under the names that the design uses."""
    colours = [f'#let {name} = rgb("#{value}")' for name, value in look.COLOURS.items()]
    sizes = ", ".join(f"{size}pt" for size in (look.TASK, *look.HEADINGS))
    room = look.PAPERS[paper or "a4"].height - look.TOP - look.BOTTOM
    named = {
        "small-size": f"{look.SMALL}pt",
        "title-size": f"{look.TITLE}pt",
        "page-room": f"{room:g}mm",
        "page-foot": f"{room + look.TOP:g}mm",
        "page-width": f"{look.PAPERS[paper or 'a4'].width - 2 * look.SIDE:g}mm",
        "hole": f"{look.HOLE * room / 25.4 * 72 / look.TEXT:.1f}em",
        "picture-room": f"{look.PICTURE * room:g}mm",
        "heading-sizes": f"({sizes})",
    }
    return "\n".join([*colours, *(f"#let {name} = {value}" for name, value in named.items())])
