/**
 * Where references to secrets lead. A place of another kind (a vault, a cloud's secret store) is one more object here that
 * implements `SecretProvider`, listed in `SecretProviders.of`.
 * @module
 */
import { hostname } from 'node:os';
import type { z } from 'zod';
import type { Settings } from '../config/settings.js';
import { MillraceError, errorText } from '../errors/error.js';
import { environmentSecrets } from './env-provider.js';
import { fileSecrets } from './file-provider.js';
import { type PlacedReference, isReference, pathText, referencesIn } from './reference.js';
import { mapSecrets, schemaPlace } from './schema-walk.js';

/** One kind of place that holds secrets. */
export interface SecretProvider {
  /** What stands before the colon of a reference: `env` of `env:CRM_PASSWORD`. */
  readonly scheme: string;
  /** What is wrong with the name itself, wherever it is asked; undefined when nothing is. Looks at no secret. */
  check(name: string): string | undefined;
  /**
   * The secret. Called inside an activity for each step that needs it, so that a changed secret counts from the next step on.
   * @throws Error whose message says in a few words why it cannot be had: `is not set`
   */
  resolve(name: string, signal: AbortSignal): Promise<string>;
}

export type SecretSettings = Pick<Settings, 'home' | 'secretEnv' | 'secretFiles'>;

/** Who needs secrets: `owner` is the name of the source or destination. */
export interface SecretUse {
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** The registry of providers. */
export class SecretProviders {
  readonly #byScheme: ReadonlyMap<string, SecretProvider>;

  constructor(providers: readonly SecretProvider[]) {
    this.#byScheme = new Map(providers.map((provider) => [provider.scheme, provider]));
  }

  static of({ home, secretEnv, secretFiles }: SecretSettings, env: NodeJS.ProcessEnv): SecretProviders {
    return new SecretProviders([environmentSecrets(env, secretEnv), fileSecrets({ folders: secretFiles, home })]);
  }

  /** What is wrong with a reference, as far as can be said without following it. */
  check(ref: string): string | undefined {
    const { provider, name } = this.find(ref);
    if (provider) return provider.check(name);
    return `A reference is ${[...this.#byScheme.keys()].map((scheme) => `${scheme}:…`).join(' or ')}.`;
  }

  /**
   * A copy of a configuration in which every reference gave way to the secret (I12: only ever held inside an activity).
   * @throws MillraceError `secret.unresolved` with the path of the field
   */
  async resolveConfig(schema: z.ZodType, config: unknown, use: SecretUse): Promise<unknown> {
    const references = referencesIn(schema, config);
    if (references.length === 0) return config;
    const found = new Map<string, string>();
    for (const reference of references) found.set(reference.ref, await this.resolve(reference, use));
    return mapSecrets(schemaPlace(schema), config, (secret) => (isReference(secret) ? found.get(secret.ref) : secret));
  }

  private async resolve({ ref, path }: PlacedReference, { owner, signal }: SecretUse): Promise<string> {
    const field = { path: pathText(path), owner };
    const { provider, name } = this.find(ref);
    const wrong = this.check(ref);
    if (!provider || wrong !== undefined) throw unresolved(field, `is ${ref}: ${wrong ?? 'it leads nowhere.'}`);
    return provider.resolve(name, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unresolved(field, `refers to ${ref}, which ${errorText(error)} (worker on ${hostname()}).`);
    });
  }

  private find(ref: string): { readonly provider: SecretProvider | undefined; readonly name: string } {
    const colon = ref.indexOf(':');
    return { provider: this.#byScheme.get(ref.slice(0, Math.max(0, colon))), name: ref.slice(colon + 1) };
  }
}

function unresolved({ path, owner }: { readonly path: string; readonly owner: string }, reason: string): MillraceError {
  return new MillraceError('secret.unresolved', { detail: `${path} of ${owner} ${reason}`, path });
}
