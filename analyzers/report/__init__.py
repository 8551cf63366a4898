"""What is written of a judged connection: JSON, text, and the HTML report."""
