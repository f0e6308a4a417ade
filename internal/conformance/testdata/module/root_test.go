package fixture

import "testing"

// One check by its own.
func TestT1_one(t *testing.T) {}

// Two checks with one test.
func TestT2_G1_two(t *testing.T) {}

// Go has it: context.WithTimeoutCause.
func TestTO1_by_go(t *testing.T) {}

func TestHTTP2_no_id(t *testing.T) {}

type suite struct{}

func (suite) TestT3_a_method(t *testing.T) {}

func ExampleT3_no_test() {}
