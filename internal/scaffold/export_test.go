package scaffold

import "runtime/debug"

// Released is released.
func Released(info *debug.BuildInfo) (Source, bool) { return released(info) }

// ModulePath is modulePath.
func ModulePath(folder string) (string, error) { return modulePath(folder) }

// CheckModule is checkModule.
func CheckModule(module string) error { return checkModule(module) }
