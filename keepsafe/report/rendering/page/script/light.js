// A light or a dark page, which is not remembered beyond the page.
const tools = document.querySelector(".tools");

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
