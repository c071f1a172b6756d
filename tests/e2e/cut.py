"""A proxy before a site that can be cut: open connections drop, new ones get 502, as when a server is restarted."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

AWAY: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Proxy:
    """Listens on a port of its own; `cut` and `mend` may be called at any time."""

    target: tuple[str, int]
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    is_cut: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def cut(self) -> None:
        self.is_cut.set()
        for end in self.open:
            _close(end)
        self.open.clear()

    def mend(self) -> None:
        self.is_cut.clear()

    def serve(self) -> None:
        while True:
            try:
                browser, _address = self.listening.accept()
            except OSError:
                return  # closed: the test is over
            if self.is_cut.is_set():
                _refuse(browser)
                continue
            site = socket.create_connection(self.target)
            self.open += [browser, site]
            for source, sink in ((browser, site), (site, browser)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


@contextmanager
def cuttable(url: str) -> Iterator[Proxy]:
    """The site at `url` behind a proxy."""
    where = urlsplit(url)
    assert where.hostname
    assert where.port
    proxy = Proxy((where.hostname, where.port))
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        _close(proxy.listening)
        proxy.cut()


def _refuse(browser: socket.socket) -> None:
    with contextlib.suppress(OSError):
        browser.recv(65536)
        browser.sendall(AWAY)
    _close(browser)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _close(source)
    _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
