// Rooms of mutation testing: which files are changed, which tests count for them, and the lowest score in percent.

export interface Room {
  /** Files whose code is changed: globs, `!` excludes. */
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
  /** Tests that start processes, which a change does not reach, or that take too long to be repeated. */
  readonly excluded: readonly string[]
  /** Names of tests, or of groups of tests, that take seconds or depend on them: mostly properties, which a mutant should not need to be found. */
  readonly long: readonly string[]
  /** False where files may share loaded modules, which takes a fraction of the time. */
  readonly isolate: boolean
  readonly env: Readonly<Record<string, string>>
  readonly threshold: number
}

/** Variable by which the runner tells Vitest and the plugins of Stryker the room. */
export const roomVariable = 'EINLASS_MUTATION_ROOM'

export const rooms: Readonly<Record<string, Room>> = {
  policy: room('policy', {
    // Texts for people: their parameters and languages have tests of their own.
    mutate: ['src/policy/**/*.ts', '!src/policy/messages/{de,en}.ts'],
    isolate: false,
    excluded: ['test/policy/properties.test.ts'],
    long: [
      'twenty years in five zones',
      'the dates of twenty years',
      'with windows of recurrence rules',
      'an external subject is never allowed without a valid grant',
    ],
    threshold: 90,
  }),
  gateway: room('gateway', {
    isolate: false,
    excluded: ['test/gateway/{limits,pinned-connections}.test.ts'],
    long: ['properties'],
    threshold: 90,
  }),
  http: room('http', {
    // Responses are written for the forwarder and the gateway: their tests state most of what must be written.
    tests: [
      'test/http/**/*.test.ts',
      'test/proxy/{forward-request,websocket}.test.ts',
      'test/gateway/request-path.test.ts',
    ],
    isolate: false,
    long: [
      'a large download and a large upload pass with constant memory',
      'frame boundaries are tracked for any segmentation',
      'a trailer of white space that ends in a control character is parsed quickly (ReDoS)',
      'the event loop runs between two time slices',
      'back-pressure: responses are not buffered for a client that does not read',
      'requests per connection are not limited',
      'einlass: requests per connection are not limited',
      'node: requests per connection are not limited',
    ],
  }),
  identity: room('identity', {
    excluded: ['test/identity/session/{sessions-redis,store-rollback}.test.ts'],
    long: [
      'that does not respond times out after ten seconds',
      'send one token request for fifty calls each, with the token the other node wrote',
      'a hostile field of megabytes is read in linear time: in quadratic time this would take hours',
      'the count is never below zero nor above its bound, for any sequence of events',
    ],
  }),
  devices: room('devices', {
    isolate: false,
    long: [
      'arbitrary headers never identify a device, throw, or pin',
      'any text is parsed or rejected with InventoryInvalid',
    ],
  }),
  grants: room('grants', {
    excluded: ['test/grants/store-rollback.test.ts'],
    long: [
      'ten thousand are loaded, and one person is found among them',
      'with any reason text, no cell begins as a formula and all lines have the same number of cells',
      'every user with access in any circumstances has a line',
    ],
  }),
}

export function roomNamed(name: string | undefined): Room | undefined {
  return name !== undefined && Object.hasOwn(rooms, name) ? rooms[name] : undefined
}

function room(name: string, own: Partial<Room>): Room {
  return {
    mutate: [`src/${name}/**/*.ts`],
    tests: [`test/${name}/**/*.test.ts`],
    excluded: [],
    long: [],
    isolate: true,
    env: {},
    threshold: 80,
    ...own,
  }
}
