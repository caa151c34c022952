import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, test } from 'vitest';
import source from '../../connectors/sources/files/index.js';
import { describeSource } from '../../connectors/sdk/testing/index.js';
import type { SourceHarness, StreamCase } from '../../connectors/sdk/testing/index.js';
import { tempHome } from '../support/temp-home.js';

type Row = { readonly id: number; readonly name: string; readonly price: string; readonly day: string };

const home = await tempHome('conformance');
afterAll(() => home[Symbol.asyncDispose]());

const rowsFrom = (first: number): Row[] =>
  [0, 1, 2].map((more) => ({
    id: first + more,
    name: `a "quoted", name\nof ${first + more}`,
    price: `${first + more}.25`,
    day: `2026-01-0${(first + more) % 9 || 9}`,
  }));

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const FORMATS = {
  csv: (rows: readonly Row[]) =>
    `id,name,price,day\n${rows.map(({ id, name, price, day }) => `${id},${quoted(name)},${price},${day}`).join('\n')}\n`,
  jsonl: (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify({ ...row, price: Number(row.price) })}\n`).join(''),
} as const;

async function streamOf(format: keyof typeof FORMATS): Promise<StreamCase> {
  const folder = join(home.path, format);
  await mkdir(folder, { recursive: true });
  const put = (name: string, rows: readonly Row[]): Promise<void> =>
    writeFile(join(folder, `${name}.${format}`), FORMATS[format](rows));
  const files = [1, 4, 7].map(rowsFrom);
  for (const [index, rows] of files.entries()) await put(`part-${index}`, rows);
  const makeChanges = async (): Promise<readonly Row[]> => {
    await put('part-9', rowsFrom(10));
    return rowsFrom(10);
  };
  return { name: format, rows: files.flat(), makeChanges };
}

async function harness(): Promise<SourceHarness> {
  const streams = [await streamOf('csv'), await streamOf('jsonl')];
  const described = streams.map(({ name }) => ({ name, path: `${name}/*.${name}`, format: name }));
  return {
    definition: source,
    goodConfig: { root: pathToFileURL(home.path).href, streams: described },
    streams,
  };
}

const notApplicable = {
  'wrong-credentials': 'files are read without any',
  'hold-back': 'files are read in the order of their times of change, by no field of their rows',
  lag: 'files are read in the order of their times of change, by no field of their rows',
  ties: 'a file is read as a whole, and its place in order is its own',
};

describeSource('files', harness, { afterAll, describe, test }, { notApplicable });
