"""Parts of the push process: the feed from the database, the hub of subscribers, and who they are."""
