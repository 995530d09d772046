"""Portal pages of guests."""

from chalicelib.guests.pages import guests, matches
from chalicelib.web.pages import Pages

pages = Pages("guests")
pages.pages += [*guests.pages.pages, *matches.pages.pages]
