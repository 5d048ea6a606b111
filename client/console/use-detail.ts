import { useEffect, useRef, useState } from 'preact/hooks';
import type { OnboardingDetail } from '../api/schemas.js';
import { ApiRefusal } from './api-answers.js';
import { useShared, useStore } from './context.js';
import { type EventStream, followEvents } from './event-stream.js';

export interface DetailState {
  detail?: OnboardingDetail;
  /** Why there is none, where the API says so. */
  problem?: string;
}

/** Answers that will not change by asking again. */
const FINAL = new Set([400, 401, 403, 404]);

/** All that is known of a number, kept up by its stream of events until its run has ended. */
export function useDetail(phoneNumberId: string): DetailState {
  const { api, desk, signedIn } = useShared();
  const connection = useStore(desk.connection);
  const [state, setState] = useState<DetailState>({});
  const stream = useRef<EventStream | undefined>(undefined);

  useEffect(() => {
    if (!signedIn) return;
    let ended = false;
    const following = followEvents({
      open: (signal) => api.events(phoneNumberId, signal),
      onEvent({ event, data }) {
        if (event !== 'status') return;
        const detail = JSON.parse(data) as OnboardingDetail;
        ended = detail.run !== 'running';
        setState({ detail });
      },
      onState: () => undefined,
      again(error) {
        if (error instanceof ApiRefusal && FINAL.has(error.problem.status)) {
          if (error.problem.status !== 401) setState({ problem: error.message });
          return false;
        }
        return !ended;
      },
    });
    stream.current = following;
    return () => following.close();
  }, [api, phoneNumberId, signedIn]);

  useEffect(() => {
    if (connection.state === 'ok') stream.current?.retry();
  }, [connection]);

  return state;
}
