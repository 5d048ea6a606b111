/**
 * An instant as it stands in sentences for people: `2026-11-24 09:14:05 UTC`.
 *
 * @param at milliseconds since the epoch
 */
export function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
