"""Protocol cores: bytes to messages and back. No socket, clock, thread or database in here."""
