"""Customer Datastore: fixed customers, for courses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item

FIELDS = ("id", "name", "email", "notes", "country", "created")
CUSTOMERS = (
    ("23423532", "Jay Gatsby", "gatsby@west-egg.com", "Keeps asking about a green light??", "US", "1925-04-10"),
    (
        "23423533",
        "José Arcadio Buendía",
        "jab@macondo.co",
        "Lots of people named after him. Very confusing",
        "CO",
        "1967-05-05",
    ),
    (
        "23423534",
        "Max Sendak",
        "info@in-and-out-of-weeks.org",
        "Keeps rolling his terrible eyes",
        "US",
        "1963-04-09",
    ),
    (
        "23423535",
        "Zaphod Beeblebrox",
        "captain@heartofgold.com",
        "Felt like I was talking to more than one person",
        None,
        "1979-10-12",
    ),
    ("23423536", "Edmund Pevensie", "edmund@narnia.gov", "Passionate sailor", "UK", "1950-10-16"),
)


class CustomerDatastoreParams(NodeParams):
    """What to give."""

    operation: Literal["getOnePerson", "getAllPeople"] = "getOnePerson"
    """One customer, or all."""
    return_all: bool = False
    """Give all customers, whatever the limit."""
    limit: int = Field(default=5, ge=1, le=10)
    """How many customers to give."""


@node(
    "n8n-nodes-base.n8nTrainingCustomerDatastore",
    CustomerDatastoreParams,
    version=1,
    label="Customer Datastore (n8n training)",
)
def give_customers(params: CustomerDatastoreParams, _item: Item, _step: Step) -> list[Item]:
    """Give the customers for each item."""
    customers: list[JsonObject] = [dict(zip(FIELDS, values, strict=True)) for values in CUSTOMERS]
    if params.operation == "getOnePerson":
        return [Item(json=customers[0])]
    return [Item(json=customer) for customer in customers[: None if params.return_all else params.limit]]
