// One control a section for its code and for the sources of its numbers; and one for all, with all code opened.
const sections = [...document.querySelectorAll("article .part")].filter((each) => each.querySelector(".result"));

function show(section, open) {
  section.classList.toggle("sources", open);
  section.querySelector(".code-and-sources").setAttribute("aria-expanded", open);
}

for (const section of sections) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "code-and-sources tool";
  button.textContent = "Code and sources";
  const heading = section.querySelector("h3");
  if (heading) button.setAttribute("aria-label", `Code and sources: ${heading.textContent}`);
  button.addEventListener("click", () => show(section, !section.matches(".sources")));
  section.addEventListener("sources", () => show(section, true));
  if (heading) heading.after(button);
  else section.append(button);
  show(section, false);
}

const all = document.querySelector("[data-tool=code]");
all.addEventListener("click", () => {
  const open = all.getAttribute("aria-pressed") !== "true";
  all.setAttribute("aria-pressed", open);
  for (const section of sections) show(section, open);
  for (const each of document.querySelectorAll("details.code")) each.open = open;
});
