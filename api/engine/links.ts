/** Address of a workflow in the Temporal Web UI, or null where no UI is known. */
export function temporalUrl(uiUrl: string | undefined, namespace: string, workflowId: string): string | null {
  if (uiUrl === undefined) return null;
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
