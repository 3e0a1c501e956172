"""Analytics keeps no table: everything here is read from the other apps."""
