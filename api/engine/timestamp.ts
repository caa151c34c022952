interface Timestamp {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/** A moment as Temporal sends it; undefined when there is none. */
export function dateOf(timestamp: Timestamp | null | undefined): Date | undefined {
  if (!timestamp) return undefined;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + (timestamp.nanos ?? 0) / 1e6);
}
