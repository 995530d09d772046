"""Messages to guests: when one is due, whether it may be sent, what it says, what became of it.

Owns: occasions, templates, deliveries, suppressions and the channels that carry messages.
Promises: an occurrence is decided once; every silence has a reason; what may have been sent is never sent again.
Never does: decide who a guest is, what a stay was, or hold an address in clear.
"""
