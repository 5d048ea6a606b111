import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';
import { useMay, useShared, useStore } from '../context.js';
import { type DeskGroups, groupDesk, nextNumber, searchGroups } from '../desk-list.js';
import { moveInRows, useShortcuts } from '../keyboard.js';
import { goTo, type Route, route as whereabouts } from '../route.js';
import { BulkPanel } from './bulk-panel.js';
import { DeskLists } from './desk-lists.js';
import { Elsewhere } from './elsewhere.js';
import { Jumps } from './jumps.js';
import { panel } from './panel-choice.js';
import { SearchField } from './search-field.js';
import { ShortcutList } from './shortcuts.js';
import { WorkPanel } from './work-panel.js';

/** The lists of numbers that wait for somebody, and beside them the one in work. */
export function DeskPage({ route }: { route: Route }) {
  const { me, desk, ticker, announce, open } = useShared();
  const maySubmit = useMay('code:submit');
  const mayStart = useMay('onboarding:start');
  const { items, loaded, problem, total } = useStore(desk.desk);
  const beside = useStore(panel);
  const [text, setText] = useState('');
  const search = useRef<HTMLInputElement>(null);
  const minute = useGroupingClock();
  const groups = useMemo(() => groupDesk(items.values(), ticker.get()), [items, minute]);
  const shown = useMemo(() => searchGroups(groups, text), [groups, text]);
  const takenId = maySubmit ? route.take : undefined;
  const listed = takenId === undefined ? undefined : items.get(takenId);
  const taken = listed ?? (takenId === undefined ? undefined : desk.former(takenId));
  const bulk = beside === 'bulk' && maySubmit;

  const close = () => {
    const id = takenId;
    panel.set('work');
    if (id !== undefined) goTo({}, 'replace');
    requestAnimationFrame(() => focusRow(id));
  };
  const next = () => {
    const found = nextNumber(groups, me.name, ticker.get(), takenId);
    if (found === undefined) announce('No other number waits for a code.');
    else take(found);
    return found !== undefined;
  };

  useEffect(() => {
    const waiting = groups.waiting.length + groups.needCode.length;
    document.title = waiting > 0 ? `(${waiting}) Support desk` : 'Support desk';
  }, [groups]);

  useShortcuts({
    '/': () => search.current?.focus(),
    j: () => moveInRows(1),
    k: () => moveInRows(-1),
    ArrowDown: () => moveInRows(1),
    ArrowUp: () => moveInRows(-1),
    '?': () => open('shortcuts'),
    Escape: () => {
      if (takenId !== undefined || bulk) close();
      else if (text !== '') setText('');
    },
    ...(maySubmit ? { n: () => void next(), m: () => panel.set('bulk') } : {}),
    ...(mayStart ? { s: () => open({ start: {} }) } : {}),
  });

  const onTake = maySubmit ? take : undefined;
  const covered = bulk || takenId !== undefined;
  return (
    <main id="main" class="desk" data-covered={covered}>
      <h1 class="vh">Desk</h1>
      <div class="lists">
        <SearchField field={search} text={text} onText={setText} />
        <Jumps groups={groups} />
        {problem !== undefined && (
          <p class="notice notice-bad" role="alert">
            The list could not be loaded: {problem}
          </p>
        )}
        {loaded === 'no' && problem === undefined && <p class="quiet">Loading the list…</p>}
        {loaded !== 'no' && (
          <>
            <DeskLists
              groups={shown}
              searching={text.trim() !== ''}
              current={takenId}
              onTake={onTake}
            />
            <Elsewhere text={text} others={shown.others} found={foundCount(shown)} />
            {loaded === 'first' && <p class="quiet">Loading the rest of {total ?? 'the list'}…</p>}
            {loaded === 'all' && text.trim() === '' && groups.others.length > 0 && (
              <p class="quiet">
                {groups.others.length === 1
                  ? '1 more number is at work and needs nobody.'
                  : `${groups.others.length} more numbers are at work and need nobody.`}
              </p>
            )}
          </>
        )}
      </div>
      <div class="beside">
        {bulk ? (
          <BulkPanel numbers={[...groups.waiting, ...groups.needCode]} onClose={close} />
        ) : takenId !== undefined ? (
          <WorkPanel
            key={takenId}
            phoneNumberId={takenId}
            item={taken}
            left={listed === undefined && loaded === 'all'}
            readyAtOnce={route.ready === true}
            onClose={close}
            onNext={next}
          />
        ) : (
          <section class="panel panel-empty" aria-label="Number in work">
            {maySubmit ? (
              <p>Take a number to enter its code.</p>
            ) : (
              <p>You can look at numbers. Entering codes needs the role agent.</p>
            )}
            <ShortcutList />
          </section>
        )}
      </div>
    </main>
  );
}

/** Rows keep it, so it reads where one is when it is called. */
function take({ phoneNumberId }: Pick<Onboarding, 'phoneNumberId'>, ready = false): void {
  panel.set('work');
  goTo(
    { take: phoneNumberId, ...(ready ? { ready } : {}) },
    whereabouts.get().take === undefined ? 'push' : 'replace',
  );
}

/** Codes expire as time goes by, which moves numbers between the lists. */
function useGroupingClock(): number {
  const { ticker } = useShared();
  const [at, set] = useState(0);
  useEffect(() => ticker.subscribe(() => set(Math.floor(ticker.get() / GROUPING_MS))), [ticker]);
  return at;
}

const GROUPING_MS = 3_000;

const foundCount = ({ waiting, needCode, agent, parked }: DeskGroups) =>
  waiting.length + needCode.length + agent.length + parked.length;

/** Back to where the number was taken, or to the beginning of the lists. */
function focusRow(id: string | undefined): void {
  const row =
    (id === undefined
      ? null
      : document.querySelector<HTMLElement>(`[data-number="${CSS.escape(id)}"] [data-row]`)) ??
    document.querySelector<HTMLElement>('[data-row]') ??
    document.getElementById('group-code');
  row?.focus();
}
