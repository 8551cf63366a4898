"""What is established about a connection before any entry of the catalogue is asked."""
