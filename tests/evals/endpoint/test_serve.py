"""The endpoint client against the server that transformers ships."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from evals.endpoint.asking import Reply, ask_user
from evals.endpoint.cache import ReplyCache
from evals.endpoint.client import Client, Limits
from evals.endpoint.place import parse_endpoint
from tests.evals.tiny import build_tiny_model

CLI = Path(sys.executable).with_name("transformers")


@pytest.mark.training
@pytest.mark.skipif(not CLI.is_file(), reason="the transformers command is not installed beside Python")
def test_a_served_model_answers_once_it_is_up(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "model")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [str(CLI), "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        cache = ReplyCache(tmp_path / "replies.jsonl")
        client = Client(parse_endpoint(f"http://127.0.0.1:{port}#{model}"), cache, limits=Limits(patience_s=120))
        replies = client.ask([ask_user(f"Tea {n}?", max_tokens=8) for n in range(3)])
    finally:
        server.kill()
        server.wait()
    assert all(isinstance(reply, Reply) for reply in replies), replies
    assert client.use().completion_tokens >= 3
    assert not client.use().tokens_estimated
