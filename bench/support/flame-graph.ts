/**
 * A flame graph of what `perf script` prints, and what share of all samples each part of Millrace has.
 * @module
 */

interface Frame {
  readonly name: string;
  samples: number;
  readonly callees: Map<string, Frame>;
}

const WIDTH = 1_600;
const ROW = 15;
/** Narrower ones could not be seen. */
const MIN_WIDTH = 2;
const LETTER = 6.2;

/**
 * What a stack belongs to: the first of these that one of its frames meets.
 * Binaries of Postgres come without frame pointers, so their innermost function has to tell.
 */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['garbage collection', /v8::internal::(Heap|MarkCompact|ConcurrentMarking|Scavenger|Sweeper|.*Marking)/],
  [
    'Postgres: COPY out',
    /^(CopyTo|CopyOneRowTo|CopyAttributeOut|pq_begintypsend|pq_send|appendBinaryString|internal_putbytes|tts_buffer_heap|detoast|\w+(send|_out)$)/,
  ],
  [
    'Postgres: COPY in',
    /^(CopyFrom|CopyRead|CopyGet|NextCopyFrom|pq_copymsg|pq_getmsg|ReceiveFunction|InputFunction|make_result|pg_utf|pg_mblen|\w+(recv|_in|_input)$)/,
  ],
  ['Postgres: rows into pages', /^(heap_multi_insert|heap_fill|heap_compute|fill_val|PageAddItem|pg_checksum_page|RelationPut)/],
  ['DuckDB: write CSV', /duckdb::(CSVWriter|.*WriteCSV)/],
  ['DuckDB: read CSV', /duckdb::.*(CSV|StringValue|BaseScanner)/],
  ['DuckDB: write Parquet', /duckdb::.*(ParquetWrit|ColumnWriter|ParquetCast)|snappy.*::Compress/],
  ['DuckDB: read Parquet', /duckdb::.*(ParquetRead|ColumnReader|ParquetScan)|snappy.*Uncompress/],
  ['SHA-256', /sha256_block/],
  ['DuckDB: rest', /duckdb/],
  ['Postgres: WAL', /^(XLog|WalWriter|pg_comp_crc32c)/],
];

/** Takes lines of `perf script -F comm,ip,sym,dso`, one after the other. */
export class Profile {
  readonly #root: Frame = { name: 'all', samples: 0, callees: new Map() };
  readonly #parts = new Map<string, number>();
  /** Innermost frames come first. */
  #stack: string[] = [];
  #command = '';

  line(line: string): void {
    if (line === '') this.end();
    else if (/^\S/.test(line)) this.#command = line.trim().split(/\s+/)[0] ?? '';
    else this.#stack.push(nameIn(line));
  }

  /** The last stack is complete. */
  end(): void {
    if (this.#command !== '' && this.#command !== 'swapper') this.#add([this.#command, ...this.#stack.toReversed()]);
    this.#stack = [];
    this.#command = '';
  }

  /** Parts with their shares of all samples, the largest first. */
  shares(): [part: string, share: number][] {
    return [...this.#parts]
      .map(([part, samples]): [string, number] => [part, samples / this.#root.samples])
      .toSorted((a, b) => b[1] - a[1]);
  }

  svg(): string {
    return svgOf(this.#root);
  }

  #add(path: readonly string[]): void {
    const part = partOf(path);
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + 1);
    let frame = this.#root;
    frame.samples++;
    for (const name of path) {
      const callee = frame.callees.get(name) ?? { name, samples: 0, callees: new Map<string, Frame>() };
      frame.callees.set(name, callee);
      callee.samples++;
      frame = callee;
    }
  }
}

/** Without the offset in the function, and without the folders of its file. */
function nameIn(line: string): string {
  const name = /^\s+[0-9a-f]+ (.*) \(.*\)$/.exec(line)?.[1] ?? '[unknown]';
  return name.replace(/\+0x[0-9a-f]+$/, '').replace(/(file:\/\/)?\/\S+\/(?=[^/\s]+$)/, '');
}

function partOf([command, ...frames]: readonly string[]): string {
  const found = PARTS.find(([, pattern]) => frames.some((frame) => pattern.test(frame)));
  return found?.[0] ?? `${command}: rest`;
}

function svgOf(all: Frame): string {
  const boxes: string[] = [];
  const perSample = WIDTH / all.samples;
  let depth = 0;
  const draw = (frame: Frame, x: number, level: number): void => {
    const width = frame.samples * perSample;
    if (width < MIN_WIDTH) return;
    depth = Math.max(depth, level);
    boxes.push(box(frame, { x, width, level, share: frame.samples / all.samples }));
    let at = x;
    for (const callee of [...frame.callees.values()].toSorted((a, b) => b.samples - a.samples)) {
      draw(callee, at, level + 1);
      at += callee.samples * perSample;
    }
  };
  draw(all, 0, 0);
  const height = (depth + 1) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="10">\n${boxes.join('\n')}\n</svg>\n`;
}

function box(
  { name }: Frame,
  at: { readonly x: number; readonly width: number; readonly level: number; readonly share: number },
): string {
  const { x, width, level, share } = at;
  const letters = Math.floor(width / LETTER);
  const text =
    letters < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${level * ROW + 11}">${escaped(name.slice(0, letters))}</text>`;
  const rect = `<rect x="${x.toFixed(1)}" y="${level * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(name)}"/>`;
  return `<g><title>${escaped(name)} ${(share * 100).toFixed(1)} %</title>${rect}${text}</g>`;
}

/** The same name has the same colour everywhere. */
function colourOf(name: string): string {
  const hash = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000, 7);
  return `hsl(${15 + (hash % 40)}, ${70 + (hash % 20)}%, ${60 + (hash % 15)}%)`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
