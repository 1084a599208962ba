// Tables and code that are wider than their place scroll there and take the focus for it; those that fit do neither.
const regions = document.querySelectorAll(".table, pre");

function fit(region) {
  if (!region.clientWidth) return; // folded away
  region.classList.toggle("fits", region.scrollWidth <= region.clientWidth + 1);
  const { overflowY } = getComputedStyle(region);
  const tall = overflowY !== "visible" && region.scrollHeight > region.clientHeight + 1;
  region.classList.toggle("tall", tall);
  const scrolls = tall || !region.matches(".fits");
  if (scrolls) region.tabIndex = 0;
  else region.removeAttribute("tabindex");
  if (region.matches("[role]")) region.setAttribute("role", scrolls ? "region" : "group"); // a group is no landmark
}

const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
for (const region of regions) watch.observe(region);
addEventListener("turned", () => regions.forEach(fit)); // at once: a table that fits is taller, and moves what is below

// On a narrow screen a picture fits, and its letters may be small: it can be had in its own size, to be scrolled.
for (const picture of document.querySelectorAll("figure > :is(img, svg:only-of-type)")) {
  const figure = picture.parentElement;
  const frame = document.createElement("div");
  frame.className = "frame";
  picture.before(frame);
  frame.append(picture);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge tool";
  button.textContent = "Larger";
  button.setAttribute("aria-pressed", false);
  const label = figure.querySelector("figcaption b, figcaption a");
  button.setAttribute("aria-label", `Larger: ${label?.textContent.replace(".", "") ?? "picture"}`);
  button.addEventListener("click", () => {
    const large = frame.classList.toggle("large");
    button.setAttribute("aria-pressed", large);
    if (large) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  frame.after(button);
}
