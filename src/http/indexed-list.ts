// Unordered list with O(1) insertion and removal: each member stores its index. Not a Set, see decision 16.

export interface Indexed {
  /** -1: in no list. */
  index: number
}

/** Adding twice does nothing. */
export function add<Member extends Indexed>(list: Member[], member: Member): void {
  if (member.index < 0) member.index = list.push(member) - 1
}

/** Returns false when it was not in the list. Changes the order of the others. */
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
