"""Who belongs together: borrowers and contacts tied to each other by household or group, over any number of steps."""


def groups(pairs):
    """Return the groups that ties make, each as a set; a tie is known from both its ends.

    :param pairs: `(one, other)` of any values that can be compared for equality
    :return: list of disjoint sets, in the order in which they are first named
    """
    place = {}
    found = []
    for one, other in pairs:
        mine, theirs = place.get(one), place.get(other)
        if mine is None and theirs is None:
            mine = set()
            found.append(mine)
        elif mine is None:
            mine = theirs
        elif theirs is not None and theirs is not mine:
            mine |= theirs
            found = [group for group in found if group is not theirs]
            place.update(dict.fromkeys(theirs, mine))
        for member in (one, other):
            mine.add(member)
            place[member] = mine
    return found
