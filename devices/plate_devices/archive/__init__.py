"""Many pictures: several processes on one machine, an engine on many."""
