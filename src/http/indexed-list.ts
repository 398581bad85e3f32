// A list whose members know their place in it: every request enters and leaves some, and nothing old may hold it after.
// Not a set: see decision 16.

export interface Placed {
  /** -1: in no list. */
  at: number
}

/** Entering twice does nothing. */
export function enter<Member extends Placed>(list: Member[], one: Member): void {
  if (one.at < 0) one.at = list.push(one) - 1
}

/** False: it was not there. The order of the others changes. */
export function leave<Member extends Placed>(list: Member[], one: Member): boolean {
  if (one.at < 0) return false
  const last = list.pop()!
  if (last !== one) {
    list[one.at] = last
    last.at = one.at
  }
  one.at = -1
  return true
}
