//go:build race

package annoset_test

// raceDetector tells that every access to memory is watched, which makes SQLite, translated to Go, far slower.
const raceDetector = true
