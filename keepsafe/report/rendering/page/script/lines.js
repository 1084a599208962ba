// What a line of the source says: its section and a few words, where a pointer rests on its number, on a tap and on
// the focus. Escape, or a tap elsewhere, takes them away.
const quote = document.createElement("span");
quote.className = "card";
quote.id = "quote";
quote.popover = "auto";
quote.setAttribute("role", "note");
const quoted = (number) => document.getElementById(`line-${number}`);
let rests, shown;

function words(link) {
  const [first, last = first] = link.textContent.match(/\d+/g).map(Number);
  const all = Array.from({ length: last - first + 1 }, (_, turn) => quoted(first + turn)).filter(Boolean);
  const lines = all.filter((_, turn) => turn === 0 || turn === all.length - 1); // the ends of a range tell where it is
  let section;
  return lines.flatMap((row) => {
    const [line, where, text] = [...row.cells].map((cell) => cell.textContent);
    const heading = Object.assign(document.createElement("b"), { textContent: where });
    const said = Object.assign(document.createElement("span"), { textContent: `\u2018${text}\u2019 (line ${line})` });
    const parts = where === section ? [said] : [heading, said];
    section = where;
    return parts;
  });
}

function tell(link) {
  if (shown === link && quote.matches(":popover-open")) return;
  if (quote.isConnected && quote.matches(":popover-open")) quote.hidePopover();
  const all = Object.assign(document.createElement("a"), { href: link.hash, textContent: "All lines that are cited" });
  quote.replaceChildren(...words(link), all);
  link.after(quote); // so that the keyboard goes on to it
  shown = link;
  link.setAttribute("aria-describedby", "quote");
  quote.showPopover();
  const at = link.getClientRects()[0];
  const { width, height } = quote.getBoundingClientRect();
  const above = at.bottom + height + 12 > innerHeight && at.top > height + 12;
  quote.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  quote.style.top = `${above ? at.top - height - 6 : at.bottom + 6}px`;
}
quote.addEventListener("toggle", ({ newState }) => {
  if (newState === "closed") shown?.removeAttribute("aria-describedby");
});

document.addEventListener("pointerover", ({ target, pointerType }) => {
  clearTimeout(rests);
  if (pointerType === "touch") return;
  const link = target.closest?.("a.line");
  if (link) rests = setTimeout(() => tell(link), 120);
  else if (!quote.contains(target)) rests = setTimeout(() => quote.isConnected && quote.hidePopover(), 300);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.line");
  if (!link) return;
  event.preventDefault();
  clearTimeout(rests);
  tell(link);
});
document.addEventListener("scroll", () => quote.isConnected && quote.hidePopover(), { passive: true });
