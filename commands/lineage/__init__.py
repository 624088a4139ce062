"""What `xlforge trace` tells of a row beyond its tables: the calls behind it, why a candidate won, and the commit that built it."""
