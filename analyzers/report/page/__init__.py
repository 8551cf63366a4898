"""Parts of the report's page: the mirror's matrix, a failure's sequence, certificates side by side."""
