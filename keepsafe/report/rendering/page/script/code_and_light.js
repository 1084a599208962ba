// Two switches: all code at once, and a light or a dark page. Neither is remembered beyond the page.
const tools = document.querySelector(".tools");
const code = [...document.querySelectorAll("details.code")];

const codeSwitch = tools.querySelector("[data-tool=code]");
codeSwitch.addEventListener("click", () => {
  const open = codeSwitch.getAttribute("aria-pressed") !== "true";
  codeSwitch.setAttribute("aria-pressed", open);
  for (const each of code) each.open = open;
});

const root = document.documentElement;
const lightSwitch = tools.querySelector("[data-tool=light]");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
const show = () => lightSwitch.setAttribute("aria-pressed", isDark());
lightSwitch.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  show();
});
prefersDark.addEventListener("change", show);
show();
