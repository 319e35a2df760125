"""From a model and a target to a measurement: prepare, converse, parse, assemble.

prepare       compiles the model, checks every limit, builds the images, asks the reference interpreter (host only)
conversation  talks to the running device and writes everything down raw, in the transcript
parse         turns a transcript into figures; pure
assemble      joins figures, sizes and provenance into a Measurement; pure
bench         the four in a row, for one job; batch: many jobs on all cores
"""
