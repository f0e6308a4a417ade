package origin

// chance is a number that looks random and depends on nothing but its arguments.
func chance(seed uint64, text string, n uint64) uint64 {
	h := seed ^ 0x9e3779b97f4a7c15
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return mix(mix(h) + n)
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit makes a number from 0 up to 1 of what chance returned.
func unit(x uint64) float64 {
	return float64(x>>11) / (1 << 53)
}

// pick makes one of the words of what chance returned.
func pick(words []string, x uint64) string {
	return words[x%uint64(len(words))]
}

var (
	names = []string{"Ada", "Blaise", "Chien", "Dorothy", "Emmy", "Fei", "Grace", "Hedy", "Ida", "Joan", "Karen", "Lise", "Mary", "Niels", "Olga", "Rosalind"}
	nouns = []string{"tide", "harbour", "lantern", "meadow", "engine", "letter", "window", "river", "signal", "garden", "bridge", "echo", "winter", "paper", "compass", "thread"}
)
