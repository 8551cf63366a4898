"""Lint's hands: it reads what people have, and lets each pair of members shake hands in memory."""
