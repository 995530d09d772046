"""Portal pages of guests."""

from chalicelib.guests.pages import guests, merging
from chalicelib.web.pages import Pages

pages = Pages("guests")
pages.pages += [*guests.pages.pages, *merging.pages.pages]
