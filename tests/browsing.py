"""A real browser for the tests, and the faults that are looked for in a page.

Each check returns a list of faults, empty where there is none. They are run on tiny pages with a planted fault too.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip

# One element for each way in which text is set: contrast depends on nothing else, and axe is slow at it. What holds
# none of them goes.
REPRESENTATIVES = """
() => {
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
  };
  const seen = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const signature = [color, fontSize, fontWeight, ground(element), element.tagName, element.className].join();
    if (!seen.has(signature)) element.setAttribute("data-look", "");
    seen.add(signature);
  }
  for (const part of document.querySelectorAll("tr, li, p, .result")) {
    if (!part.matches("[data-look]") && !part.querySelector("[data-look]")) part.remove();
  }
}
"""
OVERFLOWING = """
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) {
    const scrolled = (element) => element && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX)
      || scrolled(element.parentElement));
    return [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > wide + 1 && !scrolled(each.parentElement))
      .map((each) => each.outerHTML.slice(0, 100));
  }
  return [];
}
"""
# What a mouse can use; links within the collapsed parts are not among it.
USABLE = """
() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter((each) =>
  each.checkVisibility({ visibilityProperty: true }) && !each.disabled && !each.closest(".skip"))
"""


def structure_faults(page: "Page") -> list[str]:
    """What axe finds wrong, colours apart."""
    return _axe(page, None, {"rules": {"color-contrast": {"enabled": False}}})


def contrast_faults(page: "Page") -> list[str]:
    """Text that axe finds too faint for its ground; cuts the page down, so it comes last."""
    page.evaluate(REPRESENTATIVES)
    return _axe(page, {"include": [["[data-look]"]]}, {"runOnly": ["color-contrast"]})


def _axe(page: "Page", context: dict | None, options: dict) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context, {"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def picture_faults(page: "Page") -> list[str]:
    """Pictures without alt text; axe lets an empty one pass, as decoration."""
    script = "all => all.filter(i => !(i.alt ?? i.ariaLabel ?? '').trim()).map(i => i.outerHTML.slice(0, 60))"
    return page.locator("img, svg").evaluate_all(script)


def link_faults(page: "Page") -> list[str]:
    """Links within the page that end nowhere."""
    return page.locator("a[href^='#']").evaluate_all(
        "all => all.map(a => a.hash.slice(1)).filter(id => !document.getElementById(decodeURIComponent(id)))"
    )


def width_faults(page: "Page") -> list[str]:
    """What makes the page wider than the window."""
    return page.evaluate(OVERFLOWING)


def keyboard_faults(page: "Page") -> list[str]:
    """What a mouse can use and the Tab key does not reach."""
    page.evaluate("""() => {
        window.reached = new Set();
        document.addEventListener("focusin", ({ target }) => reached.add(target));
    }""")
    usable = page.evaluate(f"() => ({USABLE})().length")
    for _ in range(usable + 5):
        page.keyboard.press("Tab")
    return page.evaluate(f"() => ({USABLE})().filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 100))")


def strangers(page: "Page", address: str) -> list[str]:
    """What a page asks for beyond itself, or would ask for if its own policy let it."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_timeout(100)
    return [url for url in asked if url != address and not url.startswith("data:")]


def ink_faults(page: "Page") -> list[str]:
    """Invented numbers that look like printed ones, and printed ones that look invented."""
    return page.evaluate("""() => [...document.querySelectorAll(".value, .result > pre")].filter((each) => {
      const [own, around] = [getComputedStyle(each), getComputedStyle(each.parentElement)];
      const grey = own.fontStyle === "italic" && own.color !== around.color;
      return each.matches(".invented") ? !grey || each.matches(".derived")
        : each.matches(":is(.direction, .not-comparable):not(.counted)") || grey;
    }).map((each) => each.outerHTML.slice(0, 120))""")
