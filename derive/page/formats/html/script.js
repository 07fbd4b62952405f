"use strict";
(() => {
  const root = document.documentElement;
  const begin = { lang: root.lang, detail: root.dataset.detail };
  const state = { ...begin };
  const allowed = { lang: ["en", "zh"], detail: ["brief", "full"] };
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
    for (const key of Object.keys(allowed))
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
    for (const element of all(".equations, .wide, .statement, main p"))
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

  async function copy(link) {
    const said = document.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = said.dataset[state.lang === "zh" ? "copiedZh" : "copiedEn"];
      setTimeout(() => { said.textContent = ""; }, 1500);
    } catch { /* the address bar has it */ }
  }

  function clicked(event) {
    const link = event.target.closest("a.link");
    if (link) {
      event.preventDefault();
      place = link.getAttribute("href").slice(1);
      write();
      go();
      copy(location.href);
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.lang) state.lang = button.dataset.lang;
    if (button.dataset.detail) state.detail = button.dataset.detail;
    if ("fold" in button.dataset) {
      const fold = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(fold));
      for (const step of all("details.step")) step.open = !fold;
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
  addEventListener("hashchange", () => { read(); write(); show(); go(); });
  addEventListener("DOMContentLoaded", () => {
    document.querySelector(".switches").hidden = false;
    document.addEventListener("click", clicked);
    show();
    go();
  });
})();
