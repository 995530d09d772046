"""What other rooms and contexts use of loyalty."""

from chalicelib.loyalty.models import Claim, EntryRecord, Member, Pool, Programme, Redemption
from chalicelib.loyalty.service.checking import Check, check_all, check_member, check_step, checks
from chalicelib.loyalty.service.checking import request as request_check
from chalicelib.loyalty.service.claiming import approve_claim, claims_of, open_claim, open_claims, reject_claim
from chalicelib.loyalty.service.correcting import adjust, extend, open_balance, reinstate, transfer
from chalicelib.loyalty.service.earning import calculate, confirm, price_guest, price_guests, price_stay
from chalicelib.loyalty.service.ending import Ending, end_due, ending_on
from chalicelib.loyalty.service.explaining import explain, explain_entry
from chalicelib.loyalty.service.importing import (
    IMPORT_COLUMNS,
    IMPORT_GROUP_ROWS,
    IMPORT_PERMISSION,
    stage_import,
)
from chalicelib.loyalty.service.liability import Liability, count, liability, liability_on
from chalicelib.loyalty.service.members import (
    MemberPage,
    by_number,
    change_status,
    enrol,
    enrolled,
    entries,
    get,
    get_many,
    lots,
    lots_page,
    of_guest,
    page,
)
from chalicelib.loyalty.service.merging import (
    follow_merge,
    join_members,
    join_step,
    merge_guests,
    part_guests,
    part_members,
    part_step,
)
from chalicelib.loyalty.service.pooling import contribute, join_pool, leave_pool, open_pool, pool
from chalicelib.loyalty.service.programmes import change, create, programme_of, programmes, publish, rules_of_today
from chalicelib.loyalty.service.programmes import page as programmes_page
from chalicelib.loyalty.service.rates import reprice, tell, unpriced
from chalicelib.loyalty.service.spending import cancel, capture, redeem, redemptions, release, release_due

__all__ = [
    "IMPORT_COLUMNS",
    "IMPORT_GROUP_ROWS",
    "IMPORT_PERMISSION",
    "Check",
    "Claim",
    "Ending",
    "EntryRecord",
    "Liability",
    "Member",
    "MemberPage",
    "Pool",
    "Programme",
    "Redemption",
    "adjust",
    "approve_claim",
    "by_number",
    "calculate",
    "cancel",
    "capture",
    "change",
    "change_status",
    "check_all",
    "check_member",
    "check_step",
    "checks",
    "claims_of",
    "confirm",
    "contribute",
    "count",
    "create",
    "end_due",
    "ending_on",
    "enrol",
    "enrolled",
    "entries",
    "explain",
    "explain_entry",
    "extend",
    "follow_merge",
    "get",
    "get_many",
    "join_members",
    "join_pool",
    "join_step",
    "leave_pool",
    "liability",
    "liability_on",
    "lots",
    "lots_page",
    "merge_guests",
    "of_guest",
    "open_balance",
    "open_claim",
    "open_claims",
    "open_pool",
    "page",
    "part_guests",
    "part_members",
    "part_step",
    "pool",
    "price_guest",
    "price_guests",
    "price_stay",
    "programme_of",
    "programmes",
    "programmes_page",
    "publish",
    "redeem",
    "redemptions",
    "reinstate",
    "reject_claim",
    "release",
    "release_due",
    "reprice",
    "request_check",
    "rules_of_today",
    "stage_import",
    "tell",
    "transfer",
    "unpriced",
]
