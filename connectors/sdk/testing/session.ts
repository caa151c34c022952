import { isMillraceError } from '../../../platform/errors/error.js';
import { maskSecrets, secretTexts } from '../../../platform/secrets/mask.js';
import type { ConnectorContext, ConnectorInfo } from '../types.js';
import type { Bench } from './bench.js';
import { DEFAULT_LIMITS, type HarnessLimits } from './harness.js';

interface Harness<Definition> {
  readonly definition: Definition;
  readonly goodConfig: unknown;
  readonly badConfig?: unknown;
  readonly limits?: HarnessLimits;
}

/** What the checks of one connector share. It remembers what was seen, never anything of the connector. */
export class ConnectorSession<Definition extends ConnectorInfo<unknown>> implements AsyncDisposable {
  readonly limits: Required<HarnessLimits>;
  /** Everything that the connector said: log lines, facts, reasons, errors. Looked through for secrets at the end. */
  readonly said: string[] = [];
  /** Fires when the check in progress has taken too long. */
  signal: AbortSignal = new AbortController().signal;

  protected constructor(
    readonly harness: Harness<Definition>,
    readonly bench: Bench,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...harness.limits };
  }

  get definition(): Definition {
    return this.harness.definition;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }

  /** A new one for each call, as after a restart. */
  context(config: unknown = this.harness.goodConfig, signal: AbortSignal = this.signal): ConnectorContext<unknown> {
    const say = (message: string, facts: Record<string, unknown> = {}): void =>
      void this.said.push(`${message} ${JSON.stringify(facts)}`);
    const log = { debug: say, info: say, warn: say };
    return {
      config: this.definition.config.parse(structuredClone(config)),
      signal,
      log,
      sessionName: 'millrace/conformance',
    };
  }

  /** Secrets of both configurations, in clear. */
  secrets(): readonly string[] {
    const { goodConfig, badConfig } = this.harness;
    return [goodConfig, badConfig].flatMap((config) => secretTexts(this.definition.config, config));
  }

  hidden(text: string): string {
    return maskSecrets(text, this.secrets());
  }

  /** Notes what was thrown, for the search for secrets. */
  heard(error: unknown): void {
    for (let cause = error; cause instanceof Error; cause = cause.cause) this.said.push(cause.message);
    if (isMillraceError(error)) this.said.push(error.suggestion, JSON.stringify(error.facts ?? {}));
  }
}
