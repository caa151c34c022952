import type { Command } from 'commander';
import { Option } from 'commander';
import { join, relative, resolve } from 'node:path';
import { catalogueEntry } from '../../platform/errors/catalogue.js';
import { millraceVersion } from '../../platform/config/version.js';
import { addCommand, addNoun, withOutput } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { collect, positiveInteger } from '../input.js';
import type { Output } from '../output/output.js';
import { connectorFiles } from '../scaffold/connector-files.js';
import { type ConnectorKind, connectorNames } from '../scaffold/names.js';
import { packageFiles } from '../scaffold/package-files.js';
import { writeFiles } from '../scaffold/write.js';
import { type ConfigOptions, configOf } from '../system-config.js';

export function addConnector(program: Command): void {
  const noun = addNoun(program, 'connector', 'Write connectors of your own, and test them.');
  addNew(noun);
  addTest(noun);
}

const KINDS = ['source', 'destination'];

interface NewOptions {
  readonly kind: ConnectorKind;
  readonly dir?: string;
}

function addNew(noun: Command): void {
  addCommand(noun, 'new <name>', {
    description: 'Make a package with a source or a destination that works and the tests that it must pass.',
    examples: [
      'millrace connector new my-shop',
      'millrace connector new @acme/my-shop --dir ./connectors/my-shop',
      'millrace connector new my-lake --kind destination',
    ],
  })
    .addOption(new Option('--kind <kind>', 'what it is to be').choices(KINDS).default('source'))
    .option('--dir <folder>', 'where to put it; a folder of its name when absent')
    .action(
      withOutput<[string], NewOptions>(async ({ args: [name], options: { kind, dir }, out }) => {
        const names = connectorNames(name);
        const folder = resolve(dir ?? names.folder);
        const files = { ...packageFiles(kind, names, millraceVersion()), ...connectorFiles(kind, names) };
        writeFiles(folder, files);
        const made = { id: names.id, kind, package: names.package, folder, files: Object.keys(files).toSorted() };
        out.result(made, () => madeText(made));
      }),
    );
}

interface Made {
  readonly package: string;
  readonly folder: string;
  readonly files: readonly string[];
}

function madeText({ package: name, folder, files }: Made): string {
  const place = relative(process.cwd(), folder) || '.';
  return [
    `Made ${name}:`,
    ...files.map((file) => `  ${join(place, file)}`),
    '',
    'Next:',
    `  cd ${place}`,
    '  npm install',
    '  npm test',
    '  edit src/, and test it against the real system:',
    '  npx millrace connector test . --config @config.json',
  ].join('\n');
}

interface TestOptions extends ConfigOptions {
  readonly kind?: ConnectorKind;
  readonly badConfig?: string;
  readonly stream?: readonly string[];
  readonly slices: number;
  readonly rows: number;
}

/** Enough to see several marks of a stream, little enough for a system in use. */
const SLICE_ROWS = 100;
const SLICES = 5;

function addTest(noun: Command): void {
  addCommand(noun, 'test <module>', {
    description:
      'Test a connector against a live system: nothing is written, and of each stream of a source only a few slices are read.',
    examples: [
      'millrace connector test . --config @config.json',
      'millrace connector test millrace-connector-my-shop --set url=https://shop.example --set-env token=SHOP_TOKEN',
      'millrace connector test ./dist/src/index.js --config @config.json --stream orders --json',
    ],
  })
    .option('--config <json>', 'configuration: JSON, @file or - for stdin')
    .option('--set <key=value>', 'a field of the configuration; may be repeated', collect)
    .option('--set-env <key=VARIABLE>', 'a field from an environment variable; may be repeated', collect)
    .option('--bad-config <json>', 'a configuration with wrong credentials, to see that they are refused')
    .addOption(new Option('--kind <kind>', 'of what is both, which one; the source when absent').choices(KINDS))
    .option('--stream <name>', 'a stream to read; may be repeated; the first three when absent', collect)
    .option('--slices <number>', 'at most so many slices of each stream', positiveInteger, SLICES)
    .option('--rows <number>', 'about so many rows in a slice', positiveInteger, SLICE_ROWS)
    .action(
      withOutput<[string], TestOptions>(async ({ args: [module], options, out }) => {
        const { testConnectors } = await import('../../connectors/packages/test.js');
        const reports = await testConnectors(module, {
          folder: process.cwd(),
          config: configOf(options, process.env),
          ...(options.badConfig === undefined ? {} : { badConfig: configOf({ config: options.badConfig }, {}) }),
          ...(options.kind === undefined ? {} : { kind: options.kind }),
          ...(options.stream ? { streams: options.stream } : {}),
          limits: { maxSlices: options.slices, sliceRows: options.rows, sliceBytes: options.rows * ROW_BYTES },
        });
        return showReports(out, reports);
      }),
    );
}

interface Tested {
  readonly report: ConformanceReport;
  readonly text: string;
}

interface ConformanceReport {
  readonly ok: boolean;
  readonly connector: { readonly id: string };
  readonly checks: readonly { readonly name: string; readonly status: string }[];
}

function showReports(out: Output, reports: readonly Tested[]): ExitCode {
  const data = reports.map(({ report }) => report);
  const text = (): string => reports.map(({ text: shown }) => shown).join('\n\n');
  const failed = data.flatMap(({ checks }) => checks.filter(({ status }) => status === 'fail').map(({ name }) => name));
  if (failed.length === 0) {
    out.result(data, text);
    return EXIT.ok;
  }
  const { suggestion } = catalogueEntry('connector.not_conforming');
  const ids = data.map(({ connector }) => connector.id).join(', ');
  out.failedResult(data, text, {
    code: 'connector.not_conforming',
    message: `${ids} fails ${failed.length === 1 ? 'the check' : 'the checks'} ${failed.join(', ')}.`,
    suggestion,
  });
  return EXIT.failed;
}

/** For sources that go by bytes. */
const ROW_BYTES = 1_000;
