"""Statistics of many runs, each tested on problems with known answers; they know nothing of the market."""
