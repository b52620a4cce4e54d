"""Archives, within limits of size. Pure."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.binaries import LARGEST_BYTES

MOST_FILES = 1000


def pack(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP archive; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


def pack_one(content: bytes) -> bytes:
    """One file, packed with gzip."""
    return gzip.compress(content, mtime=0)


def unpack(content: bytes, name: str) -> list[tuple[str, bytes]]:
    """Names and contents of an archive's files.

    Args:
        name: Of the archive; a file packed with gzip gets it without `.gz`.

    Raises:
        InvalidInput: It is no archive, or damaged.
        LimitExceeded: It has too many files, or they are too large.
    """
    try:
        if content.startswith(b"\x1f\x8b"):
            return [(name.removesuffix(".gz"), _unpack_gzip(content))]
        if zipfile.is_zipfile(io.BytesIO(content)):
            return _unpack_zip(content)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput(f"The archive cannot be unpacked: {error}.", code="node.bad_archive") from None
    raise InvalidInput("The file is no archive.", code="node.bad_archive", hint="ZIP and gzip are known.")


def _unpack_gzip(content: bytes) -> bytes:
    unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content, LARGEST_BYTES + 1)
    if len(unpacked) > LARGEST_BYTES:
        raise _too_large()
    return unpacked


def _unpack_zip(content: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    left = LARGEST_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MOST_FILES:
            raise LimitExceeded(f"The archive has more than {MOST_FILES} files.", code="node.too_many_items")
        for entry in entries:
            # What an archive says of its sizes may be a lie: it is read up to the limit, not as it says.
            with archive.open(entry) as file:
                unpacked = file.read(left + 1)
            left -= len(unpacked)
            if left < 0:
                raise _too_large()
            found.append((entry.filename, unpacked))
    return found


def _too_large() -> LimitExceeded:
    return LimitExceeded(f"Unpacked there are more than {LARGEST_BYTES} bytes.", code="node.file_too_large")
