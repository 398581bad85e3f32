// State machine of access requests: the table of states, actions and transitions.

import type { RequestState } from './request.ts'

/** `support`: an approval before the last one needed. `lapse`: the time for a decision is over. */
export type RequestAction = 'support' | 'approve' | 'deny' | 'withdraw' | 'lapse'

type ClosedState = 'request_closed' | 'request_lapsed'

const decided = {
  support: 'request_closed',
  approve: 'request_closed',
  deny: 'request_closed',
  withdraw: 'request_closed',
  lapse: 'request_closed',
} as const

/** Next state, or the reason of rejection. Closed states are final. */
export const transitions: Readonly<Record<RequestState, Readonly<Record<RequestAction, RequestState | ClosedState>>>> =
  {
    open: { support: 'open', approve: 'approved', deny: 'denied', withdraw: 'withdrawn', lapse: 'lapsed' },
    approved: decided,
    denied: decided,
    withdrawn: decided,
    lapsed: {
      support: 'request_lapsed',
      approve: 'request_lapsed',
      deny: 'request_lapsed',
      withdraw: 'request_lapsed',
      lapse: 'request_lapsed',
    },
  }

export type TransitionResult =
  { readonly done: true; readonly state: RequestState } | { readonly done: false; readonly refusal: ClosedState }

export function transition(from: RequestState, action: RequestAction): TransitionResult {
  const to = transitions[from][action]
  return to === 'request_closed' || to === 'request_lapsed' ? { done: false, refusal: to } : { done: true, state: to }
}
