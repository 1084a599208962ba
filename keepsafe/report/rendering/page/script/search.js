// Search over sections, captions, names of values, and the text of sections; the hits are links.
const form = document.querySelector(".search");
const field = form.querySelector("input");
const found = form.querySelector(".found");
const hits = form.querySelector(".hits");
const MOST = 12; // hits shown of each sort
let entries;

const ASIDE = "button, .tool, details, script, header, .turn, .ink-key, h2, h3, h4, h5, h6";
const BLOCK = "p, li, dt, dd, tr > *, caption, figcaption, div";

// What stands under a heading and under no other.
function following(heading) {
  const article = heading.tagName === "H2" && heading.closest("article");
  const all = article ? [...article.children] : [...heading.parentElement.children];
  const own = article ? all.flatMap((each) => (each.matches(".part") ? [...each.children] : [each])) : all.slice(all.indexOf(heading) + 1);
  const end = own.findIndex((each) => /^H[1-6]$/.test(each.tagName));
  return end < 0 ? own : own.slice(0, end);
}

function words(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll(ASIDE).forEach((each) => each.remove());
  copy.querySelectorAll(BLOCK).forEach((each) => each.append(" "));
  return copy.textContent;
}

function sectionText(heading) {
  return following(heading).filter((each) => !each.matches(ASIDE))
    .flatMap((each) => (each.matches(".result") ? [...each.querySelectorAll(".finding, figcaption")] : [each]))
    .map(words).join(" ").replace(/\s+/g, " ").trim();
}

function index() {
  const list = [];
  for (const heading of document.querySelectorAll("main :is(h2, h3, h4, h5)[id]")) {
    const inside = heading.closest("article")?.querySelector("h2");
    const where = inside && inside !== heading ? inside.textContent : "";
    const place = heading.tagName === "H2" ? heading.closest("article") ?? heading : heading;
    const text = heading.closest("#exhibits") ? "" : sectionText(heading);
    list.push({ sort: "Sections", title: heading.textContent, where, href: `#${place.id}`, text });
  }
  for (const label of document.querySelectorAll(".exhibits a")) {
    list.push({ sort: "Tables and figures", title: label.textContent.trim(), href: label.hash });
  }
  for (const term of document.querySelectorAll("tr[id^=glossary-]")) {
    const [name, meaning] = [...term.cells].map((cell) => cell.textContent.trim());
    list.push({ sort: "Terms", title: name, where: meaning, href: `#${term.id}` });
  }
  const named = new Set();
  for (const number of document.querySelectorAll(".result .value")) {
    const name = number.dataset.id;
    if (named.has(name)) continue;
    named.add(name);
    list.push({ sort: "Numbers", title: name, where: number.textContent, href: `#${number.closest(".result").id}`, number });
  }
  for (const entry of list) {
    entry.key = entry.title.toLowerCase();
    entry.all = `${entry.key} ${(entry.text ?? "").toLowerCase()}`;
  }
  return list;
}

function snippet(entry, word) {
  const at = entry.text.toLowerCase().indexOf(word);
  const start = Math.max(0, entry.text.lastIndexOf(" ", Math.max(0, at - 40)));
  const end = entry.text.indexOf(" ", at + 60);
  return `${start ? "…" : ""}${entry.text.slice(start, end < 0 ? undefined : end).trim()}${end < 0 ? "" : "…"}`;
}

function list(sort, some, asked) {
  const heading = document.createElement("p");
  heading.className = "sort";
  heading.textContent = some.length > MOST ? `${sort}: ${MOST} of ${some.length}` : sort;
  const ul = document.createElement("ul");
  for (const entry of some.slice(0, MOST)) {
    const a = document.createElement("a");
    a.href = entry.href;
    a.textContent = entry.title;
    const detail = entry.inText ? snippet(entry, asked.find((word) => !entry.key.includes(word)) ?? asked[0]) : entry.where;
    if (detail) {
      const small = document.createElement("span");
      small.textContent = ` ${detail}`;
      a.append(small);
    }
    if (entry.number) {
      a.addEventListener("click", (event) => {
        event.preventDefault();
        entry.number.dispatchEvent(new Event("trace", { bubbles: true }));
      });
    }
    const li = document.createElement("li");
    li.append(a);
    ul.append(li);
  }
  return [heading, ul];
}

function search() {
  entries ??= index();
  const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const enough = asked.join("").length > 1;
  contents.classList.toggle("searching", enough);
  hits.hidden = !enough;
  hits.replaceChildren();
  found.textContent = "";
  if (!enough) return;
  const sorts = new Map();
  let count = 0;
  for (const entry of entries) {
    if (!asked.every((word) => entry.all.includes(word))) continue;
    entry.inText = !asked.every((word) => entry.key.includes(word));
    const sort = entry.inText ? "In the text of" : entry.sort;
    sorts.set(sort, [...(sorts.get(sort) ?? []), entry]);
    count += 1;
  }
  found.textContent = count === 0 ? "Nothing found" : count === 1 ? "1 place found" : `${count} places found`;
  for (const sort of ["Sections", "Terms", "Tables and figures", "In the text of", "Numbers"]) {
    if (sorts.has(sort)) hits.append(...list(sort, sorts.get(sort), asked));
  }
}

const contents = document.querySelector(".contents");
field.addEventListener("input", search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  hits.querySelector("a")?.click();
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !field.value) return;
  event.stopPropagation(); // the first Escape empties the field, the next closes the menu
  field.value = "";
  field.focus();
  search();
});
