"""The columns that a file of stays may have."""

from __future__ import annotations

from chalicelib.kernel.i18n import N_
from chalicelib.kernel.imports import ImportColumn


def _column(name: str, label: str, help: str, example: str, *aliases: str, is_required: bool = False) -> ImportColumn:
    return ImportColumn(name, label, help, example, aliases, is_required)


IMPORT_COLUMNS: tuple[ImportColumn, ...] = (
    _column(
        "external_id",
        N_("Booking number"),
        N_("The source's own number of the stay; the same number is the same stay."),
        "R-100234",
        *("Confirmation Number", "Confirmation No", "Reservation ID", "Reservation Number", "Booking ID", "Res No"),
        *("确认号", "预订号", "预订编号", "订单号", "订单编号"),
        is_required=True,
    ),
    _column(
        "guest_external_id",
        N_("Guest number"),
        N_("The same source's number of the guest, who has to be known already."),
        "G-5501",
        *("Guest ID", "Profile ID", "Profile Number", "Customer ID", "客人编号", "客人号", "客史号", "客户编号"),
        is_required=True,
    ),
    _column(
        "arrival_date",
        N_("Arrival"),
        N_("Day of arrival, as 2026-03-04."),
        "2026-03-04",
        *("Arrival Date", "Check-in Date", "Check In", "入住日期", "到店日期", "抵店日期", "到达日期"),
        is_required=True,
    ),
    _column(
        "departure_date",
        N_("Departure"),
        N_("Day of departure, as 2026-03-07."),
        "2026-03-07",
        *("Departure Date", "Check-out Date", "Check Out", "离店日期", "退房日期"),
        is_required=True,
    ),
    _column(
        "status",
        N_("Status"),
        N_("booked, in_house, checked_out, cancelled or no_show, or the usual words for them."),
        "checked_out",
        *("Reservation Status", "Booking Status", "Stay Status", "状态", "预订状态", "订单状态"),
        is_required=True,
    ),
    _column(
        "room_type",
        N_("Room type"),
        N_("The house's code or name."),
        "DLX",
        *("Room Category", "Room Class", "房型", "房间类型"),
    ),
    _column(
        "room_number",
        N_("Room number"),
        N_("The room, once there is one."),
        "0412",
        *("Room", "Room No", "房号", "房间号"),
    ),
    _column(
        "rate_plan",
        N_("Rate plan"),
        N_("The plan it was booked on."),
        "BAR",
        *("Rate Code", "Rate Plan Code", "价格代码", "房价代码"),
    ),
    _column(
        "channel",
        N_("Channel"),
        N_("How it was booked."),
        "direct",
        *("Distribution Channel", "Booking Channel", "渠道", "预订渠道"),
    ),
    _column(
        "segment",
        N_("Segment"),
        N_("The market segment."),
        "leisure",
        *("Market Segment", "Market", "Market Code", "市场", "客源", "细分市场"),
    ),
    _column(
        "currency",
        N_("Currency"),
        N_("The property's currency; a row in another one is rejected."),
        "EUR",
        *("Currency Code", "币种", "货币"),
    ),
    _column("adults", N_("Adults"), N_("How many adults."), "2", "No of Adults", "成人", "成人数"),
    _column("children", N_("Children"), N_("How many children."), "1", "No of Children", "儿童", "儿童数"),
    _column(
        "booked_on",
        N_("Booked on"),
        N_("Day of the booking, as 2026-01-15."),
        "2026-01-15",
        *("Booking Date", "Reservation Date", "Created On", "预订日期", "下单日期"),
    ),
    _column(
        "revenue_room",
        N_("Room revenue"),
        N_("Without tax, as 1234.50."),
        "387.00",
        *("Room Charges", "Lodging Revenue", "房费", "客房收入"),
    ),
    _column(
        "revenue_food_beverage",
        N_("Food and beverage revenue"),
        N_("Without tax, as 1234.50."),
        "86.40",
        *("F&B Revenue", "FB Revenue", "餐饮收入", "餐费"),
    ),
    _column(
        "revenue_other",
        N_("Other revenue"),
        N_("Without tax, as 1234.50."),
        "20.00",
        *("Extras", "Other Charges", "其他收入", "其他费用"),
    ),
    _column(
        "source_version",
        N_("Version"),
        N_(
            "The source's version of the row; an older one changes nothing. "
            "A row with a version is the whole stay: what it leaves empty is forgotten."
        ),
        "3",
        *("Row Version", "版本", "版本号"),
    ),
    _column(
        "source_updated_at",
        N_("Changed at"),
        N_("When the source changed it, as 2026-03-04T05:06:07Z; orders rows as a version does."),
        "2026-03-04T05:06:07Z",
        *("Last Modified", "Updated At", "更新时间", "修改时间"),
    ),
)
