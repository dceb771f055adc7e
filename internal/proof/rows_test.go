package proof_test

import (
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/proof"
)

func TestMillis(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(proof.Millis(t, "1.0005"), int64(1001))           // half away from zero
	is.Equal(proof.Millis(t, "1.00049999"), int64(1000))       // and less than half
	is.Equal(proof.Millis(t, "-0.0005"), int64(-1))            // on the other side too
	is.Equal(proof.Millis(t, "1.0005", "1.0005"), int64(2001)) // the sum is rounded, not its parts
	is.Equal(proof.Millis(t, "0"), int64(0))
}
