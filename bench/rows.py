"""Tables of results in Markdown."""

from running import Result


def as_row(name: str, result: Result, last: str) -> list[str]:
    """Make a row of a table."""
    return [
        name,
        f"{result.wall_seconds:.2f} s",
        f"{result.cpu_seconds:.2f} s",
        f"{result.peak_bytes / 1e6:,.0f} MB",
        last,
    ]


def table(header: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
