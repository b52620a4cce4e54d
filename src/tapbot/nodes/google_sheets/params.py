"""Parameters of Google Sheets, and older versions of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Located, Text, has_expression
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import StepKind

OPERATIONS = ("read", "append", "appendOrUpdate", "update", "clear", "delete", "create", "remove")


class Columns(NodeParams):
    """Which values are written to which columns."""

    mapping_mode: Literal["autoMapInputData", "defineBelow", "nothing"] = "defineBelow"
    """`autoMapInputData`: the item's own fields; `defineBelow`: the values below."""
    value: dict[str, Any] | None = None
    """Values by column."""
    matching_columns: list[str] = Field(default_factory=list)
    """Columns by which a row is found; `row_number` is the row's number."""


class Filter(NodeParams):
    """A column and its value."""

    lookup_column: Text = ""
    """Column."""
    lookup_value: Text = ""
    """Value."""


class Filters(NodeParams):
    """Which rows are wanted."""

    values: list[Filter] = Field(default_factory=list)
    """Conditions."""


class LocationValues(NodeParams):
    """Where the table is in its sheet."""

    range_definition: Literal["detectAutomatically", "specifyRange", "specifyRangeA1"] = "detectAutomatically"
    """The whole sheet, from given rows on, or a range."""
    range: Text = ""
    """Range such as `A:F`, for `specifyRangeA1`."""
    header_row: int = Field(default=1, ge=1)
    """Row with the names of the columns."""
    first_data_row: int = Field(default=2, ge=1)
    """First row with values."""


class Location(NodeParams):
    """Where the table is in its sheet."""

    values: LocationValues = Field(default_factory=LocationValues)
    """The settings."""


class FormattingValues(NodeParams):
    """How values are read."""

    general: Literal["UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"] = "UNFORMATTED_VALUE"
    """Numbers as numbers, as people see them, or formulas."""
    date: Literal["FORMATTED_STRING", "SERIAL_NUMBER"] = "FORMATTED_STRING"
    """Dates as people see them, or as numbers."""


class Formatting(NodeParams):
    """How values are read."""

    values: FormattingValues = Field(default_factory=FormattingValues)
    """The settings."""


class SheetsOptions(NodeParams):
    """Less used settings."""

    cell_format: Literal["USER_ENTERED", "RAW"] = "USER_ENTERED"
    """`USER_ENTERED`: as if typed in, so that formulas and dates are read; `RAW`: as they are."""
    handling_extra_data: Literal["insertInNewColumn", "ignoreIt", "error"] = "insertInNewColumn"
    """What becomes of fields that have no column."""
    data_location_on_sheet: Location = Field(default_factory=Location)
    """Where the table is, for reading."""
    location_define: Location = Field(default_factory=Location)
    """Where the table is, for writing."""
    output_formatting: Formatting = Field(default_factory=Formatting)
    """How values are read."""
    return_first_match: bool = False
    """Give the first row that fits only."""


class SheetsParams(NodeParams):
    """What is done with which sheet."""

    authentication: Literal["oAuth2", "serviceAccount"] = "oAuth2"
    """Which kind of credential is used."""
    resource: Literal["sheet"] = "sheet"
    """Rows of a sheet, and sheets of a document."""
    operation: Literal["read", "append", "appendOrUpdate", "update", "clear", "delete", "create", "remove"] = "read"
    """`create` and `remove` are for whole sheets, `delete` for rows or columns."""
    document_id: Located = ""
    """Document: its id, or its address."""
    sheet_name: Any = ""
    """Sheet: its name, or its number in the address (`gid`)."""
    columns: Columns = Field(default_factory=Columns)
    """What is written."""
    filters_ui: Filters = Field(default_factory=Filters, alias="filtersUI")
    """Which rows are read; all when empty."""
    combine_filters: Literal["AND", "OR"] = "AND"
    """Whether all conditions must hold, or one."""
    clear: Literal["wholeSheet", "specificRows", "specificColumns", "specificRange"] = "wholeSheet"
    """What is cleared."""
    keep_first_row: bool = False
    """Leave the header when the whole sheet is cleared."""
    range: Text = ""
    """Range to clear, for `specificRange`."""
    to_delete: Literal["rows", "columns"] = "rows"
    """What is deleted."""
    start_index: Any = 2
    """First row, or letter of the first column, to delete or clear."""
    number_to_delete: int = Field(default=1, ge=1)
    """How many."""
    title: Text = ""
    """Name of a new sheet."""
    options: SheetsOptions = Field(default_factory=SheetsOptions)
    """Less used settings."""

    @property
    def credential_kind(self) -> str:
        """The kind of credential that is sent."""
        return "googleApi" if self.authentication == "serviceAccount" else "googleSheetsOAuth2Api"


def step_kind(params: NodeParams) -> StepKind:
    """Rows that are appended twice are there twice; everything else may be done again."""
    assert isinstance(params, SheetsParams)  # noqa: S101  # the declaration names the model
    if params.operation == "read":
        return StepKind.SAFE
    return StepKind.SAFE if params.operation in {"update", "clear"} else StepKind.NEVER


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 4.7 has them.

    Raises:
        InvalidInput: The operation is not built, or the version is older than 4.
    """
    raw: dict[str, Any] = dict(parameters)
    if version < 4:
        raise InvalidInput(
            f"Version {version:g} of Google Sheets is not supported.",
            code="node.not_supported",
            hint="Put a new Google Sheets node in its place: it names the sheet apart from the range.",
        )
    chosen = {name: raw.get(name, "") for name in ("resource", "operation")}
    if not has_expression(chosen) and (
        chosen["resource"] not in {"", "sheet"} or (chosen["operation"] or "read") not in OPERATIONS
    ):
        raise InvalidInput(
            f"Google Sheets has no operation {chosen['operation']!r} of {chosen['resource'] or 'sheet'!r} here.",
            code="node.not_supported",
            place="operation",
            hint=f"Of sheets it has: {', '.join(OPERATIONS)}.",
        )
    if "columns" not in raw and "dataMode" in raw:
        raw["columns"] = _columns_of_4_0(raw)
    return raw


def _columns_of_4_0(raw: dict[str, Any]) -> dict[str, Any]:
    """Versions 4.0 to 4.2 listed fields and values."""
    entries = ((raw.get("fieldsUi") or {}).get("fieldValues") or []) + ((raw.get("fieldsUi") or {}).get("values") or [])
    value = {entry.get("fieldId", entry.get("column")): entry.get("fieldValue") for entry in entries}
    match = raw.get("columnToMatchOn")
    if match and "valueToMatchOn" in raw:
        value[match] = raw["valueToMatchOn"]
    return {
        "mappingMode": "autoMapInputData" if raw["dataMode"] == "autoMapInputData" else "defineBelow",
        "value": value,
        "matchingColumns": [match] if match else [],
    }
