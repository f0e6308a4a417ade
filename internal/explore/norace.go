//go:build !race

package explore

const raceEnabled = false

func raceErrors() int { return 0 }

func (s *Sim) toController() {}
func back()                  {}
func (s *Sim) fromActors()   {}
func unseen(f func())        { f() }
func release(*byte)          {}
func acquire(*byte)          {}
