"""When schedules are due: shared by the triggers that the clock fires."""
