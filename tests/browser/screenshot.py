"""Takes the picture of README: the HTML report of the original incident, in a real browser. `make screenshot`."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs" / "report.png"
COMMAND = ("--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", "fixtures/original-incident/trail")


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        run([*COMMAND, "--format", "html", "--output", str(page_file)])
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or "chromium")
        page = browser.new_page(viewport={"width": 1240, "height": 1340})
        page.goto(page_file.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()
