"""The parts of `carnet demo`: processes, the steps of the road, the words it ends with."""
