import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';

const PAGE = 100;

/** A list that shows a hundred rows, and more as somebody asks for them. */
export function RowList({
  label,
  items,
  current,
  row,
  columns = false,
}: {
  label: string;
  items: Onboarding[];
  /** The number in work. */
  current?: string | undefined;
  /** Made anew where the number or its being in work changes, and only there. */
  row: (item: Onboarding, current: boolean) => VNode;
  /** With headings over the columns where there is room for them. */
  columns?: boolean;
}) {
  const [shown, setShown] = useState(PAGE);
  const made = useRef(new WeakMap<Onboarding, { current: boolean; vnode: VNode }>());
  const more = items.length - shown;
  const rowOf = (item: Onboarding) => {
    const isCurrent = item.phoneNumberId === current;
    const known = made.current.get(item);
    if (known?.current === isCurrent) return known.vnode;
    const vnode = row(item, isCurrent);
    made.current.set(item, { current: isCurrent, vnode });
    return vnode;
  };
  return (
    <div class="rows-frame">
      {columns && (
        <div class="row row-head" aria-hidden="true">
          <span />
          <span>Number</span>
          <span>Newest code</span>
          <span>Age</span>
          <span>Expires</span>
          <span>Next code</span>
          <span>Tries</span>
          <span>Held by</span>
        </div>
      )}
      <ul class="rows" aria-label={label}>
        {items.slice(0, shown).map(rowOf)}
      </ul>
      {more > 0 && (
        <p class="more">
          <button type="button" class="button" onClick={() => setShown(shown + PAGE)}>
            Show {Math.min(more, PAGE)} more
          </button>
          <span class="quiet">
            {shown} of {items.length} shown
          </span>
        </p>
      )}
    </div>
  );
}
