"""Portal pages of imports."""

from chalicelib.connect.pages import imports, uploads
from chalicelib.web.pages import Pages

pages = Pages("connect")
for room in (imports, uploads):
    pages.pages += room.pages.pages
