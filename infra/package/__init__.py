"""The deployable package: two CloudFormation templates and the zips, made from one wiring, and what deploys them."""
