import { canonicalJson } from '../../../../checkpoint/position.js';
import { WRITE_MODES, type WriteMode } from '../../../../schema/connection-config.js';
import { shortHash } from '../../../../schema/naming.js';
import type { Field, Target } from '../../../../schema/types.js';
import type { DestinationDefinition } from '../../destination.js';
import type { ConnectorContext } from '../../types.js';
import { Bench, type StagedRow } from '../bench.js';
import { difference, differenceText } from '../difference.js';
import type { DestinationHarness, ExpectedRow } from '../harness.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { ConnectorSession } from '../session.js';

export const FIELDS: readonly Field[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'rev', type: 'int64', nullable: false },
];

export interface SessionOf {
  readonly connectionId: string;
  readonly epoch: number;
  readonly attempt: number;
}

/** What the checks of one destination share. */
export class DestinationSession extends ConnectorSession<DestinationDefinition<unknown>> {
  private constructor(
    override readonly harness: DestinationHarness,
    bench: Bench,
  ) {
    super(harness, bench);
  }

  static async open(harness: DestinationHarness): Promise<DestinationSession> {
    return new DestinationSession(harness, await Bench.open());
  }

  /** As the engine names its sessions, so that a destination can end those that have lost their place. */
  contextOf({ connectionId, epoch, attempt }: SessionOf, signal?: AbortSignal): ConnectorContext<unknown> {
    const sessionName = `millrace/${connectionId}/${epoch}/${shortHash('conformance')}/${attempt}`;
    return { ...this.context(undefined, signal), sessionName };
  }

  /** @throws CheckSkipped for a mode that is not declared */
  requireMode(mode: WriteMode): void {
    if ((this.harness.modes ?? this.definition.modes ?? WRITE_MODES).includes(mode)) return;
    throw new CheckSkipped(`${mode} is not declared.`, 'Name it in modes when the destination can load it.');
  }

  /** The target holds these rows and no others. */
  async expectRows(target: Target, expected: readonly ExpectedRow[], fields: readonly Field[] = FIELDS): Promise<void> {
    const held = await this.harness.rowsOf(target);
    const [wanted, found] = await Promise.all([expected, held].map((rows) => this.staged(fields, rows)));
    const different = differenceText(difference(wanted ?? [], found ?? []), true);
    if (different) throw new CheckFault(`The target holds other ${different}.`, 'Compare with what load was given.');
  }

  /** As texts that are equal when the values are; how a system spaces and orders JSON is its own. */
  async staged(fields: readonly Field[], rows: readonly ExpectedRow[]): Promise<readonly StagedRow[]> {
    const staged = await this.bench.expected(fields, rows, this.signal);
    return staged.map((row) => row.map((value, index) => (fields[index]?.type === 'json' ? plainJson(value) : value)));
  }
}

const plainJson = (text: string | null): string | null => (text === null ? null : canonicalJson(JSON.parse(text)));
