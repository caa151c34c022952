import { MillraceError } from '../../platform/errors/error.js';
import { keyView } from '../api-keys/key-schemas.js';
import { type Principal, installationOrOwn } from '../auth/principal.js';
import { type Answer, created, tagged } from '../http/answer.js';
import { assertMatches } from '../http/etag.js';
import type { Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import { type NewWorkspaceView, type WorkspaceList, type WorkspaceView, workspaceView } from './workspace-schemas.js';
import type { WorkspaceStore } from './workspace-store.js';

/**
 * Who speaks for the installation sees and changes all workspaces, and is a key of the default one; others see their own.
 * Nobody sees what is inside another: that takes a key of it.
 */
export class WorkspaceService {
  constructor(private readonly store: WorkspaceStore) {}

  async list(caller: Principal, list: WorkspaceList): Promise<Page<Partial<WorkspaceView>>> {
    return toList(await this.store.list(installationOrOwn(caller), list), list, workspaceView);
  }

  async get(caller: Principal, id: string): Promise<Answer<WorkspaceView>> {
    assertVisible(caller, id);
    const row = await this.store.get(id);
    return tagged(workspaceView(row), row);
  }

  async create(caller: Principal, name: string): Promise<Answer<NewWorkspaceView>> {
    assertInstallation(caller);
    const { row, key } = await this.store.create(name, (tx, made) =>
      caller.audit.write(tx, { resource: made.id, after: workspaceView(made) }),
    );
    const view = { ...workspaceView(row), apiKey: { ...keyView(key.row), key: key.text } };
    return created(view, row, `/v1/workspaces/${row.id}`);
  }

  async rename(
    caller: Principal,
    id: string,
    { name, ifMatch }: { name: string; ifMatch: string | undefined },
  ): Promise<Answer<WorkspaceView>> {
    assertVisible(caller, id);
    assertInstallation(caller);
    const row = await this.store.rename(id, name, async (tx, changed, before) => {
      if (before) assertMatches(ifMatch, before);
      await caller.audit.write(tx, { resource: id, before: before && workspaceView(before), after: workspaceView(changed) });
    });
    return tagged(workspaceView(row), row);
  }

  async remove(caller: Principal, id: string, ifMatch: string | undefined): Promise<void> {
    assertVisible(caller, id);
    assertInstallation(caller);
    await this.store.remove(id, async (tx, row) => {
      assertMatches(ifMatch, row);
      await caller.audit.write(tx, { resource: id, before: workspaceView(row) });
    });
  }
}

/** Another workspace is, for whoever does not speak for the installation, as if it were not. */
function assertVisible(caller: Principal, id: string): void {
  if ([undefined, id].includes(installationOrOwn(caller))) return;
  throw new MillraceError('request.not_found', { detail: `There is no workspace ${id}.` });
}

function assertInstallation(caller: Principal): void {
  if (installationOrOwn(caller) === undefined) return;
  throw new MillraceError('request.forbidden', {
    detail: 'Only an admin key of the default workspace may change workspaces.',
    suggestion: 'Ask whoever runs the installation.',
  });
}
