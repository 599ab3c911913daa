/** Traces: spans of runs, stages and shards to a collector, by OTLP. They name what ran and how it ended, and hold nothing else. */
import type { Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { makeWorkflowExporter, OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry';
import type { WorkerOptions } from '@temporalio/worker';
import { CODE_VERSION } from '../activities/run/stage.ts';

/** Opaque ids; every other attribute of the interceptors (memos, search attributes, reasons) stays here. */
const ATTRIBUTES: Record<string, string> = {
  temporalWorkflowId: 'garner.run',
  workflowId: 'garner.run',
  temporalActivityId: 'garner.unit',
};

export interface Traces {
  /** What a worker needs for its spans; its bundle of workflows must be the traced one. */
  worker: Pick<WorkerOptions, 'sinks' | 'interceptors'>;
  /** Sends what is left. A collector that does not answer holds nobody up. */
  close(): Promise<void>;
}

/**
 * @param endpoint address of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`; headers it asks for are read from
 *   `OTEL_EXPORTER_OTLP_HEADERS` as OpenTelemetry specifies
 */
export function openTraces(endpoint: string): Traces {
  const resource = new Resource({ 'service.name': 'garner', 'service.version': CODE_VERSION.slice(0, 12) });
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const processor = new BatchSpanProcessor(new BareExporter(new OTLPTraceExporter({ url, timeoutMillis: 5_000 })));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer('garner');
  // Spans of activities find those of their workflows by the header that workflows set.
  provider.register({
    contextManager: new AsyncLocalStorageContextManager(),
    propagator: new W3CTraceContextPropagator(),
  });
  return {
    worker: {
      sinks: { exporter: makeWorkflowExporter(processor, resource) },
      interceptors: {
        activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }) })],
      },
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** Passes spans on without the messages and stacks of failures, which may name files, and with the opaque ids alone. */
class BareExporter implements SpanExporter {
  readonly #to: SpanExporter;

  constructor(to: SpanExporter) {
    this.#to = to;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#to.export(spans.map(bare), done);
  }

  shutdown(): Promise<void> {
    return this.#to.shutdown();
  }
}

function bare(span: ReadableSpan): ReadableSpan {
  const attributes: Attributes = {};
  for (const [from, to] of Object.entries(ATTRIBUTES))
    if (typeof span.attributes[from] === 'string') attributes[to] = span.attributes[from];
  return {
    ...{ name: span.name, kind: span.kind, spanContext: () => span.spanContext(), resource: span.resource },
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    ...{ startTime: span.startTime, endTime: span.endTime, duration: span.duration, ended: span.ended },
    ...{ status: { code: span.status.code }, attributes, links: [], events: [] },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    instrumentationLibrary: span.instrumentationLibrary,
  };
}
