import { useEffect, useRef } from 'preact/hooks';

/** Keys, as `KeyboardEvent.key` names them, and what they do. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

/** Single keys for the whole page. None does anything with a modifier or in
 * a dialog, and only Escape does while somebody types. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.isComposing || dialogIsOpen()) return;
      if (event.key !== 'Escape' && isTyping(event.target)) return;
      const act = current.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) {
    return !['radio', 'checkbox', 'button', 'submit'].includes(target.type);
  }
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName);
}

const dialogIsOpen = () =>
  document.querySelector('dialog[open], [role="dialog"]:not(dialog)') !== null;

/** Moves the focus among the rows of the lists by one. */
export function moveInRows(direction: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.closest('li')?.contains(document.activeElement));
  const next = at === -1 ? (direction === 1 ? 0 : rows.length - 1) : at + direction;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  row?.focus({ preventScroll: true });
  row?.closest('li')?.scrollIntoView({ block: 'nearest' });
}
