"""Portal pages of guests."""

from chalicelib.guests.pages import accounts, guests, lookups, quality, relations
from chalicelib.web.pages import Pages

pages = Pages("guests")
pages.pages += [*guests.pages.pages]
pages.pages += [*lookups.pages.pages]
pages.pages += [*relations.pages.pages]
pages.pages += [*accounts.pages.pages]
pages.pages += [*quality.pages.pages]
