"""Replies that were paid for once: an append-only file, by content."""

from pathlib import Path

from msgspec import Struct

from evals.endpoint.asking import Reply
from reports.jsonl import Jsonl
from reports.rundir import now


class StoredReply(Struct, frozen=True, kw_only=True):
    """One reply under the digest of its question; failures are never stored."""

    key: str
    reply: Reply
    at: str


class ReplyCache:
    """Holds the replies of earlier attempts; each new one is on disk before it is used."""

    def __init__(self, path: Path) -> None:
        self._log = Jsonl(path, StoredReply)
        self._known = {line.key: line.reply for line in self._log.read()}

    def get(self, key: str) -> Reply | None:
        """Return the stored reply."""
        return self._known.get(key)

    def put(self, key: str, reply: Reply) -> None:
        """Store a reply; StorageError when the disk refuses."""
        self._log.append(StoredReply(key=key, reply=reply, at=now()))
        self._known[key] = reply
