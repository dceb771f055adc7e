// Package hook is the seam through which tests put a driver of their own between a store and SQLite.
package hook

import (
	"context"
	"database/sql/driver"
)

type key struct{}

// WithDriver returns a context whose stores reach SQLite through wrap: annoset.Open and annoset.OpenMemory pass it the
// connector that they made and use the one that it returns. It is for one opening, so tests may run in parallel.
func WithDriver(ctx context.Context, wrap func(driver.Connector) driver.Connector) context.Context {
	return context.WithValue(ctx, key{}, wrap)
}

// Driver returns the wrapper that [WithDriver] added to ctx, or nil.
func Driver(ctx context.Context) func(driver.Connector) driver.Connector {
	wrap, _ := ctx.Value(key{}).(func(driver.Connector) driver.Connector)
	return wrap
}
