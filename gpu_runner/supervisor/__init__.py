"""The trusted side that holds learners' processes: cgroups, clocks, pipes, verdicts. Imports no torch."""
