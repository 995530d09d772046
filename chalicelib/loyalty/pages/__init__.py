"""Loyalty in the portal."""

from chalicelib.loyalty.pages import claims, members
from chalicelib.web.pages import Pages

pages = Pages("loyalty")
pages.pages += [*members.pages.pages, *claims.pages.pages]
