"""A chat-completion server in this process that plays a script: the real wire, and every way a server can fail."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Play = Callable[["Handler"], None]


class Request(NamedTuple):
    """What one request carried."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def last(self) -> str:
        """The last message."""
        return str(self.body["messages"][-1]["content"])


class Handler(BaseHTTPRequestHandler):
    """Answers with the next play of the script, then with the default."""

    protocol_version = "HTTP/1.1"
    server: "Scripted"
    asked: Request

    def do_POST(self) -> None:
        """Take one request."""
        body = self.rfile.read(int(self.headers["content-length"]))
        request = Request({name.lower(): value for name, value in self.headers.items()}, json.loads(body))
        self.asked = request
        with self.server.lock:
            self.server.requests.append(request)
            play = self.server.script.pop(0) if self.server.script else say(self.server.answer(request))
        play(self)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        """Write one response; a `length` beyond the body makes it end too early."""
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


class Scripted(ThreadingHTTPServer):
    """The server."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *script: Play, answer: Callable[[Request], str] = lambda request: "yes", port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.script = list(script)
        self.answer = answer
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"


def say(text: str | None, finish: str = "stop", usage: tuple[int, int] | None = (10, 5)) -> Play:
    """Answer well."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1]} if usage else None
    return raw(json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": counted}).encode())


def raw(body: bytes, status: int = 200, **headers: str) -> Play:
    """Answer with these bytes."""
    return lambda handler: handler.send(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def fail(status: int, message: str = "no", code: str | None = None, **headers: str) -> Play:
    """Answer with an error as OpenAI writes them."""
    return raw(json.dumps({"error": {"message": message, "code": code}}).encode(), status, **headers)


def die_midway(handler: Handler) -> None:
    """Promise more than is sent, and hang up."""
    handler.send(200, b'{"choices": [{"mess', length=1000)


def stall(handler: Handler) -> None:
    """Say nothing until the test is over."""
    handler.server.released.wait(10)
    handler.close_connection = True


@contextmanager
def serving(server: Scripted) -> Iterator[Scripted]:
    """Serve for as long as the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
