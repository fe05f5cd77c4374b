"""Cameras of this machine, and streams of the network, by their address."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from segmem.io.address import shown
from segmem.io.live import PATIENCE_S, STALL_S, Live

if TYPE_CHECKING:
    from av.container import InputContainer

# Over TCP no packet is lost, and nothing waits in a buffer to be put in order.
OPTIONS = {"rtsp": {"rtsp_transport": "tcp", "fflags": "nobuffer"}}
OPTIONS["rtsps"] = OPTIONS["rtsp"]


def camera(index: int, name: str | None = None, patience: float = PATIENCE_S) -> Live:
    """Camera number `index` of this machine (`/dev/video<index>`); `patience` as for `Live`.

    Raises:
        SurroundingsError: there is no such camera, or another program holds it.
    """

    def connect() -> "InputContainer":
        import av

        return av.open(f"/dev/video{index}", format="v4l2", timeout=STALL_S)

    return Live(name or f"camera{index}", connect, patience)


def network(url: str, name: str | None = None, patience: float = PATIENCE_S) -> Live:
    """A stream of the network.

    Args:
        url: as `rtsp://host:554/path`; see `io.address.SCHEMES`. A user and a password in it are used and never told.
        name: told in messages; None is `shown(url)`.
        patience: as for `Live`.

    Raises:
        SurroundingsError: nobody answers there, or not with pictures.
    """

    def connect() -> "InputContainer":
        import av

        return av.open(url, options=OPTIONS.get(urlsplit(url).scheme, {}), timeout=STALL_S)

    return Live(name or shown(url), connect, patience)
