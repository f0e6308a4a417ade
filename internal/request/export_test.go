package request

// SetSteps changes how many steps an evaluation may take.
func SetSteps(e *Expr, n int) {
	e.steps = n
}
