import { SearchAttributeType, defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Connection } from '@temporalio/client';
import type { Labels } from '../../workflows/messages.js';
import type { TemporalLink } from './temporal-link.js';

/** By these a run can be found in the Temporal Web UI. Stored there in clear: ids and words only, never data. */
const KEYWORD_NAMES = [
  'MillraceWorkspace',
  'MillraceConnection',
  'MillraceSource',
  'MillraceDestination',
  'MillraceTrigger',
  'MillraceOutcome',
];
const INT_NAMES = ['MillraceRows'];
const INDEXED_VALUE_KEYWORD = 2;
const INDEXED_VALUE_INT = 3;
const LIMIT_MS = 3_000;
const RETRY_AFTER_MS = 30_000;

export interface ConnectionRefs {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly labels: Labels;
}

/**
 * Registers the search attributes, and leaves them out as long as the server does not have them: a server that refuses
 * them still runs syncs, they are only harder to find.
 */
export class SearchAttributes {
  private registered = false;
  private lastTry = 0;
  private trying: Promise<void> | undefined;

  constructor(
    private readonly link: TemporalLink,
    private readonly warn: (message: string, facts: Record<string, unknown>) => void,
  ) {}

  /** For the start of a workflow of this connection; empty while the server does not know them. */
  async of(refs: ConnectionRefs): Promise<SearchAttributePair[]> {
    if (!(await this.ensure())) return [];
    return [
      keyword('MillraceWorkspace', refs.workspaceId),
      keyword('MillraceConnection', refs.connectionId),
      keyword('MillraceSource', refs.labels.source),
      keyword('MillraceDestination', refs.labels.destination),
    ];
  }

  /** True when the server has them. Tries again only after a while, and waits for a try that is under way. */
  async ensure(): Promise<boolean> {
    if (!this.registered && !this.trying && Date.now() - this.lastTry >= RETRY_AFTER_MS) this.trying = this.tryOnce();
    await this.trying;
    return this.registered;
  }

  private async tryOnce(): Promise<void> {
    this.lastTry = Date.now();
    try {
      await this.link.call(LIMIT_MS, (client) => this.register(client.connection as Connection));
      this.registered = true;
    } catch (error) {
      this.warn('Search attributes are not registered; runs cannot be found by them in the Temporal Web UI.', { error });
    } finally {
      this.trying = undefined;
    }
  }

  private async register({ operatorService }: Connection): Promise<void> {
    const { namespace } = this.link;
    const present = (await operatorService.listSearchAttributes({ namespace })).customAttributes;
    const wanted = [
      ...KEYWORD_NAMES.map((name) => [name, INDEXED_VALUE_KEYWORD] as const),
      ...INT_NAMES.map((name) => [name, INDEXED_VALUE_INT] as const),
    ];
    const missing = Object.fromEntries(wanted.filter(([name]) => !Object.hasOwn(present, name)));
    if (Object.keys(missing).length > 0) await operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
  }
}

function keyword(name: string, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value };
}
