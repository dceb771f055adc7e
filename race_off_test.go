//go:build !race

package annoset_test

const raceDetector = false
