/** What a caller may be allowed to do. */
export const SCOPES = {
  'onboarding:read': 'see onboardings',
  'onboarding:start': 'start onboardings',
  'onboarding:operate': 'retry, accept and cancel onboardings',
  'code:submit': 'take numbers, ask for codes, submit them, and move deadlines',
  'set:2sv-pin':
    'set or change a two-step-verification PIN, also by taking over a registered number',
  'reveal:2sv-pin': 'see a two-step-verification PIN',
} as const;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];

/** Scopes by the kind of person who needs them. */
export const ROLES = {
  viewer: ['onboarding:read'],
  agent: ['onboarding:read', 'code:submit'],
  operator: ['onboarding:read', 'onboarding:start', 'onboarding:operate', 'code:submit'],
  integrator: ['onboarding:read', 'onboarding:start', 'code:submit'],
  custodian: ['onboarding:read', 'set:2sv-pin', 'reveal:2sv-pin'],
} as const satisfies Record<string, readonly Scope[]>;

export type Role = keyof typeof ROLES;
