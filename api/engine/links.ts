/** Tells addresses of workflows in the Temporal Web UI; null where no UI is known. */
export function workflowLinks(uiUrl: string | undefined, namespace: string): (workflowId: string) => string | null {
  if (uiUrl === undefined) return () => null;
  const workflows = `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/`;
  return (workflowId) => workflows + encodeURIComponent(workflowId);
}
