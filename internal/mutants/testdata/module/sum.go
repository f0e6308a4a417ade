package fixture

func sum(in []int) int {
	total := 0
	for _, n := range in {
		total += n
	}
	return total
}

func largest(in []int) int {
	most := 0
	for _, n := range in {
		most = max(most, n)
	}
	return most
}
