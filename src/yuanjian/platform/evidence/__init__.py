"""Files that may end in a case: content-addressed, hashed, never changed."""
