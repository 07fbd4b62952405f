"use strict";
(() => {
  const root = document.documentElement;
  const begin = { lang: root.lang, detail: root.dataset.detail, answers: root.dataset.answers };
  const state = { ...begin };
  const allowed = { lang: ["en", "zh"], detail: ["brief", "full"], answers: ["shown", "hidden"] };
  let place = "";
  root.classList.add("js");

  const all = (selector) => document.querySelectorAll(selector);
  const quiet = (action) => { try { return action(); } catch { return null; } }; // storage may be refused

  // #step-3&lang=zh&detail=full: a place, and what differs from the page as written
  function read() {
    const [first, ...rest] = decodeURIComponent(location.hash.slice(1)).split("&");
    place = first.includes("=") ? "" : first;
    for (const part of first.includes("=") ? [first, ...rest] : rest) {
      const [key, value] = part.split("=");
      if (Object.hasOwn(allowed, key) && allowed[key].includes(value)) state[key] = value;
    }
  }

  function write() {
    const changed = Object.keys(allowed).filter((key) => state[key] !== begin[key]);
    const parts = [place, ...changed.map((key) => `${key}=${state[key]}`)].filter(Boolean);
    const hash = parts.length ? `#${parts.join("&")}` : location.pathname + location.search;
    quiet(() => history.replaceState(null, "", hash));
  }

  function show() {
    root.lang = state.lang;
    root.dataset.detail = state.detail;
    root.dataset.answers = state.answers;
    document.querySelector("[data-answers][aria-pressed]").setAttribute("aria-pressed", String(state.answers === "hidden"));
    for (const key of ["lang", "detail"])
      for (const button of all(`button[data-${key}]`))
        button.setAttribute("aria-pressed", String(button.dataset[key] === state[key]));
    for (const element of all("[data-label-en]"))
      element.setAttribute("aria-label", element.dataset[state.lang === "zh" ? "labelZh" : "labelEn"]);
    const title = document.querySelector("title");
    document.title = title.dataset[state.lang];
    typeset();
  }

  // Only what can be seen in this language and detail; the rest when it is asked for.
  function typeset() {
    const lang = state.lang === "zh" ? "en" : "zh";
    const detail = state.detail === "full" ? "brief" : "full";
    const hidden = `main [lang="${lang}"], [data-detail="${detail}"]:not(button, :root)`;
    for (const element of all(".m:not(.done)")) {
      if (element.closest(hidden)) continue;
      const latex = element.dataset.latex, mathml = element.innerHTML;
      const source = element.classList.contains("d") ? `\\displaystyle ${latex}` : latex;
      try {
        katex.render(source, element, { trust: false, strict: "ignore", maxSize: 20, maxExpand: 200, errorColor: "#c00001" });
      } catch (error) { // the MathML stays, and the title says why
        element.innerHTML = mathml;
        element.title = error.message;
        element.classList.add("katex-error");
      }
      element.classList.add("done");
    }
    scrolling();
  }

  function scrolling() {
    for (const element of all(".equations, .wide, .result, .statement, main p"))
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0; // to be scrolled by the keyboard
      else element.removeAttribute("tabindex");
  }

  function go() {
    const target = place && document.getElementById(place);
    if (!target) return;
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    for (const other of all(".here")) other.classList.remove("here");
    target.classList.add("here");
    target.scrollIntoView();
  }

  function theme(next) {
    if (next) root.dataset.theme = next;
  }

  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  const parts = () => document.querySelector("template").content;

  async function copy(text, what) {
    const said = document.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no right to: the old way, from a field of its own
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = quiet(() => document.execCommand("copy"));
      field.remove();
      if (!done) return;
    }
    said.replaceChildren(...parts().querySelector(`[data-said=${what}]`).cloneNode(true).childNodes);
    setTimeout(() => said.replaceChildren(), 2500);
  }

  // The pieces of a line, without the empty groups that make their signs relations.
  const latex = (row) => [...row.querySelectorAll(".left > .m, .right > .m")]
    .map((piece) => piece.dataset.latex.replace(/^\{\}/, "")).join(" ");

  // A button is named by its word and by the left side of its line, which may stand some lines above.
  let named = 0;
  function naming(button, row) {
    while (!row.querySelector(".left > .m") && row.previousElementSibling?.querySelector(".left")) row = row.previousElementSibling;
    const left = row.querySelector(".left");
    left.id ||= `left-${++named}`;
    button.id = `${button.className}-${++named}`;
    button.setAttribute("aria-labelledby", `${button.id} ${left.id}`);
  }

  // Each line gets a button that copies it; one that an exercise leaves out also gets a button that shows it.
  function buttons() {
    for (const group of all(".equations")) {
      const kept = Number(group.closest(".lines")?.dataset.kept ?? Infinity);
      [...group.querySelectorAll(".row")].forEach((row, number) => {
        const [reveal, copy] = parts().cloneNode(true).querySelectorAll("button");
        naming(copy, row);
        if (number >= kept) {
          naming(reveal, row);
          row.classList.add("asked");
          row.querySelector(".left").after(reveal);
          const which = parts().querySelector(".which");
          const goesOn = kept > 0 ? !row.querySelector(".left > .m") : group.closest(".place");
          if (which && goesOn) reveal.after(which.cloneNode(true));
        }
        row.append(copy);
      });
    }
  }

  function reveal(button) {
    const seen = button.closest(".row").classList.toggle("seen");
    button.setAttribute("aria-expanded", String(seen));
    scrolling();
  }

  function clicked(event) {
    const link = event.target.closest("a.link");
    if (link) {
      event.preventDefault();
      place = link.getAttribute("href").slice(1);
      write();
      go();
      copy(location.href, "link");
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) return void copy(latex(button.closest(".row")), "line");
    if (button.classList.contains("reveal")) return reveal(button);
    if (button.dataset.lang) state.lang = button.dataset.lang;
    if (button.dataset.detail) state.detail = button.dataset.detail;
    if ("fold" in button.dataset) {
      const fold = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(fold));
      for (const step of all("details.step")) step.open = !fold;
    }
    if ("answers" in button.dataset) {
      state.answers = state.answers === "hidden" ? "shown" : "hidden";
      for (const row of all(".row.seen")) reveal(row.querySelector(".reveal"));
    }
    if ("theme" in button.dataset) {
      theme(dark() ? "light" : "dark");
      quiet(() => localStorage.setItem("derive-theme", root.dataset.theme));
    }
    write();
    show();
  }

  // On paper every step is open.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...all("details.step:not([open])")];
    for (const step of folded) step.open = true;
  });
  addEventListener("afterprint", () => { for (const step of folded) step.open = false; });

  theme(quiet(() => localStorage.getItem("derive-theme")));
  read();
  root.lang = state.lang;
  root.dataset.detail = state.detail;
  root.dataset.answers = state.answers;
  addEventListener("resize", scrolling);
  addEventListener("hashchange", () => { read(); write(); show(); go(); });
  addEventListener("DOMContentLoaded", () => {
    document.querySelector(".switches").hidden = false;
    document.addEventListener("click", clicked);
    buttons();
    show();
    go();
  });
})();
