// The reader's place in the contents; on a narrow screen, the contents as a menu.
const contents = document.querySelector(".contents");
const menu = contents.querySelector(".menu");
const links = new Map([...contents.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const places = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
let current;

function follow() {
  const seen = places.filter((each) => each.checkVisibility());
  const place = seen.findLast((each) => each.getBoundingClientRect().top < innerHeight / 3) ?? seen[0];
  if (place === current) return;
  const before = links.get(current?.id);
  before?.removeAttribute("aria-current");
  before?.closest("nav > ol > li").classList.remove("open");
  current = place;
  const link = links.get(place.id);
  const chapter = link.closest("nav > ol > li");
  link.setAttribute("aria-current", "location");
  chapter.classList.add("open");
  menu.querySelector(".here").textContent = chapter.querySelector("a").textContent.trim();
  const list = contents.querySelector("nav");
  const top = link.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (top < 0 || top > list.clientHeight - 60) list.scrollTop += top - list.clientHeight / 3;
}

let asked = false;
function later() {
  if (!asked) requestAnimationFrame(() => { asked = false; follow(); });
  asked = true;
}
addEventListener("scroll", later, { passive: true });
addEventListener("resize", later, { passive: true });
addEventListener("turned", later);
follow();

function unfold(open) {
  menu.setAttribute("aria-expanded", open);
  contents.classList.toggle("unfolded", open);
}
menu.addEventListener("click", () => unfold(menu.getAttribute("aria-expanded") !== "true"));
contents.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
  unfold(false);
  menu.focus();
});
contents.addEventListener("click", ({ target }) => target.closest("a") && unfold(false));
document.addEventListener("focusin", ({ target }) => contents.contains(target) || unfold(false));
document.addEventListener("pointerdown", ({ target }) => contents.contains(target) || unfold(false));
