/**
 * A small project of files, compared with what is there.
 * @module
 */
import { afterEach, beforeEach } from 'vitest';
import type { Existing } from '../../cli/project/existing.js';
import { EMPTY, type ComparedFolder, after, compareFolder, writeProject } from './project.js';
import { type TempHome, tempHome } from './temp-home.js';

export const ENVIRONMENT = { CRM_URL: 'postgresql://sync:hunter2@db/crm', WAREHOUSE_URL: 'postgresql://load:hunter3@dwh/dwh' };

export interface Texts {
  readonly crm?: string;
  readonly shop?: string;
  readonly more?: string;
  readonly main?: string;
}

const CRM = 'connector: postgres\n    config: { url: "${CRM_URL}" }';
export const SHOP =
  'source: crm\ndestination: warehouse\nschedule: { type: interval, every: 1h }\nstreams:\n  - { name: s.a, mode: mirror }\n';

/** Its folder is a new one for each test of the file. */
export class ShopProject {
  #home!: TempHome;

  constructor() {
    beforeEach(async () => {
      this.#home = await tempHome('compare');
    });
    afterEach(() => this.#home[Symbol.asyncDispose]());
  }

  get path(): string {
    return this.#home.path;
  }

  write({ crm = CRM, shop = SHOP, more = '', main = '' }: Texts = {}): void {
    writeProject(this.path, {
      'millrace.yaml': `name: shop
sources:
  crm:
    ${crm}
destinations:
  warehouse:
    connector: postgres
    config: { url: "\${WAREHOUSE_URL}", schema: raw }
${main}`,
      ...(shop && { 'connections/shop.yaml': shop }),
      ...(more && { 'connections/more.yaml': more }),
    });
  }

  look(existing: Existing, updateSecrets = false): ComparedFolder {
    return compareFolder(this.path, existing, { environment: ENVIRONMENT, updateSecrets });
  }

  /** As `apply` would leave it. */
  applied(texts: Texts = {}, existing = EMPTY): Existing {
    this.write(texts);
    return after(existing, this.look(existing));
  }
}

export const brief = ({ steps }: ComparedFolder): readonly string[] =>
  steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`);
