// A card for each number: what was printed, what agreement means, where it was computed, and last its name.
// It opens where a pointer rests, on a tap, and for the keyboard by the button "Trace the numbers" of each result;
// it stays while the pointer or the focus is on it, and Escape closes it.
const { chapters, values } = JSON.parse(document.getElementById("traces").textContent);
const meanings = new Map([...document.querySelectorAll("dd[data-kind]")].map((dd) => [dd.dataset.kind, dd.textContent]));
const card = document.createElement("span");
card.className = "card";
card.id = "card";
card.popover = "manual";
card.setAttribute("role", "group");
card.setAttribute("aria-label", "About this number");
const RESULT = ".result, .told"; // what has a button of its own
let shown, held, timer, entered; // held: by a tap or the focus, so a pointer that passes does not take it away

for (const number of document.querySelectorAll(".value")) number.removeAttribute("title"); // the card says it

function span(name, ...content) {
  const element = document.createElement("span");
  element.className = name;
  element.append(...content);
  return element;
}

const line = (name, ...content) => span("line", span("term", name), " ", span("", ...content));

function link(text, href) {
  const a = document.createElement("a");
  a.href = href;
  a.textContent = text;
  return a;
}

// Where a cell stands, as a reader knows it: the chapter's title, and the section's.
function told(notebook, place) {
  const chapter = document.getElementById(chapters[notebook]).querySelector("h2").textContent;
  const section = document.getElementById(place)?.closest(".part").querySelector("h3")?.textContent;
  return section ? `${chapter}: ${section}` : chapter;
}

function fill(number) {
  const name = number.dataset.id;
  const [value, notebook, cell, figure, printed, kind] = values[name];
  const made = number.matches(".invented");
  const title = document.createElement("b");
  title.textContent = figure ? `Printed in 2019: ${printed}` : made ? "Made up: it says nothing about young people" : "Not printed in 2019 as a figure of its own";
  const unrounded = String(value).replace("-", "−");
  const more = unrounded && unrounded !== number.textContent ? ` (unrounded ${unrounded})` : "";
  const rows = [title, line("As here", `${number.textContent}${more}`)];
  if (kind) {
    const mark = [...number.classList].find((name) => !["value", "traced", "invented", "counted"].includes(name));
    rows.push(line("Agreement", span(`kind ${mark}`, kind), " ", span("meaning", meanings.get(kind) ?? "")));
  }
  const place = `${chapters[notebook]}--cell-${cell}`;
  rows.push(line("Computed in", link(told(notebook, place), `#${place}`)));
  const names = document.createElement("small");
  names.append(Object.assign(document.createElement("code"), { textContent: name }), `, cell ${cell} of ${notebook}`, figure ? `; printed as ${figure}` : "");
  card.replaceChildren(...rows, names);
}

function open(number) {
  clearTimeout(timer);
  if (number === shown) return;
  close();
  shown = number;
  fill(number);
  number.after(card); // so that the keyboard goes from the number to the card's link
  number.setAttribute("aria-describedby", "card");
  number.classList.add("traced");
  card.showPopover?.();
  place();
}

function place() {
  const at = shown.getClientRects()[0];
  if (!at || at.bottom < 0 || at.top > innerHeight) return close();
  const { width, height } = card.getBoundingClientRect();
  const above = at.bottom + height + 12 > innerHeight && at.top > height + 12;
  card.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  card.style.top = `${above ? at.top - height - 6 : at.bottom + 6}px`;
}

function close() {
  clearTimeout(timer);
  if (!shown) return;
  shown.removeAttribute("aria-describedby");
  shown.classList.remove("traced");
  card.remove();
  shown = held = undefined;
}

const closeLater = () => { if (!held) timer = setTimeout(close, 300); };

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch") return;
  const number = target.closest?.(".value");
  clearTimeout(entered);
  if (card.contains(target) || (number && number === shown)) return clearTimeout(timer);
  if (number && !held) entered = setTimeout(() => open(number), 120);
  else if (shown) closeLater();
});
document.addEventListener("click", ({ target, defaultPrevented }) => {
  if (defaultPrevented) return; // a hit of the search has just opened a card
  const number = target.closest?.(".value");
  if (number) {
    open(number);
    held = true;
  } else if (target.closest?.(".card a")) {
    const result = document.getElementById(target.closest("a").hash.slice(1));
    close();
    result?.querySelector("details.code")?.setAttribute("open", "");
  } else if (!card.contains(target) && !target.closest?.(".trace")) close();
});
document.addEventListener("focusout", ({ relatedTarget }) => {
  if (shown && relatedTarget && relatedTarget !== shown && !card.contains(relatedTarget)) close();
});
document.addEventListener("scroll", () => shown && place(), { capture: true, passive: true });

// By keyboard: the button goes to a result's first number, arrows to its others, Escape back to the button.
function go(number) {
  number.closest(".part")?.dispatchEvent(new Event("sources"));
  number.tabIndex = -1;
  number.focus({ preventScroll: true });
  number.scrollIntoView({ block: "nearest", inline: "nearest" });
  open(number);
  held = true;
}
document.addEventListener("trace", ({ target }) => go(target)); // as the search asks

function beside(number, key) {
  const all = [...number.closest(RESULT).querySelectorAll(".value")];
  const here = all.indexOf(number);
  const cell = number.closest("td");
  if (cell && (key === "ArrowUp" || key === "ArrowDown")) {
    const column = all.filter((each) => each.closest("td")?.cellIndex === cell.cellIndex);
    return column[column.indexOf(number) + (key === "ArrowDown" ? 1 : -1)];
  }
  return { ArrowRight: all[here + 1], ArrowDown: all[here + 1], ArrowLeft: all[here - 1], ArrowUp: all[here - 1],
    Home: all[0], End: all.at(-1) }[key];
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown) {
    const back = (shown === document.activeElement || card.contains(document.activeElement))
      && shown.closest(RESULT)?.querySelector(".trace");
    close();
    if (back) back.focus();
  } else if (document.activeElement?.matches(".value") && /^(Arrow|Home|End)/.test(event.key)) {
    event.preventDefault();
    const next = beside(document.activeElement, event.key);
    if (next) go(next);
  }
});

for (const result of document.querySelectorAll(RESULT)) {
  const numbers = result.querySelectorAll(".value");
  if (!numbers.length) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "trace tool";
  button.textContent = "Trace the numbers";
  button.title = "Goes to the first number; arrow keys go on, Escape comes back";
  button.addEventListener("click", () => go(numbers[0]));
  const code = result.querySelector("details.code");
  if (code) code.before(button);
  else result.querySelector(".more").append(button);
}
