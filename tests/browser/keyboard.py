"""Working a page by keyboard alone, as somebody does who cannot use a mouse.

Keys move the focus, never a selector, and whatever has it on the way must show that it does.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from playwright.async_api import Page

MOST_TABS = 250
MOST_CHOICES = 80
SPACE = "Space"
_FOCUSED = """() => {
  const here = document.activeElement;
  const shown = here.closest(".choices label") || here;
  const outline = (one) => getComputedStyle(one).outlineStyle !== "none";
  return {
    tag: here.tagName, name: here.getAttribute("name") || "",
    text: here.getAttribute("aria-label") || here.innerText || here.labels?.[0]?.innerText || "",
    around: here.closest("tr, li, section, aside")?.innerText || "",
    seen: here === document.body || outline(here) || outline(shown),
  };
}"""
_CHOSEN = """() => {
  const here = document.activeElement;
  return here.tagName === "SELECT"
    ? here.selectedOptions[0].text : here.closest("label").innerText;
}"""


async def go_to(
    page: Page, text: str = "", *, tag: str = "", name: str = "", around: str = ""
) -> None:
    """Press Tab until what is looked for has the focus: by what it says, and what stands around it.

    Raises:
        AssertionError: no Tab leads there, or the focus could not be seen on the way.
    """
    for _ in range(MOST_TABS):
        here = await tab(page)
        said = text in here["text"] and around in here["around"]
        if said and tag in ("", here["tag"]) and name in ("", here["name"]):
            return
    raise AssertionError(f"no Tab leads to {tag} {name} {text!r} {around!r}")


async def tab(page: Page) -> Mapping[str, Any]:
    """Press Tab once; what has the focus now."""
    await page.keyboard.press("Tab")
    here: Mapping[str, Any] = await page.evaluate(_FOCUSED)
    assert here["seen"], f"nothing shows that the focus is on {here}"
    return here


async def enter(page: Page) -> None:
    """Press Enter where it leads to another page, and wait until that is there."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def follow(page: Page, text: str, **where: str) -> None:
    """Go to a link or a button and press Enter."""
    await go_to(page, text, **where)
    await enter(page)


async def pick(page: Page, text: str, *, name: str) -> None:
    """Go to a list or to radio buttons, and down them until this one is chosen. Typing a list's
    words would depend on how fast the keys follow one another."""
    await go_to(page, name=name)
    await choose(page, text)


async def choose(page: Page, text: str) -> None:
    """Go down what has the focus until this is chosen."""
    if await page.evaluate("document.activeElement.type === 'radio'"):
        await page.keyboard.press(SPACE)
    for _ in range(MOST_CHOICES):
        if text in await page.evaluate(_CHOSEN):
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"{text!r} is not among the choices")


async def tick(page: Page, *texts: str, name: str = "") -> None:
    """Go to each of these boxes, in the order of the page, and tick it."""
    for text in texts:
        await go_to(page, text, tag="INPUT", name=name)
        await page.keyboard.press(SPACE)


async def answer(page: Page, answers: Mapping[str, str]) -> None:
    """Radio buttons: each question by its name, its answer by value, in the order of the page."""
    open_still = dict(answers)
    for _ in range(MOST_TABS):
        if not open_still:
            return
        here = await tab(page)
        wanted = open_still.pop(here["name"], None)
        if wanted is not None:
            await _down_to(page, wanted, at=here["name"])
    raise AssertionError(f"no Tab leads to {sorted(open_still)}")


async def _down_to(page: Page, value: str, *, at: str) -> None:
    await page.keyboard.press(SPACE)
    for _ in range(MOST_CHOICES):
        if await page.evaluate("document.activeElement.value") == value:
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"{at} cannot be answered with {value}")


async def fill(page: Page, answers: Mapping[str, str]) -> None:
    """Each field by its name, in the order of the page."""
    open_still = dict(answers)
    for _ in range(MOST_TABS):
        if not open_still:
            return
        here = await tab(page)
        answer = open_still.pop(here["name"], None)
        if answer == SPACE:
            await page.keyboard.press(SPACE)
        elif answer and here["tag"] == "SELECT":
            await choose(page, answer)
        elif answer:
            await page.keyboard.type(answer)
    raise AssertionError(f"no Tab leads to {sorted(open_still)}")


async def fill_day(page: Page, day: date, *, name: str) -> None:
    """A day, whose parts a browser takes in the order of its own language."""
    await go_to(page, name=name)
    for order in ("%m%d%Y", "%d%m%Y"):
        await page.keyboard.type(day.strftime(order))
        if await page.evaluate("document.activeElement.value") == day.isoformat():
            return
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("ArrowLeft")
    raise AssertionError(f"{name} does not take a day by keyboard")


async def named(page: Page, start: str) -> list[str]:
    """Names of fields that begin so."""
    found = await page.eval_on_selector_all(
        f"[name^='{start}']:not([type=hidden])", "all => all.map(one => one.name)"
    )
    return sorted(set(found))
