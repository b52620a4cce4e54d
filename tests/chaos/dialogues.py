"""The booking dialogue of the first conversation, in each language, and the ride that it must end in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Almaty")

DIALOGUES = {
    "ru": ("Здравствуйте, сколько стоит до Тараза из Алматы?", "нас двое, завтра в 8 утра", "87011234567", "да"),
    "kk": ("Сәлеметсіз бе, Алматыдан Таразға қанша тұрады?", "екі адамбыз, ертең таңғы сегізде", "87011234567", "иә"),
    "en": ("Hello, how much is a ride from Almaty to Taraz?", "two of us, tomorrow 8am", "87011234567", "yes"),
}


@dataclass(frozen=True)
class Expected:
    """Values of the one ride."""

    from_city: str = "almaty"
    to_city: str = "taraz"
    seats: int = 2
    phone: str = "+77011234567"
    status: str = "booked"


def tomorrow_at_eight() -> datetime:
    """What "tomorrow at 8" means now in Almaty."""
    return (datetime.now(ZONE) + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)


def check_ride(rides: list[dict[str, object]], *, count: int = 1) -> None:
    """Exactly so many rides, each with the right values."""
    assert len(rides) == count, rides
    for ride in rides:
        for name, value in vars(Expected()).items():
            assert ride[name] == value, (name, ride)
        assert datetime.fromisoformat(str(ride["departs_at"])) == tomorrow_at_eight(), ride
        assert isinstance(ride["price_kzt"], int)
        assert ride["price_kzt"] > 0
    assert len({ride["number"] for ride in rides}) == count
