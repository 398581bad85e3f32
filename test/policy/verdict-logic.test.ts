// Three-valued logic of verdicts (Kleene): truth tables, and what happens to reasons, remedies, grants and ends.

import { describe, expect, test } from 'vitest'
import type { Reason, Remedy } from '../../src/policy/decision.ts'
import type { Verdict } from '../../src/policy/policy.ts'
import {
  allOf,
  and,
  distance,
  evaluateCondition,
  hasRemedy,
  met,
  metUntil,
  not,
  or,
  policyError,
  unknown,
  unmet,
  withoutRemedy,
} from '../../src/policy/conditions/verdict.ts'
import { access } from './access-request-fixtures.ts'

const reason = (code: Reason['code'], parameters = {}): Reason => ({ code, parameters })
const [first, second] = [reason('not_in_group'), reason('network_not_allowed')]
const askOwner: Remedy = { kind: 'ask_owner' }
const stepUp = (level: 'any' | 'mfa' | 'phishing_resistant' = 'mfa', maxAge?: number): Remedy => ({
  kind: 'step_up',
  level,
  maxAge,
})
const wait = (until: number | undefined): Remedy => ({ kind: 'wait', until })
const requestAccess: Remedy = { kind: 'request_access' }

const states = { met: metUntil(50), unmet: unmet(first, askOwner, 40), unknown: unknown(second, askOwner, 30) }
type State = keyof typeof states

describe('a conjunction', () => {
  test.each<[State, State, State]>([
    ['met', 'met', 'met'],
    ['met', 'unmet', 'unmet'],
    ['met', 'unknown', 'unknown'],
    ['unmet', 'met', 'unmet'],
    ['unmet', 'unmet', 'unmet'],
    ['unmet', 'unknown', 'unmet'],
    ['unknown', 'met', 'unknown'],
    ['unknown', 'unmet', 'unmet'],
    ['unknown', 'unknown', 'unknown'],
  ])('of %s and %s is %s, and ends with the earlier', (left, right, state) => {
    const verdict = and(states[left], states[right])
    expect([verdict.state, verdict.until]).toEqual([state, Math.min(states[left].until, states[right].until)])
  })

  test('with a condition that is met without end is the other one itself', () => {
    expect(and(met, states.unmet)).toBe(states.unmet)
    expect(and(states.unmet, met)).toBe(states.unmet)
  })

  test('has the reasons of both in order, or of the one that is not met', () => {
    expect(and(states.unmet, states.unknown).reasons).toEqual([first, second])
    expect(and(states.met, states.unmet)).toMatchObject({ reasons: [first], remedy: askOwner })
    expect(and(states.unmet, states.met)).toMatchObject({ reasons: [first], remedy: askOwner })
    expect(and(unmet([], askOwner), states.unknown).reasons).toEqual([second])
    expect(and(states.unknown, unmet([], askOwner)).reasons).toEqual([second])
  })

  test('that is met keeps the grant, the reasons and the remedy of either', () => {
    const ofNegation: Verdict = { state: 'met', reasons: [first], remedy: askOwner, until: 60 }
    expect(and(metUntil(50, 'g1'), metUntil(70, 'g2'))).toMatchObject({ grant: 'g1', until: 50 })
    expect(and(states.met, metUntil(70, 'g2'))).toMatchObject({ grant: 'g2', until: 50 })
    expect(and(states.met, ofNegation)).toMatchObject({ reasons: [first], remedy: askOwner })
    expect(and(ofNegation, states.met)).toMatchObject({ reasons: [first], remedy: askOwner })
  })

  test('of no condition is met', () => {
    expect(allOf([], access())).toBe(met)
  })

  test('evaluates every condition, and hands out each verdict in order', () => {
    const single: Verdict[] = []
    const conditions = [states.unmet, states.met, states.unknown].map((verdict, at) => ({
      name: `c${at}`,
      summary: '',
      evaluate: () => verdict,
    }))
    expect(allOf(conditions, access(), single)).toMatchObject({ state: 'unmet', until: 30 })
    expect(single).toEqual([states.unmet, states.met, states.unknown])
  })
})

describe('the remedy of a conjunction', () => {
  const remedyOf = (left: Remedy | undefined, right: Remedy | undefined) =>
    and(unmet(first, left), unmet(second, right)).remedy

  test.each<[string, Remedy | undefined, Remedy | undefined, Remedy | undefined]>([
    ['two step-ups: the stronger level', stepUp('mfa'), stepUp('phishing_resistant'), stepUp('phishing_resistant')],
    ['the same the other way round', stepUp('phishing_resistant'), stepUp('mfa'), stepUp('phishing_resistant')],
    ['two weak step-ups', stepUp('mfa'), stepUp('any'), stepUp('mfa')],
    ['two step-ups: the shorter maximum age', stepUp('mfa', 10), stepUp('mfa', 20), stepUp('mfa', 10)],
    ['the same the other way round', stepUp('mfa', 20), stepUp('mfa', 10), stepUp('mfa', 10)],
    ['a maximum age and none', stepUp('mfa', 20), stepUp('mfa'), stepUp('mfa', 20)],
    ['no maximum age and one', stepUp('mfa'), stepUp('mfa', 20), stepUp('mfa', 20)],
    ['step-up before a request', requestAccess, stepUp(), stepUp()],
    ['step-up before a request, the other way round', stepUp(), requestAccess, stepUp()],
    ['two requests', requestAccess, requestAccess, requestAccess],
    ['two waits: the later', wait(10), wait(20), wait(20)],
    ['the same the other way round', wait(20), wait(10), wait(20)],
    ['a wait without end and one with', wait(undefined), wait(20), wait(undefined)],
    ['a wait with an end and one without', wait(20), wait(undefined), wait(undefined)],
    ['the harder one', wait(20), askOwner, askOwner],
    ['the harder one, the other way round', askOwner, wait(20), askOwner],
    ['step-up and a wait', stepUp(), wait(20), wait(20)],
    ['a request and a wait', requestAccess, wait(20), wait(20)],
    ['none and one', undefined, askOwner, undefined],
    ['one and none', askOwner, undefined, undefined],
  ])('%s', (_name, left, right, wanted) => {
    expect(remedyOf(left, right)).toEqual(wanted)
  })

  test.each<[Remedy['kind'], Remedy['kind']]>([
    ['sign_in', 'step_up'],
    ['step_up', 'try_again'],
    ['request_access', 'try_again'],
    ['try_again', 'wait'],
    ['wait', 'use_other_network'],
    ['use_other_network', 'use_other_device'],
    ['use_other_device', 'ask_owner'],
  ])('%s is less effort than %s', (easy, hard) => {
    const of = (kind: Remedy['kind']) => ({ kind }) as Remedy
    expect(remedyOf(of(easy), of(hard))?.kind).toBe(hard)
    expect(remedyOf(of(hard), of(easy))?.kind).toBe(hard)
    expect(distance(unmet(first, of(easy)))).toBeLessThan(distance(unmet(first, of(hard))))
  })
})

describe('a disjunction', () => {
  const otherwise = reason('no_rule_matched')

  test('of nothing is unmet', () => {
    expect(or([], otherwise)).toMatchObject({ state: 'unmet', reasons: [otherwise], until: Infinity })
  })

  test('is met by the first that is met, and ends with the earliest of all', () => {
    expect(or([states.unmet, metUntil(50, 'g1'), metUntil(60, 'g2')], otherwise)).toMatchObject({
      state: 'met',
      grant: 'g1',
      until: 40,
    })
  })

  test('is the one nearest to being met: the least effort, then the fewest reasons', () => {
    const two = unmet([first, second], stepUp(), 20)
    expect(or([unmet(first, askOwner), two], otherwise)).toMatchObject({ remedy: stepUp(), until: 20 })
    expect(or([two, unmet(second, stepUp())], otherwise).reasons).toEqual([second])
    expect(or([unmet(second, stepUp()), two], otherwise).reasons).toEqual([second])
    expect(or([unmet(first, askOwner), unmet(second, askOwner)], otherwise).reasons).toEqual([first])
  })

  test('is unknown when one is unknown and none is met', () => {
    expect(or([states.unmet, states.unknown], otherwise)).toMatchObject({ state: 'unknown', until: 30 })
    expect(or([states.unmet, states.unmet], otherwise).state).toBe('unmet')
  })

  test('one with hundreds of reasons is no harder than one with a harder remedy', () => {
    expect(
      distance(
        unmet(
          Array.from({ length: 99 }, () => first),
          stepUp(),
        ),
      ),
    ).toBeLessThan(distance(unmet(first, requestAccess)))
  })
})

describe('a negation', () => {
  const refusals = [reason('denied_by_rule')]

  test('of met is unmet, of unmet met, of unknown unknown, with the same end', () => {
    expect(not(states.met, refusals)).toEqual({ state: 'unmet', reasons: refusals, remedy: askOwner, until: 50 })
    expect(not(states.unmet, refusals)).toMatchObject({ state: 'met', reasons: [first], until: 40 })
    expect(not(states.unknown, refusals)).toMatchObject({ state: 'unknown', reasons: [second], until: 30 })
  })

  test('offers nothing that would only be of use to the negated condition', () => {
    for (const remedy of [stepUp(), requestAccess, { kind: 'sign_in', provider: undefined } as const]) {
      expect(not(unmet(first, remedy), refusals).remedy).toEqual(askOwner)
      expect(withoutRemedy(remedy)).toEqual(askOwner)
    }
    expect(not(unmet(first, wait(7)), refusals).remedy).toEqual(wait(7))
    expect(withoutRemedy(undefined)).toBeUndefined()
  })
})

test('the user can step up or request access at once, and nothing else', () => {
  expect([stepUp(), requestAccess].map(hasRemedy)).toEqual([true, true])
  expect([undefined, askOwner, wait(1), { kind: 'sign_in', provider: undefined } as const].map(hasRemedy)).toEqual(
    Array(4).fill(false),
  )
})

describe('a condition that throws', () => {
  const condition = (error: unknown) => ({
    name: 'device',
    summary: '',
    evaluate: (): Verdict => {
      throw error
    },
  })

  test('is unknown, and asked again at once', () => {
    expect(evaluateCondition(condition(new RangeError('out of range')), access({ now: 7 }))).toEqual({
      state: 'unknown',
      reasons: [{ code: 'policy_error', parameters: { condition: 'device', cause: 'RangeError: out of range' } }],
      remedy: askOwner,
      until: 7,
    })
  })

  test('names its cause also when that is no error', () => {
    expect(policyError('boom', 'x').parameters).toEqual({ condition: 'x', cause: 'boom' })
  })
})
