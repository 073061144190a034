"""Every test runs in the same locale, whatever the developer's own: the language of a report follows it."""

import os

for name in ("LC_MESSAGES", "LANG", "NO_COLOR"):
    os.environ.pop(name, None)
os.environ["LC_ALL"] = "C.UTF-8"
