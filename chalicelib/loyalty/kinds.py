"""Names of loyalty's work on the agenda. The functions are declared in `jobs`."""

CONFIRM = "loyalty.confirm"  # subject: the stay; occurrence: the member
END = "loyalty.end"  # subject: the member; the next end or notice of points
PRICE_GUEST = "loyalty.price_guest"  # subject: the member; prices the guest's stays, some at a time
CHECK = "loyalty.check"  # subject: the programme; compares everybody's books
REPRICE = "loyalty.reprice"  # subject: the chain; occurrence: the day whose rates have come
RELEASE = "loyalty.release"  # subject: the member; occurrence: the redemption that nobody settled
JOIN = "loyalty.join"  # subject: the absorbed member; moves lots to the survivor, some at a time
PART = "loyalty.part"  # subject: the absorbed member; gives them back
