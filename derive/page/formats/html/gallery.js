// Shows the problems that have all words that are typed, in their names and in their titles in either language.
const field = document.getElementById("search");
const items = [...document.querySelectorAll("li")].map((li) => [li, `${li.textContent} ${li.dataset.words}`.toLowerCase()]);
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [li, text] of items) li.hidden = !words.every((word) => text.includes(word));
  for (const section of document.querySelectorAll("section")) {
    section.hidden = ![...section.querySelectorAll("li")].some((li) => !li.hidden);
  }
  const found = items.filter(([li]) => !li.hidden).length;
  document.getElementById("none").hidden = found > 0;
  const hits = document.getElementById("hits");
  hits.textContent = found && words.length ? hits.dataset.said.replace("#", found) : "";
});
