"""Text redacted as a document of its own."""

import io

from trail_diff.read.containers import Document
from trail_diff.redaction.documents import Rewriter
from trail_diff.redaction.redactor import Redactor


def rewrite(text: str, redactor: Redactor) -> str:
    """Return the text of a document with the names replaced that a redactor has learnt."""
    data = text.encode("utf-8", "surrogatepass")
    document = Document("document", data[: 1 << 12], io.BytesIO(data))
    return "".join(Rewriter(redactor).rewrite(document, []))
