//go:build !race

package proof

// Race reports whether the race detector is on. It makes SQLite, translated to Go, far slower.
const Race = false
