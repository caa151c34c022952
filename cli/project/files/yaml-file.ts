import { type Document, LineCounter, type Node, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { type FieldError, errorText } from '../../../platform/errors/error.js';
import { type Environment, type Interpolation, interpolate } from './interpolate.js';

const MOST_ALIASES = 1_000;

export type ValuePath = readonly PropertyKey[];

/** A YAML file with the values of variables put in, that still knows where everything stands. */
export class YamlFile {
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #interpolations = new Map<unknown, Interpolation>();
  /** What is wrong with the file as YAML, and variables that are not set. */
  readonly problems: readonly FieldError[];
  /** Plain data; null of an empty file. */
  readonly value: unknown;

  /** `path` is how people call it, below the project's folder. */
  constructor(
    readonly path: string,
    text: string,
    environment: Environment,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true, merge: true });
    const { errors, warnings } = this.#document;
    const broken = [...errors, ...warnings].map(({ pos: [at], message }) => this.#errorAt(at, 'bad_yaml', sentence(message)));
    const problems = broken.length > 0 ? broken : this.#interpolate(environment);
    const read = problems.length > 0 ? { value: null, problems } : this.#read();
    this.problems = read.problems;
    this.value = read.value;
  }

  /** Aliases that multiply, and `<<` over what is no map, are found only now. */
  #read(): Pick<YamlFile, 'value' | 'problems'> {
    try {
      return { value: this.#document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown, problems: [] };
    } catch (error) {
      return { value: null, problems: [this.#errorAt(0, 'bad_yaml', sentence(errorText(error)))] };
    }
  }

  /** An error at a value, or at the nearest place that is there: `connections/shop.yaml:12:5`. */
  problem(path: ValuePath, code: string, message: string): FieldError {
    return this.#errorAt(this.#offsetOf(path), code, message);
  }

  /** What stood at a value before its variables were put in. */
  interpolationAt(path: ValuePath): Interpolation | undefined {
    return this.#interpolations.get(this.#nodeAt(path));
  }

  #errorAt(offset: number, code: string, message: string): FieldError {
    const { line, col } = this.#lines.linePos(offset);
    return { path: `${this.path}:${line}:${col}`, code, message, line, column: col };
  }

  /** Keys are names and stay as they are. Aliases are looked at on the way. */
  #interpolate(environment: Environment): readonly FieldError[] {
    const problems: FieldError[] = [];
    visit(this.#document, {
      Alias: (_, node) => {
        const message = `Nothing above is marked &${node.source}.`;
        if (!node.resolve(this.#document)) problems.push(this.#errorAt(node.range?.[0] ?? 0, 'bad_yaml', message));
      },
      Scalar: (key, node) => {
        const found = key === 'key' || typeof node.value !== 'string' ? undefined : interpolate(node.value, environment);
        if (!found) return;
        const at = node.range?.[0] ?? 0;
        if (found.malformed) problems.push(this.#errorAt(at, 'bad_variable', 'A ${ starts no variable here; $${ stands for ${.'));
        for (const name of found.unset) problems.push(this.#errorAt(at, 'not_set', `The variable ${name} is not set.`));
        this.#interpolations.set(node, found);
        node.value = node.type === 'PLAIN' && found.single ? typed(found.text) : found.text;
      },
    });
    return problems;
  }

  #nodeAt(path: ValuePath): unknown {
    return path.reduce<unknown>((node, key) => this.#child(node, key)?.value, this.#document.contents);
  }

  #offsetOf(path: ValuePath): number {
    let [node, offset]: [unknown, number] = [this.#document.contents, rangeStart(this.#document.contents) ?? 0];
    for (const key of path) {
      const child = this.#child(node, key);
      if (!child) break;
      offset = rangeStart(child.key) ?? rangeStart(child.value) ?? offset;
      node = child.value;
    }
    return offset;
  }

  /** What a map does not have itself may come from those that it merges (`<<`). */
  #child(parent: unknown, key: PropertyKey): Child | undefined {
    const node = isAlias(parent) ? parent.resolve(this.#document) : parent;
    const own = childOf(node, key);
    if (own || !isMap(node)) return own;
    const merged = childOf(node, '<<')?.value;
    const sources = isSeq(merged) ? merged.items : [merged];
    return sources.map((source) => (source ? this.#child(source, key) : undefined)).find((found) => found !== undefined);
  }
}

interface Child {
  readonly key?: unknown;
  readonly value: unknown;
}

function childOf(node: unknown, key: PropertyKey): Child | undefined {
  if (isSeq(node)) return typeof key === 'number' && key < node.items.length ? { value: node.items[key] } : undefined;
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && (pair.key.source ?? String(pair.key.value)) === String(key));
}

function rangeStart(node: unknown): number | undefined {
  return (node as Partial<Node> | null | undefined)?.range?.[0];
}

/** A variable without quotes around it stands for what YAML would read there. */
function typed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? Number(text) : text;
}

function sentence(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`;
}
