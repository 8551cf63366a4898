"""What was observed of one connection stands for all that are like it."""
