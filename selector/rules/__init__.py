"""The rules of a decision: hard ones that rule strategies out, and weighted ones that score them."""
