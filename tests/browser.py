"""What the tests that open a page in a browser share.

Not a test file: the tests load it by `runpy.run_path`. The browser itself is the
fixture `chromium` of `conftest.py`.
"""

import contextlib

# Texts whose contrast with what is behind them is less than the 4.5 (large ones: 3)
# that the Web Content Accessibility Guidelines 2.2, 1.4.3, ask for.
TOO_FAINT = """() => {
  const channels = (colour) => {
    const found = colour.match(/[\\d.]+/g).map(Number);
    return found.length > 3 ? found : [...found, 1];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = channels(getComputedStyle(element).backgroundColor);
      if (colour[3] > 0.99) return colour;
    }
    return [255, 255, 255, 1];
  };
  const seen = { checkOpacity: true, checkVisibilityCSS: true };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!text || !element.checkVisibility(seen)) continue;
    const style = getComputedStyle(element);
    const pair = [channels(style.color), behind(element)].map(luminance);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${text.slice(0, 40)}: ${ratio}`);
  }
  return found;
}"""


@contextlib.contextmanager
def opened(chromium, home, **settings):
    """A page of its own that reaches `home` and nothing else.

    Args:
        chromium: the browser.
        home: how the addresses that it may ask for begin.
        **settings: of the context, such as `viewport`.

    Yields:
        `(page, faults)`; the faults are lines, of what a page printed as an error or
        warning, raised, asked of another host or did not get.
    """
    context = chromium.new_context(**settings)
    page, faults = context.new_page(), []

    def answer(route):
        address = route.request.url
        if address.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"asked for {address}")
            route.abort()

    def listen(message):
        if message.type in ("error", "warning"):
            faults.append(f"console: {message.text} ({message.location['url']})")

    def check(response):
        if response.status >= 400:
            faults.append(f"{response.status}: {response.url}")

    context.route("**/*", answer)
    page.on("console", listen)
    page.on("pageerror", lambda error: faults.append(f"raised: {error}"))
    page.on("response", check)
    yield page, faults
    context.close()


def is_too_wide(page):
    """Tells whether the page can be scrolled to the side."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
