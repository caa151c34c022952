/**
 * PyPI's `schemathesis`: makes requests from an OpenAPI document, good ones and bad ones, and compares the answers with it.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pythonEnvironment } from '../support/python-environment.js';
import { type Existing, STREAM } from './scene.js';

const run = promisify(execFile);
const VERSION = '4.32.5';

export interface Target {
  readonly url: string;
  readonly apiKey: string;
  readonly existing: Existing;
}

const REPORT = z.object({
  operations: z.object({ total: z.int(), tested: z.int() }),
  test_cases: z.object({ generated: z.int() }),
  warnings: z.object({ missing_test_data: z.array(z.string()), missing_auth: z.array(z.unknown()) }),
});

export interface Verdict extends z.output<typeof REPORT> {
  /** Nothing when every answer was as the document says. */
  readonly failures: string;
}

/** Whether there is a Python that can hold it. */
export async function hasPython(): Promise<boolean> {
  const script = 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)';
  return run('python3', ['-c', script]).then(
    () => true,
    () => false,
  );
}

export async function installSchemathesis(): Promise<string> {
  const environment = pythonEnvironment(`contract/schemathesis-${VERSION}`, [`schemathesis==${VERSION}`]);
  await environment.install();
  return environment.command('schemathesis');
}

/** Asks every operation of the document. */
export async function examine(command: string, document: object, { url, apiKey, existing }: Target): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-contract-'));
  try {
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(document));
    await writeFile(join(folder, 'schemathesis.toml'), settings(apiKey, existing));
    const args = ['run', 'openapi.json', '--url', url, '--no-color', '--report-json-path', 'report.json'];
    const failures = await run(command, args, { cwd: folder, maxBuffer: 1e8 }).then(
      () => '',
      ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
        stdout.slice(stdout.search(/=+ \w+ =+/)) + stderr,
    );
    return { ...REPORT.parse(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))), failures };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
];

const settings = (apiKey: string, existing: Existing): string => `
seed = 1
workers = 4
continue-on-failure = true
request-timeout = 20
[headers]
Authorization = "Bearer ${apiKey}"
[phases.fuzzing]
enabled = false
[phases.stateful]
enabled = false
[checks]
enabled = false
${CHECKS.map((name) => `[checks.${name}]\nenabled = true\n`).join('')}${Object.entries(existing).map(idOf).join('')}`;

/** Whoever deletes is given the id of nothing: otherwise ids that other answers have told are tried, the key's own among them. */
const idOf = ([path, id]: [string, string]): string => `
[[operations]]
include-path-regex = "^${path}/"
exclude-method = "DELETE"
parameters = { "path.id" = "${id}", "path.stream" = "${STREAM}" }
[[operations]]
include-path-regex = "^${path}/"
include-method = "DELETE"
parameters = { "path.id" = "${id.slice(0, 4)}${'0'.repeat(26)}" }
`;
