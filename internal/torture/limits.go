package main

import (
	"context"
	"errors"
)

func limits(ctx context.Context, o *options) (string, error) { return "", errors.New("not yet") }
func limit(ctx context.Context, t *task) error               { return errors.New("not yet") }
