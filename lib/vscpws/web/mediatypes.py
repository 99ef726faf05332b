"""The media types of files, by the ends of their names; the same on every machine.

Source: the IANA's registry of media types; RFC 9239 for JavaScript.
"""

from __future__ import annotations

import mimetypes
import os.path

__all__ = ["media_type"]

_UNKNOWN = "application/octet-stream"

# Python's own table and not the system's, which differs from one to the next. These are missing
# there, or are another in some versions.
_TYPES = dict(mimetypes.MimeTypes().types_map[True], **{
    ".7z": "application/x-7z-compressed",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".conf": "text/plain",
    ".eot": "application/vnd.ms-fontobject",
    ".geojson": "application/geo+json",
    ".gz": "application/gzip",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".rtf": "application/rtf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
})


def media_type(name: str) -> str:
    """The ``Content-Type`` of a file of that name; texts are UTF-8."""
    kind = _TYPES.get(os.path.splitext(name)[1].lower(), _UNKNOWN)
    return kind + "; charset=utf-8" if kind.startswith("text/") else kind
