/** A usable request for every route, so that what refuses it is not its form. */
import type { InjectOptions } from 'fastify';
import { ROUTES, type Route, type RouteId } from '../../client/api/routes.js';
import { NUMBER } from './stand-ins.js';

/** A route that is not in here does not compile. */
const BODIES: Readonly<Record<RouteId, object | undefined>> = {
  me: undefined,
  startOnboarding: { phoneNumberId: NUMBER, label: 'shop' },
  listOnboardings: undefined,
  getOnboarding: undefined,
  submitCode: { code: '123-830' },
  resendCode: { method: 'SMS' },
  agentReady: {},
  claim: {},
  release: {},
  extend: { by: '24 hours' },
  retry: {},
  accept: {},
  cancel: {},
  rotatePin: { reason: 'Ana left' },
  revealPin: { reason: 'the number moves to another provider', rotateAfter: '1 hour' },
  events: undefined,
  onboardingEvents: undefined,
};

export const ALL_ROUTES: readonly (Route & { id: RouteId })[] = ROUTES;

export function requestFor(
  { id, method, path }: Route & { id: RouteId },
  token: string | undefined,
  phoneNumberId: string = NUMBER,
): InjectOptions {
  const body = BODIES[id];
  return {
    method,
    url: path.replace(':phoneNumberId', phoneNumberId),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined
      ? {}
      : { payload: id === 'startOnboarding' ? { ...body, phoneNumberId } : body }),
  };
}
