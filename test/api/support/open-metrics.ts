/**
 * A reader of OpenMetrics text that takes nothing but what the specification allows.
 * @module
 */
export interface Family {
  readonly type: string;
  readonly unit?: string;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_count', '_sum'],
};
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** @throws Error that names the first line that is not allowed */
export function readOpenMetrics(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with # EOF');
  const families = new Map<string, Family>();
  let name = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, keyword, of = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'TYPE') {
      if (families.has(of) || !SUFFIXES[rest]) throw new Error(`bad or repeated type: ${line}`);
      name = of;
      families.set(name, { type: rest, help: '', samples: [] });
    } else if (keyword !== undefined) {
      if (of !== name) throw new Error(`it belongs to no type: ${line}`);
      if (keyword === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`the name does not end with the unit: ${line}`);
      change(families, name, keyword === 'UNIT' ? { unit: rest } : { help: rest });
    } else addSample(families, name, line);
  }
  return families;
}

function addSample(families: Map<string, Family>, name: string, line: string): void {
  const [, sample = '', labels, value] = SAMPLE.exec(line) ?? [];
  const family = families.get(name);
  if (value === undefined || !family) throw new Error(`neither a sample nor a description: ${line}`);
  if (!SUFFIXES[family.type]?.some((suffix) => sample === name + suffix)) throw new Error(`${line} is no sample of ${name}`);
  const read = { name: sample, labels: readLabels(labels ?? '', line), value: Number(value) };
  const same = family.samples.some((one) => one.name === read.name && JSON.stringify(one.labels) === JSON.stringify(read.labels));
  if (same) throw new Error(`a second time: ${line}`);
  change(families, name, { samples: [...family.samples, read] });
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, label, value] = LABEL.exec(text) ?? [];
    if (label === undefined || value === undefined || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function change(families: Map<string, Family>, name: string, part: Partial<Family>): void {
  const family = families.get(name);
  if (family) families.set(name, { ...family, ...part });
}

/** The value of the one sample with these labels, whatever its other labels; undefined when there is none. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} with ${JSON.stringify(labels)}`);
  return found[0]?.value;
}
