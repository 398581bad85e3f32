// A list whose members know their place in it: every request enters and leaves some, and nothing old may hold it after.
// Not a set: see decision 16.

export interface Indexed {
  /** -1: in no list. */
  index: number
}

/** Entering twice does nothing. */
export function add<Member extends Indexed>(list: Member[], member: Member): void {
  if (member.index < 0) member.index = list.push(member) - 1
}

/** False: it was not there. The order of the others changes. */
export function remove<Member extends Indexed>(list: Member[], member: Member): boolean {
  if (member.index < 0) return false
  const last = list.pop()!
  if (last !== member) {
    list[member.index] = last
    last.index = member.index
  }
  member.index = -1
  return true
}
