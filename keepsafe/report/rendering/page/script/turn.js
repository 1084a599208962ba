// One part at a time: the part in which an address lies is shown, the others wait. On paper, without a script and as
// "Whole report" all are shown.
const main = document.querySelector("main");
const parts = [...main.querySelectorAll(":scope > :is(.front, article)")];
const title = document.title;

function reveal(target) {
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target.matches(".result")) target.closest(".part")?.dispatchEvent(new Event("sources"));
}

function turn(target) {
  const part = parts.find((each) => each.contains(target));
  if (!part) return;
  for (const each of parts) each.classList.toggle("shown", each === part);
  const heading = part.querySelector("h2")?.textContent;
  document.title = part === parts[0] || !heading ? title : `${heading} | ${title}`;
  reveal(target);
  dispatchEvent(new Event("turned"));
}

function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1))) ?? parts[0];
  turn(target);
  target.scrollIntoView();
  if (!target.matches("a, button, input, [tabindex]")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
addEventListener("hashchange", follow);
if (location.hash) follow();
document.addEventListener("trace", ({ target }) => turn(target), true); // before the number's card opens

const whole = document.querySelector("[data-tool=whole]");
whole.addEventListener("click", () => {
  const all = main.classList.toggle("whole");
  whole.setAttribute("aria-pressed", all);
  dispatchEvent(new Event("turned"));
  main.querySelector(":scope > .shown").scrollIntoView();
});
