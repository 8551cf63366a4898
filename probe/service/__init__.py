"""The probe as a service of the system: what it tells the service manager."""
