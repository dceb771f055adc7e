package audacity

import (
	"testing"

	"github.com/annoset/annoset/internal/codec/codectest"
)

func FuzzRead_Audacity(f *testing.F) {
	codectest.Codec{Read: Read, Write: Write}.Fuzz(f, "1,5\t2.000000\ta\t0.5\tx\n\\\t-1.000000\t800\n3\tb\n4\n")
}
