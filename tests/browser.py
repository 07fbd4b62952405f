"""A headless Chromium for the tests of pages: what it shows, says on its console, and asks of the network."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip


class Browser:
    """One browser for all pages."""

    def __init__(self) -> None:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService

        self.profile = tempfile.TemporaryDirectory(prefix="derive-chromium-")
        options = ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        for flag in (*FLAGS, f"--user-data-dir={self.profile.name}"):
            options.add_argument(flag)
        self.driver = Chrome(options, ChromeService(str(shutil.which("chromedriver"))))

    def close(self) -> None:
        self.driver.quit()
        self.profile.cleanup()

    def open(self, path: Path, fragment: str = "", width: int = 1280, height: int = 900) -> None:
        """Load a file anew; what was said and asked before is forgotten."""
        self.driver.get("about:blank")
        self.size(width, height)
        self.said(), self.asked()
        self.driver.get(path.as_uri() + fragment)

    def size(self, width: int, height: int = 900) -> None:
        """The size of the window, also one that is narrower than a desktop's."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, media: str = "", scheme: str = "light") -> None:
        """Screen or print, and what the system prefers."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def command(self, name: str, values: dict[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(name, values)

    def run(self, script: str, *values: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(script, *values)

    def said(self) -> list[str]:
        """What the console got since the last time: errors, warnings, refusals of the page's policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def asked(self) -> list[str]:
        """The addresses that were asked for since the last time, other than files and data."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("file:", "data:", "about:"))]

    def violations(self) -> list[str]:
        """What axe finds worse than minor on the page as it stands: the rule, how bad, and the first element."""
        self.run(axe())
        asked = 'axe.run(document, {resultTypes: ["violations"]})'
        asked += ".then((r) => arguments[0](r.violations))"
        found = self.driver.execute_async_script(asked)
        return [f"{v['id']} {v['impact']} {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] != "minor"]

    def keys(self, *keys: str) -> None:
        """Press keys where the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def picture(self, path: Path, whole: bool = False) -> None:
        """A PNG of the window, or of the whole page."""
        shot = self.command("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(shot["data"]))


def axe() -> str:
    """The script of the accessibility checker."""
    package = pytest.importorskip("axe_core_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def chromium() -> Browser:
    """The browser; skips where there is none, and fails on the machine that must have it."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"not installed: {', '.join(missing)}")
    pytest.importorskip("selenium")
    return Browser()
