"""French typography: spaces that do not break, dates, amounts, numbers. Pure functions, no template here.

Rules of the design charter: U+202F before ; ! ?, U+00A0 before : and inside « »,
U+2212 for minus, ’ for the apostrophe. Nobody types these signs: the template filters do.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

from core.names import fold

NBSP = "\u00a0"
THIN = "\u202f"
MINUS = "\u2212"
UNKNOWN = "non renseigné"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
MONTHS_IN_SHORT = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
NUMBERS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix",
    "onze", "douze", "treize", "quatorze", "quinze", "seize",
)  # fmt: skip
# forenames whose h is not heard; before all others, many of them of other languages, nothing is elided
SILENT_H = frozenset({
    "hadrien", "hector", "hedwige", "helene", "heloise", "henri", "henriette", "henry", "herbert", "hermance",
    "hermine", "herve", "hilaire", "hilarion", "hippolyte", "honore", "honorine", "horace", "hortense", "hubert",
    "hugo", "hugues", "huguette", "hyacinthe",
})  # fmt: skip

_SIGNS = re.compile(
    rf"""
    (?P<open>«[ {NBSP}{THIN}]*(?=\S|\Z))
  | (?P<thin>[ {NBSP}{THIN}]+(?=[;!?]))
  | (?P<close>[ {NBSP}{THIN}]*»)
  | (?P<colon>[ {NBSP}{THIN}]+(?=:(?:[\s»]|$)))
  | (?P<inside>(?:(?:(?<=[\dʳ])|(?<=1er))[ ](?=(?:€|%|m²|h|min|jours?|mois|ans?|euros|{"|".join(MONTHS)})(?!\w)))
      | (?<=\d)[ ](?=\d{{3}}(?!\d))
      | (?<=\d[ {NBSP}]h)[ ](?=\d\d)
      | (?<=n°)[ ](?=\d))
  | (?P<first>(?<![\w])1er(?!\w))
  | (?P<apostrophe>(?<=\w)(?:'|&\#x27;|&\#39;)(?=\w))
    """,
    re.VERBOSE,
)
_REPLACED = {
    "open": f"«{NBSP}",
    "thin": THIN,
    "close": f"{NBSP}»",
    "colon": NBSP,
    "inside": NBSP,
    "first": "1ᵉʳ",
    "apostrophe": "’",
}
# What HTML says verbatim: what a person typed in a field, code, tags (but for the words of the attributes below).
_VERBATIM = re.compile(
    r"(<(?:textarea\b.*?</textarea|script\b.*?</script|style\b.*?</style|pre\b.*?</pre|code\b.*?</code)"
    r"\s*>|<!--.*?-->|<[^>]*>)",
    re.DOTALL,
)
_SAID = re.compile(r"(?<=\s)(?P<name>aria-label|data-label|placeholder|title)=\"(?P<words>[^\"]*)\"")
_TOUCHED = re.compile(r"[;!?:«»'&\d°]")


def typeset(text: str) -> str:
    """`text`, plain, with the spaces and apostrophes of French typography. Adds no space where none was typed,
    except inside guillemets (so that times, addresses and entities stay whole)."""
    return _SIGNS.sub(lambda found: _REPLACED[str(found.lastgroup)], text) if _TOUCHED.search(text) else text


def typeset_html(html: str) -> str:
    """The same for a piece of HTML: tags, code and what a person wrote in a text area are left as they are.

    Attributes too, but for the words that are read or heard: names for screen readers, labels of narrow tables.
    """
    pieces = _VERBATIM.split(html)  # texts at even places, what is verbatim between them
    pieces[::2] = [typeset(text) for text in pieces[::2]]
    pieces[1::2] = [_typeset_tag(tag) for tag in pieces[1::2]]
    return "".join(pieces)


def _typeset_tag(tag: str) -> str:
    if "label=" in tag or "title=" in tag or "placeholder=" in tag:
        return _SAID.sub(lambda found: f'{found["name"]}="{typeset(found["words"])}"', tag)
    return tag


def as_local_date(value: date | datetime) -> date:
    """The day of `value`, in the time zone of the settings when it is a moment."""
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def day_and_month(value: date, *, today: date) -> str:
    """« 3 décembre 2026 », « 1ᵉʳ mars » : the year is dropped when it is the year of `today`."""
    number = "1ᵉʳ" if value.day == 1 else str(value.day)
    text = f"{number}{NBSP}{MONTHS[value.month - 1]}"
    return text if value.year == today.year else f"{text}{NBSP}{value.year}"


def long_date(value: date, *, today: date) -> str:
    """« jeudi 3 décembre 2026 », without the year when it is the year of `today`."""
    return f"{DAYS[value.weekday()]} {day_and_month(value, today=today)}"


def hour(value: datetime) -> str:
    """« 14 h 30 », « 9 h » on the hour."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}" if local.minute else f"{local.hour}{NBSP}h"


def number(value: int | Decimal, decimals: int | None = None) -> str:
    """« 12 480,5 » : groups of three parted by U+00A0, decimal comma, true minus.

    With `decimals`, rounded half away from zero (as accounts are) to that many; without, written as it is.
    Raises `TypeError` for anything but a whole number or a `Decimal` (a float has no exact value to print).
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"a number to print must be an int or a Decimal, not {type(value).__name__}")
    exact = Decimal(value)
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):,f}".replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if exact < 0 else text


def euros(value: int | Decimal, decimals: int = 2) -> str:
    """« 1 412,60 € » ; zero is « 0 € ». Two decimals in payments, none (`decimals=0`) in yearly budgets."""
    amount = "0" if value == 0 else number(value, decimals)
    return f"{amount}{NBSP}€"


def gap(value: int | Decimal, decimals: int | None = None) -> str:
    """A difference with its sign: « +1 », « −2 », « aucun » for zero."""
    if value == 0:
        return "aucun"
    text = number(value, decimals)
    return f"+{text}" if value > 0 else text


def is_plural(value: int | Decimal) -> bool:
    """In French the plural begins at two: 0, 1 and 1,5 are singular."""
    return value >= 2 or value <= -2


def agree(value: int | Decimal, forms: str) -> str:
    """The word of `forms` (« cheval,chevaux », or « dossier » that takes an s) that agrees with `value`."""
    singular, _, plural = forms.partition(",")
    return (plural or f"{singular}s") if is_plural(value) else singular


def of_whom(name: str) -> str:
    """« d’Hortense Orsel », « de Hakim », « d’Yves », « de Yannick »: a name after « de », elided where one elides."""
    first = fold(name).partition(" ")[0]
    if first[:1] == "h":
        elides = first in SILENT_H
    elif first[:1] == "y":  # a vowel before a consonant alone
        elides = first[1:2] not in set("aeiou")
    else:
        elides = first[:1] in set("aeiou")
    return f"d’{name}" if first and elides else f"de {name}"


def in_words(value: int, *, feminine: bool = False) -> str:
    """« deux », « une » : whole numbers up to sixteen in letters, others in figures."""
    if feminine and value == 1:
        return "une"
    return NUMBERS[value] if 0 <= value < len(NUMBERS) else number(value)
