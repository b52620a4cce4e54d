"""Text and facts of a PDF."""

from __future__ import annotations

import io
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.loader import load
from tapbot.storage.types import JsonObject

MOST_PAGES = 5_000
FORM = "5.3.31"
"""Version of pdf.js, the reader of n8n, whose form of an answer this is."""


def read_pdf(content: bytes, *, password: str = "", most_pages: int = 0, join_pages: bool = True) -> JsonObject:
    """What n8n tells of a PDF: `numpages`, `numrender`, `info`, `text`.

    Args:
        password: For an encrypted file.
        most_pages: How many pages to read; 0 for all.
        join_pages: Give one text, instead of a list with one for each page.

    Raises:
        InvalidInput: It is no PDF, or the password is wrong.
    """
    pypdf = load("pypdf")
    errors = load("pypdf.errors")
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(password):
            raise InvalidInput(
                "The PDF is encrypted, and the password does not open it.",
                code="node.invalid_pdf",
                hint="Give the password of the file.",
            )
        count = len(reader.pages)
        wanted = min(most_pages or count, count, MOST_PAGES)
        texts = [reader.pages[number].extract_text() for number in range(wanted)]
        info = _info(reader)
    except (errors.PyPdfError, errors.DependencyError, ValueError, KeyError, RecursionError) as error:
        raise InvalidInput(f"This PDF cannot be read: {error}.", code="node.invalid_pdf") from None
    told: JsonObject = {"numpages": count, "numrender": wanted, "info": info}
    told["text"] = "\n\n".join(texts) if join_pages else [*texts]
    return told | {"version": FORM}


def _info(reader: Any) -> JsonObject:
    root = reader.trailer["/Root"]
    form = root.get("/AcroForm") or {}
    fields = form.get("/Fields") or []
    encryption = reader.trailer.get("/Encrypt")
    found: JsonObject = {
        "PDFFormatVersion": str(root.get("/Version") or reader.pdf_header[5:]).lstrip("/"),
        "Language": str(root["/Lang"]) if "/Lang" in root else None,
        "EncryptFilterName": str(encryption["/Filter"]).lstrip("/") if encryption else None,
        "IsLinearized": False,
        "IsAcroFormPresent": bool(fields),
        "IsXFAPresent": "/XFA" in form,
        "IsCollectionPresent": "/Collection" in root,
        "IsSignaturesPresent": bool(int(form.get("/SigFlags") or 0) & 1),
    }
    for name, value in (reader.metadata or {}).items():
        found[str(name).lstrip("/")] = str(value)
    return found
