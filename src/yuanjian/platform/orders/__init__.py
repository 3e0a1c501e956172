"""Work orders: from dispatch to close-out, and the rectifications they ask for."""
