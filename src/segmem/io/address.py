"""Addresses of streams."""

import re
from urllib.parse import urlsplit

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "tcp", "http", "https")


def is_url(source: str) -> bool:
    """Whether it is the address of a stream."""
    scheme, mark, rest = source.partition("://")
    return bool(mark and rest) and scheme.lower() in SCHEMES


def shown(url: str) -> str:
    """The address without user, password and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def file_name(url: str) -> str:
    """The address as a name that is safe for files."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", shown(url).partition("://")[2]).strip("_.") or "stream"
