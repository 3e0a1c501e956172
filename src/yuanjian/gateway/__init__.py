"""Takes in HJ 212 over TCP: sessions, the journal of every byte received, acknowledgement, link states."""
