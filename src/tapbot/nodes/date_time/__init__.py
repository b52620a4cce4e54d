"""Date & Time: writes, moves, rounds and takes apart dates."""
