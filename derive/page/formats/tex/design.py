"""The design of every page: one preamble for pdfTeX and XeTeX, with few packages.

One run of TeX is enough: nothing on a page refers to another page.
"""

from __future__ import annotations

from derive.page import look
from derive.page.formats.tex import other_alphabets
from derive.page.formats.tex.words import chinese

CLASS = f"{look.TEXT}pt,fleqn"
LATIN = f"""\\documentclass[{CLASS}]{{article}}
\\usepackage[T1]{{fontenc}}
\\usepackage{{{look.LATIN_IN_TEX}}}"""
CHINESE = f"\\documentclass[{CLASS},fontset={look.CHINESE_IN_TEX}]{{ctexart}}"
ENGLISH_WITH_CHINESE = f"\\documentclass[{CLASS},fontset={look.CHINESE_IN_TEX},scheme=plain]{{ctexart}}"
OTHERS = f"""\\documentclass[{CLASS}]{{article}}
\\usepackage[no-math]{{fontspec}}"""

COMMON = r"""\usepackage{amsmath}
\usepackage{etoolbox}
\usepackage{graphicx}
\usepackage{xcolor}
"""
DRAWINGS = "\\usepackage{tikz}\n"

LOOKS = r"""\setlength{\mathindent}{1.4em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{3pt plus 1pt}
\setlength{\jot}{3pt}
\setlength{\fboxsep}{6pt}
\AtBeginDocument{\setlength{\abovedisplayskip}{4pt plus 2pt}\setlength{\belowdisplayskip}{4pt plus 2pt}%
  \setlength{\abovedisplayshortskip}{4pt plus 2pt}\setlength{\belowdisplayshortskip}{4pt plus 2pt}}
\predisplaypenalty=10000 \clubpenalty=10000 \widowpenalty=10000 \displaywidowpenalty=10000
\binoppenalty=3000 \relpenalty=2000
\emergencystretch=2em
\allowdisplaybreaks[3]
\raggedbottom
% a display that follows a paragraph has no empty line above it
\newcommand{\close}{\ifvmode\nointerlineskip\nobreak\vskip-\parskip\fi}
\AtBeginEnvironment{align*}{\close}\AtBeginEnvironment{alignat*}{\close}\AtBeginEnvironment{equation*}{\close}
\newcommand{\held}{\postdisplaypenalty=10000\relax}
% the reason of a line: beside it, below those of the lines around and not far from their formulas, as amsmath has
% measured all of them before it sets one; or under its line where there is no room
\newsavebox{\whybox}
\newcommand{\why}[1]{\tag*{\smallsize\color{reason}\sbox{\whybox}{#1}\ifdim\wd\whybox>0.85\linewidth
  \parbox[t]{0.85\linewidth}{\raggedleft #1}\else\usebox{\whybox}\fi}}
\makeatletter
\renewcommand{\mintagsep}{1.5em}
\newdimen\why@at \newdimen\why@most \newcommand{\why@ends}{}
\pretocmd{\calc@shift@align}{\global\why@at\z@\global\why@most\z@\global\let\why@ends\@empty}{}{}
\pretocmd{\saveshift@}{\why@measured{#1}}{}{}
\newcommand{\why@measured}[1]{\begingroup\dimen@\z@
  \ifdim\tag@width\row@>\z@ \dimen@\dimexpr\@tempdima-\tagwidth@\relax
    \ifnum#1=\z@ \ifdim\dimen@>\why@at\global\why@at\dimen@\fi
      \ifdim\tagwidth@>\why@most\global\why@most\tagwidth@\fi\fi\fi
  \let\or\relax\xdef\why@ends{\or\the\dimen@\why@ends}\endgroup}
\patchcmd{\place@tag}{\llap{\boxz@}}{\why@placed}{}{}
\newcommand{\why@placed}{\@tempdima\dimexpr\eqnshift@+\maxcol@width\@ne
  \advance\@tempdima0.42\dimexpr\displaywidth-\@tempdima\relax
  \ifdim\why@at>\@tempdima\@tempdima\why@at\fi
  \@tempdimb\dimexpr\displaywidth-\mintagsep-\why@most\relax
  \ifdim\@tempdimb<\@tempdima\@tempdima\@tempdimb\fi
  \@tempdimb\ifcase\expandafter\row@\why@ends\fi\relax
  \ifdim\@tempdimb>\@tempdima\@tempdima\@tempdimb\fi
  \llap{\hbox to\dimexpr\displaywidth-\@tempdima-\mintagsep\relax{\boxz@\hss}}}
\makeatother
% a statement beside others in a column of width #1, and a remark within a formula
\newcommand{\cell}[2]{\makebox[#1][l]{$\displaystyle{}#2$}}
\newcommand{\said}[1]{\quad\mbox{\smallsize\color{reason}#1}}
% a formula that has no place to break is set smaller, as much as the room #1 asks for
\newsavebox{\narrowbox}
\newcommand{\narrowed}[2]{\sbox{\narrowbox}{$\displaystyle #2$}\ifdim\wd\narrowbox>\dimexpr#1\relax
  \resizebox{\dimexpr#1\relax}{!}{\usebox{\narrowbox}}\else\usebox{\narrowbox}\fi}
\newcommand{\result}[1]{\fcolorbox{rule}{tint}{\narrowed{\linewidth-\mathindent-2\fboxsep-2pt}{#1}}}
\newcommand{\results}[1]{\result{\makebox[\dimexpr\linewidth-\mathindent-2\fboxsep-2pt][l]{$\displaystyle #1$}}}
\newcommand{\fitted}[1]{\sbox0{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
% a picture: no wider than the text, and no higher than a part #1 of the page
\newcommand{\pictured}[2]{\sbox0{#2}\ifdim\dimexpr\ht0+\dp0\relax>#1\textheight
  \sbox0{\resizebox*{!}{#1\textheight}{\usebox0}}\fi\fitted{\usebox0}}
% headings: \room{h} begins a new page where less than h is left, but never below another heading
\makeatletter
\patchcmd{\endalign}{\math@cr}{\math@cr*}{}{}% no page begins with what follows the last row
\newcommand{\room}[1]{\par\if@nobreak\else\penalty-100\begingroup\dimen@=#1\relax\dimen@ii=\pagegoal\advance\dimen@ii-\pagetotal
  \ifdim\dimen@>\dimen@ii\ifdim\dimen@ii>0pt\vfil\fi\break\fi\endgroup\fi}
\newcommand{\headed}[2]{\noindent\place{\bfseries\boldmath\color{rule}#1#2\par}\nobreak\@afterheading}
\newcommand{\reading}[1]{\room{14\baselineskip}\addvspace{14pt plus 4pt}\headed{\readingsize}{#1}\vskip 4pt\nobreak}
\newcommand{\task}[1]{\room{14\baselineskip}\addvspace{18pt plus 6pt}\headed{\tasksize}{#1}\vskip 4pt\nobreak}
\newcommand{\topic}[1]{\room{9\baselineskip}\addvspace{10pt plus 4pt}\headed{\topicsize}{#1}\vskip 2pt\nobreak}
% what stays on one page, if it fits on one and leaves no greater hole than \hole on the page before: #1 is the room for
% its first lines where it is torn, #2 the space above
\newsavebox{\wholebox}
\newenvironment{whole}[2]{\par\def\begun{\room{#1}\addvspace{#2}}\def\kept{\addvspace{#2}}%
  \global\setbox\wholebox\vbox\bgroup\@nobreakfalse\everypar{}}
  {\par\egroup\dimen@\ht\wholebox\advance\dimen@\dp\wholebox
  \dimen@ii\pagegoal\advance\dimen@ii-\pagetotal\ifdim\dimen@>\dimen@ii\else\dimen@ii\z@\fi
  \ifdim\dimen@ii>\hole\dimen@ii\maxdimen\fi\ifdim\dimen@>\textheight\dimen@ii\maxdimen\fi
  \ifdim\dimen@ii=\maxdimen\begun\unvbox\wholebox\else\kept\nointerlineskip\box\wholebox\fi\@nobreakfalse}
% the sentence #2 that a step begins with goes on behind its heading #1
\newcommand{\begins}[2]{\noindent\place{\bfseries\boldmath\color{rule}\stepsize#1}%
  \hskip 0.8em #2\par\nobreak\@afterheading}
\newenvironment{step}[2]{\begin{whole}{6\baselineskip}{7pt plus 3pt}\begins{#1}{#2}}{\end{whole}}
\newcommand{\sheettitle}[1]{{\bfseries\boldmath\color{rule}\titlesize\raggedright\noindent #1\par}\vskip 1pt}
\newcommand{\undertitle}[1]{{\smallsize\color{reason}\raggedright\noindent #1\par}}
\newcommand{\titlerule}{\vskip 3pt{\color{rule}\hrule height 1pt}\vskip 6pt}
\newenvironment{proved}[2]{\begin{whole}{10\baselineskip}{10pt plus 4pt}{\color{rule}\hrule height 0.8pt}\nobreak
  \vskip 4pt\smallsize\begins{#1}{#2}}
  {\par\nobreak\vskip 3pt{\color{rule}\hrule height 0.8pt}\par\end{whole}}
% tables: rules of three weights
\newcommand{\toprule}{\noalign{\hrule height 0.8pt\vskip 2pt}}
\newcommand{\midrule}{\noalign{\vskip 1pt\hrule height 0.4pt\vskip 3pt}}
\newcommand{\bottomrule}{\noalign{\vskip 2pt\hrule height 0.8pt}}
\@beginparpenalty=10000 % a table or a picture stands below the sentence that leads to it
\renewcommand{\arraystretch}{1.25}
\newcommand{\sheetname}{}
\newcommand{\ps@sheet}{\let\@oddhead\@empty\def\@oddfoot{\smallsize\color{reason}\sheetname\hfil\thepage}}
\pagestyle{sheet}
% places that bookmarks go to, and what a reader's program shows of the file
\newcounter{place}
\ifdefined\XeTeXversion
  \newcommand{\place}{\stepcounter{place}\special{pdf:dest (\theplace) [@thispage /XYZ @xpos @ypos null]}}
  \newcommand{\bookmark}[4]{\special{pdf:out #2 << /Title <#4> /A << /S /GoTo /D (#1) >> >>}}
  \newcommand{\described}[3]{\AtBeginDocument{\special{pdf:docinfo << /Title <#1>#3 /Creator (derive) >>}%
    \special{pdf:put @catalog << /Lang (#2) /PageMode /UseOutlines /ViewerPreferences << /DisplayDocTitle true >> >>}}}
\else
  \newcommand{\place}{\stepcounter{place}\raisebox{2ex}[0pt]{\pdfdest name {\theplace} xyz}}
  \newcommand{\bookmark}[4]{\pdfoutline goto name {#1} count -#3 {<#4>}}
  \newcommand{\described}[3]{\pdfinfo{/Title <#1>#3 /Creator (derive)}%
    \pdfcatalog{/Lang (#2) /PageMode /UseOutlines /ViewerPreferences << /DisplayDocTitle true >>}}
\fi
\makeatother
"""
SPACING = {"en": r"\newcommand{\tablestretch}{1.1}", "zh": r"\newcommand{\tablestretch}{1.05}"}
LANG = {"en": "en", "zh": "zh-CN"}
END = "\\end{document}\n"


def preamble(body: str, lang: str, paper: str | None = None) -> str:
    """What stands before the body: XeTeX's class where the page has Chinese, drawings where it has one."""
    others = other_alphabets.used(body)
    latin = OTHERS if others else LATIN
    head = CHINESE if lang == "zh" else ENGLISH_WITH_CHINESE if chinese(body) else latin
    drawings = DRAWINGS if "{tikzpicture}" in body or "{pgfpicture}" in body else ""
    return f"{head}\n{COMMON}{_page(paper)}{drawings}{LOOKS}{SPACING[lang]}\n{other_alphabets.MACRO if others else ''}"


def _page(paper: str | None) -> str:
    """The paper, its margins, the colours and the sizes of type, of `derive/page/look.py`."""
    size = look.PAPERS[paper or "a4"].tex
    margins = f"left={look.SIDE}mm,right={look.SIDE}mm,top={look.TOP}mm,bottom={look.BOTTOM}mm,footskip=12mm"
    colours = (f"\\definecolor{{{name}}}{{HTML}}{{{value.upper()}}}\n" for name, value in look.COLOURS.items())
    sizes = zip(
        ("title", "small", "task", "reading", "topic", "step"),
        (look.TITLE, look.SMALL, look.TASK, *look.HEADINGS),
        strict=True,
    )
    fonts = (f"\\newcommand{{\\{name}size}}{{\\fontsize{{{n}}}{{{1.2 * n:g}}}\\selectfont}}\n" for name, n in sizes)
    hole = f"\\newcommand{{\\hole}}{{{look.HOLE}\\textheight}}\n"
    return f"\\usepackage[{size},{margins}]{{geometry}}\n{''.join(colours)}{''.join(fonts)}{hole}"


def authored(author: str) -> str:
    """The author as an entry of the PDF's properties; none where none is known."""
    return f" /Author <{utf16(author)}>" if author else ""


def utf16(text: str) -> str:
    """A string as the hexadecimal text of a PDF: byte order mark, then UTF-16."""
    return (b"\xfe\xff" + text.encode("utf-16-be", "replace")).hex().upper()
