package proof

import (
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// Environment variables of the tests. With fullEnv set they try every case where a normal run tries some. Tests with
// random choices log their seed; seedEnv repeats it.
const (
	fullEnv = "ANNOSET_TEST_FULL"
	seedEnv = "ANNOSET_TEST_SEED"
)

// Full reports whether every case is wanted, however long that takes.
func Full() bool { return os.Getenv(fullEnv) != "" }

// Brief reports whether few cases are enough: with -short, and under the race detector, which finds little where one
// goroutine works.
func Brief() bool { return !Full() && (testing.Short() || Race) }

// SkipMany skips a test of one goroutine with many labels or sets under the race detector: it would take minutes and
// find nothing. The run without the detector has them all.
func SkipMany(t testing.TB) {
	t.Helper()
	if Race && !Full() {
		t.Skip("one goroutine and a lot of work: left to the run without the race detector")
	}
}

// Rand returns a source of random numbers. Its seed is printed if the test fails.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedEnv); text != "" {
		seed = Value(strconv.ParseUint(text, 10, 64))(t)
	}
	t.Logf("to repeat: %s=%d go test -run '^%s$'", seedEnv, seed, t.Name())
	return rand.New(rand.NewPCG(seed, 0))
}

// NoPanic turns a panic into the failure of one test, so that all others still run. It must be deferred.
func NoPanic(t testing.TB) {
	if r := recover(); r != nil {
		t.Errorf("panic: %v\n%s", r, debug.Stack())
	}
}
