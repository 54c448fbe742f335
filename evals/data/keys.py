"""Short digests under which equal rows and equal prompts meet."""

from hashlib import blake2b

from evals.data.examples import Example, Fields, Text, plain

KEY_BYTES = 16


def prompt_key(prompt: Text) -> bytes:
    """Digest a prompt's words, so that case and spacing do not tell prompts apart."""
    return words_key(plain(prompt))


def words_key(text: str) -> bytes:
    """Digest the words of a text, without case and spacing."""
    return _digest(" ".join(text.casefold().split()))


def row_key(example: Example) -> bytes:
    """Digest all fields of a row as they are."""
    return _digest(example.kind, *(_exact(example.fields, name) for name in sorted(example.fields)))


def order_key(seed: int, key: bytes) -> bytes:
    """Digest a key with the run's seed: sorting by it shuffles, whatever the order of the rows was."""
    return blake2b(key, digest_size=KEY_BYTES, key=str(seed).encode()).digest()


def _exact(fields: Fields, name: str) -> str:
    text = fields[name]
    return text if isinstance(text, str) else "\x1e".join(f"{turn['role']}\x1f{turn['content']}" for turn in text)


def _digest(*parts: str) -> bytes:
    found = blake2b(digest_size=KEY_BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "big") + data)
    return found.digest()
