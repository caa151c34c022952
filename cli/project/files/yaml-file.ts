import { type Document, LineCounter, type Node, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { FieldError } from '../../../platform/errors/error.js';
import { type Environment, type Interpolation, interpolate } from './interpolate.js';

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
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    const { errors, warnings } = this.#document;
    const broken = [...errors, ...warnings].map(({ pos: [at], message }) => this.#errorAt(at, 'bad_yaml', sentence(message)));
    this.problems = broken.length > 0 ? broken : this.#interpolate(environment);
    this.value = this.problems.length > 0 ? null : this.#document.toJS({ maxAliasCount: 100 });
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

  /** Keys are names and stay as they are. */
  #interpolate(environment: Environment): readonly FieldError[] {
    const problems: FieldError[] = [];
    visit(this.#document, {
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
    return path.reduce<unknown>((node, key) => childOf(this.#resolved(node), key)?.value, this.#document.contents);
  }

  #offsetOf(path: ValuePath): number {
    let [node, offset]: [unknown, number] = [this.#document.contents, rangeStart(this.#document.contents) ?? 0];
    for (const key of path) {
      const child = childOf(this.#resolved(node), key);
      if (!child) break;
      offset = rangeStart(child.key) ?? rangeStart(child.value) ?? offset;
      node = child.value;
    }
    return offset;
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

interface Child {
  readonly key?: unknown;
  readonly value: unknown;
}

function childOf(node: unknown, key: PropertyKey): Child | undefined {
  if (isSeq(node)) return typeof key === 'number' && key < node.items.length ? { value: node.items[key] } : undefined;
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
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
