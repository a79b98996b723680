"""What is wrong with a page, in words: its HTML, its size, how it fits a screen, whom it shuts out."""

import gzip
from collections import Counter
from functools import cache
from urllib.parse import urlsplit

import html5lib
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.staticfiles import finders

WIDTHS = (320, 360, 640, 768, 1280)  # 640 is a screen of 1280 at 200 % zoom
FIRST_VISIT = 100_000  # bytes over the wire, everything included
HEADERS = 1000  # bytes, at most, of each answer

# Elements that only hold text and what stands within a line.
PHRASES = {"button", "em", "h1", "h2", "h3", "kbd", "code", "label", "legend", "p", "span", "strong", "summary", "time"}
BLOCKS = {"article", "details", "div", "dl", "fieldset", "form", "h1", "h2", "h3", "header", "li", "main", "nav", "ol"}
BLOCKS |= {"p", "section", "table", "ul"}
# The elements of a list, a table and their like, and what may stand in them.
CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"div", "dt", "dd"},
    "select": {"option", "optgroup"},
    "table": {"caption", "thead", "tbody"},
    "tr": {"th", "td"},
}


def in_html(source):
    """What is wrong with the HTML as it was sent."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    document = parser.parse(source)
    for (line, column), code, _data in parser.errors:
        yield f"HTML, line {line}, column {column}: {code}"
    elements = [element for element in document.iter() if isinstance(element.tag, str)]
    ids = Counter(element.get("id") for element in elements if element.get("id") is not None)
    for name, count in ids.items():
        if count > 1 or not name or " " in name:
            yield f"HTML: the id {name!r} is there {count} times"
    names = Counter(element.tag for element in elements)
    if names["h1"] != 1 or names["main"] != 1 or names["title"] != 1:
        yield f"HTML: {names['h1']} h1, {names['main']} main, {names['title']} title"
    for element in elements:
        yield from _in_element(element, ids)


def _in_element(element, ids):
    tag = element.tag
    for name, value in element.items():
        if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
            yield f"HTML: <{tag} {name}={value!r}> is inline"
        if name in {"for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "popovertarget"}:
            yield from (f"HTML: <{tag} {name}> points to no {one!r}" for one in value.split() if one not in ids)
    if tag == "style" or (tag == "script" and not element.get("src")):
        yield f"HTML: <{tag}> is inline"
    if tag == "button" and element.get("type") not in {"submit", "button"}:
        yield "HTML: a button without a type"
    children = [child.tag for child in element if isinstance(child.tag, str)]
    if tag in PHRASES:
        yield from (f"HTML: <{child}> in <{tag}>" for child in children if child in BLOCKS)
    if tag in CHILDREN:
        yield from (f"HTML: <{child}> in <{tag}>" for child in children if child not in CHILDREN[tag])


@cache
def _packed_file(path):
    with open(finders.find(path), "rb") as file:
        return len(gzip.compress(file.read()))


def in_weight(page, source):
    """Whether a first visit is too heavy: page, style, scripts and pictures, each packed, with their headers."""
    used = page.evaluate("[...document.querySelectorAll('link[href], [src]')].map(used => used.href || used.src)")
    files = {urlsplit(url).path.removeprefix(settings.STATIC_URL) for url in used}
    weight = len(gzip.compress(source.encode())) + sum(map(_packed_file, files)) + HEADERS * (1 + len(files))
    if weight > FIRST_VISIT:
        yield f"weighs {weight} bytes"


# What is wider than the screen or than its own box, so that it is cut off or must be scrolled to.
_OVERFLOW = """mayScroll => {
  const found = [];
  // A word without end makes a table scroll within its box.
  const left = "svg, .visually-hidden, .skip, select, datalist" + (mayScroll ? ", .table-wrap" : "");
  const root = document.documentElement;
  const name = (element) => {
    const words = element.className && typeof element.className === "string" ? "." + element.className : "";
    return `${element.tagName.toLowerCase()}${words} "${(element.innerText || "").trim().slice(0, 30)}"`;
  };
  if (root.scrollWidth > root.clientWidth) found.push(`the page scrolls sideways (${root.scrollWidth})`);
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(left) || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    if (style.clipPath !== "none" || style.display === "inline") continue;
    const box = element.getBoundingClientRect();
    if (box.right > root.clientWidth + 1 || box.left < -1) found.push(`beyond the edge: ${name(element)}`);
    if (style.overflowX === "visible" || element.matches("input, textarea")) continue;
    if (element.scrollWidth > element.clientWidth + 1) found.push(`cut off by its box: ${name(element)}`);
    if (found.length > 5) break;
  }
  return found;
}"""


def in_widths(page, widths=WIDTHS, tables_may_scroll=False):
    """What does not fit a screen."""
    height = page.viewport_size["height"]
    for width in widths:
        page.set_viewport_size({"width": width, "height": height})
        problems = page.evaluate(_OVERFLOW, tables_may_scroll and width >= 640)
        yield from (f"at {width} px: {problem}" for problem in problems)


# Beside its usual rules, that of WCAG 2.2 which axe leaves off. In the dark nothing but colours differs.
_LIGHT = {"rules": {"target-size": {"enabled": True}}}
_DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def in_access(page):
    """What axe finds, in light and in dark."""
    page.evaluate(AXE_SCRIPT)
    for theme, options in (("light", _LIGHT), ("dark", _DARK)):
        page.emulate_media(color_scheme=theme)
        for violation in page.evaluate(_RUN_AXE, options):
            for node in violation["nodes"][:3]:
                yield f"axe, {theme}: {violation['id']}: {node['html'][:200]} {node['failureSummary']}"


_RUN_AXE = "options => axe.run({resultTypes: ['violations'], ...options}).then(found => found.violations)"


_MAIN_ACTIONS = """() => [...(document.querySelector("dialog[open]") ?? document.querySelector("main"))
  .querySelectorAll(".button--solid")].filter((button) => button.checkVisibility()).map((button) => button.innerText)"""


def in_emphasis(page):
    """One main action on a screen, or one in the window over it."""
    actions = page.evaluate(_MAIN_ACTIONS)
    if len(actions) > 1:
        yield f"several main actions: {', '.join(actions)}"
