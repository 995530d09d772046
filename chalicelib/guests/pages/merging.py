"""Merges in the portal: two guests side by side, the decision, its report, and its undoing."""

from __future__ import annotations

from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import rules, service
from chalicelib.guests.pages.guests import CHANNEL_LABELS, PURPOSE_LABELS
from chalicelib.guests.rules.merging import GROUPS, MERGE_REASON_LENGTH_MAX
from chalicelib.guests.service import Merge
from chalicelib.kernel import text
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound, Refusal
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Pages, Redirect, View, panel
from chalicelib.web.problems import reason, said
from chalicelib.web.rendering import url

pages = Pages("guests")

COMPARE = "/portal/merges/compare"
IN_PANEL = 10
VERSION_LENGTH_MAX = 9
ID_LENGTH = 30  # of a guest's id, which may be given as the address of its page

GROUP_LABELS = {
    "name": N_("Name"),
    "birthday": N_("Birthday"),
    "language": N_("Language"),
    "time_zone": N_("Time zone"),
    "nationality": N_("Nationality"),
    "occupation": N_("Occupation"),
    "home_property_id": N_("Home property"),
}
LIST_LABELS = {
    "emails": N_("E-mail"),
    "phones": N_("Phone"),
    "external_ids": N_("Other numbers"),
    "property_ids": N_("Known at"),
}
HOLDING_LABELS = {"stays": N_("Stays"), "messages": N_("Messages"), "memberships": N_("Memberships")}
WARNING_LABELS = {
    "names_differ": N_("The names differ."),
    "birth_dates_differ": N_("The dates of birth differ: two people who live together are often taken for one."),
    "nationalities_differ": N_("The nationalities differ."),
    "one_system_knows_both": N_("One system knows both under different numbers."),
    "both_in_house": N_("Both are in house at this moment."),
    "consents_differ": N_("They have said different things about messages: what either refused stays refused."),
    "parted_before": N_("These two were merged before, and somebody found that they are two people."),
}
STATUS_LABELS = {
    "preparing": N_("Under way"),
    "merged": N_("Merged"),
    "refused": N_("Not merged: one of the two was changed meanwhile"),
    "parting": N_("Being undone"),
    "parted": N_("Undone"),
}
WHY_LABELS = {
    "as_before": N_("as before the merge"),
    "source": N_("came under this guest"),
    "contact": N_("only this guest has such an address"),
    "removed": N_("taken out while merged"),
    "denial_holds_for_both": N_("refused while merged: holds for both"),
}
CONSENT_LABEL = N_("Consent")


@panel("guest", permission="guests:read", order=40)
def merges_panel(scope: Scope, subject_id: str, language: str) -> View | None:
    """Whom the guest has absorbed; and for those who may merge, the way to do it."""
    found, _ = service.merges_page(scope, subject_id, limit=IN_PANEL, after=None)
    may_merge = scope.may("guests:merge")
    if not found and not may_merge:
        return None
    return View(
        "guests/merges_panel.html",
        {
            "guest_id": subject_id,
            "merges": found,
            "may_merge": may_merge,
            "status_labels": STATUS_LABELS,
            "zone": str(directory.chain_of(scope).time_zone),
        },
    )


@pages.get(COMPARE, permission="guests:merge")
def compare_page(call: Call) -> View:
    """Two guests side by side, whose word is to be shown, and what they would be together."""
    return _comparison(call, {name: call.parameter(name) for name in ("survivor", "absorbed", *GROUPS)}, "")


@pages.post("/portal/merges", permission="guests:merge")
def merge_page(call: Call) -> View | Redirect:
    """Merge the two, as they were seen; what forbids it is said beside them."""
    form = call.form
    try:
        made = service.merge(
            call.scope,
            form.get("survivor", ""),
            form.get("absorbed", ""),
            {group: form[group] for group in GROUPS if form.get(group)},
            form.get("reason", ""),
            survivor_version=_version(form.get("survivor_version", "")),
            absorbed_version=_version(form.get("absorbed_version", "")),
        )
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _comparison(call, dict(form), _words(refusal, call.language))
    return Redirect(f"/portal/merges/{made.id}")


@pages.get("/portal/merges/{merge_id}", permission="guests:read")
def report_page(call: Call) -> View:
    """One merge: who went into whom, and once it was undone where everything went."""
    return _report(call, service.merge_of(call.scope, call.path_params["merge_id"]), "")


@pages.post("/portal/merges/{merge_id}/partings", permission="guests:merge")
def part_page(call: Call) -> View | Redirect:
    """Undo a merge."""
    merge_id = call.path_params["merge_id"]
    try:
        service.part(call.scope, merge_id, call.form.get("reason", ""))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _report(call, service.merge_of(call.scope, merge_id), _words(refusal, call.language))
    return Redirect(f"/portal/merges/{merge_id}")


# -- inside ------------------------------------------------------------------------------------------------


def _comparison(call: Call, asked: dict[str, str], refused: str) -> View:
    scope = call.scope
    survivor_id, absorbed_id = _id_in(asked.get("survivor", "")), _id_in(asked.get("absorbed", ""))
    choices = {group: asked[group] for group in GROUPS if asked.get(group)}
    preview = None
    if survivor_id and absorbed_id:
        try:
            preview = service.preview(scope, survivor_id, absorbed_id, choices)
        except NotFound:
            refused = refused or translator(call.language).gettext(N_("There is no such guest."))
        except Refusal as refusal:
            refused = refused or _words(refusal, call.language)
    houses = {str(house.id): house for house in directory.properties(scope)}
    return View(
        "guests/merge.html",
        {
            "survivor_id": survivor_id,
            "absorbed_id": absorbed_id,
            "swapped": url(COMPARE, survivor=absorbed_id, absorbed=survivor_id),
            "preview": preview,
            "refused": refused,
            "houses": houses,
            "state_name": _name,
            "group_labels": GROUP_LABELS,
            "list_labels": LIST_LABELS,
            "holding_labels": HOLDING_LABELS,
            "warning_labels": WARNING_LABELS,
            "denied": _denied(preview.together["consents"]) if preview else [],
            "reason": asked.get("reason", ""),
            "reason_length_max": MERGE_REASON_LENGTH_MAX,
        },
        status=422 if refused else 200,
    )


def _report(call: Call, made: Merge, refused: str) -> View:
    scope = call.scope
    known = service.find_many(scope, (made.survivor_id, str(made.absorbed_id)))
    return View(
        "guests/merge_report.html",
        {
            "merge": made,
            "survivor": known.get(made.survivor_id),
            "absorbed": known.get(str(made.absorbed_id)),
            "lines": [(line, _what(line)) for line in made.report or ()],
            "refused": refused,
            "consent_label": CONSENT_LABEL,
            "purpose_labels": PURPOSE_LABELS,
            "channel_labels": CHANNEL_LABELS,
            "status_labels": STATUS_LABELS,
            "why_labels": WHY_LABELS,
            "zone": str(directory.chain_of(scope).time_zone),
            "may_part": made.status == "merged" and scope.may("guests:merge"),
            "reason_length_max": MERGE_REASON_LENGTH_MAX,
        },
        status=422 if refused else 200,
    )


def _what(line: dict[str, Any]) -> str:
    """The label of what a line of a report is about; empty for one consent, whose name says it."""
    labels = {**GROUP_LABELS, **LIST_LABELS}
    return labels.get(line["name"], HOLDING_LABELS.get(line["what"], ""))


def _name(state: dict[str, Any]) -> str:
    """The name in a guest's particulars, in its own order."""
    return text.display_name(state["given_name"] or "", state["family_name"] or "", state["language"] or "en")


def _denied(consents: dict[str, Any]) -> list[list[str]]:
    order = {rules.consent_key(*pair): pair for pair in ((p, c) for p in rules.PURPOSES for c in rules.CHANNELS)}
    return [list(pair) for key, pair in order.items() if consents.get(key, {}).get("state") == "denied"]


def _id_in(pasted: str) -> str:
    """The guest's id in what was pasted: the id itself, or the address of the guest's page."""
    found = pasted.strip().rstrip("/").rsplit("/", 1)[-1].split("?", 1)[0][:ID_LENGTH]
    return found if is_id(found, "gst") else ""


def _version(written: str) -> int | None:
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > VERSION_LENGTH_MAX:
        raise Invalid.field("/survivor_version", N_("Open the page anew and try again."))
    return int(written)


def _words(refusal: Refusal, language: str) -> str:
    """What forbids it, in the reader's words."""
    told = [said(error, language) for error in refusal.errors]
    say = translator(language).gettext
    return " ".join([say(refusal.title) + ".", *told] if told else [reason(refusal, language) or say(refusal.title)])
