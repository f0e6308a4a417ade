package explore

// shrink returns a tape with as few choices other than 0 as it can find with
// which still fails: it cuts the end, and sets to 0 what may be. It calls fails
// at most budget times.
func shrink(tape []int, budget int, fails func(tape []int) bool) []int {
	try := func(candidate []int) bool {
		if budget <= 0 {
			return false
		}
		budget--
		return fails(candidate)
	}
	tape = trim(tape)
	for n := len(tape) / 2; n > 0; n /= 2 { // the end
		for len(tape) >= n && try(trim(tape[:len(tape)-n])) {
			tape = trim(tape[:len(tape)-n])
		}
	}
	for size := len(tape) / 2; size > 0; size /= 2 { // blocks of it
		for at := 0; at < len(tape); at += size {
			if candidate, changed := zeroed(tape, at, size); changed && try(candidate) {
				tape = candidate
			}
		}
	}
	return tape
}

// zeroed returns a copy of the tape with the choices from at on set to 0.
func zeroed(tape []int, at, size int) (copied []int, changed bool) {
	copied = append([]int(nil), tape...)
	for i := at; i < min(at+size, len(tape)); i++ {
		changed = changed || copied[i] != 0
		copied[i] = 0
	}
	return trim(copied), changed
}
