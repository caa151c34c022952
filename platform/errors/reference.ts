import { CATALOGUE, type ErrorCode, type Recovery, catalogueEntry } from './catalogue.js';

const MEANING: Readonly<Record<Recovery, string>> = {
  retry: 'tried again by itself',
  fix_config: 'stops; change the configuration or request',
  fix_data: 'stops; change the data or the transform',
  skip: 'not a failure',
  bug: 'a fault of Millrace: please report it',
};

/** `docs/errors.md`, made from the catalogue so that it never lies. */
export function errorReference(): string {
  const codes = (Object.keys(CATALOGUE) as ErrorCode[]).toSorted();
  const rows = codes.map((code) => {
    const { title, recovery, suggestion } = catalogueEntry(code);
    return `| \`${code}\` | ${title} | ${MEANING[recovery]} | ${suggestion} |`;
  });
  return [
    '# Errors',
    '',
    'Every error has a stable code. Runs, streams, API answers, the CLI and the Temporal Web UI show the same ones.',
    '',
    '| code | what happened | what Millrace does | what you can do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
