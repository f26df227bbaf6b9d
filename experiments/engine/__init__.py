"""How runs are made, kept, resumed and shared out to workers."""
