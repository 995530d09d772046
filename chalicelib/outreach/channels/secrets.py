"""The keys that a connector and we sign with: made from the installation's own secret, and kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from chalicelib.kernel.settings import settings
from chalicelib.outreach.rules.connectors import Connector


def key_of(chain_id: str, connector_id: str, generation: int) -> bytes:
    """The key of one generation of a connector's secret."""
    words = "\x1f".join(("outreach.connector", chain_id, connector_id, str(generation)))
    return hmac.digest(settings().secret.encode(), words.encode(), hashlib.sha256)


def keys_of(chain_id: str, connector: Connector, now: datetime) -> list[bytes]:
    """The keys that hold, the present one first: two for a day after a rotation."""
    return [key_of(chain_id, connector.id, one) for one in connector.generations(now)]
