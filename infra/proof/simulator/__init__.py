"""A made-up world for the whole product in one thread of time: every instant, id and fault comes from one seed.

`world` puts it together. What is real: the product, botocore with its retries, and the engine that `make run` runs on.
What is made up: time, randomness, who is at work at a moment, and what goes wrong on the way to AWS and back.
"""
