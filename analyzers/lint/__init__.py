"""What will fail before it fails: a member's files, the mirror's definition, and every pair of members."""
