"""Rewards that reinforcement learns from: a library, the user's own, and the dry run that tries them before training."""
