import type { PackageFile } from './find.js';

/** What Node would take for `import` here. */
const CONDITIONS = ['node', 'import', 'module-sync', 'default'];

/** The file of a package that an import of its name loads, relative to its folder. */
export function entryOf({ exports, main }: Pick<PackageFile, 'exports' | 'main'>): string {
  return targetOf(rootOf(exports)) ?? main ?? 'index.js';
}

function rootOf(exports: unknown): unknown {
  const record = recordOf(exports);
  return record && Object.keys(record).some((key) => key.startsWith('.')) ? record['.'] : exports;
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(targetOf).find((found) => found !== undefined);
  const record = recordOf(target);
  const matching = Object.entries(record ?? {}).filter(([condition]) => CONDITIONS.includes(condition));
  return matching.map(([, inner]) => targetOf(inner)).find((found) => found !== undefined);
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
