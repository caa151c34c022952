import type { SuiteReport } from './report.js';
import type { BenchStack } from './stack.js';

export interface SuiteOptions {
  readonly quick: boolean;
  readonly repeat: number;
  /** TPC-H scale factor; 1 = 6 million rows. */
  readonly scale: number;
  /** Which peers; all when empty. */
  readonly peers: readonly string[];
}

export interface Suite {
  (stack: BenchStack, options: SuiteOptions): Promise<SuiteReport>;
  /** One line for `list`. */
  about?: string;
  /** It runs only when it is named. */
  onRequest?: true;
}

/** How large lineitem is made. */
export const scaleOf = ({ quick, scale }: SuiteOptions): number => (quick ? 0.01 : scale);
