"""The checks find what they are for: each is given a tiny page with one fault planted, and the same page without."""

import pytest

from tests.browsing import (
    contrast_faults,
    keyboard_faults,
    link_faults,
    picture_faults,
    strangers,
    structure_faults,
    width_faults,
)

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tiny</title>{head}</head>
<body><main><h1>Tiny</h1><p>Words and a <a href="#end">link</a>.</p>{fault}<p id="end">The end.</p>
</main></body></html>"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
WIDE = "<div style='height: 50px; overflow: auto'><p>" + "Many words. " * 200 + "</p></div>"
PLANTED = {
    "an empty alt text": (picture_faults, f'<img src="{PIXEL}" alt=" ">'),
    "a drawing without words": (picture_faults, '<svg role="img" width="9" height="9"></svg>'),
    "no alt text": (structure_faults, f'<img src="{PIXEL}">'),
    "a button without a name": (structure_faults, "<button></button>"),
    "a field without a label": (structure_faults, "<input>"),
    "a region that scrolls and takes no focus": (structure_faults, WIDE),
    "a heading that skips a level": (structure_faults, "<h4>Deep</h4>"),
    "faint letters": (contrast_faults, "<p style='color: #999; background: #fff'>Faint</p>"),
    "an anchor that ends nowhere": (link_faults, "<a href='#gone'>there</a>"),
    "a button that Tab passes by": (keyboard_faults, "<button tabindex='-1'>x</button>"),
    "a page wider than the window": (width_faults, "<div style='width: 600px'>Wide words</div>"),
}
CHECKS = list(dict.fromkeys(check for check, _ in PLANTED.values()))  # in an order that every worker agrees on


@pytest.fixture
def tiny(look, tmp_path):
    def open_tiny(fault: str):
        path = tmp_path / "tiny.html"
        path.write_text(PAGE.format(fault=fault, head=""), encoding="utf-8")
        return look(path, 375)

    return open_tiny


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(tiny, name):
    check, fault = PLANTED[name]
    assert len(check(tiny(fault))) == 1


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_page_without_fault_passes(tiny, check):
    assert check(tiny("<button>x</button>")) == []


@pytest.mark.parametrize("policy", ["", "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"])
def test_an_image_from_elsewhere_is_noticed_asked_for_or_kept_from_asking(browser, tmp_path, policy):
    path = tmp_path / "tiny.html"
    image = "<img src='http://elsewhere.invalid/x.png' alt='Elsewhere'>"
    path.write_text(PAGE.format(head=policy, fault=image), encoding="utf-8")
    page = browser.new_page()
    found = strangers(page, path.as_uri())
    page.close()
    assert found == ["http://elsewhere.invalid/x.png"]
