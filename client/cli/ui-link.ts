/** Where a Temporal is, and where its web UI is when that is known. */
export interface TemporalUi {
  address: string;
  namespace: string;
  /** Such as `http://localhost:8233`. */
  uiUrl?: string;
}

/** The page of a run in the Temporal UI; undefined where the UI's address is not known. */
export function uiLink(place: TemporalUi, workflowId: string, runId: string): string | undefined {
  const base = place.uiUrl ?? (isCloud(place.address) ? 'https://cloud.temporal.io' : undefined);
  if (base === undefined) return undefined;
  return `${base.replace(/\/$/, '')}/namespaces/${place.namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}

/** Temporal Cloud's endpoints, by namespace or by region. */
export function isCloud(address: string): boolean {
  return /\.(tmprl\.cloud|temporal\.io)(:[0-9]+)?$/.test(address);
}
