"""Where a model is reached, and which environment variable holds its key."""

import os
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from reports.errors import UsageError
from reports.masking import mask_text

HOST_OF_DEFAULT_KEY: Final = "api.openai.com"
DEFAULT_KEY: Final = "OPENAI_API_KEY"
NO_KEY: Final = "none"
SHORTEST_KEY: Final = 4
"""Characters; anything shorter is no key, and masking it would mangle the text."""


class Endpoint(NamedTuple):
    """A model behind an OpenAI-compatible server."""

    base_url: str
    """For example `http://localhost:8000/v1`."""
    model: str
    api_key_env: str = ""
    """Environment variable with the key. Empty: OPENAI_API_KEY for OpenAI's own host, and no key for any other."""

    @property
    def key_name(self) -> str:
        """The environment variable that is read; empty: none. A key is never sent to a host it was not meant for."""
        own = urlsplit(self.base_url).hostname == HOST_OF_DEFAULT_KEY
        return self.api_key_env or (DEFAULT_KEY if own else "")

    @property
    def label(self) -> str:
        """The model's name as files show it: local servers name models by their folder, and paths stay on this machine."""
        is_path = self.model.startswith(("/", "~", ".")) or "\\" in self.model
        return re.split(r"[/\\]", self.model.rstrip("/\\"))[-1] if is_path else self.model

    def api_key(self) -> str:
        """Return the key; `none` where the server needs none."""
        return os.environ.get(self.key_name, "") or NO_KEY

    def mask(self, text: str) -> str:
        """Return the text without the key, which servers like to repeat in their errors."""
        key = os.environ.get(self.key_name, "")
        return mask_text(text.replace(key, "***") if len(key) >= SHORTEST_KEY else text)


def parse_endpoint(text: str, api_key_env: str = "") -> Endpoint:
    """Read `URL#MODEL`, for example `http://localhost:8000/v1#qwen3`; a missing `/v1` is added where the URL has no path.

    Raises:
        UsageError: the text has another shape, or holds a password or query, which would end up in files.
    """
    url, _, model = text.partition("#")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not model.strip():
        shown = mask_text(text)
        raise UsageError(
            f"{shown}: no endpoint. The URL begins with http:// or https:// and a model is named: "
            "http://localhost:8000/v1#qwen3, as URL#MODEL."
        )
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            f"an endpoint at {parts.hostname} with a password or query in its URL: it would be written into files. "
            "Put the key into an environment variable, and name that with --api-key-env."
        )
    base = url.rstrip("/")
    return Endpoint(base if parts.path.strip("/") else f"{base}/v1", model.strip(), api_key_env)
