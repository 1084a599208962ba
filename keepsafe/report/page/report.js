// The reader's place in the contents, and two conveniences. The page is whole without any of it.
const tools = document.querySelector(".tools");
tools.hidden = false;

const code = [...document.querySelectorAll("details.code")];
tools.querySelector("[data-tool=code]").addEventListener("click", ({ target }) => {
  const open = target.getAttribute("aria-pressed") !== "true";
  target.setAttribute("aria-pressed", open);
  target.textContent = open ? "Close all code" : "Open all code";
  for (const each of code) each.open = open;
});

tools.querySelector("[data-tool=theme]").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

if (matchMedia("(max-width: 72rem)").matches) document.querySelector(".contents details").open = false;

const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
const places = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
let current;
function follow() {
  const place = places.findLast((each) => each.getBoundingClientRect().top < innerHeight / 3) ?? places[0];
  if (place === current) return;
  links.get(current?.id)?.removeAttribute("aria-current");
  current = place;
  const link = links.get(place.id);
  link.setAttribute("aria-current", "location");
  const list = link.closest(".contents");
  const top = link.offsetTop - list.offsetTop;
  if (top < list.scrollTop || top > list.scrollTop + list.clientHeight - 80) list.scrollTop = top - list.clientHeight / 3;
}
let asked = false;
addEventListener("scroll", () => {
  if (!asked) requestAnimationFrame(() => { asked = false; follow(); });
  asked = true;
}, { passive: true });
follow();
