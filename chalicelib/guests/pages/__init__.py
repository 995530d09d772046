"""Portal pages of guests."""

from chalicelib.guests.pages import guests, lookups
from chalicelib.web.pages import Pages

pages = Pages("guests")
pages.pages += [*guests.pages.pages]
pages.pages += [*lookups.pages.pages]
