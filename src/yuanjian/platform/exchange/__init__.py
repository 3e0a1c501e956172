"""Records that other systems and people deliver: checked row by row, kept with every correction."""
