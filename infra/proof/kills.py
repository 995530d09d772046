"""The journey of the kills, in a stack of its own: see `infra.proof.killing`, which tells what it does.

python -m infra.proof.kills --greetings 3000 --kills 3
"""

from __future__ import annotations

import sys

from infra.proof.around import around

if __name__ == "__main__":
    sys.exit(around("infra.proof.killing", sys.argv[1:]))
