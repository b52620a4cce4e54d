"""English words of dates, times and counts; `_` joins the parts of an expression."""

from __future__ import annotations

from tapbot.bots.understanding.types import Meanings

ENGLISH: Meanings = {
    "number": {
        1: "one",
        2: "two",
        3: "three",
        4: "four",
        5: "five",
        6: "six",
        7: "seven",
        8: "eight",
        9: "nine",
        10: "ten",
        11: "eleven",
        12: "twelve",
        13: "thirteen",
        14: "fourteen",
        15: "fifteen",
        16: "sixteen",
        17: "seventeen",
        18: "eighteen",
        19: "nineteen",
        20: "twenty",
        30: "thirty",
        40: "forty fourty",
        50: "fifty",
    },
    "ordinal": {
        1: "first",
        2: "second",
        3: "third",
        4: "fourth",
        5: "fifth",
        6: "sixth",
        7: "seventh",
        8: "eighth",
        9: "ninth",
        10: "tenth",
        11: "eleventh",
        12: "twelfth",
        13: "thirteenth",
        14: "fourteenth",
        15: "fifteenth",
        16: "sixteenth",
        17: "seventeenth",
        18: "eighteenth",
        19: "nineteenth",
        20: "twentieth",
        30: "thirtieth",
    },
    "month": {
        1: "january jan",
        2: "february feb",
        3: "march mar",
        4: "april apr",
        5: "may",
        6: "june",
        7: "july",
        8: "august aug",
        9: "september sept sep",
        10: "october oct",
        11: "november nov",
        12: "december dec",
    },
    "weekday": {
        0: "monday mon",
        1: "tuesday tue tues",
        2: "wednesday wed",
        3: "thursday thu thurs thur",
        4: "friday fri",
        5: "saturday sat",
        6: "sunday sun",
    },
    "day": {
        -2: "day_before_yesterday the_day_before_yesterday",
        -1: "yesterday yesterdays",
        0: "today todays",
        1: "tomorrow tmrw tmr tomorow tommorow tommorrow tomorrows 2moro tomoro tmw",
        2: "day_after_tomorrow the_day_after_tomorrow",
    },
    "tonight": {
        0: "tonight tonite",
    },
    "part": {
        "morning": "morning",
        "day": "afternoon after_lunch",
        "evening": "evening",
        "night": "night at_night",
    },
    "meridiem": {
        "am": "am a_m",
        "pm": "pm p_m",
    },
    "noon": {
        0: "noon midday",
    },
    "midnight": {
        0: "midnight",
    },
    "hour": {
        0: "hour hours hrs hr h",
        1: "o'clock oclock o_clock",
    },
    "minute": {
        0: "minute minutes mins min",
    },
    "dayunit": {
        0: "day days",
    },
    "week": {
        0: "week weeks",
    },
    "in": {
        0: "in",
    },
    "after": {
        0: "later from_now",
    },
    "half_past": {
        0: "half_past",
    },
    "half": {
        0: "half",
    },
    "halfhour": {
        0: "half_an_hour half_hour",
    },
    "onehalf": {
        0: "one_and_a_half an_hour_and_a_half",
    },
    "quarter": {
        0: "quarter",
    },
    "minus": {
        0: "to till",
    },
    "past": {
        0: "past after",
    },
    "at": {
        0: "at by around about on",
    },
    "since": {
        0: "from",
    },
    "article": {
        0: "a an the",
    },
    "of": {
        0: "of",
    },
    "ago": {
        0: "ago",
    },
    "previous": {
        0: "last previous",
    },
    "money": {
        0: "thousand tenge kzt dollars bucks",
    },
    "next": {
        0: "next",
    },
    "this": {
        0: "this coming",
    },
    "now": {
        0: "now right_now",
    },
    "people": {
        0: "people ppl pers person persons passenger passengers pax guys",
    },
    "seat": {
        0: "seat seats place places spot spots ticket tickets",
    },
    "adult": {
        0: "adult adults",
    },
    "child": {
        1: "child kid baby toddler infant",
        0: "children kids babies",
    },
    "kin": {
        1: (
            "wife husband mom mum mother dad father friend brother sister son daughter partner colleague boyfriend "
            "girlfriend grandma grandmother fiance coworker"
        ),
    },
    "kin_many": {
        0: "friends colleagues parents brothers sisters sons daughters coworkers",
    },
    "self": {
        0: "me myself i",
    },
    "we": {
        0: "we us",
    },
    "and": {
        0: "and plus",
    },
    "with": {
        0: "with",
    },
    "my": {
        0: "my",
    },
    "alone": {
        0: "just_me only_me alone by_myself on_my_own solo just_myself just_for_me only_for_me travelling_alone",
    },
    "for": {
        0: "for",
    },
    "not": {
        0: "not instead_of",
    },
    "couple": {
        2: "couple",
    },
    "group": {
        0: "family group party team",
    },
}
