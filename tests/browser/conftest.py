"""Opens pages in a real Chromium, and keeps everything that should not happen in one."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = shutil.which("chromium") or "chromium"


@dataclass
class Opened:
    """A page with what it did: messages on its console, errors, dialogs and requests beyond its own file."""

    page: "Page"
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def dismiss(self, dialog: "Dialog") -> None:
        """Note a dialog and go on."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def misdeeds(self) -> list[str]:
        """Return all that a good page does not do."""
        return [*self.console, *self.dialogs, *self.requests[1:]]


Opener = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Start the browser once for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: "Browser", tmp_path: Path) -> Iterator[Opener]:
    """Yield a function that opens a page from its text; options are those of a browser context."""
    contexts = []

    def open_text(text: str, **options: Any) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.console.append(message.text))
        opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("dialog", opened.dismiss)
        opened.page.goto(file.as_uri())
        return opened

    yield open_text
    for context in contexts:
        context.close()
