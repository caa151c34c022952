import { Command } from 'commander';

export interface BenchOptions {
  readonly suites: readonly string[];
  readonly list: boolean;
  readonly quick: boolean;
  readonly repeat: number;
  readonly scale: number;
  /** Which peers; all when empty. */
  readonly peers: readonly string[];
  readonly json?: string;
}

export interface SuiteNames {
  readonly known: readonly string[];
  /** Those that run unless some are named. */
  readonly usual: readonly string[];
}

/** @throws Error that names a suite that does not exist */
export function readOptions(argv: readonly string[], { known, usual }: SuiteNames): BenchOptions {
  const command = new Command('bench')
    .argument('[list]', 'only say which suites there are')
    .option('--list', 'the same', false)
    .option('--suite <names>', 'only these; with commas, or several times', collect, [])
    .option('--quick', 'little data, only to see that everything works', false)
    .option('--repeat <n>', 'repetitions', Number, 3)
    .option('--scale <factor>', 'TPC-H scale factor of lineitem; 1 = 6 million rows', Number, 1)
    .option('--peers <names>', 'of the suite peers only these, by their names with commas; psql binary always', collect, [])
    .option('--json <file>', 'also write the figures there')
    .parse(argv);
  const { suite, list, ...rest } = command.opts<Omit<BenchOptions, 'suites'> & { suite: string[] }>();
  const unknown = suite.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no suite ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  if (command.args.some((word) => word !== 'list')) throw new Error(`Only list is understood, not ${command.args.join(' ')}.`);
  const suites = suite.length > 0 ? known.filter((name) => suite.includes(name)) : usual;
  return { suites, list: list || command.args.length > 0, ...rest, repeat: rest.quick ? 1 : rest.repeat };
}

const collect = (text: string, before: string[]): string[] => [...before, ...text.split(',').filter(Boolean)];
