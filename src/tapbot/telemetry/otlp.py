"""Spans for an OpenTelemetry collector. Loaded only when an endpoint is set; needs the extra `traces`."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from tapbot import __version__
from tapbot.telemetry.tracing import OpenSpan, Span

EXPORT_SECONDS = 5
FLUSH_EVERY_MS = 1000


def open_exporter(endpoint: str, service: str) -> tuple[OpenSpan, Callable[[], None]]:
    """What opens spans, and what sends the last ones and ends."""
    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.version": __version__}))
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=FLUSH_EVERY_MS))
    tracer = provider.get_tracer("tapbot")

    def open_span(name: str, run_id: str | None, attributes: dict[str, str | int]) -> Span:
        if run_id is None:
            return tracer.start_as_current_span(name, attributes=attributes)
        # The run's id is the trace's: processes need not tell each other.
        number = uuid.UUID(run_id).int
        root = SpanContext(
            number, number & (2**64 - 1) or 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
        )
        context = set_span_in_context(NonRecordingSpan(root))
        return tracer.start_as_current_span(name, context=context, attributes={**attributes, "tapbot.run_id": run_id})

    return open_span, provider.shutdown
