package annoset_test

import (
	"testing"

	"github.com/annoset/annoset/internal/proof"
)

// children are programs that a test may start as processes of their own, by name. Files that have one add it in init.
var children = map[string]func() error{}

func TestMain(m *testing.M) { proof.Main(m, children) }

type child = proof.Child

var startChild = proof.StartChild
