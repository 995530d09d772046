"""Words that stand beside a name and are not part of it: titles, honorifics, generations, particles."""

from __future__ import annotations

MALE, FEMALE = "male", "female"

# A title and what it says of its bearer, if anything.
TITLES = {
    **dict.fromkeys(
        "mr mister herr hr monsieur mons sr senor sig signor signore sir lord dhr meneer bay".split(), MALE
    ),
    **dict.fromkeys(
        "mrs ms miss mme madame mlle mademoiselle frau fr fraulein sra senora srta senorita sig.ra signora signorina dame"
        " lady mevrouw mevr mw madam bayan".split(),
        FEMALE,
    ),
    **dict.fromkeys(
        "dr doctor prof professor ing dipl mag rev hon capt captain mx phd md esq mba dott dra".split(), ""
    ),
}
HAN_TITLES = {
    "先生": MALE,
    "女士": FEMALE,
    "小姐": FEMALE,
    "太太": FEMALE,
    "夫人": FEMALE,
    "女史": FEMALE,
    "博士": "",
    "教授": "",
    "医生": "",
    "老师": "",
    "师傅": "",
    "经理": "",
    "总经理": "",
    "董事长": "",
    "同志": "",
    "阁下": "",
}
# Short words that are names as well: titles only when they are written with a dot.
AMBIGUOUS_TITLES = frozenset("fr sr hr mag dame bay ing md hon rev lord sig mons mw mba dra dipl".split())

GENERATIONS = {
    **dict.fromkeys("jr jnr junior filho hijo neto jun ii 2nd".split(), "junior"),
    **dict.fromkeys("snr senior sen i 1st".split(), "senior"),
    **dict.fromkeys("iii 3rd".split(), "third"),
    **dict.fromkeys("iv 4th".split(), "fourth"),
}
AMBIGUOUS_GENERATIONS = frozenset({"i", "sen", "neto", "jun"})  # initials and names in their own right

PARTICLES = frozenset(
    "de da do das dos del della dello dei di la le les los las van von der den dem ten ter zu zum zur af av el al ul bin"
    " ibn bint binti ben abu y e du des st saint san santa".split()
)

GENDERS = {
    **dict.fromkeys(("m", "male", "man", "mr", "男", "男性"), MALE),
    **dict.fromkeys(("f", "female", "woman", "w", "mrs", "ms", "女", "女性"), FEMALE),
}
