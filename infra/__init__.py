"""What the product runs on: wiring, the local stack, the demo chain."""
