"""The columns that a file of guests may have, with every header by which they are recognised."""

from __future__ import annotations

from chalicelib.kernel.i18n import N_
from chalicelib.kernel.imports import ImportColumn

CONSENT_COLUMNS = {
    "consent_service_email": ("service", "email"),
    "consent_greeting_email": ("greeting", "email"),
    "consent_marketing_email": ("marketing", "email"),
    "consent_survey_email": ("survey", "email"),
    "consent_service_sms": ("service", "sms"),
    "consent_greeting_sms": ("greeting", "sms"),
    "consent_marketing_sms": ("marketing", "sms"),
}

_YES_OR_NO = N_("granted or denied; yes and no are read too. Empty: nothing was said.")

IMPORT_COLUMNS = (
    ImportColumn(
        "external_id",
        N_("External number"),
        N_("The guest's number in the other system. A row without it is rejected."),
        "G-1042",
        (
            "External ID",
            "Guest ID",
            "Guest No",
            "Guest Number",
            "Profile ID",
            "外部编号",
            "外部ID",
            "客人编号",
            "宾客编号",
        ),
        is_required=True,
    ),
    ImportColumn(
        "given_name",
        N_("Given name"),
        N_("Up to 300 characters. A given or a family name is needed."),
        "Ana",
        ("First Name", "Firstname", "Forename", "名", "名字"),
    ),
    ImportColumn(
        "family_name",
        N_("Family name"),
        N_("Up to 300 characters."),
        "Silva",
        ("Last Name", "Lastname", "Surname", "姓", "姓氏"),
    ),
    ImportColumn(
        "email",
        N_("E-mail address"),
        N_("Becomes the first of the guest's addresses; those known stay."),
        "ana.silva@example.com",
        ("E-mail", "Mail", "Email Address", "邮箱", "电子邮件", "电子邮箱"),
    ),
    ImportColumn(
        "phone",
        N_("Phone number"),
        N_("With + and country code, or as dialled at the property."),
        "+351912345678",
        ("Mobile", "Mobile Phone", "Cell", "Telephone", "Phone Number", "手机", "电话", "手机号", "手机号码"),
    ),
    ImportColumn(
        "language",
        N_("Language"),
        N_("A tag such as en, zh-Hans or pt-PT, or the name of a common language."),
        "pt-PT",
        ("Lang", "Preferred Language", "语言", "语种"),
    ),
    ImportColumn(
        "time_zone",
        N_("Time zone"),
        N_("Where the guest lives, as in the tz database."),
        "Europe/Lisbon",
        ("Timezone", "TZ", "时区"),
    ),
    ImportColumn(
        "birth_date",
        N_("Date of birth"),
        N_("Such as 1987-08-05 or 1987年8月5日. What could be read in two ways is refused."),
        "1987-08-05",
        ("DOB", "Birthday", "Birthdate", "Date of Birth", "生日", "出生日期", "出生年月日"),
    ),
    ImportColumn(
        "birthday_calendar",
        N_("Calendar of the birthday"),
        N_("gregorian or lunar: whose birthday is kept. The date of birth is Gregorian in either case."),
        "gregorian",
        ("Calendar", "生日历法", "历法"),
    ),
    ImportColumn(
        "nationality",
        N_("Nationality"),
        N_("A country's code of two or three letters, or its name in English or Chinese."),
        "PT",
        ("Country", "Citizenship", "国籍", "国家"),
    ),
    ImportColumn(
        "occupation",
        N_("Occupation"),
        N_("What the guest does, in their own words."),
        "Architect",
        ("Profession", "Job", "职业", "工作"),
    ),
    ImportColumn(
        "consent_service_email",
        N_("Consent: service by e-mail"),
        _YES_OR_NO,
        "granted",
        ("Service E-mail Consent", "同意服务邮件"),
    ),
    ImportColumn(
        "consent_greeting_email",
        N_("Consent: greetings by e-mail"),
        _YES_OR_NO,
        "granted",
        ("Greeting E-mail Consent", "同意问候邮件", "同意祝福邮件"),
    ),
    ImportColumn(
        "consent_marketing_email",
        N_("Consent: marketing by e-mail"),
        _YES_OR_NO,
        "denied",
        ("Marketing E-mail Consent", "E-mail Opt-in", "Newsletter", "同意营销邮件"),
    ),
    ImportColumn(
        "consent_survey_email",
        N_("Consent: surveys by e-mail"),
        _YES_OR_NO,
        "granted",
        ("Survey E-mail Consent", "同意调查邮件"),
    ),
    ImportColumn(
        "consent_service_sms",
        N_("Consent: service by text message"),
        _YES_OR_NO,
        "granted",
        ("Service SMS Consent", "同意服务短信"),
    ),
    ImportColumn(
        "consent_greeting_sms",
        N_("Consent: greetings by text message"),
        _YES_OR_NO,
        "granted",
        ("Greeting SMS Consent", "同意问候短信", "同意祝福短信"),
    ),
    ImportColumn(
        "consent_marketing_sms",
        N_("Consent: marketing by text message"),
        _YES_OR_NO,
        "denied",
        ("Marketing SMS Consent", "SMS Opt-in", "同意营销短信"),
    ),
    ImportColumn(
        "consent_source",
        N_("Where consent was given"),
        N_("In a few words, such as booking form. Empty: import."),
        "booking form",
        ("Consent Source", "同意来源"),
    ),
    ImportColumn(
        "consent_at",
        N_("When consent was given"),
        N_("A day, or an instant such as 2017-07-01T09:30:00Z. An older statement never replaces a newer one."),
        "2017-07-01T09:30:00Z",
        ("Consent Date", "Consent Time", "同意时间", "同意日期"),
    ),
)
