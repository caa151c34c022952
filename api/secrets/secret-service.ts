import type { KeyRing } from '../../platform/secrets/key-ring.js';
import { type Principal, installationOrOwn } from '../auth/principal.js';
import type { SealedStore } from './sealed-store.js';
import type { SecretRotation, SecretStatus } from './secret-schemas.js';

/** A process that was started with the old key may have sealed something meanwhile. */
const PASSES = 3;

/** What is sealed with which key, and sealing it with the current one. */
export class SecretService {
  constructor(
    private readonly store: SealedStore,
    private readonly ring: KeyRing,
  ) {}

  async status(caller: Principal): Promise<SecretStatus> {
    const counts = await this.store.count(installationOrOwn(caller));
    const ids = [...new Set([...this.ring.ids, ...counts.keys()])];
    const keys = ids.map((key) => ({
      key,
      values: counts.get(key) ?? 0,
      available: this.ring.find(key) !== undefined,
    }));
    return { currentKey: this.ring.currentId, keys };
  }

  async rotate(caller: Principal): Promise<SecretRotation> {
    const workspaceId = installationOrOwn(caller);
    let rotated = 0;
    let last = await this.store.reseal(workspaceId);
    rotated += last.values;
    for (let pass = 1; pass < PASSES && last.values > 0; pass += 1) {
      last = await this.store.reseal(workspaceId);
      rotated += last.values;
    }
    const report = {
      currentKey: this.ring.currentId,
      rotated,
      remaining: await this.remaining(workspaceId),
      unreadable: [...last.unreadable],
    };
    caller.audit.note({ resource: report.currentKey, after: report });
    return report;
  }

  private async remaining(workspaceId: string | undefined): Promise<number> {
    const counts = await this.store.count(workspaceId);
    return [...counts].reduce((sum, [key, values]) => (key === this.ring.currentId ? sum : sum + values), 0);
  }
}
