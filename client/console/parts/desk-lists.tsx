import type { DeskGroups } from '../desk-list.js';
import { AgentRow, CodeRow, ParkedRow, type Take } from './desk-rows.js';
import { RowList } from './row-list.js';

/** The lists of numbers that wait: for a code, for an agent, for an operator. */
export function DeskLists({
  groups,
  searching,
  current,
  onTake,
}: {
  groups: DeskGroups;
  searching: boolean;
  /** The number in work. */
  current: string | undefined;
  /** Absent where the reader may take none. */
  onTake: Take | undefined;
}) {
  return (
    <>
      <section class="group" aria-labelledby="group-code">
        <h2 id="group-code" tabIndex={-1}>
          Waiting for a code <Count of={groups.waiting.length + groups.needCode.length} />
        </h2>
        {groups.waiting.length + groups.needCode.length === 0 && (
          <p class="empty">
            {!searching
              ? 'No number waits for a code. New ones appear here by themselves.'
              : 'No number that waits for a code matches.'}
          </p>
        )}
        {groups.waiting.length > 0 && (
          <RowList
            label="Waiting for a code"
            items={groups.waiting}
            columns
            current={current}
            row={(item, isCurrent) => (
              <CodeRow key={item.phoneNumberId} item={item} onTake={onTake} current={isCurrent} />
            )}
          />
        )}
        {groups.needCode.length > 0 && (
          <>
            <h3 id="group-need">
              Needs a new code <Count of={groups.needCode.length} />
            </h3>
            <RowList
              label="Needs a new code"
              items={groups.needCode}
              columns={groups.waiting.length === 0}
              current={current}
              row={(item, isCurrent) => (
                <CodeRow key={item.phoneNumberId} item={item} onTake={onTake} current={isCurrent} />
              )}
            />
          </>
        )}
      </section>
      {groups.agent.length > 0 && (
        <section class="group" aria-labelledby="group-agent">
          <h2 id="group-agent" tabIndex={-1}>
            Waiting for an agent <Count of={groups.agent.length} />
          </h2>
          <p class="group-lead">
            Meta sends the code when you say so. Have the person with the phone on the line first.
          </p>
          <RowList
            label="Waiting for an agent"
            items={groups.agent}
            current={current}
            row={(item, isCurrent) => (
              <AgentRow key={item.phoneNumberId} item={item} onTake={onTake} current={isCurrent} />
            )}
          />
        </section>
      )}
      {groups.parked.length > 0 && (
        <section class="group" aria-labelledby="group-parked">
          <h2 id="group-parked" tabIndex={-1}>
            Parked <Count of={groups.parked.length} />
          </h2>
          <RowList
            label="Parked"
            items={groups.parked}
            row={(item) => <ParkedRow key={item.phoneNumberId} item={item} />}
          />
        </section>
      )}
    </>
  );
}

function Count({ of }: { of: number }) {
  return <span class="count">{of}</span>;
}
