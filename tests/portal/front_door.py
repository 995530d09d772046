"""INTERIM: registers the pages that app.py does not name yet."""
import app
from chalicelib.connect.pages import pages as connect_pages
from chalicelib.directory.service import authenticate_key, authenticate_session
from chalicelib.guests.pages import pages as guests_pages
from chalicelib.outreach.pages import pages as outreach_pages
from chalicelib.stays.pages import pages as stays_pages
from chalicelib.web.application import build_app
from chalicelib.web.auth import Authenticators
from chalicelib.web.routing import ROUTER

missing = [one for one in (guests_pages, stays_pages, outreach_pages, connect_pages) if one.pages[0].path not in ROUTER.handlers]
if missing:
    app.app = build_app("hospes", [], missing, Authenticators(by_key=authenticate_key, by_session=authenticate_session))
