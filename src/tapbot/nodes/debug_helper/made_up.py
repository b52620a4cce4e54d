"""Made-up records by kind."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject

if TYPE_CHECKING:
    from tapbot.nodes.debug_helper.node import DebugHelperParams

FIRST_NAMES = ("Aigul", "Bolat", "Dana", "Erlan", "Gulnar", "Marat", "Olga", "Sergei", "Timur", "Zarina")
LAST_NAMES = ("Akhmetov", "Bekov", "Ivanova", "Kim", "Nurlan", "Omarov", "Petrov", "Sadykova")
STREETS = ("Abay Avenue", "Dostyk Avenue", "Green Street", "Lake Road", "Station Street")
CITIES = (("Almaty", "Almaty Region"), ("Astana", "Akmola Region"), ("Shymkent", "Turkistan Region"))


def make_records(params: DebugHelperParams, chance: random.Random) -> list[JsonObject]:
    """Made-up records.

    Args:
        chance: The run's randomness; a seed of the parameters goes before it.

    Raises:
        InvalidInput: There are no letters to make identifiers of.
    """
    if params.random_data_seed:
        chance = random.Random(params.random_data_seed)  # noqa: S311  # no secret: the same seed gives the same records
    if params.random_data_type == "nanoid":
        letters = params.nanoid_alphabet
        if not letters:
            raise InvalidInput("There are no letters.", code="node.invalid_parameter", place="nanoidAlphabet")
        return [
            {"nanoId": "".join(chance.choices(letters, k=params.nanoid_length))}
            for _ in range(params.random_data_count)
        ]
    make = MAKERS[params.random_data_type]
    return [make(chance) for _ in range(params.random_data_count)]


def _name(chance: random.Random) -> tuple[str, str]:
    return chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _email(chance: random.Random) -> str:
    first, last = _name(chance)
    return f"{first}.{last}{chance.randrange(100)}@example.com".lower()


def _user(chance: random.Random) -> JsonObject:
    first, last = _name(chance)
    return {
        "uid": _uuid(chance),
        "email": f"{first}.{last}@example.com".lower(),
        "firstname": first,
        "lastname": last,
        "password": "".join(chance.choices(string.ascii_letters + string.digits, k=12)),
    }


def _address(chance: random.Random) -> JsonObject:
    first, last = _name(chance)
    city, state = chance.choice(CITIES)
    return {
        "firstname": first,
        "lastname": last,
        "street": f"{chance.randrange(1, 200)} {chance.choice(STREETS)}",
        "city": city,
        "zip": f"{chance.randrange(10_000, 99_999)}",
        "state": state,
        "country": "Kazakhstan",
    }


def _card(chance: random.Random) -> JsonObject:
    number = "4" + "".join(chance.choices(string.digits, k=15))
    cvv = "".join(chance.choices(string.digits, k=3))
    return {"type": "Visa", "number": number, "ccv": cvv, "exp": f"{chance.randrange(1, 13):02}/30"}


def _octets(chance: random.Random, count: int, form: str, separator: str, top: int) -> str:
    return separator.join(format(chance.randrange(top), form) for _ in range(count))


def _position(chance: random.Random) -> JsonObject:
    place: dict[str, Any] = {"lat": round(chance.uniform(-90, 90), 6), "long": round(chance.uniform(-180, 180), 6)}
    return place


MAKERS: dict[str, Callable[[random.Random], JsonObject]] = {
    "address": _address,
    "creditCard": _card,
    "email": lambda chance: {"email": _email(chance), "confirmed": chance.random() < 0.5},
    "ipv4": lambda chance: {"ip": _octets(chance, 4, "d", ".", 256)},
    "ipv6": lambda chance: {"ipv6": _octets(chance, 8, "04x", ":", 65_536)},
    "latLong": _position,
    "macAddress": lambda chance: {"mac": _octets(chance, 6, "02x", ":", 256)},
    "semver": lambda chance: {"semver": _octets(chance, 3, "d", ".", 20)},
    "url": lambda chance: {"url": f"https://{chance.choice(LAST_NAMES).lower()}{chance.randrange(1000)}.example.com/"},
    "user": _user,
    "uuid": lambda chance: {"uuid": _uuid(chance)},
}
"""By kind: what makes one record."""
