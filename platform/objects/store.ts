/**
 * Objects under names, in a folder or in a bucket, with the one primitive that everything else can be built on: a name is
 * given once, whole or not at all, and whoever comes second is told so.
 * @module
 */
/** `taken`: there is an object of this name, which was left as it is. */
export type PutOutcome = 'created' | 'taken';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

export interface PutFile extends StoredObject {
  readonly outcome: PutOutcome;
}

export interface ListOptions {
  /** Only keys that come later in the order of their bytes. */
  readonly after?: string;
  /** Also what was broken off while it was written, where that leaves anything. */
  readonly unfinished?: boolean;
}

/**
 * Keys are relative, parts separated by `/`. An object is durable when its call has returned, and is seen by everyone from then on.
 * Every method throws MillraceError `connector.*` or `load.no_space`, and the reason of its signal.
 */
export interface ObjectStore extends AsyncDisposable {
  /** Ends without a slash. */
  readonly url: string;
  /** Creates an object; of two that do it at the same time one finds the name taken. */
  putText(key: string, text: string): Promise<PutOutcome>;
  /**
   * Creates an object from a file that `write` makes on this machine, in a place from which it need not be copied where that
   * can be. A name that is taken keeps its object.
   * @param sha256 of what `write` writes, in hexadecimal, where that is known: a server then compares what arrives with it
   */
  putFile(key: string, tempDir: string, write: (path: string) => Promise<void>, sha256?: string): Promise<PutFile>;
  /** Undefined when there is none. */
  getText(key: string): Promise<string | undefined>;
  /** A file on this machine with the object's contents: the object itself, which must not be changed, or a copy in `tempDir`. */
  localFile(key: string, tempDir: string): Promise<string>;
  /** What is directly below a prefix that ends with `/`: the last part of each key, and each folder's name once. */
  names(prefix: string): Promise<readonly string[]>;
  /** Below a prefix that ends with `/`, at any depth, in the order of their bytes. */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /** Gives an object another name, replacing nothing that differs. `missing` when it is not there, or no longer. */
  move(from: string, to: string): Promise<'moved' | 'missing'>;
  /** Removes objects; one that is not there is no error. */
  remove(keys: readonly string[]): Promise<void>;
}

export interface S3Access {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
}

/** @throws RangeError for a key that would leave the store */
export function requireKey(key: string): string {
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new RangeError(`not a key: ${key}`);
  return key;
}
