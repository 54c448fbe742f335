"""The embedded default: a small model, its tokenizer and brand-voice data, made here."""
