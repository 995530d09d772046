"""Jinja for the portal: one environment per language, templates of every room, autoescape, undefined is an error."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup

from chalicelib.kernel import calendars, languages, money, text
from chalicelib.kernel.i18n import translator
from chalicelib.kernel.later import later
from chalicelib.web import wording
from chalicelib.web.static_files import static

if TYPE_CHECKING:
    import jinja2
else:
    jinja2 = later("jinja2")

_ROOMS = Path(__file__).parent.parent


@cache
def environment(language: str) -> jinja2.Environment:
    """The environment that speaks `language`."""
    folders = {folder.parent.name: jinja2.FileSystemLoader(folder) for folder in sorted(_ROOMS.glob("*/templates"))}
    made = jinja2.Environment(
        loader=jinja2.PrefixLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    say = translator(language)
    made.install_gettext_callables(say.gettext, say.ngettext, newstyle=True, pgettext=say.pgettext)  # type: ignore[attr-defined]
    made.filters.update(
        day=lambda value: calendars.format_day(_day(value), language) if value else "",
        short_day=lambda value: wording.short_day(_day(value), language) if value else "",
        month=lambda value: wording.month(_day(value), language),
        weekday=lambda value: wording.weekday(_day(value), language),
        long_day=lambda value: wording.long_day(_day(value), language),
        instant=lambda value, zone: calendars.format_instant_local(_instant(value), zone, language) if value else "",
        local_day=lambda value, zone: calendars.local_day(_instant(value), zone),
        money=lambda amount, currency: money.format_money(int(amount), currency, language),
        file_size=wording.file_size,
        number=lambda value: f"{value:,}",
        country=lambda code: languages.country_name(code, language) if code else "",
        language_name=lambda tag: wording.language_name(tag, language) if tag else "",
        house_name=lambda house: wording.house_name(house, language),
        breakable=breakable,
    )
    made.globals.update(
        language=language,
        html_language="zh-Hans" if language == "zh" else "en",
        url=url,
        static=static,
        span_of_days=lambda first, last: wording.span_of_days(_day(first), _day(last), language),
        guest_name=guest_name,
        initials=wording.initials,
    )
    return made


def render(language: str, template: str, context: dict[str, Any]) -> str:
    """A page or fragment as HTML. `template` is `room/file.html`."""
    return environment(language).get_template(template).render(context)


def fragment(language: str, template: str, context: dict[str, Any]) -> Markup:
    """A fragment to be put into another page as it is."""
    return Markup(render(language, template, context))


def url(path: str, **parameters: Any) -> str:
    """A link of ours; parameters that are None or empty are left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def guest_name(guest: Any) -> str:
    """A guest's name in its own order: 王小明, Xiaoming Wang, Nguyen Van An."""
    return text.display_name(guest.given_name or "", guest.family_name or "", guest.language or "en")


def breakable(address: str) -> Markup:
    """An e-mail address that a narrow column breaks before the @ rather than anywhere."""
    local, at, domain = address.rpartition("@")
    return Markup("{}<wbr>{}").format(local, at + domain)


def _day(value: date | str) -> date:
    return calendars.parse_day(value) if isinstance(value, str) else value


def _instant(value: datetime | str) -> datetime:
    return calendars.parse_instant(value) if isinstance(value, str) else value
