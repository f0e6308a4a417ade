package fixture

import "testing"

func TestSum(t *testing.T) {
	if got := sum([]int{1, 2, 3}); got != 6 {
		t.Errorf("sum = %d", got)
	}
}

func TestLargest(t *testing.T) {
	if got := largest([]int{3, 1}); got != 3 {
		t.Errorf("largest = %d", got)
	}
}
